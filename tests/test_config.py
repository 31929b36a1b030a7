"""The strict config: what is accepted, and the one line that each wrong input gets."""

import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
import yaml
from jsonschema import Draft202012Validator
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from archdyn.config import checked, load_schema, merged_condition
from archdyn.config_manual import manual
from archdyn.errors import ArchdynError
from conftest import processor_seconds

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config" / "config.yaml"


def laid_over(*overlays: Path) -> dict:
    """config.yaml with the overlays over it, merged by Snakemake's own functions."""
    config = load_configfile(CONFIG)
    for overlay in overlays:
        update_config(config, load_configfile(overlay))
    return config


def check_overlay(folder: Path, text: str) -> dict:
    overlay = folder / "own.yaml"
    overlay.write_text(text)
    return checked(laid_over(overlay), [CONFIG, overlay])


@pytest.mark.parametrize("overlays", [[], ["demo.yaml"], ["smoke.yaml"]])
def test_shipped_configs_are_valid(overlays):
    files = [ROOT / "config" / name for name in overlays]
    config = laid_over(*files)
    assert checked(config, [CONFIG, *files]) == config


REFUSALS = {
    "misspelt key": (
        "gan: {conditions: {baseline: {epoch: 5}}}",
        ["gan.conditions.baseline.epoch,", "unknown key", "did you mean epochs?"],
    ),
    "unknown key at the top": (
        "devise: cpu",
        ["devise,", "did you mean device?", "run, device, report, resnet"],
    ),
    "unknown key in a block": ("gan: {sample: 5}", ["gan.sample,", "did you mean samples?"]),
    "unknown key two blocks deep": (
        "gan: {classifier: {colour: 1}}",
        ["gan.classifier.colour,", "unknown key"],
    ),
    "unknown key before other faults": ("gan: {samples: -1, training: {epoch: 5}}", ["gan.training.epoch,"]),
    "unknown condition": (
        "gan: {conditions: {basline: {}}}",
        ["gan.conditions.basline,", "did you mean baseline?"],
    ),
    "a classifier as CLIP": (
        "clip: {backbones: {clip: {name: resnet152-v2}}}",
        ["clip.backbones.clip.name,", 'found "resnet152-v2", another kind', "clip-vit-b32, clip-narrow"],
    ),
    "a prompt without its class": ("clip: {prompts: {photo: a photo}}", ["clip.prompts.photo,", 'found "a photo"']),
    "NaN": (
        "gan: {training: {learning_rate_g: .nan}}",
        ["gan.training.learning_rate_g,", "found NaN", "a number"],
    ),
    "infinity": ("gan: {training: {d_loss_scale: .inf}}", ["gan.training.d_loss_scale,", "found Infinity"]),
    "overflow": ("gan: {training: {d_loss_scale: 1e999}}", ["gan.training.d_loss_scale,", "found Infinity"]),
    "infinite whole number": ("gan: {samples: -.inf}", ["gan.samples,", "found -Infinity", "a whole number"]),
    "negative epochs": (
        "gan: {conditions: {baseline: {epochs: -1}}}",
        ["gan.conditions.baseline.epochs,", "found -1", "a whole number, at least 1"],
    ),
    "zero epochs": ("gan: {training: {epochs: 0}}", ["gan.training.epochs,", "found 0", "at least 1"]),
    "true as whole number": ("gan: {training: {epochs: true}}", ["gan.training.epochs,", "found true"]),
    "true as number": ("gan: {training: {dropout: true}}", ["gan.training.dropout,", "found true"]),
    "fraction as whole number": ("gan: {samples: 100.5}", ["gan.samples,", "found 100.5", "a whole number"]),
    "text as number": ("gan: {samples: many}", ["gan.samples,", 'found "many"', "a whole number"]),
    "learning rate of zero": ("gan: {training: {learning_rate_d: 0}}", ["found 0", "above 0, at most 1"]),
    "dropout of one": ("gan: {training: {dropout: 1.0}}", ["found 1.0", "at least 0, below 1"]),
    "batch of one": ("gan: {classifier: {batch_size: 1}}", ["found 1", "at least 2"]),
    "unknown dataset": (
        "gan: {dataset: minst}",
        ["gan.dataset,", 'found "minst"', " mnist, ", "fashion_mnist"],
    ),
    "missing image folder": (
        "gan: {dataset: {imagefolder: nowhere}}",
        ["gan.dataset.imagefolder,", "nowhere"],
    ),
    "folder of nobody": ("gan: {dataset: {imagefolder: ~nobody0/x}}", ["a folder that exists"]),
    "folder with a long name": (f"gan: {{dataset: {{imagefolder: {'x' * 300}}}}}", ["a folder that exists"]),
    "dataset without folder": ("gan: {dataset: {size: 28}}", ["gan.dataset,", "imagefolder is missing"]),
    "two channels": (
        "gan: {dataset: {imagefolder: ., channels: 2}}",
        ["gan.dataset.channels,", "allowed: 1, 3"],
    ),
    "unknown loss": (
        "gan: {training: {g_loss: hinge}}",
        ["gan.training.g_loss,", 'found "hinge"', "non_saturating, minimax, minimax_wrong_sign"],
    ),
    "unknown device": ("device: gpu", ["device,", 'found "gpu"', "auto, cuda, cpu"]),
    "no seeds": ("gan: {seeds: []}", ["gan.seeds,", "found []", "at least 1"]),
    "seed twice": ("gan: {seeds: [1, 1]}", ["gan.seeds,", "found [1, 1]", "no repeats"]),
    "negative seed": ("gan: {seeds: [0, -2]}", ["gan.seeds[1],", "found -2"]),
    "empty block": ("gan:", ["gan,", "found null", "a block of keys"]),
    "run with a slash": ("run: ../elsewhere", ["run,", 'found "../elsewhere"']),
    "run with a line break": ("run: |\n  own\n", ["run", "printable text on one line"]),
    "key that is no text": ("no: 1", ["found the key false"]),
    "duplicate key": (
        "gan:\n  conditions:\n    baseline:\n      epochs: 1\n      epochs: 2\n",
        ["gan.conditions.baseline.epochs,", "own.yaml line 5", "duplicate key"],
    ),
    "duplicate block": (
        "gan: {seeds: [1]}\ngan: {samples: 100}\n",
        ["gan,", "own.yaml line 2", "duplicate key"],
    ),
}


@pytest.mark.parametrize(("overlay", "parts"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_with_one_line(tmp_path, overlay, parts):
    with pytest.raises(ArchdynError) as refusal:
        check_overlay(tmp_path, overlay)
    message = str(refusal.value)
    assert "\n" not in message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "there is no such file"),
        ("", "found nothing"),
        ("# only a comment\n", "found nothing"),
        ("- a list\n", 'found ["a list"]'),
        ("gan:\n  seeds: [0\nrun: own\n", "line 3: not valid YAML"),
        ("run: a\x00b\n", "not valid YAML"),
        ("run: caf\udce9\n", "cannot be read"),
    ],
    ids=["missing", "empty", "comment", "list", "broken", "control character", "not UTF-8"],
)
def test_unreadable_file_is_named_in_one_line(tmp_path, content, part):
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ArchdynError) as refusal:
        checked(load_configfile(CONFIG), [CONFIG, file])
    assert str(file) in str(refusal.value)
    assert part in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_missing_key_is_named_with_its_block():
    config = load_configfile(CONFIG)
    del config["gan"]["training"]["d_steps"]
    with pytest.raises(ArchdynError, match=r"^gan\.training, from .*config\.yaml: .* d_steps is missing"):
        checked(config, [CONFIG])


def test_no_conditions_are_refused():
    config = load_configfile(CONFIG)
    config["gan"]["conditions"] = {}
    with pytest.raises(ArchdynError, match=r"^gan\.conditions, .* the key baseline is missing"):
        checked(config, [CONFIG])


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e-3", 0.001), ("1.e-3", 0.001), (".5", 0.5), ("1", 1), ("'2.5E-4'", 0.00025)],
)
def test_plain_number_written_as_text_is_accepted(tmp_path, text, number):
    config = check_overlay(tmp_path, f"gan: {{training: {{learning_rate_g: {text}}}}}")
    assert config["gan"]["training"]["learning_rate_g"] == number


def test_whole_numbers_come_out_as_int(tmp_path):
    config = check_overlay(tmp_path, "gan: {samples: 1e3, training: {epochs: 5.0}}")
    assert repr(config["gan"]["samples"]) == "1000"
    assert repr(config["gan"]["training"]["epochs"]) == "5"


def test_input_is_not_changed(tmp_path):
    config = laid_over()
    config["gan"]["training"]["learning_rate_g"] = "1e-3"
    checked(config, [CONFIG])
    assert config["gan"]["training"]["learning_rate_g"] == "1e-3"


def test_image_folder_gets_its_defaults(tmp_path):
    config = check_overlay(tmp_path, f"gan: {{dataset: {{imagefolder: '{tmp_path}'}}}}")
    assert config["gan"]["dataset"] == {"imagefolder": str(tmp_path), "size": 28, "channels": 1}


def test_command_line_text_takes_the_type_of_its_key():
    """Snakemake passes every value inside --config 'gan={...}' as text."""
    config = laid_over()
    training = {"images": "null", "reuse_fakes": "true"}
    update_config(config, {"gan": {"seeds": ["3", "4"], "training": training}})
    result = checked(config, [CONFIG])
    assert result["gan"]["seeds"] == [3, 4]
    assert result["gan"]["training"]["images"] is None
    assert result["gan"]["training"]["reuse_fakes"] is True


def test_origin_is_the_last_file_or_the_command_line(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("gan: {samples: 1, neighbours: 3}")
    second.write_text("gan: {neighbours: 4}")
    config = laid_over(first, second)
    with pytest.raises(ArchdynError, match="first.yaml: found 1;"):
        checked(config, [second, CONFIG, first, second])
    config["gan"]["samples"] = 2
    with pytest.raises(ArchdynError, match=r"from command line \(--config\): found 2;"):
        checked(config, [CONFIG, first, second])


def test_condition_changes_only_what_it_names():
    gan = load_configfile(CONFIG)["gan"]
    assert merged_condition(gan, "baseline") == gan["training"]
    assert merged_condition(gan, "mitigated") == gan["training"] | {
        "images": 2000,
        "epochs": 10,
        "real_label": 0.9,
    }


def test_schema_is_a_valid_schema_and_closed_at_every_level():
    Draft202012Validator.check_schema(yaml.safe_load((ROOT / "config" / "schema.yaml").read_text()))
    for key, part in properties(load_schema()):
        assert part.get("description"), f"{key} has no description"
        assert "properties" not in part or part["additionalProperties"] is False, f"{key} is not closed"


def properties(schema: dict, prefix: str = ""):
    for key, part in schema.get("properties", {}).items():
        yield f"{prefix}{key}", part
        yield from properties(part, f"{prefix}{key}.")


def test_manual_is_up_to_date():
    assert (ROOT / "config" / "README.md").read_text() == manual(), (
        "config/README.md differs from the schema; run: python -m archdyn.config_manual > config/README.md"
    )


def test_import_is_light():
    heavy = "{'torch', 'numpy', 'pandas', 'matplotlib', 'snakemake'}"
    code = f"import sys, archdyn.config; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "set()\n"


def plan(*arguments: str | Path) -> subprocess.CompletedProcess:
    """`snakemake -n` in the repository, with all that it printed as stdout."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", *map(str, arguments)]
    env = os.environ | {"PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=PIPE, stderr=STDOUT, text=True, check=False)


@pytest.mark.parametrize("overlay", ["demo.yaml", "smoke.yaml"])
def test_planning_is_quick(overlay):
    start = processor_seconds()
    run = plan("--configfile", f"config/{overlay}")
    assert run.returncode == 0, run.stdout
    assert processor_seconds() - start < 5


@pytest.mark.parametrize(
    ("overlay", "part"),
    [
        ("gan: {conditions: {baseline: {epoch: 5}}}", "did you mean epochs?"),
        ("gan: {training: {epochs: 0}}", "gan.training.epochs"),
        ("gan: {samples: .nan}", "found NaN"),
        ("gan: {dataset: minst}", "fashion_mnist"),
        ("run: a\nrun: b\n", "line 2: duplicate key"),
    ],
    ids=["misspelt", "zero", "NaN", "dataset", "duplicate"],
)
def test_planning_stops_with_one_line(tmp_path, overlay, part):
    file = tmp_path / "own.yaml"
    file.write_text(overlay)
    run = plan("--configfile", file)
    lines = [line for line in run.stdout.splitlines() if "config error" in line]
    assert run.returncode != 0
    assert len(lines) == 1, run.stdout
    assert part in lines[0]
    assert str(file) in lines[0]
    assert "Traceback" not in run.stdout


def test_single_value_from_the_command_line():
    assert plan("all", "--config", "gan={conditions: {baseline: {epochs: 5}}}").returncode == 0
    run = plan("all", "--config", "gan={conditions: {baseline: {epochs: 0}}}")
    assert "gan.conditions.baseline.epochs, from command line (--config): found 0" in run.stdout
    assert run.returncode != 0


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "No such file or directory: '{file}'"),
        ("", "Config file must be given as JSON or YAML with keys at top level"),
        ("run: [\n", "Config file is not valid JSON or YAML"),
    ],
    ids=["missing", "empty", "broken"],
)
def test_file_that_snakemake_itself_refuses(tmp_path, content, part):
    """Snakemake reads --configfile before the Snakefile, so these words are its own."""
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_text(content)
    run = plan("--configfile", file)
    assert run.returncode != 0
    assert part.format(file=file) in run.stdout
