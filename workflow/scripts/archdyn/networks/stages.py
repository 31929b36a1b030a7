"""The stages of convolutional networks, by one set of names, and what of a network may learn.

layer1 to layer4 are torchvision's names for the stages of a ResNet, whose output has a quarter, an eighth, a sixteenth
and a thirty-second of the image's side. The stages of other networks are those of the same resolution.
"""

from timm.models.efficientnet import EfficientNet
from timm.models.resnet import ResNet
from torch import nn

from archdyn.errors import ArchdynError

STAGES = {  # the modules of each stage, from the input to the output
    ResNet: {name: (name,) for name in ("layer1", "layer2", "layer3", "layer4")},
    EfficientNet: {
        "layer1": ("blocks.0", "blocks.1"),
        "layer2": ("blocks.2",),
        "layer3": ("blocks.3", "blocks.4"),
        "layer4": ("blocks.5", "blocks.6", "conv_head", "bn2"),
    },
}
LEARNING = {"head": (), "layer4": ("layer4",), "blocks": ("layer1", "layer2")}  # stages, beside the head


def stages(model: nn.Module) -> dict[str, list[nn.Module]]:
    """The modules of each stage by its name, from the input to the output; the last one's output is the stage's.

    Raises ArchdynError for a network whose stages are not known.
    """
    names = STAGES.get(type(model))
    if names is None:
        known = ", ".join(kind.__name__ for kind in STAGES)
        raise ArchdynError(f"the stages of {type(model).__name__} are not known; allowed: {known}")
    return {stage: [model.get_submodule(name) for name in modules] for stage, modules in names.items()}


def freeze(model: nn.Module, trainable: str) -> nn.Module:
    """Let the head and what `trainable` names have gradients, and nothing else, in place.

    trainable: all, or a key of LEARNING.
    """
    model.requires_grad_(trainable == "all")
    model.get_classifier().requires_grad_(True)
    for stage in LEARNING.get(trainable, ()):
        for module in stages(model)[stage]:
            module.requires_grad_(True)
    return model


def set_mode(model: nn.Module, batchnorm: str) -> None:
    """Train mode; with `constant`, the BatchNorm of frozen layers stays in eval mode, and their output with it."""
    model.train()
    if batchnorm == "constant":
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
                module.eval()
