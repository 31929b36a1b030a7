"""What the report changes in a network before it transfers it: its head, its skip connections, what of it may learn."""

from pathlib import Path

import torch
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import Tensor, nn

from archdyn.experiments.resnet.settings import ResnetMode, TransferTraining
from archdyn.networks.backbones import Backbone, build, load_backbone, save_backbone
from archdyn.networks.checkpoint import read_settings
from archdyn.networks.preprocessing import HALF
from archdyn.networks.stages import freeze, stages

PLAIN_LAYERS = ("layer1", "layer2")  # those that the report takes the skip connections from


class PlainBottleneck(Bottleneck):
    """timm's bottleneck without the addition and without the downsample path; the last ReLU stays."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(x)))
        x = self.act2(self.bn2(self.conv2(x)))
        return self.act3(self.bn3(self.conv3(x)))


class PlainBasicBlock(BasicBlock):
    """timm's basic block without the addition and without the downsample path; the last ReLU stays."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(x)))
        return self.act2(self.bn2(self.conv2(x)))


PLAIN = {Bottleneck: PlainBottleneck, BasicBlock: PlainBasicBlock}


def remove_skips(model: nn.Module, layers: tuple[str, ...] = PLAIN_LAYERS) -> nn.Module:
    """Take the skip connections from every block of `layers`, in place (Table 2); the parameters stay as they are."""
    for layer in layers:
        for block in getattr(model, layer):
            block.__class__ = PLAIN[type(block)]
            if block.downsample is not None:
                block.downsample.requires_grad_(False)  # no part of the output
    return model


def transferred(start: Path, settings: TransferTraining, classes: int, device: torch.device) -> Backbone:
    """The backbone of a checkpoint with a new head of `classes` logits, as `settings` want it.

    Draws the head, and all else where `init` is random, from torch's global generator. Only what `trainable` names
    has requires_grad.
    """
    backbone = load_backbone(start, device, _preprocessing(settings))
    if settings.init == "random":
        backbone.model = build(_as_torchvision_starts(read_settings(start), backbone.model), classes)
        backbone.weights = f"{backbone.weights.split(' (')[0]} (random weights)"
    backbone.model.reset_classifier(classes)  # which then starts alike; some networks' own start depends on the classes
    model = backbone.model.to(device, memory_format=torch.channels_last)
    freeze(model, settings.trainable)
    if not settings.skips:
        remove_skips(model)
    return backbone


def _as_torchvision_starts(architecture: dict, model: nn.Module) -> dict:
    """Residual branches that begin at zero learn sooner, but without skip connections nothing ever passes them."""
    if not isinstance(model, ResNet):
        return architecture
    return architecture | {"arguments": architecture["arguments"] | {"zero_init_last": False}}


def save_transferred(
    path: Path, backbone: Backbone, start: Path, settings: TransferTraining, classes: list[str]
) -> None:
    """Write a checkpoint that `load_transferred` reads; `load_backbone` reads it too where the skips are kept."""
    saved = read_settings(start)
    architecture = {key: saved[key] for key in ("library", "model", "arguments", "preprocessing")}
    architecture["preprocessing"] |= _preprocessing(settings)
    mode = settings.model_dump(include=set(ResnetMode.model_fields))
    save_backbone(path, backbone.model, architecture | mode, classes, backbone.weights)


def load_transferred(path: Path, device: torch.device) -> Backbone:
    """A trained model, in eval mode, without the skips that it was trained without."""
    backbone = load_backbone(path, device)
    if not read_settings(path)["skips"]:
        remove_skips(backbone.model)
    return backbone


def training_mode(path: Path) -> ResnetMode:
    """What the training of a checkpoint left trainable, and what it did with BatchNorm."""
    saved = read_settings(path)
    return ResnetMode.model_validate({key: saved[key] for key in ResnetMode.model_fields})


def blocks(model: nn.Module) -> dict[str, nn.Module]:
    """The residual blocks of a ResNet by name (layer1.0, ...), from the input to the output."""
    return {f"{name}.{i}": block for name, (stage,) in stages(model).items() for i, block in enumerate(stage)}


def _preprocessing(settings: TransferTraining) -> dict:
    """What a training changes in the preprocessing of its backbone."""
    return (HALF if settings.normalisation == "half" else {}) | ({"size": settings.size} if settings.size else {})
