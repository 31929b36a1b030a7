"""What the repository carries of the audit: copied whole from a run, refused where anything has changed since."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from archdyn.errors import ArchdynError
from archdyn.workflow import publish
from archdyn.workflow.fingerprint import module_digests
from conftest import ROOT, leave_record, write

PUBLISHED = ROOT / "docs/audit"


@pytest.fixture
def run_of(tmp_path):
    """A run as its jobs leave it: sections with numbers, and an audit of them."""

    def made(*experiments: str, findings: tuple[str, ...] = ()) -> Path:
        run = tmp_path / f"{len(list(tmp_path.iterdir()))}/results/mine"
        sections = [{"experiment": name, "title": f"Section {name}: x"} for name in experiments]
        content = {"sections": sections, "commit": "a" * 40, "findings": [{"text": text} for text in findings]}
        content |= {"contradicted": []}
        write(run / "audit/content.json", json.dumps(content))
        write(run / "audit/audit.html", "<body><main class=x><h1>Audit</h1></main></body>")
        write(run / "audit/audit.pdf", "%PDF")
        for name in ("verdicts", "tests"):
            rows = [f"{experiment},{name},holds,0.10" for experiment in experiments]
            write(run / f"audit/tables/{name}.csv", "\n".join(["experiment,id,verdict,measured", *rows, ""]))
        for experiment in experiments:
            for name in ("all", "summary"):
                write(run / f"{experiment}/metrics/{name}.csv", f"experiment,value\n{experiment},0.10\n")
        page = {"rule": "audit_documents", "script": "audit_documents", "modules": module_digests(["audit_documents"])}
        outputs = {"html": "audit/audit.html", "csv": "audit/tables/verdicts.csv"}
        leave_record(run, "audit/audit_documents.provenance.json", outputs=outputs, **page)
        return run

    return made


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_is_published_with_page_paper_tables_and_findings(run_of, tmp_path):
    folder, readme = tmp_path / "docs/audit", tmp_path / "README.md"
    write(folder / "old.csv", "of the last time")
    write(readme, "# archdyn\n<!-- findings, by rule -->\nold\n<!-- end of findings -->\nthe rest\n")
    names = publish.publish(run_of("gan", findings=("Every *sample* is the same digit.",)), folder)
    assert set(names) == {
        *(f"{name}.csv" for name in ("all", "summary", "verdicts", "tests", "claims")),
        "index.html",
        *(f"gan/{name}" for name in ("index.html", "audit.pdf", "audit.json", "code.json", publish.CRATE)),
    }
    assert '<main class=x><p id="front">' in (folder / "gan/index.html").read_text()
    front = (folder / "index.html").read_text()
    assert 'href="gan/index.html"' in front and "Every <em>sample</em> is the same digit." in front
    publish.write_findings(folder, readme)
    said = readme.read_text()
    assert "- Every *sample* is the same digit." in said and "(docs/audit/gan/index.html)" in said
    assert "old\n" not in said and said.endswith("<!-- end of findings -->\nthe rest\n")
    assert publish.stale(folder) == {"gan": []}
    described = {entity["@id"] for entity in json.loads((folder / "gan" / publish.CRATE).read_text())["@graph"]}
    assert {"mine/audit/tables/verdicts.csv", "mine/gan/metrics/all.csv"} <= described


def test_sections_are_published_one_by_one_and_each_in_place_of_what_it_was(run_of, tmp_path):
    folder, gan = tmp_path / "audit", run_of("gan")
    publish.publish(run_of("vae"), folder)
    kept = contents(folder / "vae")
    publish.publish(gan, folder)
    for name in publish.TABLES:
        assert list(pd.read_csv(folder / f"{name}.csv", dtype=str)["experiment"]) == ["gan", "vae"]
    assert (folder / "all.csv").read_text().endswith("gan,0.10\nvae,0.10\n")  # no number is rounded
    assert contents(folder / "vae") == kept
    both = contents(folder)
    publish.publish(gan, folder)
    assert contents(folder) == both


def test_columns_of_an_earlier_version_go_with_its_rows(run_of, tmp_path):
    folder, gan = tmp_path / "audit", run_of("gan")
    publish.publish(gan, folder)
    before = contents(folder)
    for name in publish.TABLES:
        pd.read_csv(folder / f"{name}.csv", dtype=str).assign(gone="1").to_csv(folder / f"{name}.csv", index=False)
    publish.publish(gan, folder)
    assert contents(folder) == before


def test_no_section_is_lost_where_it_was_published_with_another(run_of, tmp_path):
    publish.publish(run_of("gan", "vae"), tmp_path / "audit")
    before = contents(tmp_path / "audit")
    with pytest.raises(ArchdynError, match=r"gan-vae: holds vae too, .*; allowed: a run that audits gan, vae, or"):
        publish.publish(run_of("gan"), tmp_path / "audit")
    assert contents(tmp_path / "audit") == before
    publish.publish(run_of("gan", "vae", "clip"), tmp_path / "audit")
    assert list(publish.published(tmp_path / "audit")) == ["gan-vae-clip"]


@pytest.mark.fault("one line says so, and what was published stays as it was.")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda run: (run / "audit/content.json").unlink(), r"content\.json: is missing; allowed: a run whose audit"),
        (lambda run: contradict(run), r"^findings\.yaml: “X” does not stand$"),
        (lambda run: (run / "audit/audit.html").write_text("edited"), r"is stale, .*audit\.html is not what the job"),
        (lambda run: replace_code(run), r"is stale, run snakemake first: .*module .*errors\.py"),
        (lambda run: (run / "audit/audit.pdf").write_bytes(bytes(13 * 2**20)), r"takes 13\.\d MiB; allowed: 12"),
        (lambda run: shutil.rmtree(run / "gan"), r"metrics/all\.csv: is missing"),
    ],
    ids=["no audit", "a finding that does not stand", "an edited file", "other code", "too large", "no numbers"],
)
def test_an_audit_that_cannot_be_published(run_of, tmp_path, fault, said):
    run, folder = run_of("gan"), tmp_path / "audit"
    write(folder / "index.html", "of the last time")
    fault(run)
    with pytest.raises(ArchdynError, match=said):
        publish.publish(run, folder)
    assert contents(folder) == {folder / "index.html": b"of the last time"}


def contradict(run: Path) -> None:
    path = run / "audit/content.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"contradicted": ["findings.yaml: “X” does not stand"]}))


def replace_code(run: Path) -> None:
    path = run / "audit/audit_documents.provenance.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"modules": facts["modules"] | {"archdyn/errors.py": "0"}}))


def test_code_that_has_changed_since_is_named(run_of, tmp_path):
    publish.publish(run_of("gan"), tmp_path / "audit")
    path = tmp_path / "audit/gan/code.json"
    (facts,) = json.loads(path.read_text())
    path.write_text(json.dumps([facts | {"modules": facts["modules"] | {"audit_documents.py": "0"}}]))
    assert publish.stale(tmp_path / "audit") == {"gan": ["script workflow/scripts/audit_documents.py changed"]}


def test_the_smoke_run_is_published(smoke_run, tmp_path):
    names = publish.publish(smoke_run.folder / "results/smoke", tmp_path / "audit")
    assert {"resnet-vit-gan-vae-clip/index.html", "index.html", "verdicts.csv"} <= set(names)


@pytest.mark.skipif(not publish.published(PUBLISHED), reason="no audit is published yet")
def test_what_is_published_is_whole():
    parts = publish.published(PUBLISHED)
    for name, about in parts.items():
        files = {path.name for path in (PUBLISHED / name).iterdir()}
        assert {"index.html", "audit.pdf", "audit.json", "code.json", publish.CRATE} <= files
        assert about["sections"]
    sections = {section for about in parts.values() for section in about["sections"]}
    for name in publish.TABLES:
        assert set(pd.read_csv(PUBLISHED / f"{name}.csv")["experiment"]) == sections
