"""Data with too few images for a step is told while Snakemake plans, in one line."""

import pytest
import yaml

from archdyn.data.enough import check_enough
from archdyn.errors import ArchdynError
from conftest import make_pictures
from test_config import CONFIG, ROOT, checked_config, laid_over, plan


def checked(folder, overlay: dict) -> dict:
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(overlay))
    return checked_config(laid_over(file), [CONFIG, file]).model_dump()


def pictures(folder, classes: int, count: int) -> str:
    make_pictures(folder, {f"class{number}": count for number in range(classes)})
    return str(folder)


@pytest.mark.parametrize("overlay", [{}, {"audit": ["gan"]}])
def test_the_shipped_data_is_enough(tmp_path, overlay):
    check_enough(checked(tmp_path, overlay | {"run": "own"}))
    for shipped in ("demo", "smoke"):
        file = ROOT / f"config/{shipped}.yaml"
        check_enough(checked_config(laid_over(file), [CONFIG, file]).model_dump())


@pytest.mark.fault("one line while Snakemake plans, with the number that is needed and what needs it.")
@pytest.mark.parametrize(
    ("classes", "count", "overlay", "reason"),
    [
        (2, 2, {"gan": {}}, r"gan\.dataset: found 2 training images; needed: 6 or more, for .* gan\.neighbours, 5"),
        (2, 10, {"gan": {}}, r"gan\.dataset: found 4 test images; needed: 6"),
        (2, 20, {"vae": {}}, r"vae\.dataset: found 8 test images; needed: 16 or more, for Figure 10"),
        (2, 60, {"resnet": {}}, r"resnet\.dataset: found 24 test images; needed: 31 or more, for projections"),
        (2, 80, {"resnet": {"images": 2}}, r"found 0 training images; needed: 1 or more, for the validation of "),
        (2, 20, {"vit": {}}, r"vit\.dataset: found 8 test images; needed: 10 or more, for masks"),
        (2, 80, {"clip": {}}, r"clip\.dataset: found 32 test images; needed: 101 or more, for clip\.pairs of 100"),
    ],
)
def test_too_few_pictures_are_told(tmp_path, classes, count, overlay, reason):
    ((experiment, settings),) = overlay.items()
    folder = pictures(tmp_path / "photos", classes, count)
    config = checked(tmp_path, {experiment: settings | {"dataset": {"imagefolder": folder}}})
    with pytest.raises(ArchdynError, match=reason) as refusal:
        check_enough(config)
    assert "\n" not in str(refusal.value)


def test_limits_on_registered_data_count_too(tmp_path):
    with pytest.raises(ArchdynError, match=r"clip\.dataset: found 60 test images; needed: 101"):
        check_enough(checked(tmp_path, {"clip": {"test_images": 60}}))
    with pytest.raises(ArchdynError, match=r"vit\.probes\.dataset: found 40 training images; needed: 200"):
        folder = pictures(tmp_path / "photos", 2, 25)
        check_enough(checked(tmp_path, {"vit": {"probes": {"dataset": {"imagefolder": folder}}}}))


def test_pictures_have_the_size_and_colour_that_their_section_works_with(tmp_path):
    folder = {"dataset": {"imagefolder": pictures(tmp_path / "photos", 2, 2)}}
    config = checked(tmp_path, dict.fromkeys(("resnet", "vit", "gan", "vae", "clip"), folder))
    sizes = {"gan": (28, 1), "vae": (28, 1)} | dict.fromkeys(("resnet", "vit", "clip"), (224, 3))
    for name, (size, channels) in sizes.items():
        assert config[name]["dataset"].items() >= {"size": size, "channels": channels}.items()


@pytest.mark.fault("`snakemake -n` ends in one line.")
def test_planning_stops_with_one_line(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump({"gan": {"dataset": {"imagefolder": pictures(tmp_path / "photos", 2, 2)}}}))
    run = plan("--configfile", file)
    assert run.returncode != 0
    (line,) = [line for line in run.stdout.splitlines() if "config error" in line]
    assert "gan.dataset: found 2 training images" in line
    assert "Traceback" not in run.stdout
