"""A run from elsewhere is believed where its files, code, published numbers and rules agree, and stands beside ours."""

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from markupsafe import escape

from archdyn.errors import ArchdynError
from archdyn.pipeline.contribution import check_name, examination, keep, unpack
from archdyn.pipeline.crate import write_crate
from archdyn.pipeline.publish import write_claims
from archdyn.tables.contributed_page import contributed_page

SUMMARY = "gan/metrics/summary.csv"


@pytest.fixture(scope="module")
def unpacked(smoke_run, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("contribution")
    write_crate(smoke_run.folder / "results/smoke", folder / "smoke.zip")
    return unpack(folder / "smoke.zip", folder / "unpacked")


@pytest.fixture
def run(unpacked, tmp_path) -> Path:
    """A copy of an unpacked run, to be damaged."""
    return shutil.copytree(unpacked.parents[1], tmp_path / "unpacked") / "results/smoke"


def edit_record(path: Path, **changes) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_run_of_this_code_is_accepted(unpacked):
    finding = examination(unpacked)
    assert finding.faults == []
    assert finding.jobs > 100 and finding.files > finding.jobs


def test_an_edited_number_is_found_where_it_stands_and_where_it_was_used(run):
    (run / SUMMARY).write_text((run / SUMMARY).read_text().replace("0.", "1.", 1))
    faults = examination(run).faults
    assert f"results/smoke/{SUMMARY.removesuffix('.csv')}: results/smoke/{SUMMARY} is not what the job wrote" in faults
    assert any(f"its input results/smoke/{SUMMARY} is not what it was made from" in fault for fault in faults)


def test_a_file_that_is_gone_or_of_no_job_is_found(run):
    (run / SUMMARY).unlink()
    (run / "gan/metrics/extra.csv").write_text("accuracy\n1.0\n")
    faults = examination(run).faults
    assert any(fault.endswith(f"{SUMMARY} is gone") for fault in faults)
    assert "results/smoke/gan/metrics/extra.csv: no record says what made it" in faults


def test_other_code_is_named_once_with_how_many_jobs_ran_it(run):
    for path in sorted(run.glob("gan/metrics/*.provenance.json"))[:2]:
        modules = json.loads(path.read_text())["modules"]
        edit_record(path, modules=modules | {"archdyn/errors.py": "0"})
    (fault,) = examination(run).faults
    assert fault.startswith("2 of ") and fault.endswith("workflow/scripts/archdyn/errors.py changed")


def test_other_rules_and_other_published_numbers_are_named(run):
    tests = run / "gan/tables/tests.csv"
    table = pd.read_csv(tests)
    claim = table["claim"].iloc[0]
    table.loc[table["claim"] == claim, "rule_hash"] = "0" * 12
    table.to_csv(tests, index=False)
    record = run / "gan/tables/verdicts.provenance.json"
    inputs = json.loads(record.read_text())["inputs"]
    edit_record(record, inputs=inputs | {"config/published/gan.yaml": "0"})
    faults = examination(run).faults
    assert any(fault.startswith(f"gan: {claim} was judged by the rule {'0' * 12}; ours is ") for fault in faults)
    assert "results/smoke/gan/tables/verdicts: was compared with another config/published/gan.yaml" in faults


def test_a_model_that_was_trained_again_is_found_without_the_model(run):
    """Models do not travel; what their jobs wrote and what the next jobs read is in the records."""
    record = run / "gan/models/baseline_seed0.provenance.json"
    outputs = json.loads(record.read_text())["outputs"]
    edit_record(record, outputs=outputs | {"model": "0"})
    (fault,) = examination(run).faults
    assert fault.endswith("its input results/smoke/gan/models/baseline_seed0.safetensors is not what it was made from")


def test_the_records_of_the_data_travel(unpacked):
    assert (unpacked.parents[1] / "resources/datasets/synthetic_mnist/provenance.json").is_file()


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["smoke.provenance.json"],
        ["../a/b.provenance.json"],
        ["/a/b.provenance.json"],
        ["results/r/x.provenance.json"],
    ],
)
def test_what_is_no_crate_is_refused_in_one_line(tmp_path, names):
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(ArchdynError, match="is no zip file"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as made:
        for name in ["ro-crate-metadata.json", *names]:
            made.writestr(name, "{}")
    with pytest.raises(ArchdynError, match=r"found [01] runs in it; allowed: what archdyn crate RUN wrote"):
        unpack(tmp_path / "b.zip", tmp_path / "out")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["", "..", "../x", "/tmp/x", "Lab 1", "lab_1"])
def test_a_name_that_is_no_name_of_a_folder_is_refused(tmp_path, name):
    with pytest.raises(ArchdynError, match="allowed: lower-case letters, digits and hyphens"):
        check_name(name, tmp_path)


def test_a_kept_run_stands_beside_ours_and_keeps_its_name(unpacked, tmp_path):
    kept = keep(unpacked, "lab", tmp_path / "contributed")
    with pytest.raises(ArchdynError, match="is there already"):
        keep(unpacked, "lab", tmp_path / "contributed")
    write_claims(tmp_path)
    verdicts, summary = (pd.read_csv(kept / f"{name}.csv") for name in ("verdicts", "summary"))
    ours = verdicts.assign(verdict="inconclusive", would_decide="a hundred seeds").iloc[:1]
    ours.to_csv(tmp_path / "verdicts.csv", index=False)
    summary.assign(mean=summary["mean"] + 1000 * (summary.index == 0)).to_csv(tmp_path / "summary.csv", index=False)
    page = contributed_page(tmp_path, tmp_path / "contributed", {"lab": ["module x changed"]})
    claim, theirs = escape(ours["claim"].iloc[0]), verdicts["verdict"].iloc[0]
    assert f"<td>{claim}</td><td>inconclusive</td><td>a hundred seeds</td>" in page
    assert f"<td>{claim}</td><td>inconclusive</td><td>{theirs}</td>" in page
    assert f"1 of {len(summary)} numbers that both runs have differ" in page
    assert '<th scope="col">lab</th>' in page and "<li>module x changed</li>" in page
    assert "<li>gan.samples: 200 in place of 10000</li>" in page
    assert json.loads((kept / "about.json").read_text())["hardware"]


def test_a_verdict_by_an_older_rule_says_so(unpacked, tmp_path):
    kept = keep(unpacked, "lab", tmp_path / "contributed")
    write_claims(tmp_path)
    tests = pd.read_csv(kept / "tests.csv", dtype={"rule_hash": str})
    claim = tests["claim"].iloc[0]
    tests.loc[tests["claim"] == claim, "rule_hash"] = "0" * 12
    tests.to_csv(kept / "tests.csv", index=False)
    assert contributed_page(tmp_path, tmp_path / "contributed", {"lab": []}).count("(by an older rule)") == 1


def test_without_a_published_audit_every_claim_is_open(unpacked, tmp_path):
    write_claims(tmp_path)
    keep(unpacked, "lab", tmp_path / "contributed")
    page = contributed_page(tmp_path, tmp_path / "contributed", {"lab": []})
    every = len(pd.read_csv(tmp_path / "claims.csv"))
    assert f"<p>{every} of {every}.</p>" in page and "0 of 0 numbers" in page
    shutil.rmtree(tmp_path / "contributed")
    assert "None yet." in contributed_page(tmp_path, tmp_path / "contributed", {})
