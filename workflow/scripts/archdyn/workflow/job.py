"""What a script gets from Snakemake: inputs, params, a log, a device, and outputs that appear whole."""

import csv
import hashlib
import json
import os
import re
import signal
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

from filelock import FileLock, Timeout

from archdyn.data.contracts import check_inputs
from archdyn.errors import ArchdynError
from archdyn.render.words import spoken
from archdyn.workflow import EPOCHS
from archdyn.workflow.faults import end_with_parent, explained
from archdyn.workflow.files import content_digest, remove
from archdyn.workflow.fingerprint import is_code, module_digests, script_of
from archdyn.workflow.record import machine, write_record

SCORE = re.compile("(test|val|held_out).*(accuracy|elbo)|(accuracy|elbo)_(test|val|held_out)")


class Job:
    """The context of one job, used as `with Job(snakemake) as job:`.

    `job.output.NAME` is a temporary path; all outputs get their final names together when the block ends
    well, and vanish when it fails. `job.say` writes a line to the log, and to the terminal. A fault that the user can
    mend ends the job with one line; any other exception keeps its traceback, in the log too.
    """

    def __init__(self, snakemake):
        self.script = script_of(snakemake.params)
        # By the script, which is named as its rule: whoever uses the workflow as a module may give rules other names.
        self.rule = self.script or snakemake.rule
        self.input = snakemake.input
        self.params = snakemake.params
        self.wildcards = dict(snakemake.wildcards.items())
        self.threads = snakemake.threads
        self._finals = {name: Path(path) for name, path in snakemake.output.items()}
        self.output = SimpleNamespace(**{name: _partial(path) for name, path in self._finals.items()})
        self._log_paths = {"log": snakemake.log[0], **dict(snakemake.log.items())}
        self.facts: dict = {}  # what the job adds to its record
        self._log = None
        self._device = None
        self._checkpoint: Path | None = None
        self._earlier: Path | None = None  # where the seconds of the attempts behind the checkpoint are kept
        self._earlier_s = 0.0
        self._inputs: dict[str, str] = {}  # digests by path
        first = next(iter(self._finals.values()))
        self._lock = FileLock(first.with_name(f".lock-{first.name}"))  # released when the process ends, however it does

    def __enter__(self):
        self._start = time.monotonic()
        end_with_parent()
        try:
            self._log = Path(self._log_paths["log"]).open("w", buffering=1, encoding="utf-8")
            # Before the work, for that is when Python read the modules, and what fails here costs nothing.
            self._modules, self._machine = self._code_digests(), machine()
            self._prepare()
        except Exception as error:
            self._abandon(error)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            try:
                self._finish()
            except Exception as unfinished:
                self._abandon(unfinished)
                raise
        else:
            self._abandon(error)
        self._release()
        self._log.close()

    def caption(self, *sentences: str) -> str:
        """The caption of a table, these sentences, and the table's label."""
        return " ".join([self.params.caption, *sentences, f"{self.params.label}."])

    def uses(self, device):
        """Note the torch.device that the job computes on, for its record, and return it."""
        self._device, self._machine = device, machine(device)
        self._note(f"device {device}, {self.threads} threads")
        return device

    @property
    def seed(self) -> int | None:
        """The wildcard `seed`, else the param `seed`, else None."""
        return int(self.wildcards["seed"]) if "seed" in self.wildcards else self.params.get("seed")

    def interruption(self):
        """How SIGTERM (Slurm's time limit, preemption) and Ctrl-C stop a training, for `run_epochs`.

        The state is kept beside the output `model`, out of reach of Snakemake, until a later attempt of the same job
        (rule, wildcards, params with the code's fingerprint, content of the inputs, model of GPU) ends well. So are the
        seconds that it took so far, for the record to count all attempts.
        """
        from archdyn.networks.loop import Interruption

        final, digest = self._finals["model"], self._digest()
        self._checkpoint = final.with_name(f".checkpoint-{final.name}")
        self._earlier = final.with_name(f".seconds-{final.name}.json")
        if self._checkpoint.exists() and self._earlier.exists():
            self._earlier_s = json.loads(self._earlier.read_text(encoding="utf-8")).get(digest, 0.0)
        asked: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda signum, _: asked.append(signum))
        return Interruption(self._checkpoint, digest, lambda: bool(asked), self.say)

    def say(self, line: str) -> None:
        """Write one line to the log, and to the terminal, marked with the job's name."""
        self._note(line)
        self._show(line)

    def progress(self, row: dict) -> None:
        """Log how the epoch went, and append all its numbers to the CSV beside the log; both can be tailed.

        The terminal shows it where EPOCHS asks for that.
        """
        (self.say if EPOCHS in os.environ else self._note)(_epoch_line(row))
        path = Path(self._log_paths["progress"])
        first = row.get("epoch") == 1
        with path.open("w" if first else "a", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, row.keys())
            if first:
                writer.writeheader()
            writer.writerow(row)

    def _note(self, line: str) -> None:
        if self._log:
            print(line, file=self._log)

    def _show(self, line: str) -> None:
        mark = " ".join([self.rule, *self.wildcards.values()])
        # In one write, so that jobs that run at a time do not share a line.
        sys.stderr.write(f"[{mark}] {line}\n")
        sys.stderr.flush()

    def _prepare(self) -> None:
        self._claim_outputs()
        for partial in vars(self.output).values():
            remove(partial)
            partial.parent.mkdir(parents=True, exist_ok=True)
        inputs = [Path(path) for path in dict.fromkeys(self.input)]
        self._inputs = {str(path): content_digest(path) for path in inputs}
        check_inputs(inputs)

    def _code_digests(self) -> dict[str, str]:
        """Of the script and what is behind it; none where the rule ignores code."""
        return module_digests([self.script, *filter(None, [self.params.get("module")])]) if self.script else {}

    def _claim_outputs(self) -> None:
        """Snakemake's lock holds in one folder; where clones share a folder of data by a link, two runs could meet."""
        first = next(iter(self._finals.values()))
        first.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise ArchdynError(f"{first}: another run is making it; start again when that has ended") from error

    def _release(self) -> None:
        if self._lock.is_locked:
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()

    def _finish(self) -> None:
        made = {name: path for name, path in vars(self.output).items() if name != "provenance"}
        missing = [str(self._finals[name]) for name, path in made.items() if not path.exists()]
        if missing:
            raise ArchdynError(f"{self.rule} ended without making {', '.join(missing)}")
        if "provenance" in self._finals:
            facts = {
                "rule": self.rule,
                "script": self.script,
                "wildcards": self.wildcards,
                "inputs": self._inputs,
                "params": {name: value for name, value in self.params.items() if not is_code(name)},
                "modules": self._modules,
                "seed": self.seed,
                "threads": self.threads,
                "wall_s": self._wall_s(),
                "outputs": {name: content_digest(path) for name, path in made.items()},
                "paths": {name: self._beside_record(name) for name in made},
            }
            write_record(self.output.provenance, facts | self.facts | self._machine, self._device)
        for name, final in self._finals.items():
            remove(final)
            getattr(self.output, name).rename(final)
        if self._checkpoint:
            self._checkpoint.unlink(missing_ok=True)
            self._earlier.unlink(missing_ok=True)

    def _wall_s(self) -> float:
        """Seconds of this attempt and of those that it goes on from."""
        return round(self._earlier_s + time.monotonic() - self._start, 2)

    def _digest(self) -> str:
        """Hash of everything that determines the result of a training."""
        import torch

        from archdyn.networks.device import device_name

        facts = [self.rule, self.wildcards, dict(self.params.items()), self.threads, device_name(self._device)]
        facts += [list(self._inputs.values()), torch.__version__]
        return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()

    def _beside_record(self, name: str) -> str:
        """Path of an output as seen from the record, which holds in every run that the cache serves it to."""
        return os.path.relpath(self._finals[name], self._finals["provenance"].parent)

    def _abandon(self, error: BaseException) -> None:
        folder = next(iter(self._finals.values())).parent
        line = explained(error, self.rule, dict(self.params.items()), folder)
        for partial in vars(self.output).values() if self._lock.is_locked else []:  # else they are another run's
            remove(partial)
        if self._checkpoint and self._checkpoint.exists():
            self._earlier.write_text(json.dumps({self._digest(): self._wall_s()}), encoding="utf-8")
        self._release()
        if self._log and not isinstance(error, ArchdynError):
            traceback.print_exception(error, file=self._log)
        if line:
            self._note(f"error: {line}")
            self._show(f"error: {line}")
            sys.exit(1)


def _partial(final: Path) -> Path:
    return final.with_name(f".partial-{final.name}")


def _epoch_line(row: dict) -> str:
    """The epoch, its first loss, its first score on images that it did not learn from, and the time left."""
    loss = next((name for name in row if "loss" in name), None)
    score = next((name for name in row if SCORE.search(name)), None)
    shown = [f"{name} {_short(row[name])}" for name in ("epoch", loss, score) if name in row]
    return "  ".join([*shown, f"{spoken(row['eta_s'])} left"] if "eta_s" in row else shown)


def _short(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
