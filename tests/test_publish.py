"""What the repository carries of the audit: findings that follow from its tables; a page that says what is stale."""

import gzip
import io
import json
import shutil
from base64 import b64decode

import pandas as pd
import pytest

from archdyn.audit.findings import findings_text
from archdyn.claims.seal import read_seals
from archdyn.errors import ArchdynError
from archdyn.workflow import publish
from archdyn.workflow.audited import TABLES
from archdyn.workflow.contributed_page import contributed_page
from archdyn.workflow.crate import METADATA
from archdyn.workflow.fingerprint import module_fingerprints
from archdyn.workflow.publish.front import front_page
from archdyn.workflow.publish.page import CARRIED, DATA, DOWNLOAD, lighter
from conftest import ROOT

PUBLISHED = ROOT / "docs/audit"
PARTS = list(publish.published(PUBLISHED))
published = pytest.mark.skipif(not PARTS, reason="no audit is published yet")

CLAIMS = [
    ("sure", "Table 1", "mechanism", "holds"),
    ("near_miss", "Table 2", "mechanism", "does not hold"),
    ("far_miss", "Table 3", "mechanism", "holds only when corrected"),
    ("same_place", "Table 3", "mechanism", "does not hold"),
    ("number", "Table 4", "value", "does not hold"),
    ("open", "Table 5", "value", "inconclusive"),
]
TESTS = {  # effect, low, high, relation, bound, margin, decision
    "sure": (2.0, 1.5, 2.5, "at_least", 1.0, None, "holds"),
    "near_miss": (0.8, 0.7, 0.9, "at_least", 1.0, None, "fails"),
    "far_miss": (3.0, 2.5, 3.5, "at_most", 1.0, None, "fails"),
    "same_place": (1.3, 1.2, 1.4, "at_most", 1.0, None, "fails"),
    "number": (90.0, 89.9, 90.1, "near", 95.0, 0.5, "fails"),
    "open": (1.0, 0.5, 1.5, "near", 1.0, 0.1, "undecided"),
}


@pytest.fixture
def tables():
    verdicts = [
        {"experiment": "gan", "id": name, "where": where, "kind": kind, "claim": f"Claim {name}.", "verdict": verdict}
        for name, where, kind, verdict in CLAIMS
    ]
    columns = ("effect", "low", "high", "relation", "bound", "margin", "decision")
    tests = [
        {"experiment": "gan", "claim": name, "protocol": "published", "what": "loss", "unit": "nats", "kind": "value"}
        | dict(zip(columns, values, strict=True))
        for name, values in TESTS.items()
    ]
    return pd.DataFrame(verdicts), pd.DataFrame(tests)


def test_findings_count_every_verdict_and_name_the_furthest_misses_mechanisms_first(tables):
    counts, _, *surprises = findings_text(*tables, ["Section 2", "Section 4"], 80).splitlines()
    assert counts == (
        "Of 80 claims, the report's and a few that it leaves out, the audit judges the **6** of Section 2 and Section 4"
        ": **1** holds, **1** holds only when corrected, **3** do not hold and **1** is undecided."
    )
    assert [line.split("*")[1] for line in surprises] == ["Claim far_miss", "Claim near_miss", "Claim number"]
    assert surprises[0].endswith("own protocol, loss: 3.00 nats (2.50 to 3.50). The claim needs at most 1.")
    assert surprises[2].endswith("The claim needs 95 ± 0.5.")


def test_the_front_page_names_the_claims_that_hang_on_what_counts_as_a_family(tables, tmp_path):
    verdicts, tests = tables
    alone = tests.assign(p=[1e-9] * 5 + [0.04], level=0.95)  # all six are decided, at 0.05
    other = alone.assign(experiment="vae", claim="of_vae", p=0.9, level=1 - 0.05 / 6)
    publish.write_claims(tmp_path)
    verdicts.assign(measured="–").to_csv(tmp_path / "verdicts.csv", index=False)
    pd.concat([alone, other]).to_csv(tmp_path / "tests.csv", index=False)
    published = {name: {"sections": {name: f"Section {n}: x"}} for n, name in ((4, "gan"), (5, "vae"))}
    page = front_page(tmp_path, published, {"gan": [], "vae": ["module x changed"]})
    assert "decided otherwise: <code>open</code>." in page  # five of twelve, at 0.05 * 5 / 12
    assert "changed in 1 place<" in page and page.count("the same</td>") == 1


def test_the_readme_has_a_place_for_the_findings():
    assert publish.BLOCK.search((ROOT / "README.md").read_text())


@pytest.mark.parametrize("part", PARTS)
def test_the_seals_know_since_when_a_published_run_has_numbers(part):
    """So that a rule amended after a look at them says so."""
    short = publish.published(PUBLISHED)[part]
    known = {name: read_seals(ROOT / f"config/claims/sealed/{name}.yaml").data for name in short["sections"]}
    assert all(short["run"] in data for data in known.values()), known


def test_a_change_of_code_is_named_at_the_top_of_the_page_and_goes_again(tmp_path):
    script = "gan_evaluate"
    fresh = module_fingerprints(script)
    facts = {"rule": script, "script": script, "modules": fresh}
    (tmp_path / publish.PAGE).write_text("<body><main><h1>Audit</h1></main></body>")
    (tmp_path / publish.CODE).write_text(json.dumps([facts | {"modules": fresh | {"archdyn/errors.py": "0"}}]))
    assert publish.mark_stale(tmp_path) == ["module workflow/scripts/archdyn/errors.py changed"]
    marked = (tmp_path / publish.PAGE).read_text()
    assert marked.index('<aside id="stale"') < marked.index("<h1>") and "archdyn/errors.py changed" in marked
    (tmp_path / publish.CODE).write_text(json.dumps([facts]))
    assert publish.mark_stale(tmp_path) == []
    assert (tmp_path / publish.PAGE).read_text() == "<body><main><h1>Audit</h1></main></body>"


def test_a_page_too_heavy_carries_tables_before_arrays_and_the_smallest_first():
    sizes = {"array.npy": 4, "small.csv": 8, "large.csv": CARRIED - 16, "larger.csv": CARRIED}
    data = {name: {"name": name, "gzip": "A" * size} for name, size in sizes.items()}
    buttons = "".join(f'<button type="button" class="download" data-file="{name}">{name}</button>' for name in data)
    page = f'{buttons}<script type="application/json" id="data">{json.dumps(data)}</script><script>rest</script>'
    light = lighter(page)
    assert DOWNLOAD.findall(light) == [(name, name) for name in ("array.npy", "small.csv", "large.csv")]
    assert set(json.loads(DATA.search(light)[0])) == {"array.npy", "small.csv", "large.csv"}
    assert "<span><code>larger.csv</code>, too large to travel along</span>" in light
    assert light.endswith("</script><script>rest</script>") and lighter(light) == light


def test_a_finished_run_is_published_whole(smoke_run, tmp_path):
    folder, readme = tmp_path / "docs/audit", tmp_path / "README.md"
    (folder / publish.CONTRIBUTED).mkdir(parents=True)
    (folder / "old.csv").write_text("of the last time")
    readme.write_text("# archdyn\n<!-- findings, by rule -->\nold\n<!-- end of findings -->\nthe rest\n")
    names = publish.publish(smoke_run.folder / "results/smoke", folder)
    publish.write_findings(folder, readme)
    [part] = publish.published(folder)
    assert part == "resnet-vit-gan-vae-clip"
    of_part = (publish.PAGE, publish.PAPER, publish.PICTURE, "ro-crate-metadata.json")
    assert {publish.FRONT, "all.csv", *(f"{part}/{name}" for name in of_part)} <= set(names)
    assert "old.csv" not in names and (folder / publish.CONTRIBUTED).is_dir()
    lines = (folder / part / METADATA).read_text().splitlines()
    entities = json.loads("\n".join(lines))["@graph"]
    assert [json.loads(line.rstrip(",")) for line in lines[2:-1]] == entities
    assert "vae/metrics/all.csv" in " ".join(entity["@id"] for entity in entities)
    said = readme.read_text()
    assert "old\n" not in said and said.endswith("<!-- end of findings -->\nthe rest\n")
    judged, every = (len(pd.read_csv(folder / f"{name}.csv")) for name in ("verdicts", "claims"))
    assert f"Of {every} claims, the report's and a few that it leaves out, the audit judges the **{judged}**" in said
    assert "![Figure 8." in said and f"]({publish.AUDIT}/{part}/{publish.PICTURE})" in said and "smoke scale" in said
    assert publish.stale(folder / part) == []
    assert f'href="../{publish.FRONT}"' in (folder / part / publish.PAGE).read_text()
    assert f'href="{part}/{publish.PAGE}"' in (folder / publish.FRONT).read_text()


def test_an_audit_stays_as_it_was_where_the_next_cannot_be_published(smoke_run, tmp_path, monkeypatch):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit/index.html").write_text("of the last time")
    with pytest.raises(ArchdynError, match=r"content\.json: is missing; allowed: a run whose audit was made"):
        publish.publish(tmp_path / "results/none", tmp_path / "audit")
    monkeypatch.setattr(publish, "LIMIT_MIB", 0.1)
    with pytest.raises(ArchdynError, match=r"takes .* MiB; allowed: 0\.1"):
        publish.publish(smoke_run.folder / "results/smoke", tmp_path / "audit")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["index.html"]


@pytest.fixture(scope="module")
def run_of(smoke_run, tmp_path_factory):
    """A copy of a finished run whose report was last made of some sections: its folder may hold more."""

    def made(*experiments: str):
        run = tmp_path_factory.mktemp("part") / "results/part"
        shutil.copytree(smoke_run.folder / "results/smoke", run)
        content = json.loads((run / "report/content.json").read_text())
        content["sections"] = [part for part in content["sections"] if part["experiment"] in experiments]
        (run / "report/content.json").write_text(json.dumps(content))
        return run

    return made


def test_sections_are_published_one_by_one_and_each_in_place_of_what_it_was(run_of, tmp_path):
    folder = tmp_path / "audit"
    publish.publish(run_of("vae"), folder)
    for name in ("all", "verdicts", "tests"):
        assert set(pd.read_csv(folder / f"{name}.csv")["experiment"]) == {"vae"}
    scripts = {facts["script"] for facts in json.loads((folder / "vae" / publish.CODE).read_text())}
    assert {"vae_train", "audit_paper"} <= scripts
    crate = (folder / "vae" / METADATA).read_text()
    assert "vae/metrics/all.csv" in crate and "gan/metrics/all.csv" not in crate
    vae = (folder / "all.csv").read_text().splitlines()
    kept = contents(folder / "vae")
    gan = run_of("gan")
    publish.publish(gan, folder)
    both = (folder / "all.csv").read_text()
    assert list(publish.published(folder)) == ["gan", "vae"] and both.splitlines()[1 - len(vae) :] == vae[1:]
    assert list(pd.read_csv(folder / "all.csv")["experiment"].unique()) == ["gan", "vae"]
    assert contents(folder / "vae") == kept
    assert "Section 4 and Section 5" in publish.block(folder)
    publish.publish(gan, folder)
    assert (folder / "all.csv").read_text() == both


def test_no_section_is_lost_where_it_was_published_with_another(run_of, tmp_path):
    publish.publish(run_of("gan", "vae"), tmp_path / "audit")
    before = contents(tmp_path / "audit")
    with pytest.raises(ArchdynError, match=r"gan-vae: holds vae too, .*; allowed: a run that audits gan, vae, or"):
        publish.publish(run_of("gan"), tmp_path / "audit")
    assert contents(tmp_path / "audit") == before
    publish.publish(run_of("vae", "clip"), tmp_path / "other")
    publish.publish(run_of("gan"), tmp_path / "other")
    publish.publish(run_of("gan", "vae", "clip"), tmp_path / "other")
    assert list(publish.published(tmp_path / "other")) == ["gan-vae-clip"]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@published
def test_the_readme_says_what_the_published_audit_found():
    readme = (ROOT / "README.md").read_text()
    found = publish.BLOCK.search(readme)
    assert found and found[0] == f"{found[1]}{publish.block(PUBLISHED)}{found[2]}", "run: archdyn publish paper --check"


@pytest.mark.parametrize("part", PARTS)
def test_the_published_page_names_just_what_is_stale(part, tmp_path):
    page = (PUBLISHED / part / publish.PAGE).read_text()
    (tmp_path / publish.PAGE).write_text(page)
    (tmp_path / publish.CODE).write_text((PUBLISHED / part / publish.CODE).read_text())
    publish.mark_stale(tmp_path)
    assert (tmp_path / publish.PAGE).read_text() == page, "run: archdyn publish paper --check"


@published
def test_the_pages_over_all_sections_are_up_to_date(tmp_path):
    publish.write_claims(tmp_path)
    assert (tmp_path / "claims.csv").read_text() == (PUBLISHED / "claims.csv").read_text(), (
        "run: archdyn publish paper --check"
    )
    page = contributed_page(
        PUBLISHED, PUBLISHED / publish.CONTRIBUTED, publish.stale_contributed(PUBLISHED / publish.CONTRIBUTED)
    )
    assert (PUBLISHED / publish.CONTRIBUTED_PAGE).read_text() == page
    front = front_page(PUBLISHED, publish.published(PUBLISHED), publish.stale_parts(PUBLISHED))
    assert (PUBLISHED / publish.FRONT).read_text() == front


@pytest.mark.parametrize("part", PARTS)
def test_a_published_section_has_its_files_and_the_rows_that_its_page_carries(part):
    folder, sections = PUBLISHED / part, publish.published(PUBLISHED)[part]["sections"]
    wanted = {publish.PAGE, publish.PAPER, publish.PICTURE, publish.SHORT, publish.CODE, METADATA}
    assert {path.name for path in folder.iterdir()} == wanted
    page = (folder / publish.PAGE).read_text()
    data = json.loads(DATA.search(page)[0])
    assert {name for name, _ in DOWNLOAD.findall(page)} <= set(data)
    for name, step in TABLES.items():
        rows = pd.read_csv(PUBLISHED / f"{name}.csv", dtype=str, keep_default_na=False)
        carried = [gzip.decompress(b64decode(data[f"../{each}/{step}/{name}.csv"]["gzip"])) for each in sections]
        theirs = pd.concat(pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False) for text in carried)
        ours = rows[rows["experiment"].isin(sections)]
        pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True))


@published
def test_the_tables_hold_what_is_published_and_no_more():
    titled = {name for short in publish.published(PUBLISHED).values() for name in short["sections"]}
    for name in TABLES:
        assert set(pd.read_csv(PUBLISHED / f"{name}.csv")["experiment"]) == titled


@pytest.mark.parametrize("part", PARTS)
def test_the_published_audit_stays_small(part):
    assert publish.size_mib(PUBLISHED / part) < publish.LIMIT_MIB
