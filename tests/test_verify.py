"""archdyn verify: every artifact by the digests in the records."""

import json
import os
from pathlib import Path

import pytest

from archdyn.cli import main
from archdyn.errors import ArchdynError
from archdyn.workflow.fingerprint import module_digests
from archdyn.workflow.record import behind, read_records
from archdyn.workflow.verify import by_digests, unrecorded
from conftest import leave_record, write


@pytest.fixture
def run(tmp_path) -> Path:
    """A metric of two jobs, the second of which reads what the first made; no file was made by Snakemake."""
    folder = tmp_path / "results/mine"
    write(tmp_path / "resources/d/images.npy", "pixels")
    write(folder / "gan/metrics/a.csv", "metric")
    write(folder / "gan/tables/t.csv", "table")
    leave_record(tmp_path, "resources/d/provenance.json", [], {"images": "resources/d/images.npy"})
    metrics, table = "results/mine/gan/metrics/a.csv", "results/mine/gan/tables/t.csv"
    leave_record(
        tmp_path, "results/mine/gan/models/a.provenance.json", ["resources/d/images.npy"], {"metrics": metrics}
    )
    leave_record(tmp_path, "results/mine/gan/tables/t.provenance.json", [metrics], {"csv": table})
    return folder


def found(run: Path) -> list[str]:
    """The faults by digests, without the folder that the test runs in."""
    faults = by_digests(read_records(run)).faults
    return [fault.replace(f"{os.path.relpath(run.parents[1])}/", "") for fault in faults]


def test_files_that_stand_by_their_records(run):
    finding = by_digests(read_records(run))
    assert (finding.jobs, finding.files, finding.faults) == (3, 3, [])
    assert finding.sentence().startswith("All of the 3 files of 3 jobs behind this audit are what the jobs wrote")


@pytest.mark.fault("archdyn verify and the audit name it, and what was made from it.")
def test_an_edited_file_is_named_by_its_maker_and_by_its_reader(run):
    write(run / "gan/metrics/a.csv", "edited")
    assert found(run) == [
        "results/mine/gan/models/a: results/mine/gan/metrics/a.csv is not what the job wrote",
        "results/mine/gan/tables/t: its input results/mine/gan/metrics/a.csv is not what it was made from",
    ]
    sentence = by_digests(read_records(run)).sentence()
    assert sentence.startswith("Not all of the 3 files of 3 jobs behind this audit stand by their records: ")


@pytest.mark.fault("archdyn verify names it.")
def test_a_lost_file_is_named(run):
    (run / "gan/tables/t.csv").unlink()
    assert found(run) == ["results/mine/gan/tables/t: results/mine/gan/tables/t.csv is gone"]


@pytest.mark.fault("one line names it; once deleted, it is made again.")
@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_record_is_one_line(run, text):
    record = run / "gan/tables/t.provenance.json"
    record.write_text(text)
    with pytest.raises(ArchdynError, match="not a record.*; delete it, and the next run makes it again$"):
        read_records(run)


def test_a_record_that_goes_while_it_is_looked_at_is_left_out(run):
    """As when its job runs again beside this one."""
    (run / "gan/tables/t.provenance.json").unlink()
    (run / "gan/tables/t.provenance.json").symlink_to("nowhere")
    assert len(read_records(run)) == 2


def test_a_record_of_another_run_speaks_of_the_same_places_in_this_one(run):
    """As Snakemake's cache serves them."""
    record = run / "gan/tables/t.provenance.json"
    record.write_text(record.read_text().replace("results/mine/", "results/another/"))
    assert found(run) == []


def test_what_is_behind_a_file_is_followed_to_the_data(run):
    records = read_records(run)
    assert len(behind([run / "gan/tables/t.csv"], records)) == 3
    assert len(behind([run / "gan/metrics/a.csv"], records)) == 2
    assert behind([run / "gan/tables/other.csv"], records) == []


def test_what_lies_behind_a_link_is_looked_at(run, tmp_path):
    """A section that was moved to another disk."""
    elsewhere = (run / "gan").rename(tmp_path / "disk")
    (run / "gan").symlink_to(elsewhere)
    (elsewhere / "round").symlink_to(run)  # and so on
    assert (by_digests(read_records(run)).files, found(run)) == (3, [])
    write(elsewhere / "tables/mine.csv", "x")
    assert unrecorded(run, read_records(run)) == [run / "gan/tables/mine.csv"]
    write(elsewhere / "metrics/a.csv", "edited")
    assert len(found(run)) == 2


@pytest.mark.fault("one line names it.")
def test_a_folder_that_cannot_be_read(run, monkeypatch):
    def scandir(folder):
        if Path(folder).name == "tables":
            raise PermissionError(13, "Permission denied", str(folder))
        return os_scandir(folder)

    os_scandir = os.scandir
    monkeypatch.setattr("archdyn.workflow.files.os.scandir", scandir)
    with pytest.raises(ArchdynError, match=r"gan/tables: cannot be read \(Permission denied\)$"):
        read_records(run)


def test_verify_names_code_inputs_and_files_without_a_record(run, monkeypatch, capsys):
    def verified() -> str | int:
        with pytest.raises(SystemExit) as end:
            main(["verify", "mine"])
        return end.value.code

    monkeypatch.chdir(run.parents[1])
    assert verified() == 0
    said = capsys.readouterr().out
    assert said == "All 3 files of 3 jobs are what the jobs wrote, with the current inputs and code.\n"
    images, metrics, table = "resources/d/images.npy", "results/mine/gan/metrics/a.csv", "results/mine/gan/tables/t"
    code = module_digests(["summary"]) | {"summary.py": "0"}
    leave_record(Path(), f"{table}.provenance.json", [metrics], {"csv": f"{table}.csv"}, modules=code)
    write(Path(images), "edited")
    write(run / "gan/metrics/mine.csv", "x")
    assert verified() == "error: found 4 faults in 3 files of 3 jobs"
    assert set(capsys.readouterr().out.splitlines()) == {
        f"resources/d/provenance.json: {images} is not what the job wrote",
        f"results/mine/gan/models/a: its input {images} is not what it was made from",
        f"{table}: was made by other code: script workflow/scripts/summary.py changed",
        "results/mine/gan/metrics/mine.csv: no record says what made it",
    }


def test_the_audit_says_whether_its_files_stand_by_their_records(smoke_run):
    content = json.loads((smoke_run.folder / "results/smoke/audit/content.json").read_text())
    assert content["verified"].startswith("All of the ")
    assert content["verified"] in (smoke_run.folder / "results/smoke/audit/audit.html").read_text()
