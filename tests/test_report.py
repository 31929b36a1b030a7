"""The audit of the smoke run: its numbers are from files, and the paper is whole. Of the page, see test_page.py."""

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from archdyn.audit import prose
from archdyn.audit.markdown import to_typst
from archdyn.audit.numbering import letters, numbers
from archdyn.audit.overview import margins
from archdyn.audit.prose import LITERAL_NUMBER
from archdyn.audit.references import check_cited, read_references
from archdyn.errors import ArchdynError
from archdyn.render.words import significant
from archdyn.workflow.git import WEB_REMOTE
from conftest import ROOT

SMOKE = ("--configfile", "config/smoke.yaml")
CAPTION = r'"caption": ("(?:[^"\\]|\\.)*")'
MOST_BLANK = 0.1  # of a page of the paper, in one piece
LEAST_TYPE = 8  # points


@pytest.fixture(scope="module")
def report(smoke_run) -> Path:
    return smoke_run.folder / "results/smoke/audit"


@pytest.fixture(scope="module")
def content(report) -> dict:
    return json.loads((report / "content.json").read_text())


@pytest.fixture(scope="module")
def pdf(report) -> PdfReader:
    return PdfReader(report / "report.pdf")


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
        value = json.loads(file.read_text())
        for key in place.split("."):
            value = value[key]
        return value
    if file.name.startswith("design_"):
        rows = pd.read_csv(file).set_index(["outcome", "term", "contrast"])
        return rows.loc[tuple(place.split(", ", 2))].rename("effect")
    if file.name == "verdicts.csv":
        return pd.read_csv(file).set_index("id").at[place, "verdict"]
    table, row, column = re.fullmatch(r"(\w+)\[(.+)\]\.(.+)", place).groups()
    published = yaml.safe_load(file.read_text())[table]
    cells = [cells for cells in published["rows"] if f"{', '.join(map(str, cells))}, ".startswith(f"{row}, ")]
    assert len(cells) == 1
    return dict(zip(published["columns"], cells[0], strict=True))[column]


def shown_setting(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | dict) else str(value)


def test_every_number_in_the_prose_traces_to_a_file_that_has_it(report, content):
    traced = 0
    for section in content["sections"]:
        links, outside = linked(section["markdown"])
        assert not LITERAL_NUMBER.search(outside)
        for text, target, place in links:
            value = value_in((report / target).resolve(), place)
            if isinstance(value, pd.Series) and value.name == "effect":
                shown = re.search(r": ×?([+-]?[\d.e-]+) \(", text)
                assert float(shown[1]) == pytest.approx(value["effect"], rel=6e-3)
                assert text.endswith(f"{100 * value['share']:.0f}% of the variance")
            elif isinstance(value, pd.Series):
                scale = 100 if text.endswith("%") else 1
                shown, digits = text.rstrip("%").split(" ± ")[0], len(text.split(".")[-1].split(" ")[0].rstrip("%"))
                assert float(shown) == pytest.approx(scale * value["mean"], rel=6e-3, abs=0.6 * 10**-digits)
                assert ("±" in text) == (value["n"] > 1)
            else:
                assert text == ("all" if value is None else shown_setting(value))
            traced += 1
    assert traced > 50


def test_prose_cannot_hold_a_number_of_its_own():
    for allowed in (
        "Table 7 and Figure 10, Section 4.3",
        "ResNet-152 on CIFAR-10",
        "ViT-B/16",
        "![](figures/figure8)",
        "{{ x[20] }}",
    ):
        assert not LITERAL_NUMBER.search(prose.PLACEHOLDER.sub("", allowed))
    for number in ("accuracy of 92.02", "a loss of .87", "-6.5 nats", "(97.4%)", "18 classes"):
        with pytest.raises(ArchdynError, match="the number .* stands in the prose; allowed: a placeholder"):
            prose.fill(number, "x.md", {})


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ metric.a.no_such }}", "x.md: metric.a has no no_such; allowed: kl"),
        ("{{ metric.b.kl }}", "x.md: metric has no b; allowed: a"),
        ("{{ metirc.a.kl }}", "x.md: 'metirc' is undefined"),
        ("{{ metric.a.kl.fixd(2) }}", "fixd"),
        ("{{ metric.a.kl ", "x.md: "),
    ],
)
def test_a_placeholder_that_resolves_to_nothing_is_an_error(template, message):
    summary = pd.DataFrame([("a", "kl", 2.967, 0.01, 3)], columns=["condition", "metric", "mean", "sd", "n"])
    with pytest.raises(ArchdynError) as error:
        prose.fill(template, "x.md", {"metric": prose.metric_names(summary, "s.csv")})
    assert message in str(error.value)


def test_a_number_is_a_link_to_its_place():
    summary = pd.DataFrame([("a", "share", 0.5, 0.01, 3)], columns=["condition", "metric", "mean", "sd", "n"])
    names = {"metric": prose.metric_names(summary, "../s.csv")}
    filled = prose.fill(
        "{{ metric.a.share }}, {{ metric.a.share.fixed(1) }}, {{ metric.a.share.percent(1) }}", "x", names
    )
    texts = [text for text, *_ in linked(filled)[0]]
    assert texts == ["0.500 ± 0.010", "0.5 ± 0.0", "50.0 ± 1.0%"]
    assert '(<../s.csv> "a, share, n = 3")' in filled


def test_prose_may_ask_what_a_run_trains():
    summary = pd.DataFrame([("a", "share", 0.5, 0.01, 3)], columns=["condition", "metric", "mean", "sd", "n"])
    names = {"metric": prose.metric_names(summary, "s.csv")}
    template = 'As %s.{%% if "%s" in metric %%} Trained.{%% endif %%}'
    assert [prose.fill(template % (name, name), "x", names) for name in "ab"] == ["As a. Trained.", "As b."]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (27.04, "27.0"),
        (2.967, "2.97"),
        (0.5, "0.500"),
        (0.0123, "0.0123"),
        (0.0, "0.00"),
        (1.2e-5, "1.20e-05"),
        (448.7, "449"),
        (-6.59, "-6.59"),
        (3.104e20, "3.10e+20"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert significant(value) == text


def test_markup_of_typst_in_the_prose_stays_text():
    typst = to_typst('A *sure* $price$ of #5 "x" [y](https://a.b/c) and [z](<../s.csv> "t").\n\n![](figures/figure8)\n')
    assert '#"A ";#emph[#"sure";]#" $price$ of #5 \\"x\\" ";#link("https://a.b/c")[#"y";]#" and ";#"z";#".";' in typst
    assert '#result("figures/figure8")' in typst


def test_prose_with_what_the_pdf_cannot_show_is_an_error():
    with pytest.raises(ArchdynError, match="cannot hold Markdown's image"):
        to_typst("A figure ![](figures/figure8) within a line.")


def test_every_figure_and_table_is_shown_with_its_caption(content):
    for section in content["sections"]:
        for name, result in section["results"].items():
            stem, kind = Path(result["stem"]).name, result["kind"].removesuffix("s")
            rule, script = (kind, f"{section['experiment']}_{stem}")
            if stem == "verdicts":
                rule = script = "claims_verdicts"
            elif stem.startswith("design_"):
                rule = script = f"design_{kind}"
            assert result["rule"] == rule
            assert section["markdown"].count(f"![]({name})") == 1
            assert len(result["caption"]) > 40
            assert result["script"] == f"workflow/scripts/{script}.py"
            assert all((ROOT / path).is_file() for path in [result["rules"], result["script"], *result["modules"]])
            assert result["modules"]
            assert result["inputs"]
            assert "smoke scale" in result["label"]


def test_the_report_says_how_it_was_made(content):
    assert content["run"] == "smoke"
    assert content["work"]["jobs"] > 70
    assert content["work"]["seconds"] > 10
    assert content["work"]["hardware"]
    assert content["work"]["packages"]["torch"]
    assert {section["data"]["name"] for section in content["sections"]} == {"synthetic_mnist"}
    assert sum(content["tally"].values()) == sum(len(section["verdicts"]) for section in content["sections"])
    assert content["tally"]["not testable here"] == sum(content["tally"].values())  # of bars, not of digits


def plain(text: str) -> str:
    """Without spaces and the soft breaks that Typst may put into names."""
    return re.sub(r"[\s\u200b\u00ad]", "", text)


def test_the_paper_has_all_verdicts_tables_and_figures(pdf, content):
    text = plain("".join(page.extract_text() for page in pdf.pages))
    figures = 0
    for section in [*content["sections"], *content["appendices"]]:
        assert plain(section["title"]) in text
        for row in section.get("verdicts", []):
            assert plain(row["claim"]) in text  # among all; a page may end within a claim of the section's own table
            assert text.count(plain(row["claim"])[:10]) >= 2
            assert plain(row["measured"]) in text
        for name, result in section["results"].items():
            figures += result["kind"] == "figures"
            assert (plain(result["text"]) in text) == (result["kind"] != "panels")
            if result["kind"] == "tables" and name != "tables/verdicts":
                assert all(plain(cell) in text for row in result["rows"] for cell in row)
    pictures = [entry for page in pdf.pages for entry in (page["/Resources"].get("/XObject") or {})]
    assert len(pictures) >= figures


def test_the_paper_opens_as_papers_do(pdf, content):
    first = plain(pdf.pages[0].extract_text())
    said = [content["audited"]["title"], *(content[name] for name in ("authors", "date", "abstract"))]
    assert all(plain(part) in first for part in [*said, "Abstract", "Contents"])
    last = "".join(plain(page.extract_text()) for page in pdf.pages[-2:])
    assert "Goodfellow" in last[last.index("References") :]


def test_no_type_of_the_paper_is_small(pdf):
    """Of the paper's own fonts: figures bring theirs along, which tests/test_figures.py looks at."""
    sizes = set()

    def see(text, _, matrix, font, size):
        if text.strip() and font and "Libertinus" in font["/BaseFont"]:
            sizes.add(round(size * abs(matrix[3]), 1))

    for page in pdf.pages:
        page.extract_text(visitor_text=see)
    assert sizes
    assert min(sizes) >= LEAST_TYPE


def test_pages_of_the_paper_are_full(report):
    """But the last one: no band without ink is higher than a part of the room for text."""
    for number, page in enumerate(list(PdfDocument(report / "report.pdf"))[:-1], start=1):
        grey = np.asarray(page.render(scale=0.5).to_pil().convert("L"))
        top, bottom = round(0.06 * len(grey)), round(0.935 * len(grey))
        inked = np.flatnonzero((grey[top:bottom] < 250).any(axis=1))
        blank = np.diff([0, *inked, bottom - top]).max() / (bottom - top)
        assert blank <= MOST_BLANK, f"{blank:.0%} of page {number}"


def test_figures_tables_and_panels_are_numbered_in_order_and_named_before_they_stand(content):
    for section in [*content["sections"], *content["appendices"]]:
        markdown = section["markdown"]
        seen = {}
        for name, result in section["results"].items():
            kind, number = result["number"].split(" ")
            before = markdown[: markdown.index(f"![]({name})")]
            assert f"[{result['number']}](#{section['experiment']}-{name.replace('/', '-')})" in before
            letter, count = re.fullmatch(r"([A-Z]?)(\d+)", number).groups()
            series = f"{kind} {letter}"
            assert int(count) > seen.get(series, 0), result["number"]
            seen[series] = int(count)


def test_letters_of_sections_differ():
    assert letters(["vit", "vae", "gan"]) == {"vit": "V", "vae": "A", "gan": "G"}
    assert numbers(["tables/verdicts", "figures/figure8", "figures/losses", "tables/table7"], "G") == {
        "tables/verdicts": "Table G1",
        "figures/figure8": "Figure 8",
        "figures/losses": "Figure G1",
        "tables/table7": "Table 7",
    }


def test_what_is_cited_is_in_the_list(tmp_path):
    (tmp_path / "r.yaml").write_text(
        'a2020:\n  title: T\n  author: ["A, B", "C, D"]\n  date: 2020\n  parent: {title: P}\n'
    )
    references = read_references(tmp_path / "r.yaml")
    assert references == {"a2020": {"short": "A and C, 2020", "full": "A, B; C, D (2020). T. P."}}
    check_cited("as in [@a2020]", references, "x.md")
    with pytest.raises(ArchdynError, match="x.md: cites b2020; allowed: a2020"):
        check_cited("as in [@b2020]", references, "x.md")


def test_distances_from_a_bound_are_in_half_widths():
    tests = pd.DataFrame(
        [
            ("at_least", 1.0, None, 2.0, 1.5, 2.5, "holds"),
            ("at_most", 1.0, None, 2.0, 1.5, 2.5, "fails"),
            ("near", 1.0, 0.5, 1.25, 1.0, 1.5, "undecided"),
            ("at_least", 1.0, None, 2.0, 1.5, 2.5, "untested"),
        ],
        columns=["relation", "bound", "margin", "effect", "low", "high", "decision"],
    )
    found = margins(tests)
    assert found[["distance", "near", "far"]].to_numpy().tolist() == [[2, 1, 3], [-2, -3, -1], [1, 0, 2]]


def test_snakemakes_own_report_has_captions_categories_and_labels(smoke_run, content):
    run = smoke_run.snakemake("--report", "snakemake_report.html", *SMOKE)
    assert run.returncode == 0, run.stdout[-2000:]
    made = (smoke_run.folder / "snakemake_report.html").read_text()
    assert '"audit": {' in made
    assert all(json.dumps({"form": form}) in made for form in ("page", "paper"))
    found = {plain(unescape(re.sub("<[^>]+>", "", json.loads(text)))) for text in re.findall(CAPTION, made)}
    for section in content["sections"]:
        assert f'"{section["experiment"]}": {{"figures": [' in made
        for name, result in section["results"].items():
            if result["kind"] == "panels":
                continue
            assert plain(result["caption"]) in found
            assert json.dumps({name.split("/")[0][:-1]: name.split("/")[1]}) in made


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/someone/archdyn.git", "github.com someone/archdyn"),
        ("https://user:secret@github.com/someone/archdyn", "github.com someone/archdyn"),
        ("git@gitlab.com:group/sub/archdyn.git", "gitlab.com group/sub/archdyn"),
        ("/srv/git/archdyn", None),
        ("../archdyn", None),
    ],
)
def test_web_addresses_of_remotes(remote, address):
    found = WEB_REMOTE.fullmatch(remote)
    assert (found and f"{found['host']} {found['path']}") == address
