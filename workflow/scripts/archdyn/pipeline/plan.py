"""What the rule files ask while Snakemake plans: the checked config, dataset paths, code fingerprints."""

import sys

from archdyn import config as configuration
from archdyn.data import registry
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
        folder = f"resources/datasets/{self.dataset(experiment)}"
        return {name: f"{folder}/{name}.npy" for name in names or ARRAYS}

    def classes(self, experiment: str) -> str:
        """Path of the class names of the experiment's dataset."""
        return f"resources/datasets/{self.dataset(experiment)}/classes.json"

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
        """Scale and data, which every figure and table says of itself."""
        return f"{self.run} scale · {self.dataset(experiment)}"

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

    def gpu(self):
        """The resource of a training job: by the device setting, and with `auto` 1 on a cluster or where a GPU is.

        A function of the wildcards, since Snakemake knows of the cluster only after it has read the rules.
        """

        def gpus(wildcards) -> int:
            if self.config["device"] == "auto":
                return int(self._workflow.non_local_exec or has_gpu())
            return int(self.config["device"] == "cuda")

        return gpus

    @staticmethod
    def code(script: str) -> str:
        """Fingerprint of the script and of the modules it imports, for a rule's params."""
        return code_fingerprint(script)
