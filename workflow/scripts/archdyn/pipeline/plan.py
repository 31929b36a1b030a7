"""What all rule files ask while Snakemake plans: the checked config, the experiments, resources, code fingerprints."""

import sys

from archdyn import config as configuration
from archdyn.errors import ArchdynError
from archdyn.pipeline.cache import checked_cache, evict_corrupt
from archdyn.pipeline.device import has_gpu
from archdyn.pipeline.experiment import Experiment
from archdyn.pipeline.fingerprint import code_fingerprint
from archdyn.pipeline.results import Result


class Plan:
    """The run as configured: `Plan(workflow, config)` checks config and cache, and ends Snakemake if one is wrong."""

    def __init__(self, workflow, config: dict):
        self._workflow = workflow
        files = [*workflow.configfiles, *workflow.overwrite_configfiles]
        try:
            self.config = configuration.checked(config, files)
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

    def reported(self) -> list[Experiment]:
        """The experiments in the report."""
        return [self.experiment(name) for name in self.config["report"]]

    def declared(self, kind: str, wildcards) -> Result:
        """The figure or table (`kind`: figures or tables) of these wildcards, experiment and name."""
        return self.experiment(wildcards.experiment).declared(kind, wildcards.name)

    def names(self, kind: str) -> str:
        """A regular expression for the names of all declared `figures` or `tables`."""
        return "|".join(dict.fromkeys(name for found in self._experiments.values() for name in found.names(kind)))

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

    @staticmethod
    def _check_cache() -> None:
        try:
            folder = checked_cache()
        except ArchdynError as error:
            sys.exit(f"cache error: {error}")
        for key in evict_corrupt(folder):
            print(f"cache: {folder}/{key}_* is corrupt and removed; what needs it runs again", file=sys.stderr)
