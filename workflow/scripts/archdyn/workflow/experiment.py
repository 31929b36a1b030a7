"""What a rule file asks of the config about its experiment, and the figures, tables and panels that it declares."""

from functools import cached_property
from pathlib import Path

from snakemake.io import local

from archdyn.claims import read as claims
from archdyn.data import backbones, registry
from archdyn.errors import ArchdynError
from archdyn.settings.common import by_condition, merged_condition, seeds_of
from archdyn.workflow.results import FORMS, PlannedDesigns, Result, caption, shipped

MANY_SEEDS = 5  # more, in a row, are named by the first and the last
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


class Experiment:
    """One experiment of the run: `settings` is its block of the config."""

    def __init__(self, name: str, config: dict):
        self.name = name
        self.settings = config[name]
        self._run = config["run"]
        self._declared: dict[str, dict[str, Result]] = {kind: {} for kind in FORMS}
        self.images: list[str] = []
        self.summarised: list[str] = []
        self.designs = PlannedDesigns(name, self.settings, self.named())

    @property
    def seeds(self) -> list[int]:
        return self.settings["seeds"]

    @property
    def dataset(self) -> str:
        """The folder name of its dataset under resources/datasets."""
        return registry.dataset_id(self.settings["dataset"])

    @property
    def classes(self) -> str:
        """Path of the class names of its dataset."""
        return _classes_path(self.dataset)

    @property
    def published(self) -> str:
        """Path of the report's numbers."""
        return shipped(f"config/published/{self.name}.yaml")

    @property
    def metrics(self) -> str:
        """Path of all its numbers."""
        return f"<results>/{self.name}/metrics/all.csv"

    @property
    def summary(self) -> str:
        """Path of their mean, spread and n over the seeds."""
        return f"<results>/{self.name}/metrics/summary.csv"

    @property
    def conditions(self) -> list[str]:
        """Those that are trained, in the config's order."""
        return self.with_seeds(*self.settings["conditions"])

    def with_seeds(self, *conditions: str) -> list[str]:
        """Those of the conditions that have a seed."""
        return [name for name in conditions if seeds_of(self.settings, name)]

    def arrays(self, *names: str) -> dict[str, str]:
        """Paths of the prepared arrays (train_images, train_labels, test_images, test_labels), by name."""
        return array_paths(self.dataset, *names)

    def pretraining_arrays(self) -> dict[str, str]:
        """Paths of the arrays and class names of the dataset that its backbones are pretrained on."""
        dataset = registry.dataset_id(self.settings["pretraining"]["dataset"])
        return array_paths(dataset) | {"classes": _classes_path(dataset)}

    def real(self, *splits: str) -> dict[str, str]:
        """Paths of the real images' features and logits under its classifier, as train_features, train_logits, ..."""
        return real_paths(self.name, *splits)

    def backbone(self, role: str) -> str:
        """The name of the backbone that plays `role`."""
        return self.settings["backbones"][role]["name"]

    def weights(self, role: str) -> str:
        """Path of the checkpoint of the backbone that plays `role`, by its provider."""
        spec = self.settings["backbones"][role]
        if backbones.provider(spec) == "downloaded":
            return f"resources/backbones/{spec['name']}.safetensors"
        return f"<results>/{self.name}/models/{spec['name']}_{backbones.provider(spec)}.safetensors"

    def weights_file(self, backbone: str) -> str:
        """The user's file with the weights of a backbone."""
        specs = self.settings["backbones"].values()
        files = [spec["weights"]["file"] for spec in specs if spec["name"] == backbone and "file" in spec["weights"]]
        return local(str(Path(files[0]).expanduser()))

    def weights_label(self, role: str) -> str:
        """The backbone that plays `role` and the weights behind it, in words."""
        return backbones.weights_label(self.settings["backbones"][role], self.settings["pretraining"])

    def pretrained_label(self, backbone: str) -> str:
        """A backbone that is pretrained here, in words."""
        return backbones.weights_label({"name": backbone, "weights": "pretrain"}, self.settings["pretraining"])

    def embeddings(self, run: str, *names: str) -> dict[str, str]:
        """Paths of arrays in the experiment's folder of embeddings, by name; `run` may hold wildcards."""
        return {name: f"<results>/{self.name}/embeddings/{run}_{name}.npy" for name in names}

    def condition(self, name: str) -> dict:
        """The settings of one condition: the training block with what the condition, or a design's run, changes."""
        return self.designs.condition(name)

    def named(self) -> dict[str, dict]:
        """The settings of every condition of the config, by its name."""
        return {name: merged_condition(self.settings, name) for name in self.settings.get("conditions", {})}

    def names(self, *conditions: str) -> dict[str, str]:
        """What readers call the conditions (all by default), by their names in the config."""
        blocks = self.settings["conditions"]
        return {name: blocks[name]["label"] or name for name in conditions or self.conditions}

    def runs(self, pattern: str, *conditions: str) -> list[str]:
        """Paths of `pattern` for every seed of the conditions (all by default), in the config's order."""
        return [filled(pattern, condition=condition, seed=seed) for condition, seed in self.repetitions(*conditions)]

    def repetitions(self, *conditions: str) -> list[tuple[str, int]]:
        """Condition and seed of every training of the conditions (all by default), in the config's order."""
        return [(name, seed) for name in conditions or self.conditions for seed in seeds_of(self.settings, name)]

    def first_seed(self, pattern: str, *conditions: str) -> list[str]:
        """Paths of `pattern` for the first seed of the conditions (all by default): figures of images show that one."""
        return [
            filled(pattern, condition=name, seed=seeds_of(self.settings, name)[0])
            for name in self.with_seeds(*conditions or self.conditions)
        ]

    def roles(self, *conditions: str) -> list[str]:
        """Roles of the backbones that the conditions (all by default) train; all roles where no condition names one."""
        trained = [self.condition(name).get("backbone") for name in conditions or self.settings.get("conditions", ())]
        return [role for role in self.settings.get("backbones", {}) if role in trained or not any(trained)]

    def images_seen(self, condition: str | None) -> float:
        """Training images that a training of the condition sees, once for each epoch.

        Where it is None: on average over the trainings that had no record at first, or over all where each had one.
        """
        if condition is None:
            return self._images_seen_on_average
        settings = self.condition(condition)
        return settings.get("epochs", 1) * settings.get("share", 1) * self._images(settings)

    @cached_property
    def _images_seen_on_average(self) -> float:
        every = self._every_training()
        seen = [self.images_seen(name) for name, seed in self._unrecorded(every) or every]
        return sum(seen) / len(seen) if seen else self._images(self.settings)

    def _every_training(self) -> list[tuple[str, int]]:
        """Condition and seed of every training of the conditions, and of the designs in the audit."""
        if "conditions" not in self.settings:
            return []
        designed = [run for name in self.designs.audited() for run in self.designs.runs(name)]
        return list(dict.fromkeys([*self.repetitions(), *designed]))

    def _unrecorded(self, trainings: list[tuple[str, int]]) -> list[tuple[str, int]]:
        models = Path("results", self._run, self.name, "models")
        return [
            (name, seed) for name, seed in trainings if not (models / f"{name}_seed{seed}.provenance.json").exists()
        ]

    def _images(self, settings: dict) -> int:
        """null means all of the dataset; those of a user's folder are not counted before they are read."""
        limits = (block.get("images") for block in (settings, self.settings))
        found = next((limit for limit in limits if isinstance(limit, int)), None)
        return found or registry.load().get(self.dataset, {}).get("images", {}).get("train", 10_000)

    def is_full(self) -> bool:
        """Whether its first backbone is of the report's size: it sees images of 224 pixels, those made here of 28."""
        names = [spec["name"] for spec in self.settings.get("backbones", {}).values()]
        return bool(names) and backbones.architecture(names[0])["preprocessing"]["size"] > 200

    def scale(self, *conditions: str, data: str | None = None) -> str:
        """Scale, data (by default its dataset) and the conditions' weights, as figures and tables say of themselves."""
        weights = dict.fromkeys(self.weights_label(role) for role in self.roles(*conditions))
        return " · ".join([f"{self._run} scale", data or self.dataset, *weights])

    def label(self, *conditions: str, data: str | None = None, images_of_first_seed: bool = False) -> str:
        """`scale` and the seeds of the conditions (all by default); a figure of images says whose they are."""
        names = self.with_seeds(*conditions or self.settings.get("conditions", ()))
        seeds = [seeds_of(self.settings, name) for name in names] or [self.seeds]
        label = f"{self.scale(*conditions, data=data)} · {in_words(seeds)}"
        if not images_of_first_seed or max(map(len, seeds)) == 1:
            return label
        firsts = {first for first, *_ in seeds}
        return f"{label}, images of {f'seed {firsts.pop()}' if len(firsts) == 1 else 'the first'}"

    def figure(self, name: str, settings: dict | None = None, label: str | None = None, **inputs) -> None:
        """Declare a figure, drawn by the function of its name from `inputs`; its caption is in workflow/audit."""
        self._declare("figures", name, inputs, settings, label)

    def table(self, name: str, settings: dict | None = None, label: str | None = None, **inputs) -> None:
        """Declare a table, made by the function of its name from `inputs`; its caption is in workflow/audit."""
        self._declare("tables", name, inputs, settings, label)

    def panel(self, name: str, settings: dict | None = None, label: str | None = None, **inputs) -> None:
        """Declare a panel, which the page lets a reader move, made as a table is."""
        self._declare("panels", name, inputs, settings, label)

    def declare_designs(self) -> None:
        """Declare a figure and a table of each design; `all` and the audit have the figures of those that say so."""
        for name in self.designs.names():
            design, scale = self.settings["designs"][name], self.designs.is_against_scale(name)
            inputs, settings = {"effects": self.designs.effects(name)}, {"scale": scale}
            runs, seeds = len(self.designs.runs(name)), ", ".join(map(str, design["seeds"]))
            label = f"{self.scale()} · {runs} runs, seeds {seeds}"
            for kind in ("figures", "tables"):
                shared = caption(f"designs/{'scale_' * scale}{kind[:-1]}")
                shown = kind == "figures" and design["audit"]
                text, module = f"{design['about']} {shared}", f"archdyn.designs.{kind}"
                result = Result(inputs, settings, label, text, module, "design", shown)
                self._declared[kind][f"design_{name}"] = result

    def summarise(self, *files: str) -> None:
        """Declare the files whose rows are all its numbers."""
        self.summarised += files

    def per_image(self, *files: str | list[str]) -> None:
        """Declare metrics/*_images.csv files, whose values rules may resample by image: see data/contracts.py."""
        self.images += [path for file in files for path in ([file] if isinstance(file, str) else file)]

    def declared_names(self, kind: str) -> list[str]:
        """What is declared of a kind: figures, tables or panels."""
        return list(self._declared[kind])

    def declared(self, kind: str, name: str) -> Result:
        """One of what is declared of a kind. Raises ArchdynError where it is not declared."""
        if name not in self._declared[kind]:
            raise ArchdynError(f"rules/{self.name}.smk: no {name} among the {kind} {', '.join(self._declared[kind])}")
        return self._declared[kind][name]

    def results(self) -> list[str]:
        """Paths of all declared figures, tables and panels, in every form; of designs those that `all` has."""
        return [
            path
            for kind, declared in self._declared.items()
            for name, result in declared.items()
            if result.shown
            for path in self._forms(kind, name)
        ]

    def of_designs(self, names: list[str]) -> list[str]:
        """Paths of the figures and tables of these designs, in every form."""
        return [
            path for name in names for kind in ("figures", "tables") for path in self._forms(kind, f"design_{name}")
        ]

    def _forms(self, kind: str, name: str) -> list[str]:
        return [f"<results>/{self.name}/{kind}/{name}.{form}" for form in FORMS[kind]]

    def settings_by_condition(self) -> dict:
        """Its settings, with those of each condition under the condition's name."""
        return by_condition(self.settings)

    def about(self) -> dict:
        """Label and dataset."""
        return {"label": self.label(), "data": registry.description(self.settings["dataset"])}

    def untestable(self) -> dict[str, str]:
        """Why this run cannot test a claim, by the claim's id; claims that it can test are left out."""
        return claims.untestable(self._claims, self.needed())

    def deciding_designs(self) -> list[str]:
        """Paths of the effects of the audited designs that decide a claim."""
        deciding = {name for claim in self._claims for name in claims.designs(claim)}
        return [self.designs.effects(name) for name in self.designs.audited() if name in deciding]

    @cached_property
    def _claims(self) -> list[dict]:
        return claims.read_claims(shipped(f"config/claims/{self.name}.yaml"))

    def needed(self) -> dict:
        """The settings that a claim's `needs` may name."""
        return self.settings

    def _declare(self, kind: str, name: str, inputs: dict, settings: dict | None, label: str | None) -> None:
        if any(name in declared for declared in self._declared.values()):
            raise ArchdynError(f"rules/{self.name}.smk: {name} is declared twice; allowed: each name once")
        text, module = caption(f"{self.name}/{kind}/{name}"), f"archdyn.experiments.{self.name}.{kind}"
        self._declared[kind][name] = Result(inputs, settings or {}, label or self.label(), text, module, name)


def filled(pattern: str, **wildcards) -> str:
    """A path, or a rule's output, with these wildcards given; an output in remote storage knows its place there."""
    return (getattr(pattern, "apply_wildcards", None) or pattern.format_map)(wildcards)


def picked(outputs, *names: str) -> dict[str, str]:
    """Some of a rule's outputs, by their names."""
    return {name: outputs[name] for name in names}


def in_words(seeds: list[list[int]]) -> str:
    """seed 0 | seeds 0, 1, 2 | seeds 0 to 19 | 3 to 20 seeds, where the lists differ."""
    first, *others = seeds[0]
    if any(other != seeds[0] for other in seeds):
        fewest, most = min(map(len, seeds)), max(map(len, seeds))
        return f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
    if len(others) > MANY_SEEDS and seeds[0] == list(range(first, first + 1 + len(others))):
        return f"seeds {first} to {others[-1]}"
    return f"seed{'s' * bool(others)} {', '.join(map(str, seeds[0]))}"


def array_paths(dataset: str, *names: str) -> dict[str, str]:
    """Paths of a dataset's prepared arrays (all by default), by name; `dataset` may be a wildcard."""
    return {name: f"resources/datasets/{dataset}/{name}.npy" for name in names or ARRAYS}


def real_paths(experiment: str, *splits: str) -> dict[str, str]:
    """As `Experiment.real`; `experiment` may be a wildcard."""
    folder = f"<results>/{experiment}/embeddings"
    kinds = ("features", "logits")
    return {f"{split}_{kind}": f"{folder}/real_{split}_{kind}.npy" for split in splits for kind in kinds}


def _classes_path(dataset: str) -> str:
    return f"resources/datasets/{dataset}/classes.json"
