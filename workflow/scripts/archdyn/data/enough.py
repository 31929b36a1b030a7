"""Whether the data has as many images as every step needs: said while Snakemake plans, not after the trainings."""

from collections.abc import Iterator

from archdyn.data import registry
from archdyn.errors import ArchdynError

PERPLEXITY = 30  # of every t-SNE, which needs more points
SHOWN = 16  # test images in Figure 10
WORDS = {"train": "training", "test": "test"}

Counts = dict[str, dict[str, int]]  # images by split and class
Need = tuple[str, str, int, int, str]  # the data's key in the config, its split, images found, least needed, what for


def check_enough(config: dict) -> None:
    """Hold the number of images in the data of every experiment to what its settings need.

    Raises ArchdynError with one line for data that has too few, and for an image folder of another layout.
    """
    for name, needs in NEEDS.items():
        for key, split, found, least, why in needs(config[name]):
            if found < least:
                raise ArchdynError(
                    f"{name}.{key}: found {found} {WORDS[split]} images; needed: {least} or more, for {why}"
                )


def _count(data: Counts, split: str, *limits: int | None) -> int:
    """Images of a split, no more than the least of `limits`; null limits nothing."""
    return min([sum(data[split].values()), *(limit for limit in limits if limit is not None)])


def _gan(settings: dict) -> Iterator[Need]:
    data, k = registry.image_counts(settings["dataset"]), settings["neighbours"]
    for split in ("train", "test"):
        yield "dataset", split, _count(data, split), k + 1, f"precision and recall by gan.neighbours, {k}"


def _vae(settings: dict) -> Iterator[Need]:
    data = registry.image_counts(settings["dataset"])
    yield "dataset", "train", _count(data, "train"), 2, "a training"
    yield "dataset", "test", _count(data, "test", settings["test_images"]), SHOWN, "Figure 10"


def _resnet(settings: dict) -> Iterator[Need]:
    data, layers = registry.image_counts(settings["dataset"]), settings["layers"]
    train, test = _count(data, "train", settings["images"]), _count(data, "test", settings["test_images"])
    k = layers["neighbours"]
    with_k = f"with resnet.layers.neighbours of {k}"
    projected, probed = min(test, layers["test_images"]), _count(data, "train", layers["train_images"])
    yield "dataset", "test", projected, max(PERPLEXITY + 1, 2 * k + 1), f"projections, {with_k}"
    yield "dataset", "train", probed, max(20, k), f"probes of the layers, {with_k}"
    share = settings["validation_share"]
    for name, condition in settings["conditions"].items():
        used = round(train * condition["share"])
        if condition["validation"] == "split":
            held_out = round(used * share)
            yield "dataset", "train", held_out, 1, f"the validation of {name}, {share:g} of {used}"
            used -= held_out
        else:
            yield "dataset", "test", round(test * condition["share"]), 1, f"the validation of {name}"
        yield "dataset", "train", used, 2, f"the training of {name}"
    yield from _pretraining(settings)


def _vit(settings: dict) -> Iterator[Need]:
    masked, probes = registry.image_counts(settings["dataset"]), settings["probes"]
    probed = registry.image_counts(probes["dataset"])
    yield "dataset", "test", _count(masked, "test"), 10, "masks"
    train = _count(probed, "train", probes["train_images"])
    yield "probes.dataset", "train", train, 200, "the probes' learning curve"
    yield "probes.dataset", "test", _count(probed, "test"), 20, "the probes"
    yield from _pretraining(settings)


def _clip(settings: dict) -> Iterator[Need]:
    data, pairs = registry.image_counts(settings["dataset"]), settings["pairs"]
    train, test = (_count(data, split, settings[f"{split}_images"]) for split in ("train", "test"))
    yield "dataset", "train", train, 20, "the corrected alignments"
    yield "dataset", "test", test, pairs + 1, f"clip.pairs of {pairs}, and one beside them"
    projected = min(test, settings["projected_images"])
    yield "dataset", "test", projected, PERPLEXITY + 1 - len(data["train"]), "projections, with the text of each class"
    yield from _pretraining(settings)


def _pretraining(settings: dict) -> Iterator[Need]:
    pretraining = settings["pretraining"]
    if any(spec["weights"] == "pretrain" for spec in settings["backbones"].values()):
        found = _count(registry.image_counts(pretraining["dataset"]), "train", pretraining["images"])
        yield "pretraining.dataset", "train", found, 2, "a training"


NEEDS = {"resnet": _resnet, "vit": _vit, "gan": _gan, "vae": _vae, "clip": _clip}
