"""The audit of the smoke run: its numbers are from files, its findings stand, and the paper is short and whole.

Of the page, see test_page.py.
"""

import json
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt
from pypdf import PdfReader

from archdyn.audit import prose
from archdyn.audit.claims import amended, counts, decided, effect, read_claims, strip
from archdyn.audit.content import number_names
from archdyn.audit.findings import Finding, contradicted, read_findings, standing
from archdyn.audit.markdown import shown_results, to_typst
from archdyn.audit.prose import LITERAL_NUMBER
from archdyn.audit.sources import check_cited, read_references
from archdyn.errors import ArchdynError
from archdyn.render.words import significant
from conftest import ROOT

SMOKE = ("--configfile", "config/smoke.yaml")
CAPTION = r'"caption": ("(?:[^"\\]|\\.)*")'
FINDINGS = ROOT / "workflow/audit/findings.yaml"
MOST_PAGES = 12  # of the paper on five sections


@pytest.fixture(scope="module")
def pdf(audit) -> PdfReader:
    return PdfReader(audit / "audit.pdf")


def linked(markdown: str) -> tuple[list[tuple[str, str, str]], str]:
    """The links of a text as (text, file, place), and the text outside them."""
    links, outside, target = [], [], None
    for token in (inline for block in MarkdownIt().parse(markdown) for inline in block.children or []):
        if token.type == "link_open":
            target = None if token.attrs["href"].startswith("#") else token.attrs
        elif token.type == "link_close":
            target = None
        elif token.type == "text" and target:
            links.append((token.content, target["href"], target["title"]))
        elif token.type == "text":
            outside.append(token.content)
    return links, " ".join(outside)


def value_in(file: Path, place: str):
    """What stands in `file` at a place that the page names."""
    if file.name == "summary.csv":
        condition, metric, n = re.fullmatch(r"(\w+), ([\w.]+), n = (\d+)", place).groups()
        rows = pd.read_csv(file).set_index(["condition", "metric"])
        assert rows.at[(condition, metric), "n"] == int(n)
        return rows.loc[(condition, metric)]
    if file.name == "settings.json":
        value = json.loads(file.read_text(encoding="utf-8"))
        for key in place.split("."):
            value = value[key]
        return value
    table, row, column = re.fullmatch(r"(\w+)\[(.+)\]\.(.+?)( \(a notebook's, .*\))?", place).groups()[:3]
    published = yaml.safe_load(file.read_text(encoding="utf-8"))[table]
    cells = [cells for cells in published["rows"] if f"{', '.join(map(str, cells))}, ".startswith(f"{row}, ")]
    assert len(cells) == 1
    return dict(zip(published["columns"], cells[0], strict=True))[column]


def shown_setting(value) -> str:
    if value is None or isinstance(value, float):
        return "all" if value is None else f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | dict) else str(value)


def test_every_number_in_the_prose_traces_to_a_file_that_has_it(audit, content):
    traced = 0
    for section in content["sections"]:
        links, outside = linked(section["markdown"])
        assert not LITERAL_NUMBER.search(outside)
        for text, target, place in links:
            value = value_in((audit / target).resolve(), place)
            if isinstance(value, pd.Series):
                scale = 100 if text.endswith("%") else 1
                shown, digits = text.rstrip("%").split(" ± ")[0], len(text.split(".")[-1].split(" ")[0].rstrip("%"))
                assert float(shown) == pytest.approx(scale * value["mean"], rel=6e-3, abs=0.6 * 10**-digits)
                assert ("±" in text) == (value["n"] > 1)
            else:
                assert text == shown_setting(value)
            traced += 1
    assert traced > 50


def test_prose_cannot_hold_a_number_of_its_own():
    named = ("Table 7 and Figure 10, Section 4.3", "ResNet-152 on CIFAR-10", "ViT-B/16", "![](figures/figure8)")
    for allowed in (*named, "{{ x[20] }}"):
        assert not LITERAL_NUMBER.search(prose.PLACEHOLDER.sub("", allowed))
    for number in ("accuracy of 92.02", "a loss of .87", "-6.5 nats", "(97.4%)", "18 classes"):
        with pytest.raises(ArchdynError, match="the number .* stands in the prose; allowed: a placeholder"):
            prose.fill(number, "x.md", {})


@pytest.fixture
def measured() -> dict:
    """Names for the prose: of one metric of the condition a."""
    summary = pd.DataFrame([("a", "share", 0.5, 0.01, 3)], columns=["condition", "metric", "mean", "sd", "n"])
    return {"metric": prose.metric_names(summary, "../s.csv")}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ metric.a.no_such }}", "x.md: metric.a has no no_such; allowed: share"),
        ("{{ metric.b.share }}", "x.md: metric has no b; allowed: a"),
        ("{{ metirc.a.share }}", "x.md: 'metirc' is undefined"),
        ("{{ metric.a.share.fixd(2) }}", "fixd"),
        ("{{ metric.a.share ", "x.md: "),
    ],
)
def test_a_placeholder_that_resolves_to_nothing_is_an_error(measured, template, message):
    with pytest.raises(ArchdynError) as error:
        prose.fill(template, "x.md", measured)
    assert message in str(error.value)


def test_a_number_is_a_link_to_its_place(measured):
    template = "{{ metric.a.share }}, {{ metric.a.share.fixed(1) }}, {{ metric.a.share.percent(1) }}"
    filled = prose.fill(template, "x", measured)
    assert [text for text, *_ in linked(filled)[0]] == ["0.500 ± 0.010", "0.5 ± 0.0", "50.0 ± 1.0%"]
    assert '(<../s.csv> "a, share, n = 3")' in filled
    template = 'As %s.{%% if "%s" in metric %%} Trained.{%% endif %%}'
    assert [prose.fill(template % (name, name), "x", measured) for name in "ab"] == ["As a. Trained.", "As b."]


def test_a_number_that_only_a_notebook_has_says_so():
    table = pd.DataFrame([(1, 45.65), (20, 27.04)], columns=["epoch", "recon"])
    names = {"published": prose.published_names({"figure11": table}, {"figure11": {1}}, "vae.yaml")}
    filled = prose.fill("{{ published.figure11[1].recon }} {{ published.figure11[20].recon }}", "x", names)
    places = [place for *_, place in linked(filled)[0]]
    assert places == ["figure11[1].recon (a notebook's, not the report's)", "figure11[20].recon"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(27.04, "27.0"), (0.5, "0.500"), (0.0, "0.00"), (1.2e-5, "1.20e-05"), (448.7, "449"), (-6.59, "-6.59")],
)
def test_numbers_have_three_digits(value, text):
    assert significant(value) == text


def test_markup_of_typst_in_the_prose_stays_text():
    text = 'A *sure* $price$ of #5 "x" [y](https://a.b/c) and [z](<../s.csv> "t"), [a](#here), [b](#there).\n'
    typst = to_typst(text + "\n![](figures/figure8)\n\n![page](figures/figure9)\n\n![](panels/p)\n", {"here"})
    assert '#"A ";#emph[#"sure";]#" $price$ of #5 \\"x\\" ";#link("https://a.b/c")[#"y";]#" and ";#"z";' in typst
    assert '#link(label("here"))[#"a";]' in typst
    assert "there" not in typst
    assert re.findall(r"#result\(.*\)", typst) == ['#result("figures/figure8")']
    assert shown_results("![](figures/a)\n\n![page](tables/b)") == [("figures/a", True), ("tables/b", False)]
    with pytest.raises(ArchdynError, match="cannot hold Markdown's image"):
        to_typst("A figure ![](figures/figure8) within a line.")


def test_every_figure_and_table_is_shown_with_its_caption(content):
    for section in content["sections"]:
        for name, result in section["results"].items():
            kind = result["kind"].removesuffix("s")
            assert result["rule"] == kind
            assert len(re.findall(rf"!\[(?:page)?\]\({name}\)", section["markdown"])) == 1
            assert len(result["caption"]) > 40
            assert result["script"] == f"workflow/scripts/{kind}.py"
            assert all((ROOT / path).is_file() for path in [result["rules"], result["script"], *result["modules"]])
            assert result["modules"]
            assert result["inputs"]
            assert "smoke scale" in result["label"]


def plain(text: str) -> str:
    """Without spaces and hyphens: Typst breaks words, and its fonts name minus and hyphen alike, as soft ones."""
    return re.sub(r"[\s\u200b\u00ad-]", "", text)


def test_the_paper_has_the_reports_tables_and_figures(pdf, content):
    text = plain("".join(page.extract_text() for page in pdf.pages))
    pictures = sum(len(page["/Resources"].get("/XObject") or {}) for page in pdf.pages)
    figures = 0
    for section in content["sections"]:
        assert plain(section["title"]) in text
        for result in section["results"].values():
            shown = result["in_paper"]
            figures += shown and result["kind"] == "figures"
            assert (plain(f"{result['number']}. {result['text']}") in text) == shown
            if shown and result["kind"] == "tables":
                assert all(plain(cell) in text for row in result["rows"] for cell in row)
    assert pictures >= figures > 5


def test_the_paper_opens_with_what_was_found_and_is_short(pdf, content):
    first = plain(pdf.pages[0].extract_text())
    said = [content["title"], content["audited"]["title"], content["audited"]["authors"], content["date"]]
    assert all(plain(part) in first for part in [*said, "What was found", content["notice"]])
    assert len(pdf.pages) <= MOST_PAGES


def test_figures_tables_and_panels_are_numbered_in_order_and_named_before_they_stand(content):
    for section in content["sections"]:
        markdown = section["markdown"]
        seen = {}
        for name, result in section["results"].items():
            kind, number = result["number"].split(" ")
            before = markdown[: re.search(rf"!\[(?:page)?\]\({name}\)", markdown).start()]
            assert f"[{result['number']}](#{section['experiment']}-{name.replace('/', '-')})" in before
            letter, count = re.fullmatch(r"([A-Z]?)(\d+)", number).groups()
            series = f"{kind} {letter}"
            assert int(count) > seen.get(series, 0), result["number"]
            seen[series] = int(count)


def test_what_is_cited_is_in_the_list(tmp_path):
    (tmp_path / "r.yaml").write_text(
        'a2020:\n  title: T\n  author: ["A, B", "C, D"]\n  date: 2020\n  parent: {title: P}\n', encoding="utf-8"
    )
    references = read_references(tmp_path / "r.yaml")
    assert references == {"a2020": {"short": "A and C, 2020", "full": "A, B; C, D (2020). T. P."}}
    check_cited("as in [@a2020]", references, "x.md")
    with pytest.raises(ArchdynError, match="x.md: cites b2020; allowed: a2020"):
        check_cited("as in [@b2020]", references, "x.md")


# Claims and findings.


CLAIM = {"experiment": "gan", "id": "a", "whose": "report", "kind": "mechanism", "verdict": "holds", "amended": "–"}
TEST = {"experiment": "gan", "claim": "a", "protocol": "published", "what": "x"} | {
    "effect": 0.5, "low": 0.4, "high": 0.6, "k": None, "n_seeds": 3, "relation": "at_least", "bound": 0.2, "unit": None
}  # fmt: skip
FINDING = {"title": "So it is.", "text": "x", "rests_on": {"a": "holds"}, "figure": "gan/figures/figure8"}


def test_tests_of_a_claim_are_read_with_it(tmp_path):
    verdicts, tests = tmp_path / "verdicts.csv", tmp_path / "tests.csv"
    pd.DataFrame([CLAIM, CLAIM | {"id": "b"}]).to_csv(verdicts, index=False)
    pd.DataFrame([TEST | {"values": "0.4 0.5 0.6", "high": float("inf")}]).to_csv(tests, index=False)
    first, second = read_claims(verdicts, tests)
    (test,) = first["tests"]
    assert (test["values"], test["high"], test["k"]) == ("0.4 0.5 0.6", None, None)
    assert second["tests"] == []


def test_claims_are_counted_by_whose_they_are_and_the_decided_ones_told():
    late = {"verdict": "does not hold", "amended": "amended after the data"}
    claims = [CLAIM, CLAIM | late, CLAIM | {"whose": "ours", "verdict": "not testable here"}]
    found = [
        (kind["n"], kind["verdicts"]) for kind in counts([*claims, CLAIM | {"kind": "value", "verdict": "reproduced"}])
    ]
    assert found == [(2, {"holds": 1, "does not hold": 1}), (1, {"reproduced": 1}), (1, {"not testable here": 1})]
    assert [claim["verdict"] for claim in decided(claims)] == ["holds", "does not hold"]
    assert amended(claims) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "nats"}, "0.500 [0.400, 0.600] nats"),
        ({"low": None, "high": None}, "0.500"),
        ({"low": 0.5, "high": 0.5}, "0.500"),
        ({"k": 2}, "2 of 3"),
        ({"effect": None}, "not reached"),
    ],
)
def test_an_effect_in_words(change, said):
    assert effect(TEST | change) == said


def test_dots_of_seeds_lie_between_the_ends_of_their_line():
    line = strip(TEST | {"values": "0.45 0.5 0.55"})
    assert line["bound"] == 6 and line["low"] == "0.200" and line["high"] == "0.600"
    assert line["interval"][2] == 314 and line["dots"] == sorted(line["dots"])
    assert line["dots"][1] == line["interval"][1] == pytest.approx(6 + 308 * 0.75, abs=0.1)
    assert not line["logarithmic"]
    assert strip(TEST | {"values": "0.001 0.5", "low": 0.0001})["logarithmic"]
    of_events = strip(TEST | {"values": "1 1 1", "k": 3, "bound": 1.0})
    assert of_events["interval"] is None and set(of_events["dots"]) == {6}
    printed = strip(TEST | {"values": "1 2", "k": 0, "relation": "as printed", "effect": 3.0, "bound": None})
    assert (printed["bound"], printed["dashed"]) == (314, "the report's run")
    assert strip(TEST | {"values": None}) is None


def test_a_finding_stands_where_its_verdicts_were_reached(measured):
    names = {
        "metric": prose.Lookup("metric", {"gan": measured["metric"]}),
        "test": prose.test_names([CLAIM | {"tests": [TEST]}], "tables/tests.csv"),
    }
    text = 'A share of {{ metric.gan.a.share }}, or {{ test.a.published["x"] }}, {{ test.a.published["x"].value }}.'
    (found,) = standing([Finding(**FINDING | {"text": text})], [CLAIM], names, "findings.yaml")
    assert found["text"] == "**So it is.** A share of 0.500 ± 0.010, or 0.500 [0.400, 0.600], 0.500."
    assert linked(found["linked"])[0][1] == ("0.500 [0.400, 0.600]", "tables/tests.csv", "a, published, x")


@pytest.mark.parametrize("verdict", ["inconclusive", "not testable here", "too few runs to tell", None])
def test_a_finding_is_left_out_where_a_run_cannot_tell(verdict):
    claims = [CLAIM | {"verdict": verdict}] if verdict else []
    assert standing([Finding(**FINDING)], claims, {}, "findings.yaml") == []
    assert contradicted([Finding(**FINDING)], claims, "findings.yaml") == []


def test_a_finding_is_left_out_and_named_where_a_run_decides_otherwise():
    claims = [CLAIM | {"verdict": "does not hold"}]
    assert standing([Finding(**FINDING)], claims, {}, "findings.yaml") == []
    (told,) = contradicted([Finding(**FINDING)], claims, "findings.yaml")
    assert told.startswith("findings.yaml: “So it is.” does not stand: a is “does not hold” in this run")


def test_findings_rest_on_claims_figures_and_numbers_that_there_are(content, audit):
    """Those that the smoke run leaves out, as well."""
    claims = {claim["id"]: claim for section in content["sections"] for claim in section["claims"]}
    figures = {result["stem"] for section in content["sections"] for result in section["results"].values()}
    findings = read_findings(FINDINGS)
    for finding in findings:
        assert finding.figure in figures
        assert all(
            (claims[name]["kind"] == "value") == ("reproduced" in word) for name, word in finding.rests_on.items()
        )
    reached = [claims[name] | {"verdict": word} for one in findings for name, word in one.rests_on.items()]
    settings = json.loads((audit / "settings.json").read_text(encoding="utf-8"))
    of_each = {
        name: number_names(name, ROOT / f"config/published/{name}.yaml", settings[name], audit.parent)
        for name in settings
    }
    names = {
        kind: prose.Lookup(kind, {name: own[kind] for name, own in of_each.items()})
        for kind in ("metric", "published", "setting")
    }
    names["test"] = prose.test_names(list(claims.values()), "tables/tests.csv")
    assert len(standing(findings, reached, names, "findings.yaml")) == len(findings)


def test_snakemakes_own_report_has_captions_categories_and_labels(smoke_run, content):
    run = smoke_run.snakemake("--report", "snakemake_report.html", *SMOKE)
    assert run.returncode == 0, run.stdout[-2000:]
    made = (smoke_run.folder / "snakemake_report.html").read_text(encoding="utf-8")
    assert '"audit": {' in made
    assert all(json.dumps({"form": form}) in made for form in ("page", "paper"))
    found = {plain(unescape(re.sub("<[^>]+>", "", json.loads(text)))) for text in re.findall(CAPTION, made)}
    for section in content["sections"]:
        assert f'"{section["experiment"]}": {{"figures": [' in made
        for name, result in section["results"].items():
            if result["kind"] != "panels":
                assert plain(result["caption"]) in found
                assert json.dumps({name.split("/")[0][:-1]: name.split("/")[1]}) in made
