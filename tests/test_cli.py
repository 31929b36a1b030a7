"""The command line as a whole; test_compare.py and test_why.py have its commands."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from archdyn.cli import main
from archdyn.workflow.fingerprint import module_fingerprints


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
    assert all(command in printed for command in ("diff", "why", "verify", "runs", "expected", "crate", "tensorboard"))


def test_an_unknown_command_is_wrong_usage(capsys):
    assert exit_status("dif", "a", "b") == 2
    assert "No such command 'dif'" in capsys.readouterr().err


def test_starting_it_loads_nothing_heavy():
    heavy = ["pandas", "numpy", "torch", "snakemake"]
    code = f"import archdyn.cli, sys; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def record(folder: Path, name: str, **facts) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"rule": "gan_summary", "script": "gan_summary", "commit": "a" * 40, "modules": {}} | facts
    (folder / f"{name}.provenance.json").write_text(json.dumps(facts))


def test_runs_lists_experiments_commit_verdicts_and_what_is_stale(tmp_path, capsys):
    metrics, tables = tmp_path / "mine/gan/metrics", tmp_path / "mine/gan/tables"
    record(metrics, "summary", modules=module_fingerprints("gan_summary"))
    record(tables, "table7", script="gan_table7", modules={"gan_table7.py": "0123"})
    (metrics / "summary.csv").write_text("experiment\n")
    (tables / "verdicts.csv").write_text("id,verdict\na,holds\nb,holds\nc,does not hold\n")
    assert exit_status("runs", str(tmp_path)) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith("| mine | gan | aaaaaaa | 20")
    assert row.endswith("| 2 holds, 1 does not hold | 1 of 2 |")


def test_runs_without_any_is_one_line(tmp_path):
    assert exit_status("runs", str(tmp_path)) == f"error: {tmp_path}: has no <run>/<experiment>/metrics/summary.csv"


def test_crate_of_a_missing_run_is_one_line():
    assert exit_status("crate", "nowhere") == "error: nowhere: no such folder, nor results/nowhere"
