"""The audit of the smoke run: its numbers are from files, and both of its forms are whole."""

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt
from pypdf import PdfReader

from archdyn.errors import ArchdynError
from archdyn.numbers.format import significant
from archdyn.pipeline.git import WEB_REMOTE
from archdyn.report import prose
from archdyn.report.markdown import to_typst
from archdyn.report.prose import LITERAL_NUMBER
from conftest import ROOT

SMOKE = ("--configfile", "config/smoke.yaml")
CAPTION = r'"caption": ("(?:[^"\\]|\\.)*")'
LIMIT_MIB = 10  # of the page, with all its pictures
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def report(smoke_run) -> Path:
    return smoke_run.folder / "results/smoke/report"


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
            target = token.attrs
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
            rule, script = ("report_verdicts",) * 2 if stem == "verdicts" else (kind, f"{section['experiment']}_{stem}")
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


def test_the_pdf_has_all_verdicts_on_its_first_page_and_all_tables_and_figures(pdf, content):
    pages = [plain(page.extract_text()) for page in pdf.pages]
    text = "".join(pages)
    figures = 0
    for section in [*content["sections"], content["appendix"]]:
        assert plain(section["title"]) in text
        for row in section.get("verdicts", []):
            assert plain(row["claim"]) in pages[0]
            assert plain(row["measured"]) in pages[0]
        for name, result in section["results"].items():
            assert plain(result["caption"]) in text
            figures += result["kind"] == "figures"
            if result["kind"] == "tables" and name != "tables/verdicts":
                assert all(plain(cell) in text for row in result["rows"] for cell in row)
    pictures = [entry for page in pdf.pages for entry in (page["/Resources"].get("/XObject") or {})]
    assert len(pictures) >= figures


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, report):
    """The page, opened from its file without a network; everything that it complains about or asks for is kept."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"file://{report}/report.html")
    yield page
    context.close()


def test_the_page_needs_nothing_but_itself(page, report):
    assert page.complaints == []
    outside = [url for url in page.requests if not url.startswith("data:")]
    assert outside == [f"file://{report}/report.html"]
    assert (report / "report.html").stat().st_size < LIMIT_MIB * 2**20


def test_the_page_shows_every_picture_and_every_row(page, content):
    sections = [*content["sections"], content["appendix"]]
    results = [result for section in sections for result in section["results"].values()]
    figures = [result for result in results if result["kind"] == "figures"]
    shown = page.evaluate("[...document.querySelectorAll('figure img')].map((i) => i.complete && i.naturalWidth)")
    assert len(shown) == len(figures)
    assert all(width > 1000 for width in shown)
    text = plain(page.locator("main").text_content())
    for result in results:
        assert plain(result["caption"]) in text
        if result["rule"] != "report_verdicts":
            assert all(plain(cell) in text for row in result.get("rows", []) for cell in row)
    for row in (row for section in content["sections"] for row in section["verdicts"]):
        assert text.count(plain(row["claim"])) >= 2
        assert all(plain(test) in text for test in row["published"] + row["corrected"])


def test_links_of_the_page_lead_to_files_that_there_are(page, report):
    targets = page.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")
    assert len(targets) > 100
    for target in filter(lambda target: not target.startswith(("#", "https:")), targets):
        assert (report / unquote(urlsplit(target).path)).exists(), target
    anchors = {target[1:] for target in targets if target.startswith("#")}
    assert all(page.locator(f"id={anchor}").count() == 1 for anchor in anchors)


def test_a_figure_is_enlarged_and_closed_from_the_keyboard(page):
    viewer = page.locator("#viewer")
    page.locator("button.zoom").first.focus()
    page.keyboard.press("Enter")
    assert viewer.is_visible()
    fitted = viewer.locator("img").bounding_box()["width"]
    page.keyboard.press("+")
    assert viewer.locator("img").bounding_box()["width"] > fitted
    page.keyboard.press("Escape")
    assert not viewer.is_visible()
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_the_page_fits_every_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_snakemakes_own_report_has_captions_categories_and_labels(smoke_run, content):
    run = smoke_run.snakemake("--report", "snakemake_report.html", *SMOKE)
    assert run.returncode == 0, run.stdout[-2000:]
    made = (smoke_run.folder / "snakemake_report.html").read_text()
    found = {plain(unescape(re.sub("<[^>]+>", "", json.loads(text)))) for text in re.findall(CAPTION, made)}
    for section in content["sections"]:
        assert f'"{section["experiment"]}": {{"figures": [' in made
        for name, result in section["results"].items():
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
