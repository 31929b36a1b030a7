"""What the rule files ask while Snakemake plans: the checked config, dataset paths, code fingerprints."""

import sys
from pathlib import Path

from archdyn import config as configuration
from archdyn.data import backbones, registry
from archdyn.errors import ArchdynError
from archdyn.pipeline.device import has_gpu
from archdyn.pipeline.fingerprint import code_fingerprint

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


class Plan:
    """The run as configured: `Plan(workflow, config)` checks the config and ends Snakemake if it is wrong."""

    def __init__(self, workflow, config: dict):
        self._workflow = workflow
        files = [*workflow.configfiles, *workflow.overwrite_configfiles]
        try:
            self.config = configuration.checked(config, files)
        except ArchdynError as error:
            sys.exit(f"config error: {error}")

    @property
    def run(self) -> str:
        return self.config["run"]

    def dataset(self, experiment: str) -> str:
        """The folder name under resources/datasets of the dataset that `experiment` uses."""
        return registry.dataset_id(self.config[experiment]["dataset"])

    def arrays(self, experiment: str, *names: str) -> dict[str, str]:
        """Paths of the prepared arrays (train_images, train_labels, test_images, test_labels), by name."""
        return _array_paths(self.dataset(experiment), names or ARRAYS)

    def classes(self, experiment: str) -> str:
        """Path of the class names of the experiment's dataset."""
        return f"resources/datasets/{self.dataset(experiment)}/classes.json"

    def pretraining_arrays(self, experiment: str) -> dict[str, str]:
        """Paths of the arrays and class names of the dataset that the experiment's backbones are pretrained on."""
        dataset = registry.dataset_id(self.config[experiment]["pretraining"]["dataset"])
        return _array_paths(dataset, ARRAYS) | {"classes": f"resources/datasets/{dataset}/classes.json"}

    def weights(self, experiment: str, role: str) -> str:
        """Path of the checkpoint of the backbone that plays `role` in the experiment, by its provider."""
        return backbones.weights_path(experiment, self.config[experiment]["backbones"][role])

    def weights_file(self, experiment: str, backbone: str) -> str:
        """The user's file with the weights of a backbone."""
        specs = self.config[experiment]["backbones"].values()
        files = [spec["weights"]["file"] for spec in specs if spec["name"] == backbone and "file" in spec["weights"]]
        return str(Path(files[0]).expanduser())

    def weights_label(self, spec: dict, experiment: str | None = None) -> str:
        """A backbone and the weights behind it, in words; pretrained ones need their experiment."""
        return backbones.weights_label(spec, self.config[experiment]["pretraining"] if experiment else {})

    def clip_seeds(self) -> list[int]:
        """Seeds with a CLIP of their own: all where it is pretrained here, else the first, which serves them all."""
        block = self.config["clip"]
        return block["seeds"] if block["backbones"]["clip"]["weights"] == "pretrain" else block["seeds"][:1]

    def clip_seed(self, seed: str) -> int:
        """The seed of the CLIP that serves `seed`."""
        return int(seed) if int(seed) in self.clip_seeds() else self.clip_seeds()[0]

    def clip_weights(self, seed: str, pretrained: str) -> str:
        """Path of the CLIP's checkpoint, which is `pretrained` with the seed in it where it is pretrained here."""
        spec = self.config["clip"]["backbones"]["clip"]
        return pretrained.format(seed=seed) if spec["weights"] == "pretrain" else self.weights("clip", "clip")

    @staticmethod
    def real(experiment: str, *splits: str) -> dict[str, str]:
        """Paths of the real images' features and logits under the experiment's classifier, as train_features, ..."""
        folder = f"<results>/{experiment}/embeddings"
        kinds = ("features", "logits")
        return {f"{split}_{kind}": f"{folder}/real_{split}_{kind}.npy" for split in splits for kind in kinds}

    def condition(self, experiment: str, condition: str) -> dict:
        """The settings of one condition: the experiment's training block with what the condition changes."""
        return configuration.merged_condition(self.config[experiment], condition)

    def runs(self, experiment: str, pattern: str, conditions: list[str] | None = None) -> list[str]:
        """Paths of `pattern` for every seed of the conditions (all by default), in the config's order."""
        block = self.config[experiment]
        return [
            pattern.format(condition=condition, seed=seed)
            for condition in conditions or block["conditions"]
            for seed in block["seeds"]
        ]

    def shown(self, experiment: str, pattern: str, conditions: list[str] | None = None) -> list[str]:
        """Paths of `pattern` for the conditions (all by default), of the first seed, which figures of images show."""
        return [
            self.runs(experiment, pattern, [name])[0] for name in conditions or self.config[experiment]["conditions"]
        ]

    def continued(self, experiment: str, wildcards, pattern: str) -> str | list:
        """The checkpoint that a condition goes on from, of the same seed; [] for one that starts afresh."""
        start = self.condition(experiment, wildcards.condition)["start"]
        return [] if start == "fresh" else pattern.format(condition=start, seed=wildcards.seed)

    def scale(self, experiment: str) -> str:
        """Scale, data and weights, which every figure and table says of itself."""
        roles = self.config[experiment].get("backbones", {}).values()
        weights = dict.fromkeys(self.weights_label(spec, experiment) for spec in roles)
        return " · ".join([f"{self.run} scale", self.dataset(experiment), *weights])

    def label(self, experiment: str, images_of_first_seed: bool = False) -> str:
        """Scale, data and seeds; a figure that shows images says whose they are."""
        seeds = self.config[experiment]["seeds"]
        label = f"{self.scale(experiment)} · seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
        return f"{label}, images of seed {seeds[0]}" if images_of_first_seed and len(seeds) > 1 else label

    @staticmethod
    def figure(stem: str) -> dict[str, str]:
        """The outputs of a rule that draws one figure."""
        return {"pdf": f"{stem}.pdf", "png": f"{stem}.png", "provenance": f"{stem}.provenance.json"}

    @staticmethod
    def table(stem: str) -> dict[str, str]:
        """The outputs of a rule that makes one table."""
        forms = {form: f"{stem}.{form}" for form in ("csv", "md", "tex")}
        return forms | {"provenance": f"{stem}.provenance.json"}

    def gpu(self) -> int:
        """GPUs that a training job asks for: by the device setting, and with `auto` 0 on a machine without one."""
        if self.config["device"] == "auto":
            return int(self._workflow.non_local_exec or has_gpu())
        return int(self.config["device"] == "cuda")

    @staticmethod
    def code(script: str) -> str:
        """Fingerprint of the script and of the modules it imports, for a rule's params."""
        return code_fingerprint(script)


def _array_paths(dataset: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"resources/datasets/{dataset}/{name}.npy" for name in names}
