"""Whether the data has as many images as every step needs: said while Snakemake plans, not after the trainings."""

from collections.abc import Iterator
from dataclasses import dataclass

from archdyn.data import registry
from archdyn.errors import ArchdynError

PERPLEXITY = 30  # of every t-SNE, which needs more points
SHOWN = 16  # test images in Figure 10
WORDS = {"train": "training", "test": "test"}


@dataclass(frozen=True)
class Need:
    """`found` images where `least` are needed, of a split of the data that stands under a key of the config."""

    key: str
    split: str
    found: int
    least: int
    why: str


def check_enough(config: dict) -> None:
    """Hold the number of images in the data of every experiment to what its settings need.

    Raises ArchdynError with one line for data that has too few, and for an image folder of another layout.
    """
    for name, needs in NEEDS.items():
        for need in needs(config[name]):
            if need.found < need.least:
                raise ArchdynError(
                    f"{name}.{need.key}: found {need.found} {WORDS[need.split]} images; needed: {need.least} or more, "
                    f"for {need.why}"
                )


class _Data:
    """How many images a dataset has."""

    def __init__(self, spec: str | dict):
        self._counts = registry.image_counts(spec)
        self.classes = len(self._counts["train"])

    def of(self, split: str, *limits: int | None) -> int:
        """Images of a split, no more than the least of `limits`; null limits nothing."""
        return min([sum(self._counts[split].values()), *(limit for limit in limits if limit is not None)])


def _gan(settings: dict) -> Iterator[Need]:
    data, k = _Data(settings["dataset"]), settings["neighbours"]
    for split in ("train", "test"):
        yield Need("dataset", split, data.of(split), k + 1, f"precision and recall by gan.neighbours, {k}")


def _vae(settings: dict) -> Iterator[Need]:
    data = _Data(settings["dataset"])
    yield Need("dataset", "train", data.of("train"), 2, "a training")
    yield Need("dataset", "test", data.of("test", settings["test_images"]), SHOWN, "Figure 10")


def _resnet(settings: dict) -> Iterator[Need]:
    data, layers = _Data(settings["dataset"]), settings["layers"]
    train, test = data.of("train", settings["images"]), data.of("test", settings["test_images"])
    k = layers["neighbours"]
    least = max(PERPLEXITY + 1, 2 * k + 1)
    why = f"projections, with resnet.layers.neighbours of {k}"
    yield Need("dataset", "test", min(test, layers["test_images"]), least, why)
    probed = data.of("train", layers["train_images"])
    yield Need("dataset", "train", probed, max(20, k), f"probes of the layers, with resnet.layers.neighbours of {k}")
    for name, condition in settings["conditions"].items():
        yield from _transfer_needs(name, condition, train, test, settings["validation_share"])
    yield from _pretraining_needs(settings)


def _transfer_needs(name: str, condition: dict, train: int, test: int, validation_share: float) -> Iterator[Need]:
    used = round(train * condition["share"])
    held_out = round(used * validation_share)
    if condition["validation"] == "split":
        yield Need("dataset", "train", held_out, 1, f"the validation of {name}, {validation_share:g} of {used}")
        yield Need("dataset", "train", used - held_out, 2, f"the training of {name}")
    else:
        yield Need("dataset", "train", used, 2, f"the training of {name}")
        yield Need("dataset", "test", round(test * condition["share"]), 1, f"the validation of {name}")


def _vit(settings: dict) -> Iterator[Need]:
    masked, probes = _Data(settings["dataset"]), settings["probes"]
    probed = _Data(probes["dataset"])
    yield Need("dataset", "test", masked.of("test"), 10, "masks")
    train = probed.of("train", probes["train_images"])
    yield Need("probes.dataset", "train", train, 200, "the probes' learning curve")
    yield Need("probes.dataset", "test", probed.of("test"), 20, "the probes")
    yield from _pretraining_needs(settings)


def _clip(settings: dict) -> Iterator[Need]:
    data, pairs = _Data(settings["dataset"]), settings["pairs"]
    test = data.of("test", settings["test_images"])
    yield Need("dataset", "train", data.of("train", settings["train_images"]), 20, "the corrected alignments")
    yield Need("dataset", "test", test, pairs + 1, f"clip.pairs of {pairs}, and one beside them")
    projected = min(test, settings["projected_images"])
    yield Need("dataset", "test", projected, PERPLEXITY + 1 - data.classes, "projections, with the text of each class")
    yield from _pretraining_needs(settings)


def _pretraining_needs(settings: dict) -> Iterator[Need]:
    pretraining = settings["pretraining"]
    if any(spec["weights"] == "pretrain" for spec in settings["backbones"].values()):
        found = _Data(pretraining["dataset"]).of("train", pretraining["images"])
        yield Need("pretraining.dataset", "train", found, 2, "a training")


NEEDS = {"resnet": _resnet, "vit": _vit, "gan": _gan, "vae": _vae, "clip": _clip}
