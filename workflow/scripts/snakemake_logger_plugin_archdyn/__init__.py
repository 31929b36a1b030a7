"""What Snakemake says while it runs (`--logger archdyn`, which profiles/default sets).

In a terminal, the bars of snakemake-logger-plugin-rich; in a file or a pipe, a line when a job starts and a line when
it ends, with the progress of the whole run and an estimate of the time left. Snakemake's own full log stays in
.snakemake/log.
"""

import logging
import os
import re
import sys
import time

from snakemake.logging import DefaultFilter, DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_rich import LogHandler as Bars

from archdyn.workflow import EPOCHS
from snakemake_logger_plugin_archdyn.progress import Progress

# Said once for every run or every round of scheduling; nobody can act on it.
CHATTER = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Conda environments: ignored",
    "Config file ",
    "Provided cores:",
    "Provided resources:",
    "Rules claiming more threads",
    "Select jobs to execute",
    "Using shell:",
    "host:",
)

# How a shell and Python word the SIGKILL that Linux sends where memory runs out; the job itself cannot say so.
WAS_KILLED = re.compile("non-zero exit status 137|died with <Signals.SIGKILL")
KILLED = "The job was killed, most likely for want of memory: run fewer at a time, or lower its batch_size."

UNSAID = (LogEvent.WORKFLOW_STARTED, LogEvent.JOB_STARTED, LogEvent.PROGRESS, LogEvent.RESOURCES_INFO)


class PlainLines(LogHandlerBase):
    """A line for each start and each end of a job; errors, warnings and dry-runs as Snakemake words them."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        said = self.common_settings
        self._stream = sys.stdout if said.stdout else sys.stderr
        self._progress = Progress()
        self.setFormatter(DefaultFormatter(said.quiet, said.show_failed_logs))
        self.addFilter(DefaultFilter(said.quiet, said.debug_dag, said.verbose, said.dryrun, said.printshellcmds))

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record) if self.common_settings.dryrun else self._line(record)
        if line:
            print(line, file=self._stream, flush=True)

    def _line(self, record: logging.LogRecord) -> str | None:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self._progress.plan(record.stats)
            return f"{_clock()} {record.stats['total']} jobs"
        if event == LogEvent.JOB_INFO:
            name = record.rule_msg or _named(record.rule_name, record.wildcards)
            self._progress.start(record.jobid, record.rule_name, name)
            return f"{_clock()} start  {name}"
        if event == LogEvent.JOB_FINISHED:
            line = self._progress.finish(record.job_id)
            return line and f"{_clock()} {line}"
        if event in UNSAID or (record.levelno < logging.WARNING and record.getMessage().startswith(CHATTER)):
            return None
        text = self.format(record).strip("\n")
        return f"{text}\n{KILLED}" if WAS_KILLED.search(text) else text


class LogHandler(LogHandlerBase):
    """Bars in a terminal, lines elsewhere."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        bars = stream.isatty() and not self.common_settings.dryrun
        if bars:
            os.environ[EPOCHS] = "yes"  # for the jobs, which inherit it
        self._handler = (Bars if bars else PlainLines)(self.common_settings, None)

    def emit(self, record: logging.LogRecord) -> None:
        self._handler.handle(record)

    def close(self) -> None:
        self._handler.close()
        super().close()


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _named(rule: str, wildcards: dict) -> str:
    return " ".join([rule, *map(str, (wildcards or {}).values())])
