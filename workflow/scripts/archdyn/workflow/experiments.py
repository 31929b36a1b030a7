"""What only one experiment asks of the config."""

from itertools import product
from pathlib import Path

from snakemake.io import local

from archdyn.data import registry
from archdyn.experiments.vae.settings import FRESH
from archdyn.workflow.experiment import Experiment, filled

REPORT_PHOTOS = "report_photos"  # in config/datasets.yaml


class Resnet(Experiment):
    """Conditions differ in whether the backbone runs in every epoch."""

    def preprocessing(self, role: str) -> dict:
        """What the config changes in the preprocessing of the backbone that plays `role`."""
        size = self.settings["backbones"][role]["size"]
        return {"size": size} if size else {}

    def needed(self) -> dict:
        """Its settings, each condition with the `weights` that its backbone starts from."""
        specs = self.settings["backbones"]
        named = self.settings["conditions"]
        weights = {name: {"weights": specs[self.condition(name)["backbone"]]["weights"]} for name in named}
        conditions = {name: own | weights[name] for name, own in self.settings["conditions"].items()}
        return self.settings | {"conditions": conditions}

    def projected_images(self) -> int:
        """How many test images Figures 2 and 3 show: no more than both of their networks embed."""
        asked = self.settings["layers"]["test_images"]
        return min(asked, self.settings["test_images"] or asked)

    def training(self, condition: str) -> dict:
        """All that the training of a condition with its backbone goes by: a TransferTraining."""
        settings = self.condition(condition)
        shared = {name: self.settings[name] for name in ("precision", "validation_share")}
        return settings | shared | {"size": self.settings["backbones"][settings["backbone"]]["size"]}

    def trained_on_features(self) -> list[str]:
        """Conditions, of designs too, whose backbone never changes, so that the head learns on its features alone."""
        constant = {
            "trainable": "head",
            "batchnorm": "constant",
            "init": "pretrained",
            "skips": True,
            "normalisation": "own",
        }
        return [name for name in self._trainings() if constant.items() <= self.condition(name).items()]

    def trained_with_backbone(self) -> list[str]:
        """Conditions whose backbone runs in every epoch."""
        on_features = self.trained_on_features()
        return [name for name in self._trainings() if name not in on_features]

    def _trainings(self) -> list[str]:
        """Named conditions, and those of designs."""
        return [*self.conditions, *self.designs.added()]

    def validated_on_test(self) -> dict[str, float]:
        """Conditions that validate on the test images, with the share of them that they use."""
        settings = {name: self.condition(name) for name in self.conditions}
        return {name: found["share"] for name, found in settings.items() if found["validation"] == "test"}

    def features(self, condition: str, embedded) -> dict[str, str]:
        """The features that a condition's head is trained on, by name; `embedded` are the outputs by role."""
        role = self.condition(condition)["backbone"]
        return {name: filled(embedded[name], role=role) for name in ("train_features", "test_features", "cost")}


class Vit(Experiment):
    """Pictures are looked at one by one; probes may have a dataset of their own."""

    def named(self) -> dict[str, dict]:
        """The mask that designs change."""
        return {"mask": self.settings["mask"]}

    def masks(self, design: str) -> list[dict]:
        """The masks of a design, each with the condition that it is."""
        names = dict.fromkeys(name for name, _ in self.designs.runs(design))
        return [{"condition": name, "mask": self.condition(name)} for name in names]

    def photos(self) -> list[str]:
        """The pictures' files, or the folder of the report's; none where test images take their place."""
        if self._are_published:
            return [f"resources/raw/{REPORT_PHOTOS}"]
        return [local(str(Path(photo["file"]).expanduser())) for photo in self.settings["images"] or []]

    def photo_names(self) -> list[str]:
        """What figures and tables call the photos."""
        if self._are_published:
            return list(registry.photos(REPORT_PHOTOS))
        return [photo["name"] for photo in self.settings["images"] or []]

    def files_within(self) -> list[str]:
        """The photos' files in the folder of `photos`, where that gives a folder."""
        return list(registry.photos(REPORT_PHOTOS).values()) if self._are_published else []

    def photographed(self) -> str:
        """What the real photos are, in words: their files, or the samples that take their place."""
        return self._photos_in_words() or "sample photos of scikit-learn"

    def pictures(self) -> str:
        """What the pictures are, in words: the photos' files, or the dataset of the test images."""
        return self._photos_in_words() or self.dataset

    def _photos_in_words(self) -> str:
        return "the report's photos" if self._are_published else ", ".join(Path(file).name for file in self.photos())

    @property
    def _are_published(self) -> bool:
        return self.settings["images"] == "published"

    @property
    def probed(self) -> str:
        """The folder name of the probes' dataset under resources/datasets."""
        return registry.dataset_id(self.settings["probes"]["dataset"])

    @staticmethod
    def embedded() -> list[str]:
        """Names of the arrays that `vit_embed` makes of a dataset."""
        parts = product(("own", "imagenet"), ("train", "test"), ("cls", "mean_patch"))
        return ["_".join(part) for part in parts]


class Vae(Experiment):
    """A condition may continue the training of another, and some serve for nothing else."""

    @property
    def conditions(self) -> list[str]:
        """Those that are measured and shown."""
        return [name for name in super().conditions if self.settings["conditions"][name]["measured"]]

    def start(self, pattern: str, condition: str, seed: str) -> list[str]:
        """The model that a training goes on from, of the same seed, if any; `pattern` is a model's path."""
        start = self.condition(condition)["start"]
        return [] if start == FRESH else [filled(pattern, condition=start, seed=seed)]

    def fresh(self) -> list[str]:
        """Those of `conditions` that start from new weights."""
        return [name for name in self.conditions if self.condition(name)["start"] == FRESH]

    def by_kl_weight(self) -> dict[str, float]:
        """Conditions that change nothing but the KL's weight, with it, from the lightest on."""
        common = {key: value for key, value in self.settings["training"].items() if key != "kl_weight"}
        weights = {
            name: self.condition(name)["kl_weight"]
            for name in self.conditions
            if common.items() <= self.condition(name).items()
        }
        return dict(sorted(weights.items(), key=lambda entry: entry[1]))


class Clip(Experiment):
    """Each seed has a CLIP of its own where it is pretrained here; otherwise one serves all seeds."""

    @property
    def _is_pretrained(self) -> bool:
        return self.settings["backbones"]["clip"]["weights"] == "pretrain"

    def of_models(self, pattern: str) -> list[str]:
        """Paths of `pattern` for every CLIP: one a seed where it is pretrained here, else that of the first seed."""
        return [filled(pattern, seed=seed) for seed in (self.seeds if self._is_pretrained else self.seeds[:1])]

    def seeds_of_model(self, seed: str) -> list[int]:
        """The seeds that the CLIP of `seed` serves."""
        return [int(seed)] if self._is_pretrained else self.seeds

    def model(self, seed: str, pretrained: str) -> str:
        """Path of the CLIP's checkpoint, which is `pretrained` with the seed in it where it is pretrained here."""
        return filled(pretrained, seed=seed) if self._is_pretrained else self.weights("clip")
