"""The command line as a whole; test_compare.py, test_verify.py, test_crate.py and test_publish.py have its commands."""

import subprocess
import sys

import pytest

from archdyn.cli import main
from archdyn.workflow.fingerprint import module_digests
from conftest import leave_record, write


def exit_status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code


@pytest.mark.parametrize("command", ["diff", "verify", "runs", "crate", "publish", "seal"])
def test_the_help_of_every_command_has_an_example(command, capsys):
    assert exit_status(command, "--help") == 0
    assert f"Example: archdyn {command}" in capsys.readouterr().out


def test_starting_it_loads_nothing_heavy():
    heavy = ["pandas", "numpy", "torch", "snakemake"]
    code = f"import archdyn.cli, sys; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_runs_lists_experiments_commit_verdicts_and_what_is_stale(tmp_path, capsys):
    leave_record(tmp_path, "mine/gan/metrics/summary.provenance.json", modules=module_digests(["summary"]))
    leave_record(tmp_path, "mine/audit/table7.provenance.json", script="table", modules={"table.py": "0123"})
    write(tmp_path / "mine/gan/metrics/summary.csv", "experiment\n")
    write(tmp_path / "mine/audit/tables/verdicts.csv", "id,verdict\na,holds\nb,holds\nc,does not hold\n")
    assert exit_status("runs", str(tmp_path)) == 0
    name, experiments, commit, _, *rest = (
        cell.strip() for cell in capsys.readouterr().out.splitlines()[-1].split("|")[1:-1]
    )
    assert (name, experiments, commit) == ("mine", "gan", "aaaaaaa")
    assert rest == ["2 holds, 1 does not hold", "1 of 2"]


@pytest.mark.fault("one line names it.")
def test_a_file_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    monkeypatch.setattr("archdyn.workflow.crate.write_crate", lambda run, file: file.write_text(""))
    nowhere = tmp_path / "none/x.zip"
    said = exit_status("crate", str(tmp_path / "run"), "--output", str(nowhere))
    assert said == f"error: {nowhere}: No such file or directory"


@pytest.mark.fault("one line says what is missing.")
@pytest.mark.parametrize(
    "command", [["verify", "demo"], ["runs"], ["crate", "demo"], ["diff", "a", "b"], ["publish", "demo"]]
)
def test_a_command_in_another_folder(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = exit_status(*command)
    assert said.startswith("error: ") and "\n" not in said
