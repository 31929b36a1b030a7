"""A Slurm cluster of one machine, for the time of a test: partitions `batch` and `accelerated`, the latter with a GPU.

Needs the commands of Debian's slurmctld, slurmd, slurm-client and munge, and no root, configuration or service.
The GPU is /dev/null: Slurm hands it out, and a job that asks CUDA for it finds none.
"""

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Template

PATH = f"{os.environ['PATH']}:/usr/sbin"  # where the daemons are, which is not on every user's path
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "scontrol")
TEMPLATE = Path(__file__).with_name("slurm.conf")


def missing_commands() -> list[str]:
    """What has to be installed before a cluster can start here."""
    return [name for name in COMMANDS if shutil.which(name, path=PATH) is None]


@dataclass
class Record:
    """What Slurm says of one job. `task` is the rule and its wildcards, as the executor's comment has them."""

    id: str
    task: str
    partition: str
    state: str
    gpus: int
    start: datetime | None
    end: datetime | None

    def overlaps(self, other: "Record") -> bool:
        """Whether both ran at some time; Slurm's times are whole seconds, so one second may be shared by chance."""
        return bool(self.start and other.start) and self.start < other.end and other.start < self.end


class Cluster:
    """`with Cluster(folder) as cluster:` starts the daemons, and stops them and all jobs at the end."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._daemons: list[subprocess.Popen] = []
        (folder / "bin").mkdir()
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder / 'bin'}:{PATH}"}
        self._configure()

    def __enter__(self) -> "Cluster":
        try:
            self._start_munge()
            self._daemon("slurmctld", "-D")
            self._daemon("slurmd", "-D", "-N", "cpu1")
            self._daemon("slurmd", "-D", "-N", "gpu1")
            self._wait("the nodes are idle", lambda: set(self._states("sinfo", "%T", "--Node")) == {"idle"})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._daemons and self.command("scontrol", "ping").returncode == 0:
            self.command("scancel", "--user", getpass.getuser())
            self._wait("all jobs have ended", lambda: not self._states("squeue", "%T"))
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait(timeout=30)

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run one of Slurm's commands on this cluster."""
        environment = os.environ | self.environment
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def records(self) -> list[Record]:
        """All jobs so far, ended or not, in the order of their submission."""
        shown = self.command("scontrol", "show", "jobs", "--oneliner")
        return [_record(line) for line in shown.stdout.splitlines() if line.startswith("JobId=")]

    def _configure(self) -> None:
        ports = dict(zip(("controller_port", "cpu_port", "gpu_port"), _free_ports(3), strict=True))
        host = socket.gethostname().split(".")[0]
        settings = Template(TEMPLATE.read_text()).substitute(
            folder=self.folder, user=getpass.getuser(), host=host, **ports
        )
        (self.folder / "slurm.conf").write_text(settings)
        (self.folder / "gres.conf").write_text("AutoDetect=off\nNodeName=gpu1 Name=gpu Count=1 File=/dev/null\n")
        # The executor takes every SLURM_ variable from a job's step, and so this configuration, which is not in /etc.
        srun = self.folder / "bin/srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
        srun.chmod(0o755)

    def _start_munge(self) -> None:
        key, munge_socket = self.folder / "munge.key", self.folder / "munge.socket"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        # --force: a socket below a private folder, as pytest's are, is refused without.
        files = {"key-file": key, "socket": munge_socket, "pid-file": "munged.pid", "seed-file": "munged.seed"}
        options = [f"--{name}={self.folder / file}" for name, file in files.items()]
        self._daemon("munged", "--foreground", "--force", *options)
        self._wait("munge answers", munge_socket.exists)

    def _daemon(self, *command: str) -> None:
        with (self.folder / "daemons.log").open("a") as log:
            environment = os.environ | self.environment
            self._daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

    def _states(self, *command: str) -> list[str]:
        name, form, *options = command
        return self.command(name, "--noheader", "--format", form, *options).stdout.split()

    def _wait(self, for_what: str, holds, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                logs = "\n".join(log.read_text()[-2000:] for log in self.folder.glob("*.log"))
                raise TimeoutError(f"the test cluster did not get as far as: {for_what}\n{logs}")
            time.sleep(0.2)


def _record(line: str) -> Record:
    fields = dict(re.findall(r"(\w+)=(\S*)", line))
    gpus = re.search(r"gpu[:=](\d+)", fields.get("TresPerJob", ""))
    return Record(
        id=fields["JobId"],
        task=fields.get("Comment", "").removeprefix("rule_").replace("_wildcards_", " "),
        partition=fields["Partition"],
        state=fields["JobState"],
        gpus=int(gpus.group(1)) if gpus else 0,
        start=_time(fields["StartTime"]),
        end=_time(fields["EndTime"]),
    )


def _time(text: str) -> datetime | None:
    return None if text == "Unknown" else datetime.fromisoformat(text)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
