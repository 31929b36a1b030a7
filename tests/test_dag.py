"""Which jobs are planned: for each config, and after each kind of change."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from archdyn.config import checked_config
from archdyn.workflow.experiment import Experiment
from archdyn.workflow.experiments import Vae
from conftest import ROOT, Project, processor_seconds

SMOKE = ("--configfile", "config/smoke.yaml")
DATA = "resources/datasets/synthetic_mnist"

GAN_CONDITIONS, GAN_SEEDS = 12, 2
GAN_ADDED = 2  # trainings that the design of config/smoke.yaml adds to its named conditions
GAN_RUNS = GAN_CONDITIONS * GAN_SEEDS + GAN_ADDED
DESIGN = dict.fromkeys(["design_effects", "design_figure", "design_table"], 1)
BOTH_DESIGNS = dict.fromkeys(DESIGN, 2)  # of losses, and of masks
GAN_FIGURES = dict.fromkeys([*(f"gan_figure{n}" for n in (6, 7, 8, 9)), "gan_gradients"], 1)
GAN_TABLES = dict.fromkeys(["gan_table7", "gan_table8", "gan_conditions"], 1)
VAE_CONDITIONS = VAE_RUNS = 6
# Trained to be gone on from, by overlay; those of the other seeds are planned when it is known which one is needed.
VAE_START_ONLY = {None: 3, "config/demo.yaml": 0, "config/smoke.yaml": 1}
VAE_STARTS = {"vae_try_start": 3, "vae_rank_starts": 1, "vae_starts": 1}
VAE_FIGURES = dict.fromkeys(
    [f"vae_{n}" for n in ("figure10", "figure11", "kl_per_dimension", "traversal", "projection")], 1
)
VAE_TABLES = dict.fromkeys(["vae_table9", "vae_conditions"], 1)
RESNET_CONDITIONS, RESNET_HEADS = 19, 4
RESNET_FIGURES = dict.fromkeys(
    [f"resnet_{n}" for n in ("figure1", "figure2", "figure3", "gradients", "layers", "strategies")], 1
)
RESNET_TABLES = dict.fromkeys([*(f"resnet_table{n}" for n in (1, 2, 3, 4)), "resnet_conditions"], 1)
VIT_FIGURES = dict.fromkeys(
    [f"vit_{n}" for n in ("figure4", "figure5", "heads", "specialisation", "masking", "learning_curve")], 1
)
VIT_TABLES = dict.fromkeys(
    [f"vit_{n}" for n in ("table5", "table6", "predictions", "masked_accuracy", "mask_controls", "head_statistics")], 1
)
CLIP_SEEDS = 2
CLIP_FIGURES = dict.fromkeys([f"clip_{n}" for n in ("figure12", "figure13", "classes", "shift")], 1)
CLIP_TABLES = dict.fromkeys([f"clip_{n}" for n in ("table10", "gap", "procrustes")], 1)
FIGURES = RESNET_FIGURES | VIT_FIGURES | {"vit_photos": 1} | GAN_FIGURES | VAE_FIGURES | CLIP_FIGURES
TABLES = RESNET_TABLES | VIT_TABLES | GAN_TABLES | VAE_TABLES | CLIP_TABLES | {"vae_starts": 1}

REPORT = dict.fromkeys([f"report_{n}" for n in ("multiverse", "calibration", "worlds")], 1)
REPORT |= {"report_tests": 5, "claims_verdicts": 5, "audit_content": 1, "audit_page": 1, "audit_paper": 1}

OF_PANELS = ("panel", "vae_decode_plane", "vit_grow_masks")


def runs(experiment: str, n: int, *steps: str) -> dict[str, int]:
    """The steps that each training has, `n` times."""
    return {f"{experiment}_{step}": n for step in steps or ("train", "embed", "evaluate")}


def trainings(experiment: str, overlay: str | None) -> int:
    """How many a config asks for, condition by condition."""
    files = [ROOT / name for name in ("config/config.yaml", *filter(None, [overlay]))]
    config = load_configfile(files[0])
    for file in files[1:]:
        update_config(config, load_configfile(file))
    kind = Vae if experiment == "vae" else Experiment
    return len(kind(experiment, checked_config(config, files).model_dump()).repetitions())


def once(*rules: str) -> dict[str, int]:
    return dict.fromkeys(rules, 1)


@dataclass(frozen=True)
class Change:
    """An edit of one file of a finished run, and exactly the jobs that it makes necessary."""

    file: str
    edit: Callable[[Path], None]
    jobs: dict[str, int] = field(default_factory=dict)


def replaced(old: str, new: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        path.write_text(text.replace(old, new))

    return edit


def last_byte_changed(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


CONFIG, SCALE, CODE = "config/config.yaml", "config/smoke.yaml", "workflow/scripts"
ALL_OF_GAN = runs("gan", GAN_RUNS) | once("gan_evaluate_real", "gan_summary") | GAN_FIGURES | GAN_TABLES | DESIGN
VAE_TRAININGS = runs("vae", VAE_RUNS) | {"vae_train": VAE_RUNS + 1} | VAE_STARTS | {"vae_embed_minibatches": 1}
ALL_OF_VAE = VAE_TRAININGS | once("vae_evaluate_real", "vae_summary") | VAE_FIGURES | VAE_TABLES
CLIP_METRICS = runs("clip", CLIP_SEEDS, "evaluate", "align") | once("clip_summary") | CLIP_TABLES
ALL_OF_CLIP = runs("clip", CLIP_SEEDS, "embed") | once("clip_project") | CLIP_METRICS | CLIP_FIGURES
RESNET_TRAININGS = {"resnet_train": RESNET_CONDITIONS - RESNET_HEADS, "resnet_train_head": RESNET_HEADS}
RESNET_OF_THE_SUMMARY = {
    rule: 1 for rule in RESNET_FIGURES | RESNET_TABLES if rule not in ("resnet_figure3", "resnet_gradients")
}
ALL_OF_RESNET = (
    RESNET_TRAININGS
    | {"resnet_embed": 3}
    | once("resnet_embed_layers", "resnet_embed_untrained", "resnet_probe_layers", "resnet_measure_gradients")
    | once("resnet_score_images")
    | once("resnet_summary")
    | RESNET_FIGURES
    | RESNET_TABLES
)
CLASSIFIERS = {"classifier_train": 2, "classifier_embed_real": 2}
GAN_FIGURES_OF_THE_SUMMARY = once("gan_figure7", "gan_figure8")
VAE_FIGURES_OF_THE_SUMMARY = {rule: 1 for rule in VAE_FIGURES if rule != "vae_projection"}

VIT_OF_THE_SUMMARY = once(
    "vit_head_statistics", "vit_learning_curve", "vit_masking", "vit_masked_accuracy", "vit_mask_controls", "vit_table6"
)
VIT_OF_THE_MASKS = once("vit_mask", "vit_evaluate_masking", "vit_table5", "vit_summary") | VIT_OF_THE_SUMMARY
VIT_PROBES = once("vit_probe_published", "vit_probe_corrected")
VIT_RESULTS = VIT_PROBES | VIT_OF_THE_MASKS | VIT_FIGURES | VIT_TABLES
EMBEDDED_BY_VIT = {"vit_embed": 2} | once("vit_look", "vit_evaluate_attention") | VIT_RESULTS
MASKS = once("vit_score_masks") | DESIGN
ALL_OF_VIT = EMBEDDED_BY_VIT | once("vit_gradcam")

CHANGES = {
    "resnet": {
        "a learning rate of one condition": Change(
            CONFIG,
            replaced(
                "      skips: false\n      trainable: blocks\n",
                "      skips: false\n      trainable: blocks\n      learning_rate: 2.0e-3\n",
            ),
            once(
                "resnet_train", "resnet_measure_gradients", "resnet_gradients", "resnet_score_images", "resnet_summary"
            )
            | RESNET_OF_THE_SUMMARY,
        ),
        "another seed": Change(
            SCALE,
            replaced("  seeds: [0]\n  images: 160", "  seeds: [0, 1]\n  images: 160"),
            RESNET_TRAININGS
            | once("resnet_measure_gradients", "resnet_score_images", "resnet_summary")
            | RESNET_FIGURES
            | RESNET_TABLES,
        ),
        "one figure's style": Change(
            f"{CODE}/resnet_strategies.py",
            replaced("read_csv(job.input.summary)", "read_csv(job.input.summary).copy()"),
            once("resnet_strategies"),
        ),
        "the images of the layers": Change(
            SCALE,
            replaced("train_images: 100, test_images: 60", "train_images: 90, test_images: 60"),
            once("resnet_embed_layers", "resnet_probe_layers", "resnet_summary") | RESNET_OF_THE_SUMMARY,
        ),
        "a comment": Change(
            f"{CODE}/archdyn/experiments/resnet/embed.py", replaced("  # of the report's", "  # Of the report's")
        ),
        "touching a model": Change("results/smoke/resnet/models/head_published_seed0.safetensors", Path.touch),
    },
    "vit": {
        "another share to mask": Change(SCALE, replaced("ons: [0.3, 0.9]", "ons: [0.3, 0.8]"), VIT_OF_THE_MASKS),
        "another seed": Change(
            SCALE, replaced("seeds: [0, 3]", "seeds: [0, 3, 4]"), VIT_OF_THE_MASKS | once("vit_probe_corrected")
        ),
        "photos in place of test images": Change(
            SCALE,
            replaced("seeds: [0, 3]", "seeds: [0, 3]\n  images: [{name: one, file: docs/audit/gan/picture.png}]"),
            {rule: 1 for rule in ALL_OF_VIT if rule not in ("vit_embed", *VIT_PROBES)}
            | once("vit_images", "vit_recognise", "vit_photos"),
        ),
        "test images of the probes": Change(
            SCALE,
            replaced("test_images: 100, published", "test_images: 90, published"),
            once("vit_embed", "vit_evaluate_masking", "vit_probe_corrected", "vit_summary") | VIT_OF_THE_SUMMARY,
        ),
        "one figure's style": Change(
            f"{CODE}/vit_figure4.py",
            replaced("names, np.load(job.input.logits)", "list(names), np.load(job.input.logits)"),
            once("vit_figure4"),
        ),
        "a helper of the embeddings": Change(
            f"{CODE}/archdyn/experiments/vit/embed.py",
            replaced("ATTENTION_BATCH = 32", "ATTENTION_BATCH = 16"),
            EMBEDDED_BY_VIT | MASKS,
        ),
        "a comment": Change(f"{CODE}/archdyn/experiments/vit/embed.py", replaced("  # in ViT-B/16", "  # In ViT-B/16")),
        "touching an embedding": Change("results/smoke/vit/embeddings/picture_attention.npy", Path.touch),
    },
    "gan": {
        "a learning rate of one condition": Change(
            CONFIG,
            replaced(
                "vanishing gradients (Table 8).\n",
                "vanishing gradients (Table 8).\n      learning_rate_d: 1.0e-4\n",
            ),
            runs("gan", GAN_SEEDS)
            | once("gan_summary", "gan_table8", "gan_conditions", "gan_gradients")
            | GAN_FIGURES_OF_THE_SUMMARY,
        ),
        "another seed": Change(
            SCALE,
            replaced("seeds: [0, 1]\n  samples", "seeds: [0, 1, 2]\n  samples"),
            runs("gan", GAN_CONDITIONS) | once("gan_summary") | GAN_FIGURES | GAN_TABLES,
        ),
        "one figure's style": Change(
            f"{CODE}/gan_figure9.py",
            replaced("overfitting(figure, samples, epochs,", "overfitting(figure, samples, dict(epochs),"),
            once("gan_figure9"),
        ),
        "the number of samples drawn": Change(
            SCALE,
            replaced("samples: 200", "samples: 250"),
            runs("gan", GAN_RUNS, "embed", "evaluate")
            | once("gan_evaluate_real", "gan_summary", "gan_conditions", "gan_figure9")
            | GAN_FIGURES_OF_THE_SUMMARY
            | DESIGN,
        ),
        "a helper of the training": Change(
            f"{CODE}/archdyn/experiments/gan/train.py",
            replaced("softplus(fake_logits).mean()\n\n\nGEN", "softplus(fake_logits).sum()\n\n\nGEN"),
            runs("gan", GAN_RUNS) | once("gan_summary") | GAN_FIGURES | GAN_TABLES | DESIGN,
        ),
        "a seed of the design": Change(
            SCALE, replaced("seeds: [0, 1]\n      out", "seeds: [0, 1, 2]\n      out"), runs("gan", 2) | DESIGN
        ),
        "a comment and a docstring": Change(
            f"{CODE}/archdyn/experiments/gan/train.py",
            replaced('"""Networks, optimisers, trace and samples."""', '"""All of it."""  # again'),
        ),
        "touching a model": Change("results/smoke/gan/models/baseline_seed0.safetensors", Path.touch),
    },
    "vae": {
        "a learning rate of one condition": Change(
            CONFIG,
            replaced("      annealing: steps\n", "      annealing: steps\n      learning_rate: 2.0e-3\n"),
            runs("vae", 1) | once("vae_summary", "vae_projection") | VAE_FIGURES_OF_THE_SUMMARY | VAE_TABLES,
        ),
        "a condition that another goes on from": Change(
            CONFIG,
            replaced(
                "VAE, with KL weight 5.\n      kl_weight: 5.0\n", "VAE, with KL weight 5.\n      kl_weight: 4.0\n"
            ),
            runs("vae", 3)
            | VAE_STARTS
            | once("vae_try_start", "vae_summary", "vae_projection")
            | VAE_FIGURES_OF_THE_SUMMARY
            | VAE_TABLES,
        ),
        "another seed": Change(
            SCALE,
            replaced("seeds: [0]\n  starts", "seeds: [0, 1]\n  starts"),
            runs("vae", VAE_CONDITIONS) | once("vae_summary") | VAE_FIGURES | VAE_TABLES,
        ),
        "one figure's style": Change(
            f"{CODE}/vae_figure11.py",
            replaced("read_csv(job.input.epochs)", "read_csv(job.input.epochs).copy()"),
            once("vae_figure11"),
        ),
        "the number of samples drawn": Change(
            SCALE,
            replaced("samples: 100", "samples: 150"),
            runs("vae", VAE_RUNS, "embed", "evaluate")
            | once("vae_evaluate_real", "vae_summary", "vae_conditions", "vae_projection")
            | VAE_FIGURES_OF_THE_SUMMARY,
        ),
        "a helper of the training": Change(
            f"{CODE}/archdyn/experiments/vae/train.py",
            replaced("ANNEALED_SHARE = 0.3", "ANNEALED_SHARE = 0.4"),
            VAE_TRAININGS | once("vae_summary") | VAE_FIGURES | VAE_TABLES,
        ),
        "a comment and a docstring": Change(
            f"{CODE}/archdyn/experiments/vae/train.py", replaced('"""In random order."""', '"""At random."""  # again')
        ),
        "touching an embedding": Change("results/smoke/vae/embeddings/kl5_seed0_mean.npy", Path.touch),
    },
    "clip": {
        "the epochs of the pretraining": Change(
            SCALE,
            replaced("synthetic_mnist, images: 256, epochs: 2}", "synthetic_mnist, images: 256, epochs: 3}"),
            runs("clip", CLIP_SEEDS, "pretrain") | ALL_OF_CLIP,
        ),
        "a prompt": Change(CONFIG, replaced('"a photo of a {}"', '"a photograph of a {}"'), ALL_OF_CLIP),
        "another seed": Change(
            SCALE,
            replaced("seeds: [1, 2]", "seeds: [1, 2, 3]"),
            runs("clip", 1, "pretrain", "embed", "evaluate", "align")
            | once("clip_summary")
            | CLIP_TABLES
            | CLIP_FIGURES,
        ),
        "one figure's style": Change(
            f"{CODE}/clip_shift.py",
            replaced("read_csv(job.input.shift)", "read_csv(job.input.shift).copy()"),
            once("clip_shift"),
        ),
        "the number of pairs drawn": Change(
            SCALE,
            replaced("pairs: 40", "pairs: 45"),
            runs("clip", CLIP_SEEDS, "align") | once("clip_summary", "clip_project") | CLIP_TABLES | CLIP_FIGURES,
        ),
        "touching an embedding": Change("results/smoke/clip/embeddings/seed1_prompts.npy", Path.touch),
    },
    "every experiment": {
        "a caption of a figure": Change(
            "workflow/audit/gan/figures/figure6.rst",
            replaced("a line per", "one line per"),
            once("gan_figure6"),
        ),
        "a caption of a table": Change(
            "workflow/audit/vae/tables/table9.rst", replaced("rows beside ours", "rows above ours"), once("vae_table9")
        ),
        "a setting that only one figure says": Change(
            "rules/gan.smk",
            replaced('gan.condition("overfit_dropout")["dropout"]', "0.3"),
            once("gan_figure9"),
        ),
        "the inputs of one table": Change(
            "rules/clip.smk",
            replaced('clip.table("gap", summary=', 'clip.table("gap", published=clip.published, summary='),
            once("clip_gap"),
        ),
        "the style of all figures": Change(
            f"{CODE}/archdyn/render/style.py",
            replaced('"font.size": 9', '"font.size": 8'),
            FIGURES | {"design_figure": 2},
        ),
        "a helper of all metrics": Change(
            f"{CODE}/archdyn/measures/tidy.py",
            replaced('sd="std"', 'sd="sem"'),
            CLASSIFIERS
            | runs("gan", GAN_RUNS, "embed", "evaluate")
            | runs("vae", VAE_RUNS, "embed", "evaluate")
            | once("gan_evaluate_real", "gan_summary", "gan_conditions", "vae_evaluate_real", "vae_summary")
            | once("vit_score_masks")
            | BOTH_DESIGNS
            | once("vae_conditions", "gan_figure9")
            | GAN_FIGURES_OF_THE_SUMMARY
            | VAE_FIGURES
            | CLIP_METRICS
            | once("clip_classes", "clip_shift")
            | once("vit_evaluate_attention", "vit_evaluate_masking", "vit_probe_published", "vit_probe_corrected")
            | once("vit_summary", "vit_masking", "vit_learning_curve", "vit_specialisation")
            | {name: 1 for name in VIT_TABLES if name not in ("vit_predictions", "vit_table5")}
            | once("resnet_probe_layers", "resnet_measure_gradients", "resnet_gradients", "resnet_summary")
            | once("resnet_score_images", "resnet_figure3")
            | RESNET_OF_THE_SUMMARY,
        ),
        "a dataset's bytes": Change(
            f"{DATA}/train_images.npy",
            last_byte_changed,
            ALL_OF_GAN
            | ALL_OF_VAE
            | CLASSIFIERS
            | ALL_OF_CLIP
            | runs("clip", CLIP_SEEDS, "pretrain")
            | ALL_OF_VIT
            | MASKS
            | BOTH_DESIGNS
            | {name: n for name, n in ALL_OF_RESNET.items() if name != "resnet_embed_untrained"}  # of test images alone
            | {"backbone_pretrain": 2},
        ),
        "touching a dataset": Change(f"{DATA}/train_images.npy", Path.touch),
    },
}


@pytest.fixture(scope="module")
def finished(smoke_run, tmp_path_factory) -> Project:
    """A clone of the finished smoke run, with the same time stamps; each test edits and restores it."""
    return smoke_run.clone(tmp_path_factory.mktemp("clone"))


def without_report(jobs: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """The planned jobs, and those of the report and its panels, which follow every change of a result."""
    report = {rule for rule in jobs if rule.startswith("report_") or rule in OF_PANELS}
    return {rule: n for rule, n in jobs.items() if rule not in report}, {rule: jobs[rule] for rule in report}


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, id=f"{of}: {name}") for of, table in CHANGES.items() for name, change in table.items()],
)
def test_a_change_reruns_exactly_what_it_touches(finished, change):
    path = finished.folder / change.file
    content, times = path.read_bytes(), path.stat()
    change.edit(path)
    try:
        jobs, report = without_report(finished.planned(*SMOKE))
        assert jobs == change.jobs
        assert bool(report) == bool(jobs)
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_nothing_to_do_after_a_finished_run(finished):
    """Also after all those edits, which were undone."""
    assert finished.planned(*SMOKE) == {}


@pytest.mark.parametrize("overlay", [None, "config/demo.yaml", "config/smoke.yaml"])
def test_every_config_plans_the_same_steps(project, overlay):
    jobs = project.planned(*(["--configfile", overlay] if overlay else []))
    added = GAN_ADDED * (overlay == "config/smoke.yaml")
    assert runs("gan", trainings("gan", overlay) + added).items() <= jobs.items()
    trained = trainings("vae", overlay)
    assert (runs("vae", trained) | {"vae_train": trained + VAE_START_ONLY[overlay]}).items() <= jobs.items()
    assert jobs["resnet_train"] + jobs["resnet_train_head"] == trainings("resnet", overlay)
    assert (jobs["resnet_train_head"] % RESNET_HEADS, jobs["resnet_embed"]) == (0, 3)
    assert jobs["vit_embed"] == (3 if overlay == "config/demo.yaml" else 2)
    assert jobs["vit_look"] == jobs["vit_mask"] == jobs["vit_gradcam"] == 1
    # Where a CLIP is pretrained, each seed has its own; official weights serve all seeds.
    clips = {None: 1, "config/demo.yaml": 1, "config/smoke.yaml": 2}[overlay]
    assert jobs["clip_embed"] == jobs["clip_evaluate"] == clips
    assert jobs["clip_align"] == {None: 5, "config/demo.yaml": 1, "config/smoke.yaml": 2}[overlay]
    assert jobs.get("clip_pretrain", 0) == (clips if overlay else 0)
    assert (FIGURES | TABLES | CLASSIFIERS | REPORT).items() <= jobs.items()
    assert jobs["data_prepare"] == {None: 4, "config/demo.yaml": 2, "config/smoke.yaml": 1}[overlay]


def test_planning_five_seeds_at_paper_scale_is_quick(project, bare_plan):
    seeds = [f"{experiment}={{seeds: [0, 1, 2, 3, 4]}}" for experiment in ("gan", "vae")]
    start = processor_seconds()
    jobs = project.planned("--config", *seeds)
    assert processor_seconds() - start < 6 * bare_plan
    assert jobs["gan_train"] == trainings("gan", None)  # which has as many seeds
    assert jobs["vae_train"] == VAE_CONDITIONS * 5 + VAE_START_ONLY[None]


@pytest.mark.parametrize("nearest", ["fresh", "kl5", "beta1_short"])
def test_other_seeds_go_on_from_the_nearest_start_alone(finished, nearest):
    """`fresh` is no model, `kl5` is trained for itself, and `beta1_short` for this alone."""
    ranking = finished.folder / "results/smoke/vae/metrics/starts.csv"
    content, times = ranking.read_text(), ranking.stat()
    header, *rows = content.splitlines()
    ranking.write_text("\n".join([header, *sorted(rows, key=lambda row: not row.startswith(f"{nearest},"))]) + "\n")
    os.utime(ranking, ns=(times.st_atime_ns, times.st_mtime_ns))
    try:
        plan = finished.snakemake("--dry-run", "vae", *SMOKE, "--config", "vae={seeds: [0, 1]}").stdout
    finally:
        ranking.write_text(content)
        os.utime(ranking, ns=(times.st_atime_ns, times.st_mtime_ns))
    trained = set(re.findall(r"vae: training (\w+), seed 1$", plan, re.MULTILINE))
    assert len(trained - {"beta1_short"}) == VAE_CONDITIONS
    assert ("beta1_short" in trained) == (nearest == "beta1_short")


def test_a_clean_rerun_is_quick(finished, bare_plan):
    start = processor_seconds()
    run = finished.snakemake("--cores", "2", *SMOKE)
    assert processor_seconds() - start < 4 * bare_plan
    assert "Nothing to be done" in run.stdout


def test_results_of_somebody_else_are_taken_over_and_not_trained_again(finished, tmp_path):
    """Copied into a fresh clone, inputs after outputs, without Snakemake's records; as the README says."""
    clone = Project.fresh(tmp_path)
    for folder in ("results", "resources"):
        shutil.copytree(finished.folder / folder, tmp_path / folder, copy_function=shutil.copy, dirs_exist_ok=True)
    assert "gan_train" in clone.planned(*SMOKE)
    taken_over = clone.snakemake("--cores", "1", "--touch", "--forceall", *SMOKE)
    assert taken_over.returncode == 0, taken_over.stdout[-3000:]
    assert clone.planned(*SMOKE) == {}
    change = CHANGES["vae"]["a learning rate of one condition"]
    change.edit(tmp_path / change.file)
    assert without_report(clone.planned(*SMOKE))[0] == change.jobs


def test_results_copied_with_their_times_are_not_trained_again(finished, tmp_path):
    """A checkout is newer than they are; Snakemake then has nothing but times to go by."""
    clone = Project.fresh(tmp_path)
    for path in tmp_path.rglob("*.*"):
        path.touch()
    for folder in ("results", "resources"):
        shutil.copytree(finished.folder / folder, tmp_path / folder, dirs_exist_ok=True)
    # Which start is nearest, and what is trained on top of it, hangs on the published numbers of the new checkout.
    from_published = {f"vae_{step}" for step in ("rank_starts", "train", "embed", "evaluate", "summary")}
    planned = without_report(clone.planned(*SMOKE))[0]
    assert planned.keys() <= TABLES.keys() | FIGURES.keys() | from_published
    assert planned.get("vae_train", 0) <= 2


def test_planning_imports_nothing_heavy(project):
    code = (project.folder / "Snakefile").read_text()
    # Snakemake loads its plugins at every start, and that for Slurm loads pandas: forgotten, it must not come back.
    before = """
import sys
heavy = {"torch", "pandas", "matplotlib", "sklearn"}
for name in heavy & set(sys.modules):
    del sys.modules[name]
"""
    after = 'print("heavy:", *heavy & set(sys.modules))'
    (project.folder / "Snakefile").write_text(f"{before}\n{code}\n{after}\n")
    heavy = [line for line in project.snakemake("--dry-run", *SMOKE).stdout.splitlines() if line.startswith("heavy:")]
    assert heavy == ["heavy:"]


def test_training_rules_ask_for_a_gpu_where_there_is_one(project):
    for file in (project.folder / "rules").glob("*.smk"):
        # Snakemake prints a job's message in place of its resources.
        file.write_text(re.sub(r"    message:\n.*\n", "", file.read_text()))
    plan = project.snakemake("--dry-run", "--config", "device=cuda", "--until", "gan_train", "classifier_train").stdout
    blocks = [block for block in plan.split("[") if "rule gan_train:" in block or "rule classifier_train:" in block]
    assert len(blocks) == trainings("gan", None) + 2
    assert all("gpu=1" in block and "mem_mb=" in block and "runtime=" in block for block in blocks)
    on_cpu = project.snakemake("--dry-run", "--config", "device=cpu", "--until", "gan_train").stdout
    assert "gpu=0" in on_cpu
    assert "gpu=1" not in on_cpu


def test_the_readme_shows_the_rule_graph_of_today(project):
    command = [sys.executable, "-m", "archdyn.workflow.rulegraph"]
    graph = subprocess.check_output(command, cwd=project.folder, env=project.environment, text=True)
    assert graph in (ROOT / "README.md").read_text(), f"paste the output of {' '.join(command[1:])}"


def test_messages_name_the_experiment_the_condition_and_the_seed(project):
    plan = project.snakemake("--dry-run", *SMOKE).stdout
    said = set(re.findall(r"^Job \d+: (.+)$", plan, re.MULTILINE))
    assert {
        "gan: training collapse, seed 1",
        "clip: pretraining, seed 2",
        "vit: embedding synthetic_mnist, own normalisation",
        "gan: drawing figure6",
        "vit: tabulating table5",
    } <= said
    listed = project.snakemake("--list").stdout
    assert "{wildcards" not in listed
    assert "figure (Draw a figure, as its experiment declares it.)" in listed


def test_every_job_off_the_local_machine_says_what_it_does(project):
    for file in (project.folder / "rules").glob("*.smk"):
        text = file.read_text()
        local = set(re.findall(r"^    (\w+),$", text.partition("localrules:")[2].partition("\n\n")[0], re.MULTILINE))
        for block in re.split(r"^(?:rule|checkpoint) ", text, flags=re.MULTILINE)[1:]:
            name = block.partition(":")[0]
            assert '"""' in block, f"{name} has no docstring"
            assert "script:" not in block or name in local or "    message:" in block, f"{name} has no message"


def test_a_figure_that_no_experiment_declares_is_refused(project):
    run = project.snakemake("--dry-run", "results/smoke/gan/figures/figure13.png", *SMOKE)
    assert run.returncode != 0
    assert "rules/gan.smk: no figure13 among the figures figure6, figure7" in run.stdout
    project.replace("rules/gan.smk", '    "table8",', '    "figure6",')
    run = project.snakemake("--dry-run", "gan", *SMOKE)
    assert run.returncode != 0
    assert "rules/gan.smk: figure6 is declared twice; allowed: each name once" in run.stdout
    project.replace("rules/gan.smk", '    "figure6",\n    published', '    "figure66",\n    published')
    run = project.snakemake("--dry-run", "gan", *SMOKE)
    assert "workflow/audit/gan/tables/figure66.rst: there is no such file; it holds the caption" in run.stdout
