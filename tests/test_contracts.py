"""Arrays and tables that are not what they say end a job in one line, and are never accepted silently."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from archdyn.data.contracts import check_arrays, check_tables
from archdyn.errors import ArchdynError
from archdyn.measures.tidy import summarise, tidy


@pytest.fixture
def dataset(tmp_path) -> Path:
    """Ten images of two classes."""
    (tmp_path / "classes.json").write_text(json.dumps(["cat", "dog"]))
    np.save(tmp_path / "train_images.npy", np.zeros((10, 8, 8), np.uint8))
    np.save(tmp_path / "train_labels.npy", np.arange(10) % 2)
    check_arrays(sorted(tmp_path.glob("*.npy")))
    return tmp_path


LOGITS = np.full((3, 2), np.nan, np.float32)
WRONG = {
    "float64 images": ("train_images", np.zeros((10, 8, 8)), r"found float64 numbers; allowed: uint8"),
    "images of the wrong shape": ("train_images", np.zeros((10, 64), np.uint8), r"found the shape \(10, 64\)"),
    "fewer labels than images": ("train_labels", np.zeros(9, np.int64), r"found 9 rows; allowed: 10, as many as"),
    "a label without a class": ("train_labels", np.full(10, 99), r"found 99; allowed: at most 1"),
    "a negative label": ("train_labels", np.full(10, -1), r"found -1; allowed: at least 0"),
    "fractional labels": ("train_labels", np.full(10, 0.5), r"found float64 numbers; allowed: int64"),
    "labels in two columns": ("train_labels", np.zeros((10, 2), np.int64), r"found the shape \(10, 2\)"),
    "no images": ("train_images", np.zeros((0, 8, 8), np.uint8), r"found no values"),
    "logits that are not finite": ("x_seed0_logits", LOGITS, r"found 6 values that are not"),
    "features of infinity": ("x_seed0_features", np.full((3, 2), np.inf, np.float32), r"found 6 values that are not"),
    "probabilities above 1": ("masked_probability", np.full((3, 2), 1.5, np.float32), r"found 1.5; allowed: at most 1"),
    "pictures as embeddings": ("seed0_test_images", np.zeros((3, 8, 8), np.uint8), r"allowed: float32 or float16"),
    "anything with NaN": ("mine", np.array([0.0, np.nan]), r"found 1 values that are not finite"),
}


@pytest.mark.fault("the job that reads it ends: one line names the file, what was found and what is allowed.")
@pytest.mark.parametrize(("name", "array", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_array_is_named_with_what_is_allowed(dataset, name, array, message):
    np.save(dataset / f"{name}.npy", array)
    with pytest.raises(ArchdynError, match=message) as error:
        check_arrays(sorted(dataset.glob("*.npy")))
    assert "\n" not in str(error.value)
    assert name.split("_")[0] in str(error.value)


@pytest.mark.fault("the job that reads it ends in one line.")
def test_half_an_array_is_named(dataset):
    path = dataset / "train_images.npy"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ArchdynError, match="not a whole array"):
        check_arrays([path])


@pytest.fixture
def metrics(tmp_path) -> Path:
    """Two seeds of one condition, and their summary."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    seeds = [tidy("gan", "baseline", seed, {"loss": 0.5 + seed, "accuracy": 0.9}) for seed in (0, 1)]
    for seed, rows in enumerate(seeds):
        rows.to_csv(folder / f"baseline_seed{seed}.csv", index=False)
    summarise(pd.concat(seeds)).to_csv(folder / "summary.csv", index=False)
    check_tables(sorted(folder.glob("*.csv")))
    return folder


HEADER = "experiment,condition,seed,metric,value\n"
ROW = f"{HEADER}gan,baseline,0,loss,"
RENAMED = "experiment,condition,seed,name,value\ngan,b,0,loss,1\n"
WRONG_TABLES = {
    "a header alone": ("baseline_seed0", HEADER, "found no rows"),
    "nothing": ("baseline_seed0", "", "not a table"),
    "a renamed column": ("baseline_seed0", RENAMED, "found the columns"),
    "NaN": ("baseline_seed0", f"{ROW}\n", "found nan as value of gan, baseline, 0, loss; allowed: a finite number"),
    "infinity": ("baseline_seed0", f"{ROW}inf\n", "found inf as value of gan, baseline, 0, loss"),
    "text": ("baseline_seed0", f"{ROW}high\n", "found text in the column value"),
    "a row twice": ("baseline_seed0", f"{ROW}1\ngan,baseline,0,loss,2\n", "two rows for gan, baseline, 0, loss"),
    "another seed's rows": ("baseline_seed1", f"{ROW}1\n", "which baseline_seed0.csv has too; allowed: once"),
    "a summary without n": ("summary", "experiment,condition,metric,mean,sd\ngan,baseline,loss,1,\n", "allowed: .*, n"),
    "epochs that are not finite": ("baseline_seed0_epochs", "epoch,loss_d\n1,0.5\n2,nan\n", "found nan as loss_d of 2"),
    "an epoch twice": ("baseline_seed0_epochs", "epoch,loss_d\n1,0.5\n1,0.4\n", "two rows for 1"),
}


@pytest.mark.fault("the job that reads it ends: one line names the file, what was found and what is allowed.")
@pytest.mark.parametrize(("name", "text", "message"), WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_a_wrong_table_is_named_with_what_is_allowed(metrics, name, text, message):
    (metrics / f"{name}.csv").write_text(text)
    with pytest.raises(ArchdynError, match=message) as error:
        check_tables(sorted(metrics.glob("*.csv")))
    assert f"{name}.csv" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.fault("the job that reads it ends in one line with the columns that it needs.")
@pytest.mark.parametrize("experiment", ["gan", "vae", "resnet"])
def test_a_renamed_column_of_epochs_is_named(tmp_path, experiment):
    path = tmp_path / experiment / "metrics/baseline_seed0_epochs.csv"
    path.parent.mkdir(parents=True)
    path.write_text("epoch,los\n1,0.5\n")
    with pytest.raises(ArchdynError, match=r"_epochs\.csv: found the columns epoch, los; allowed: epoch, "):
        check_tables([path])


@pytest.mark.fault("the summary ends in one line that names metric and seed.")
def test_a_metric_that_lacks_a_seed_is_not_averaged_over_the_rest():
    rows = pd.concat([tidy("gan", "b", 0, {"loss": 1.0, "accuracy": 1.0}), tidy("gan", "b", 1, {"loss": 1.0})])
    with pytest.raises(ArchdynError, match="gan, b: accuracy has no value of seed 1"):
        summarise(rows)


def test_every_array_and_table_of_a_run_keeps_to_its_contract(smoke_run):
    folders = [smoke_run.folder / "results/smoke", smoke_run.folder / "resources/datasets"]
    check_arrays([path for folder in folders for path in sorted(folder.rglob("*.npy"))])
    tables = sorted((smoke_run.folder / "results/smoke").glob("*/metrics/*.csv"))
    for folder in {path.parent for path in tables}:
        check_tables([path for path in tables if path.parent == folder and path.name != "all.csv"])
    assert len(tables) > 50
