"""What the rule files ask while Snakemake plans: the checked config, dataset paths, code fingerprints."""

import sys
from pathlib import Path

from snakemake.io import report

from archdyn import config as configuration
from archdyn.data import backbones, registry
from archdyn.errors import ArchdynError
from archdyn.pipeline.cache import checked_cache, evict_corrupt
from archdyn.pipeline.device import has_gpu
from archdyn.pipeline.faults import check_interpreter
from archdyn.pipeline.fingerprint import code_fingerprint
from archdyn.report import claims

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
CAPTIONED_ALIKE = ("verdicts", "benchmark")  # tables whose caption is the same for every experiment


class Plan:
    """The run as configured: `Plan(workflow, config)` checks config and cache, and ends Snakemake if one is wrong."""

    def __init__(self, workflow, config: dict):
        self._workflow = workflow
        check_interpreter(sys.executable)
        files = [*workflow.configfiles, *workflow.overwrite_configfiles]
        try:
            self.config = configuration.checked(config, files)
        except ArchdynError as error:
            sys.exit(f"config error: {error}")
        if workflow.enable_cache and workflow.is_main_process:
            self._check_cache()

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

    def trained_on_features(self, experiment: str) -> list[str]:
        """Conditions whose backbone never changes, so that the head can learn on its features alone."""
        constant = {
            "trainable": "head",
            "batchnorm": "constant",
            "init": "pretrained",
            "skips": True,
            "normalisation": "own",
        }
        names = self.config[experiment]["conditions"]
        return [name for name in names if constant.items() <= self.condition(experiment, name).items()]

    def trained_with_backbone(self, experiment: str) -> list[str]:
        """Conditions whose backbone runs in every epoch."""
        on_features = self.trained_on_features(experiment)
        return [name for name in self.config[experiment]["conditions"] if name not in on_features]

    def features(self, experiment: str, condition: str, embedded) -> dict[str, str]:
        """The features that a condition's head is trained on, by name; `embedded` are the outputs by role."""
        role = self.condition(experiment, condition)["backbone"]
        return {name: embedded[name].format(role=role) for name in ("train_features", "test_features", "cost")}

    def photos(self, experiment: str) -> list[str]:
        """The user's pictures to show; none where test images are shown."""
        return [str(Path(photo["file"]).expanduser()) for photo in self.config[experiment]["images"] or []]

    def pictures(self, experiment: str) -> str:
        """What the shown pictures are, in words: the photos' file names, or the dataset of the test images."""
        return ", ".join(Path(file).name for file in self.photos(experiment)) or self.dataset(experiment)

    @staticmethod
    def probed(dataset: str, normalisation: str, embedded) -> dict[str, str]:
        """Embeddings and labels of both splits of a dataset, by name; `embedded` are the outputs of vit_embed."""
        names = [f"{split}_{kind}" for split in ("train", "test") for kind in ("cls", "mean_patch")]
        paths = {name: embedded[name].format(dataset=dataset, normalisation=normalisation) for name in names}
        return paths | _array_paths(dataset, ("train_labels", "test_labels"))

    def scale(self, experiment: str, data: str | None = None) -> str:
        """Scale, data (by default the experiment's dataset) and weights, which figures and tables say of themselves."""
        roles = self.config[experiment].get("backbones", {}).values()
        weights = dict.fromkeys(self.weights_label(spec, experiment) for spec in roles)
        return " · ".join([f"{self.run} scale", data or self.dataset(experiment), *weights])

    def label(self, experiment: str, images_of_first_seed: bool = False, data: str | None = None) -> str:
        """Scale, data and seeds; a figure that shows images says whose they are."""
        seeds = self.config[experiment]["seeds"]
        label = f"{self.scale(experiment, data)} · seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
        return f"{label}, images of seed {seeds[0]}" if images_of_first_seed and len(seeds) > 1 else label

    @staticmethod
    def _check_cache() -> None:
        try:
            folder = checked_cache()
            corrupt = evict_corrupt(folder)
        except ArchdynError as error:
            sys.exit(f"cache error: {error}")
        for key in corrupt:
            print(f"cache: {folder}/{key}_* is corrupt and removed; what needs it runs again", file=sys.stderr)

    def forget_incomplete_data(self) -> None:
        """Have raw files fetched again of which one was lost."""
        for folder in registry.forget_incomplete() if self._workflow.is_main_process else []:
            print(f"data: {folder} lacks a file and is removed; what needs it fetches it again", file=sys.stderr)

    @staticmethod
    def figure(stem: str) -> dict[str, str]:
        """The outputs of a rule that draws one figure."""
        return {
            "pdf": f"{stem}.pdf",
            "png": _in_report(f"{stem}.png", "figure"),
            "provenance": f"{stem}.provenance.json",
        }

    @staticmethod
    def table(stem: str) -> dict[str, str]:
        """The outputs of a rule that makes one table."""
        return {
            "csv": _in_report(f"{stem}.csv", "table"),
            "md": f"{stem}.md",
            "tex": f"{stem}.tex",
            "provenance": f"{stem}.provenance.json",
        }

    @staticmethod
    def caption(path: str) -> str:
        """The file with the caption of a figure or table: <experiment>/figures/figure8 as in the results."""
        *_, experiment, kind, name = Path(path).with_suffix("").parts
        shared = next((table for table in CAPTIONED_ALIKE if name.startswith(table)), None)
        return f"workflow/report/{shared or f'{experiment}/{kind}/{name}'}.rst"

    def captions(self, results: list[str]) -> list[str]:
        """The captions of all figures and tables among `results`."""
        return [self.caption(path) for path in results if Path(path).suffix in (".png", ".csv")]

    def untestable(self, experiment: str) -> dict[str, str]:
        """Why this run cannot test a claim, by the claim's id; claims that it can test are left out."""
        try:
            found = claims.read_claims(f"config/claims/{experiment}.yaml")
            return claims.untestable(found, self.config[experiment])
        except ArchdynError as error:
            sys.exit(f"config error: {error}")

    def settings(self) -> dict[str, dict]:
        """The settings of every experiment in the report, with those of each condition under its name."""
        return {name: configuration.settings(self.config[name]) for name in self.config["report"]}

    def about(self) -> dict[str, dict]:
        """Label and dataset of every experiment in the report."""
        return {
            name: {"label": self.label(name), "data": registry.description(self.config[name]["dataset"])}
            for name in self.config["report"]
        }

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


def _in_report(path: str, kind: str):
    """Mark an output for `snakemake --report`, with its caption, its experiment as category, and labels."""
    *_, experiment, _, name = Path(path).with_suffix("").parts
    caption = f"../{Plan.caption(path)}"  # as seen from rules/
    return report(path, caption=caption, category=experiment, subcategory=f"{kind}s", labels={kind: name})


def _array_paths(dataset: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"resources/datasets/{dataset}/{name}.npy" for name in names}
