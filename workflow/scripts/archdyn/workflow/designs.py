"""The designs of an experiment while Snakemake plans: their runs, and their results."""

from dataclasses import dataclass

from archdyn.designs.settings import Designs
from archdyn.errors import ArchdynError
from archdyn.workflow.results import FORMS, caption


@dataclass
class PlannedDesigns:
    """The designs in `settings`, the experiment's block of the config; `named` are its conditions' settings, merged.

    Its rule file sets `scored`, the path of a run's metrics, with {condition} and {seed} in it, or with {design} where
    one file has the metrics of all runs.
    """

    experiment: str
    settings: dict
    named: dict[str, dict]
    scored: str = ""

    def __post_init__(self):
        self._designs = Designs(self.settings.get("designs", {}), self.named)

    def condition(self, name: str) -> dict:
        """The settings of a run, or of a named condition. Raises ArchdynError for any other name."""
        known = self.named | self._designs.settings
        if name not in known:
            raise ArchdynError(f"found no condition {name}; allowed: {', '.join(known)}")
        return known[name]

    def added(self) -> list[str]:
        """The runs of designs that are no named conditions."""
        return list(self._designs.settings)

    def names(self) -> list[str]:
        """Of all designs."""
        return list(self.settings.get("designs", {}))

    def factorial(self) -> list[str]:
        """Those that ask for all effects and interactions."""
        return [name for name in self.names() if not self.is_against_scale(name)]

    def against_scale(self) -> list[str]:
        """Those that follow one effect over several sizes."""
        return [name for name in self.names() if self.is_against_scale(name)]

    def is_against_scale(self, design: str) -> bool:
        """Whether it follows one effect over several sizes."""
        return self.settings["designs"][design]["scale"] is not None

    def caption(self, kind: str, design: str) -> str:
        """Of the figure or table (`kind`) of a design: the caption of all, behind what this one asks."""
        shared = caption(f"designs/{'scale_' * self.is_against_scale(design)}{kind}")
        return f"{self.settings['designs'][design]['about']} {shared}"

    def audited(self) -> list[str]:
        """Those that stand in the audit."""
        return [name for name in self.names() if self.settings["designs"][name]["audit"]]

    def runs(self, design: str) -> list[tuple[str, int]]:
        """Condition and seed of every run."""
        seeds = self.settings["designs"][design]["seeds"]
        return [(run.condition, seed) for run in self._designs.combinations[design] for seed in seeds]

    def of_runs(self, pattern: str, design: str) -> list[str]:
        """Paths of `pattern` for every run; one that has no {seed} once."""
        paths = (pattern.format(condition=name, seed=seed, design=design) for name, seed in self.runs(design))
        return list(dict.fromkeys(paths))

    def effects(self, names: list[str]) -> list[str]:
        """Paths of the effects of these designs."""
        return [f"<results>/{self.experiment}/metrics/design_{name}.csv" for name in names]

    def figures(self, names: list[str]) -> list[str]:
        """Paths of the figures of these designs, in every form."""
        return self._in_forms(names, "figures")

    def results(self, names: list[str]) -> list[str]:
        """Paths of the figures and tables of these designs, in every form."""
        return self._in_forms(names, "figures", "tables")

    def _in_forms(self, names: list[str], *kinds: str) -> list[str]:
        folder = f"<results>/{self.experiment}"
        return [f"{folder}/{kind}/design_{name}.{form}" for name in names for kind in kinds for form in FORMS[kind]]

    def analysed(self, design: str) -> dict:
        """What the analysis of a design goes by."""
        settings = self.settings["designs"][design]
        return {
            "combinations": [
                {"condition": run.condition, "levels": run.levels} for run in self._designs.combinations[design]
            ],
            "factors": self._designs.factors(design),
            "seeds": settings["seeds"],
            "outcomes": settings["outcomes"],
            "scale": settings["scale"],
        }
