"""What Snakemake says while it runs (`--logger archdyn`, which profiles/default sets).

In a terminal, the bars of snakemake-logger-plugin-rich; in a file or a pipe, a line when a job starts and a line when
it ends, with the progress of the whole run and an estimate of the time left. A dry-run says why jobs would run, and how
many trainings, how much time and disk that is by experiment; with -p it lists every job as well. Snakemake's own full
log stays in .snakemake/log, what each job does in its log.
"""

import logging
import os
import re
import sys
import time
from dataclasses import dataclass, field

from snakemake.logging import DefaultFilter, DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase
from snakemake_logger_plugin_rich import LogHandler as Bars

from archdyn.workflow import EPOCHS
from snakemake_logger_plugin_archdyn import costs
from snakemake_logger_plugin_archdyn.dry_run import DryRun
from snakemake_logger_plugin_archdyn.progress import Progress

# Said once for every run or every round of scheduling; nobody can act on it.
CHATTER = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Conda environments: ignored",
    "Config file ",
    "DAG of jobs will be updated",
    "Provided cores:",
    "Provided resources:",
    "Reasons:",
    "Rules with provenance triggered jobs",
    "Rules claiming more threads",
    "Select jobs to execute",
    "Some jobs were triggered by provenance",
    "Using shell:",
    "host:",
)
END_OF_DRY_RUN = "This was a dry-run"

# How a shell and Python word the SIGKILL that Linux sends where memory runs out; the job itself cannot say so.
WAS_KILLED = re.compile("non-zero exit status 137|died with <Signals.SIGKILL")
KILLED = "The job was killed, most likely for want of memory: run fewer at a time, or lower its batch_size."

UNSAID = (LogEvent.WORKFLOW_STARTED, LogEvent.JOB_STARTED, LogEvent.PROGRESS, LogEvent.RESOURCES_INFO)


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options of Snakemake: --logger-archdyn-epochs, which a profile may set."""

    epochs: bool = field(
        default=False,
        metadata={"help": "Show every epoch of every training in the terminal too; their logs have them in any case."},
    )


class PlainLines(LogHandlerBase):
    """A line for each start and each end of a job; errors and warnings as Snakemake words them."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        said = self.common_settings
        self._stream = sys.stdout if said.stdout else sys.stderr
        self._progress = Progress(lambda rule, wildcards: _cost(rule, wildcards).seconds)
        self._dry_run = DryRun()
        self.setFormatter(DefaultFormatter(said.quiet, said.show_failed_logs))
        self.addFilter(DefaultFilter(said.quiet, said.debug_dag, said.verbose, said.dryrun, said.printshellcmds))

    def emit(self, record: logging.LogRecord) -> None:
        line = self._planned(record) if self.common_settings.dryrun else self._line(record)
        if line:
            print(line, file=self._stream, flush=True)

    def _planned(self, record: logging.LogRecord) -> str | None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            work = costs.work_of(record.rule_name, record.wildcards)
            self._dry_run.add(record.rule_name, work.experiment, costs.cost_of(record.rule_name, work), record.reason)
        if record.getMessage().startswith(END_OF_DRY_RUN):
            return "\n".join(["", *self._dry_run.lines()])
        if self.common_settings.printshellcmds or record.levelno >= logging.WARNING:
            return self.format(record)
        return None if event or self._is_chatter(record) else record.getMessage()

    def _line(self, record: logging.LogRecord) -> str | None:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self._progress.plan(record.stats)
            return f"{_clock()} {record.stats['total']} jobs"
        if event == LogEvent.JOB_INFO:
            name = " ".join([record.rule_name, *map(str, (record.wildcards or {}).values())])
            self._progress.start(record.jobid, record.rule_name, name, record.wildcards)
            return f"{_clock()} start  {name}"
        if event == LogEvent.JOB_FINISHED:
            line = self._progress.finish(record.job_id)
            return line and f"{_clock()} {line}"
        if event in UNSAID or self._is_chatter(record):
            return None
        text = self.format(record).strip("\n")
        return f"{text}\n{KILLED}" if WAS_KILLED.search(text) else text

    @staticmethod
    def _is_chatter(record: logging.LogRecord) -> bool:
        return record.levelno < logging.WARNING and record.getMessage().startswith(CHATTER)


class LogHandler(PlainLines):
    """Bars in a terminal, lines elsewhere, and where epochs are shown, which would tear the bars."""

    def __post_init__(self) -> None:
        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        if self.settings and self.settings.epochs:
            os.environ[EPOCHS] = "yes"  # for the jobs, which inherit it
        bars = stream.isatty() and not self.common_settings.dryrun and EPOCHS not in os.environ
        self._handler = (Bars if bars else PlainLines)(self.common_settings, None)

    def emit(self, record: logging.LogRecord) -> None:
        self._handler.handle(record)

    def close(self) -> None:
        self._handler.close()
        super().close()


def _cost(rule: str, wildcards: dict | None) -> costs.Cost:
    return costs.cost_of(rule, costs.work_of(rule, wildcards))


def _clock() -> str:
    return time.strftime("%H:%M:%S")
