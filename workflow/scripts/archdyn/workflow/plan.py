"""What all rule files ask while Snakemake plans: the checked config, the experiments, resources, code fingerprints."""

import json
import os
import sys
from pathlib import Path

from snakemake.utils import update_config

from archdyn.config import SHIPPED, checked_config
from archdyn.data import registry
from archdyn.data.enough import check_enough
from archdyn.errors import ArchdynError
from archdyn.networks.device import has_gpu
from archdyn.settings.read import read_yaml
from archdyn.workflow.experiment import Experiment
from archdyn.workflow.faults import check_interpreter
from archdyn.workflow.files import checked_cache, evict_corrupt
from archdyn.workflow.fingerprint import code_params
from archdyn.workflow.results import Result

TOLD = 5  # findings at the end of a run


class Plan:
    """The run as configured: `Plan(workflow, config)` checks config and cache, and ends Snakemake if one is wrong."""

    def __init__(self, workflow, config: dict):
        self._workflow = workflow
        check_interpreter(sys.executable)
        os.environ["MPLBACKEND"] = "Agg"  # for the jobs, which inherit it: what Jupyter sets there would end them
        files = [SHIPPED, *workflow.configfiles, *workflow.overwrite_configfiles]
        try:
            self.config = checked_config(_over_shipped(config), files).model_dump()
            if workflow.is_main_process:
                check_enough(self.config)
        except ArchdynError as error:
            sys.exit(f"config error: {error}")
        if workflow.enable_cache and workflow.is_main_process:
            self._check_cache()
        self._experiments: dict[str, Experiment] = {}

    @property
    def run(self) -> str:
        return self.config["run"]

    def add(self, name: str, kind: type[Experiment] = Experiment) -> Experiment:
        """Begin an experiment, in its rule file; `kind` where it asks more of the config than others."""
        self._experiments[name] = kind(name, self.config)
        return self._experiments[name]

    def experiment(self, name: str) -> Experiment:
        """An experiment whose rule file has been read."""
        return self._experiments[name]

    def experiments(self) -> list[Experiment]:
        """All experiments whose rule files have been read."""
        return list(self._experiments.values())

    def audited(self) -> list[Experiment]:
        """The experiments in the audit."""
        return [self.experiment(name) for name in self.config["audit"]]

    def declared(self, kind: str, wildcards) -> Result:
        """The one of a kind (figures, tables, panels) that is of the wildcards experiment and name."""
        return self.experiment(wildcards.experiment).declared(kind, wildcards.name)

    def names(self, kind: str) -> str:
        """A regular expression for the names of all that is declared of a kind."""
        return "|".join(
            dict.fromkeys(name for found in self._experiments.values() for name in found.declared_names(kind))
        )

    def of_declared(self, kind: str) -> dict:
        """Params of the rule that makes all that is declared of a kind, each by the function of a module."""
        found = [each.declared(kind, name) for each in self.experiments() for name in each.declared_names(kind)]
        own = {module: code_params(kind.removesuffix("s"), module) for module in {result.module for result in found}}
        every = sorted(set().union(*own.values()))
        return {
            "module": lambda wildcards: self.declared(kind, wildcards).module,
            "function": lambda wildcards: self.declared(kind, wildcards).function,
            "settings": lambda wildcards: self.declared(kind, wildcards).settings,
            "label": lambda wildcards: self.declared(kind, wildcards).label,
            "caption": lambda wildcards: self.declared(kind, wildcards).caption,
            **{param: lambda w, param=param: own[self.declared(kind, w).module].get(param) for param in every},
        }

    def results(self) -> list[str]:
        """Paths of all figures, tables and panels of all experiments, in every form."""
        return [path for found in self._experiments.values() for path in found.results()]

    def design_files(self, wildcards) -> list[str]:
        """Paths of the metrics of every run of a design."""
        designs = self.experiment(wildcards.experiment).designs
        return designs.of_runs(designs.scored, wildcards.design)

    def gpu_job(self, mem_mb: int, runtime: int) -> dict:
        """Resources (MB, minutes) of a job that takes a GPU: by the device setting, and with `auto` where there is one.

        The GPU is a function of the wildcards, since Snakemake knows of a cluster only after it has read the rules.
        """
        gpus = {"gpu": lambda wildcards: int(self._has_gpu())} | self._gpu_type()
        return gpus | {"mem_mb": mem_mb, "runtime": runtime}

    def work(self, rule: str, wildcards: dict | None) -> tuple[str, float, bool, bool]:
        """Of a rule's job, or of its mean job: experiment, images that it sees, whether on a GPU, by a large network.

        An image counts once for each epoch.
        """
        named = dict(wildcards or {})
        experiment = self._experiments.get(named.get("experiment") or rule.partition("_")[0])
        if experiment is None:
            return "", 0.0, False, True
        return experiment.name, experiment.images_seen(named.get("condition")), self._has_gpu(), experiment.is_full()

    def _gpu_type(self) -> dict[str, str]:
        """What profiles/slurm says of it for all jobs, for those that ask for a GPU."""
        defaults = self._workflow.resource_settings.default_resources or {}
        wanted = "gpu_type" in defaults and self.config["device"] != "cpu"
        return {"gpu_model": defaults["gpu_type"].raw} if wanted else {}

    def _has_gpu(self) -> bool:
        if self.config["device"] == "auto":
            return self._workflow.non_local_exec or has_gpu()
        return self.config["device"] == "cuda"

    def found(self) -> str:
        """For the end of a run: what its audit found, unless it is older than a summary, and where it is."""
        folder = Path("results", self.run)
        lines, content = [], folder / "audit/content.json"
        if content.is_file():
            audit = json.loads(content.read_text(encoding="utf-8"))
            lines = [f"- {finding['text'].replace('**', '')}" for finding in audit["findings"]]
            decided = audit.get("decided", [])  # which audits of earlier versions lack
            decided = [f"- {row['verdict']}: {row['claim']} ({row['measured']})" for row in decided]
            older = any(file.stat().st_mtime > content.stat().st_mtime for file in folder.glob("*/metrics/summary.csv"))
            lines = [] if older else (lines or decided)[:TOLD]
            name = "The audit, from before these results" if older else "The audit"
            lines.append(f"{name}: {folder}/audit/audit.html, and as a paper {folder}/audit/audit.pdf")
        return "\n".join([*lines, f"Figures and tables: {folder}/*/figures and {folder}/*/tables"])

    @staticmethod
    def code(script: str) -> dict[str, str]:
        """The script and the modules it imports, each with a digest, for a rule's params."""
        return code_params(script)

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


def _over_shipped(config: dict) -> dict:
    """`config` laid over config/config.yaml, which another project's folder lacks, so that `configfile:` would fail."""
    merged = read_yaml(SHIPPED)
    update_config(merged, config)
    return merged
