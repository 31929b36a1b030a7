"""Backbones: their weights, from whoever provides them, and what images they expect."""

import re

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms

from archdyn.data import backbones
from archdyn.errors import ArchdynError
from archdyn.networks.backbones import build, convert, load_backbone, save_backbone
from archdyn.networks.preprocessing import Preprocess
from archdyn.networks.pretraining import pretrain
from archdyn.settings.common import Pretraining

CPU = torch.device("cpu")
NARROW = backbones.architecture("resnet18-narrow")


@pytest.mark.parametrize("name", backbones.load())
def test_registry_entry_is_complete(name):
    entry = backbones.load()[name]
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert set(entry["preprocessing"]) >= {"size", "interpolation", "mean", "sd"}
    if "weights" in entry:
        assert entry["weights"]["provider"] in ("official", "wheel")
        assert entry["weights"]["licence"]
        for file in entry["weights"]["one_of"]:
            assert re.fullmatch(r"[0-9a-f]{8,64}", file.get("sha256", "0" * 64))
            assert file.get("size") or file["at_most"] > 0
            for source in file["sources"]:
                assert set(source) in ({"url"}, {"hub", "commit"}, {"pip", "folder"})
                assert re.fullmatch(r"[0-9a-f]{40}", source.get("commit", "0" * 40))
                assert "hub" not in source or file["name"].endswith(".safetensors")


def test_the_narrow_network_has_resnet152s_own_topology():
    model = build(backbones.architecture("resnet152-narrow"), 10)
    assert [len(getattr(model, f"layer{number}")) for number in (1, 2, 3, 4)] == [3, 8, 36, 3]
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)]
    reference = [
        m for m in torchvision.models.resnet152().modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)
    ]
    assert [m.stride for m in convolutions] == [m.stride for m in reference]


def test_torchvisions_weights_give_torchvisions_logits(tmp_path):
    torch.manual_seed(0)
    reference = torchvision.models.resnet18().eval()
    torch.save(reference.state_dict(), tmp_path / "r.pth")
    convert(tmp_path / "r.pth", tmp_path / "r.safetensors", backbones.architecture("resnet18-v1"), "theirs")
    backbone = load_backbone(tmp_path / "r.safetensors", CPU)
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(backbone.model(images), reference(images), atol=1e-4)
    assert backbone.weights == "theirs"
    assert len(backbone.classes) == 1000
    assert backbone.classes[281].startswith("tabby")


UNFIT = {
    "another shape": ({"conv1.weight": torch.zeros(8, 3, 3, 3)}, r"conv1.weight has shape \(8, 3, 3, 3\), the model"),
    "an unknown tensor": ({"conv9.weight": torch.zeros(1)}, "tensor conv9.weight is unknown to the model"),
    "a missing tensor": ({"bn1.bias": None}, "tensor bn1.bias is missing"),
    "no head": ({"fc.weight": None}, "no classifier"),
    "a head that is no matrix": ({"fc.weight": torch.tensor(1.0)}, "no classifier"),
    "NaN": ({"bn1.bias": torch.full((64,), torch.nan)}, "bn1.bias: found 64 values that are not finite"),
    "infinity": ({"bn1.bias": torch.full((64,), torch.inf)}, "bn1.bias: found 64 values that are not finite"),
    "whole numbers": ({"bn1.bias": torch.ones(64).long()}, "bn1.bias: found int64; allowed: float32"),
    "truth values": ({"bn1.bias": torch.ones(64).bool()}, "bn1.bias: found bool; allowed: float32"),
    "complex numbers": ({"bn1.bias": torch.ones(64) + 0j}, "bn1.bias: found complex64; allowed: float32"),
    "fractional counters": ({"bn1.num_batches_tracked": torch.tensor(0.5)}, "found float32; allowed: int64"),
    "a sparse tensor": ({"bn1.bias": torch.ones(64).to_sparse()}, "bn1.bias: found sparse_coo float32; allowed"),
}


@pytest.mark.fault("one line names the file and the tensor, and no checkpoint is made.")
@pytest.mark.parametrize(("change", "message"), UNFIT.values(), ids=UNFIT)
def test_foreign_weights_that_do_not_fit_are_named(tmp_path, change, message):
    state = {key: tensor for key, tensor in (build(NARROW, 10).state_dict() | change).items() if tensor is not None}
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(ArchdynError, match=f"w.pt: .*{message}") as error:
        convert(tmp_path / "w.pt", tmp_path / "out.safetensors", NARROW, "theirs")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.safetensors").exists()


ORDERED = {"library": "timm", "model": "resnet18", "arguments": {"channels": [8, 8, 16, 16]}} | {
    "preprocessing": NARROW["preprocessing"]
}


def test_weights_in_the_models_order_are_renamed(tmp_path):
    torch.manual_seed(0)
    model = build(ORDERED, 1000)
    ends = [key.split(".")[-1] for key in model.state_dict()]
    tensors = list(model.state_dict().values())
    theirs = {f"their{number}.{end}": tensor for number, (end, tensor) in enumerate(zip(ends, tensors, strict=True))}
    torch.save(theirs, tmp_path / "w.pth")
    convert(tmp_path / "w.pth", tmp_path / "out.safetensors", ORDERED, "theirs", ordered=True)
    again = load_backbone(tmp_path / "out.safetensors", CPU)
    assert all(torch.equal(*pair) for pair in zip(again.model.state_dict().values(), tensors, strict=True))
    assert again.classes[281].startswith("tabby")


@pytest.mark.fault("one line names the file and the tensor.")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda items: items[:-1], r"w.pth: found 127 tensors; allowed: 128"),
        (lambda items: [items[0], items[2], items[1], *items[3:]], "w.pth: found bn1.bias in the place of bn1.weight"),
        (lambda items: [(items[0][0], torch.zeros(1, 3, 7, 7)), *items[1:]], r"conv1.weight has shape \(1, 3, 7, 7\)"),
    ],
    ids=["one fewer", "another order", "another shape"],
)
def test_weights_in_another_order_or_shape_are_refused(tmp_path, change, message):
    torch.save(dict(change(list(build(ORDERED, 1000).state_dict().items()))), tmp_path / "w.pth")
    with pytest.raises(ArchdynError, match=message):
        convert(tmp_path / "w.pth", tmp_path / "out.safetensors", ORDERED, "theirs", ordered=True)


def test_weights_of_another_precision_are_taken(tmp_path):
    model = build(NARROW, 10)
    torch.save(
        {
            key: tensor.half() if tensor.is_floating_point() else tensor.int()
            for key, tensor in model.state_dict().items()
        },
        tmp_path / "w.pt",
    )
    convert(tmp_path / "w.pt", tmp_path / "out.safetensors", NARROW, "theirs")
    loaded = load_backbone(tmp_path / "out.safetensors", CPU).model.state_dict()
    assert torch.equal(loaded["conv1.weight"], model.state_dict()["conv1.weight"].half().float())


NO_WEIGHTS = {
    "a text": b"hello, I am a text\n",
    "a web page": b"<html><body>404</body></html>",
    "nothing": b"",
    "line breaks": b"\n\n",
    "an empty dict": b"\x80\x02}q\x00.",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
}


@pytest.mark.fault("one line names the file.")
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
@pytest.mark.parametrize("content", NO_WEIGHTS.values(), ids=NO_WEIGHTS)
def test_a_file_of_another_kind_is_one_line(tmp_path, content, ending):
    path = tmp_path / f"w.{ending}"
    path.write_bytes(content)
    with pytest.raises(ArchdynError, match="neither safetensors nor a state dict of plain tensors") as error:
        convert(path, tmp_path / "out.safetensors", NARROW, "theirs")
    assert "\n" not in str(error.value)


@pytest.mark.fault("one line, and none of its code runs.")
def test_a_pickle_among_weights_is_refused_and_not_executed(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (tmp_path.joinpath("executed").touch, ())

    torch.save({"fc.weight": Malicious()}, tmp_path / "w.pth")
    with pytest.raises(ArchdynError, match="w.pth: neither safetensors nor a state dict"):
        convert(tmp_path / "w.pth", tmp_path / "out.safetensors", NARROW, "theirs")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("side", "size"), [(32, 224), (96, 224), (300, 64)])
def test_images_are_resized_as_pillow_does(side, size, interpolation):
    """torchvision's transform of a PIL image, as the report has it, to a level of brightness at most."""
    images = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    mean, sd = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    transform = transforms.Compose(
        [
            transforms.Resize(size, transforms.InterpolationMode(interpolation)),
            transforms.ToTensor(),
            transforms.Normalize(mean, sd),
        ]
    )
    expected = torch.stack([transform(Image.fromarray(image)) for image in images])
    settings = {"size": size, "interpolation": interpolation, "mean": mean, "sd": sd}
    found = Preprocess(settings, CPU)(torch.from_numpy(images))
    assert (found - expected).abs().max() <= 1.01 / 255 / min(sd)
    assert (found - expected).abs().gt(1e-5).float().mean() < 0.01


def test_grey_images_have_three_equal_channels():
    settings = {"size": 20, "interpolation": "bilinear", "mean": [0.1, 0.2, 0.3], "sd": [0.5, 0.6, 0.7]}
    grey = Preprocess(settings, CPU)(torch.randint(0, 256, (2, 20, 20), dtype=torch.uint8))
    assert torch.allclose(grey[:, 0] * 0.5 + 0.1, grey[:, 2] * 0.7 + 0.3, atol=1e-6)


def test_pretraining_learns_and_its_checkpoint_predicts_the_same(tmp_path):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 128)
    images = (generator.integers(0, 100, (128, 28, 28)) + 120 * labels[:, None, None]).astype(np.uint8)
    arrays = {"train_images": images, "train_labels": labels, "test_images": images, "test_labels": labels}
    torch.manual_seed(0)
    model = build(NARROW, 2)
    settings = Pretraining(dataset="mnist", images=None, test_images=None, epochs=5, batch_size=32, learning_rate=2e-3)
    rows = pretrain(model, NARROW["preprocessing"], arrays, settings, CPU)
    assert rows[-1]["test_accuracy"] > 0.9
    save_backbone(tmp_path / "b.safetensors", model, NARROW, ["dark", "bright"], "pretrained")
    backbone = load_backbone(tmp_path / "b.safetensors", CPU)
    batch = backbone.preprocess(torch.from_numpy(images[:8]))
    with torch.no_grad():
        assert torch.allclose(backbone.model(batch), model(batch), atol=1e-5)
    assert backbone.classes == ["dark", "bright"]
