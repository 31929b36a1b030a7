"""The command line as a whole; test_compare.py and test_why.py have its commands."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from archdyn.cli import main


def exit_status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code


def test_it_says_its_version(capsys):
    assert exit_status("--version") == 0
    assert capsys.readouterr().out == f"archdyn {version('archdyn')}\n"


def test_help_names_every_command(capsys):
    assert exit_status("--help") == 0
    printed = capsys.readouterr().out
    assert "diff" in printed and "why" in printed


def test_an_unknown_command_is_wrong_usage(capsys):
    assert exit_status("dif", "a", "b") == 2
    assert "No such command 'dif'" in capsys.readouterr().err


def test_starting_it_loads_nothing_heavy():
    heavy = ["pandas", "numpy", "torch", "snakemake"]
    code = f"import archdyn.cli, sys; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
