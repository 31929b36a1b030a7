"""Which jobs are planned: for each config, and after each kind of change."""

import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, Project, processor_seconds

SMOKE = ("--configfile", "config/smoke.yaml")
CONDITIONS, SEEDS = 10, 2
TABLES_AND_FIGURES = {
    **dict.fromkeys(["gan_table7", "gan_table8", "gan_conditions"], 1),
    **dict.fromkeys([f"gan_figure{n}" for n in (6, 7, 8, 9)], 1),
    "gan_gradients": 1,
    **dict.fromkeys(["vae_table9", "vae_conditions", "vae_figure10", "vae_figure11"], 1),
    **dict.fromkeys(["vae_kl_per_dimension", "vae_traversal", "vae_projection"], 1),
    **dict.fromkeys(["clip_table10", "clip_gap_table", "clip_procrustes_table"], 1),
    **dict.fromkeys(["clip_figure12", "clip_figure13", "clip_classes", "clip_shift"], 1),
}
VAE_CONDITIONS = 5


@pytest.fixture(scope="module")
def finished(smoke_run, tmp_path_factory) -> Project:
    """A clone of the finished smoke run, with the same time stamps; each test edits and restores it."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    shutil.copytree(smoke_run.folder, folder, symlinks=True)
    clone = object.__new__(Project)
    clone.folder = folder
    clone.environment = smoke_run.environment | {"PYTHONPATH": str(folder / "workflow/scripts")}
    return clone


@pytest.fixture
def edited(finished):
    """Edit files of the finished run for one test: `edited(file, old, new)`."""
    kept = {}

    def edit(file: str, old: str, new: str) -> Project:
        path = finished.folder / file
        kept.setdefault(path, (path.read_bytes(), path.stat()))
        finished.replace(file, old, new)
        return finished

    yield edit
    for path, (content, _) in kept.items():
        path.write_bytes(content)


@pytest.mark.parametrize("overlay", [None, "config/demo.yaml", "config/smoke.yaml"])
def test_every_config_plans_the_same_steps(project, overlay):
    arguments = ["--configfile", overlay] if overlay else []
    start = processor_seconds()
    jobs = project.planned(*arguments)
    seconds = processor_seconds() - start
    trainings = CONDITIONS * {None: 3, "config/demo.yaml": 1, "config/smoke.yaml": 2}[overlay]
    assert jobs["gan_train"] == jobs["gan_embed"] == jobs["gan_evaluate"] == trainings
    trainings = VAE_CONDITIONS * {None: 3, "config/demo.yaml": 1, "config/smoke.yaml": 1}[overlay]
    assert jobs["vae_train"] == jobs["vae_embed"] == jobs["vae_evaluate"] == trainings
    # Where a CLIP is pretrained, each seed has its own; official weights serve all seeds.
    clips = {None: 1, "config/demo.yaml": 1, "config/smoke.yaml": 2}[overlay]
    assert jobs["clip_embed"] == jobs["clip_evaluate"] == clips
    assert jobs["clip_align"] == {None: 3, "config/demo.yaml": 1, "config/smoke.yaml": 2}[overlay]
    assert jobs.get("clip_pretrain", 0) == (clips if overlay else 0)
    assert jobs.get("backbone_download", 0) == (0 if overlay else 1)
    assert TABLES_AND_FIGURES.items() <= jobs.items()
    assert jobs["classifier_train"] == jobs["classifier_embed_real"] == 2
    assert jobs["data_prepare"] == {None: 3, "config/demo.yaml": 2, "config/smoke.yaml": 1}[overlay]
    assert seconds < 5


def test_planning_imports_nothing_heavy(project):
    code = (project.folder / "Snakefile").read_text()
    check = 'import sys\nprint("heavy:", *{"torch", "pandas", "matplotlib", "sklearn"} & set(sys.modules))\n'
    (project.folder / "Snakefile").write_text(f"{code}\n{check}")
    heavy = [line for line in project.snakemake("--dry-run", *SMOKE).stdout.splitlines() if line.startswith("heavy:")]
    assert heavy == ["heavy:"]


def test_training_rules_ask_for_a_gpu_where_there_is_one(project):
    plan = project.snakemake("--dry-run", "--config", "device=cuda", "--until", "gan_train", "classifier_train").stdout
    trainings = [block for block in plan.split("[") if "rule gan_train:" in block or "rule classifier_train:" in block]
    assert len(trainings) == 32
    assert all("gpu=1" in block and "mem_mb=" in block and "runtime=" in block for block in trainings)
    on_cpu = project.snakemake("--dry-run", "--config", "device=cpu", "--until", "gan_train").stdout
    assert "gpu=0" in on_cpu
    assert "gpu=1" not in on_cpu


def test_the_readme_shows_the_rule_graph_of_today(project):
    command = [sys.executable, "-m", "archdyn.pipeline.rulegraph"]
    graph = subprocess.check_output(command, cwd=project.folder, env=project.environment, text=True)
    assert graph in (ROOT / "README.md").read_text(), f"paste the output of {' '.join(command[1:])}"


def test_nothing_to_do_after_a_finished_run(finished):
    assert finished.planned(*SMOKE) == {}


def test_a_learning_rate_of_one_condition(edited):
    project = edited(
        "config/config.yaml",
        "    mitigated:                   # Table 8\n",
        "    mitigated:\n      learning_rate_d: 1.0e-4\n",
    )
    assert project.planned(*SMOKE) == {
        "gan_train": SEEDS,
        "gan_embed": SEEDS,
        "gan_evaluate": SEEDS,
        "gan_summary": 1,
        "gan_table8": 1,
        "gan_conditions": 1,
        "gan_gradients": 1,
        "gan_figure7": 1,
        "gan_figure8": 1,
    }


def test_one_figures_drawing(edited):
    project = edited(
        "workflow/scripts/gan_figure9.py",
        "discriminator_accuracy(figure, epochs)",
        "discriminator_accuracy(figure, dict(epochs))",
    )
    assert project.planned(*SMOKE) == {"gan_figure9": 1}


def test_the_style_of_all_figures(edited):
    project = edited("workflow/scripts/archdyn/plots/style.py", '"font.size": 9', '"font.size": 8')
    figures = {rule: 1 for rule in TABLES_AND_FIGURES if "table" not in rule and "conditions" not in rule}
    assert project.planned(*SMOKE) == figures


def test_a_helper_reruns_exactly_the_jobs_that_use_it(edited):
    project = edited("workflow/scripts/archdyn/metrics/tidy.py", 'sd="std"', 'sd="sem"')
    jobs = project.planned(*SMOKE)
    assert jobs["gan_evaluate"] == CONDITIONS * SEEDS
    assert jobs["gan_summary"] == jobs["gan_evaluate_real"] == 1
    assert jobs["vae_evaluate"] == VAE_CONDITIONS
    assert jobs["classifier_train"] == 2
    assert "gan_train" not in jobs


def test_a_comment_and_a_docstring_rerun_nothing(edited):
    project = edited(
        "workflow/scripts/archdyn/train/gan.py",
        '"""float (n, pixels) in [-1, 1] -> uint8 (n, *shape)."""',
        '"""To bytes."""  # again',
    )
    assert project.planned(*SMOKE) == {}


def test_another_seed_trains_that_seed_alone(edited):
    project = edited("config/smoke.yaml", "seeds: [0, 1]", "seeds: [0, 1, 2]")
    jobs = project.planned(*SMOKE)
    assert jobs["gan_train"] == jobs["gan_embed"] == jobs["gan_evaluate"] == CONDITIONS
    assert "classifier_train" not in jobs
    assert "data_prepare" not in jobs


def test_more_samples_train_nothing(edited):
    project = edited("config/smoke.yaml", "samples: 200", "samples: 250")
    jobs = project.planned(*SMOKE)
    assert jobs["gan_embed"] == jobs["gan_evaluate"] == CONDITIONS * SEEDS
    assert not {"gan_train", "classifier_train", "vae_train", "gan_table7", "gan_table8"} & jobs.keys()


def test_an_edit_undone_is_nothing_to_do(edited, finished):
    path = "workflow/scripts/archdyn/train/losses.py"
    original = (ROOT / path).read_text()
    assert "gan_train" in edited(
        path, "softplus(fake_logits).mean()\n\n\nGEN", "softplus(fake_logits).sum()\n\n\nGEN"
    ).planned(*SMOKE)
    (finished.folder / path).write_text(original)
    assert finished.planned(*SMOKE) == {}


def test_another_prompt_embeds_again_but_trains_nothing(edited):
    jobs = edited("config/config.yaml", '"a photo of a {}"', '"a photograph of a {}"').planned(*SMOKE)
    assert jobs["clip_embed"] == jobs["clip_evaluate"] == jobs["clip_align"] == 2
    assert jobs["clip_table10"] == jobs["clip_project"] == 1
    assert "clip_pretrain" not in jobs


def test_a_change_of_kl5_reruns_what_continues_it(edited):
    jobs = edited("config/config.yaml", "kl5: {kl_weight: 5.0}", "kl5: {kl_weight: 4.0}").planned(*SMOKE)
    assert jobs["vae_train"] == jobs["vae_embed"] == jobs["vae_evaluate"] == 2  # kl5 and annealing_published
    assert jobs["vae_table9"] == 1
    assert "gan_train" not in jobs
