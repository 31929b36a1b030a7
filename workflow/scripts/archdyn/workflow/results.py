"""What an experiment makes while Snakemake plans: figures, tables and panels with their captions, and designs."""

import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from snakemake.io import local, report

from archdyn.designs.settings import Designs
from archdyn.errors import ArchdynError
from archdyn.workflow.record import REPOSITORY

TEXTS = REPOSITORY / "workflow/audit"
FORMS = {"figures": ("pdf", "png"), "tables": ("csv", "md", "tex"), "panels": ("json",)}
IN_REPORT = {"figures": "png", "tables": "csv"}  # the form that `snakemake --report` shows


@dataclass(frozen=True)
class Result:
    """One figure, table or panel, as the rule file of its experiment declares it."""

    inputs: dict[str, str | list[str]]
    settings: dict  # of the config, as far as its script needs them
    label: str  # scale, data and seeds
    caption: str
    module: str  # that has the function which makes it
    function: str
    shown: bool = True  # whether `all` and the audit have it


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

    def is_against_scale(self, design: str) -> bool:
        """Whether it follows one effect over several sizes; others ask for all effects and interactions."""
        return self.settings["designs"][design]["scale"] is not None

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

    def effects(self, design: str) -> str:
        """Path of its effects."""
        return f"<results>/{self.experiment}/metrics/design_{design}.csv"

    def analysed(self, design: str) -> dict:
        """What the analysis of a design goes by."""
        settings = self.settings["designs"][design]
        return {
            "combinations": list(map(asdict, self._designs.combinations[design])),
            "factors": self._designs.factors(design),
            "seeds": settings["seeds"],
            "outcomes": settings["outcomes"],
            "scale": settings["scale"],
        }


def result_files(kind: str, stem: str) -> dict[str, str]:
    """The outputs of a rule that makes what is declared of a kind; `stem` is their path without an ending."""
    files = {form: f"{stem}.{form}" for form in FORMS[kind]}
    if kind in IN_REPORT:
        files[IN_REPORT[kind]] = _in_report(files[IN_REPORT[kind]], kind.removesuffix("s"))
    return files | {"provenance": f"{stem}.provenance.json"}


def audit_file(path: str, form: str):
    """One of the audit's two files, which `snakemake --report` holds as well."""
    return report(path, category="audit", labels={"form": form})


@cache
def caption(name: str) -> str:
    """The text of workflow/audit/<name>.rst on one line. Raises ArchdynError where there is no such file."""
    path = TEXTS / f"{name}.rst"
    if not path.is_file():
        raise ArchdynError(f"workflow/audit/{name}.rst: there is no such file; it holds the caption")
    return " ".join(path.read_text(encoding="utf-8").split())


def _in_report(path: str, kind: str):
    """Mark an output for `snakemake --report`, with its rule's param `caption`, its experiment as category, and labels.

    The path may hold wildcards, which Snakemake fills in.
    """
    *_, experiment, _, name = Path(path).with_suffix("").parts
    file = "../workflow/audit/caption.rst"  # as seen from rules/
    return report(path, caption=file, category=experiment, subcategory=f"{kind}s", labels={kind: name})


def shipped(path: str) -> str:
    """Path of one of the repository's files, as seen from the working directory; `path` may hold wildcards.

    Snakemake may run in another folder. The path is relative, so that a checkout that is moved with its results reruns
    nothing, and local, so that it is not looked for in remote storage.
    """
    return local(os.path.relpath(REPOSITORY / path))
