"""The page of the smoke run in a real browser: whole, offline, on every screen, in light and dark, for everyone."""

import json
import re
import shutil
from pathlib import Path

import pytest

from test_report import plain

LIMIT_MIB = 12  # of the page, with its pictures, panels and data
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What a reader of the page may have to push sideways to see; hidden parts have no width.
TOO_WIDE = """[...document.querySelectorAll("main *")]
  .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(".scroll, .hidden, svg"))
  .map((part) => part.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def report(smoke_run) -> Path:
    return smoke_run.folder / "results/smoke/audit"


@pytest.fixture(scope="module")
def content(report) -> dict:
    return json.loads((report / "content.json").read_text())


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


def opened(browser, report: Path, **options):
    """The page, opened from its file without a network; everything that it complains about or asks for is kept."""
    page = browser.new_context(offline=True, **options).new_page()
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"file://{report}/report.html")
    return page


@pytest.fixture(scope="module")
def shared(browser, report):
    """The page as it opens, for tests that leave it as they found it."""
    page = opened(browser, report, viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()


def results(content: dict, kind: str | None = None) -> dict[str, dict]:
    """Figures, tables and panels by their anchor."""
    return {
        f"{section['experiment']}-{name.replace('/', '-')}": result
        for section in [*content["sections"], *content["appendices"]]
        for name, result in section["results"].items()
        if kind in (None, result["kind"])
    }


def draw_panels(page) -> None:
    for panel in page.locator(".panel").all():
        panel.scroll_into_view_if_needed()
        panel.locator("svg, .frame").first.wait_for()


def test_the_page_needs_nothing_but_itself(shared, report):
    draw_panels(shared)
    assert shared.complaints == []
    outside = [url for url in shared.requests if not url.startswith("data:")]
    assert outside == [f"file://{report}/report.html"]
    assert (report / "report.html").stat().st_size < LIMIT_MIB * 2**20


def test_the_page_shows_every_picture_and_every_row(shared, content):
    images = "[...document.querySelectorAll('figure.figures img')].map((i) => i.complete && i.naturalWidth)"
    shown = shared.evaluate(images)
    assert len(shown) == len(results(content, "figures"))
    assert all(width > 1000 for width in shown)
    text = plain(shared.locator("main").text_content())
    for result in results(content).values():
        assert plain(f"{result['number']}. {result['text']}") in text
        if result["rule"] != "claims_verdicts":
            assert all(plain(cell) in text for row in result.get("rows", []) for cell in row)
    for row in (row for section in content["sections"] for row in section["verdicts"]):
        assert text.count(plain(row["claim"])) >= 2
        assert all(plain(test) in text for test in row["published"] + row["corrected"])


def test_no_link_of_the_page_leads_out_of_it_but_to_the_web(shared):
    targets = shared.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")
    assert len(targets) > 100
    assert all(re.match("#|https:", target) for target in targets)
    ids = shared.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert all(shared.evaluate("[...document.querySelectorAll('main h2')].map((heading) => heading.id)"))


def test_a_number_says_where_it_is_from(shared, content):
    number = shared.locator("a.number[data-file$='summary.csv']").first
    number.click()
    origin = shared.locator("#origin")
    assert origin.is_visible()
    condition, metric, _ = number.get_attribute("data-place").split(", ")
    source = content["files"][number.get_attribute("data-file")]
    text = origin.text_content()
    assert all(part in text for part in (source["path"], source["rule"], source["commit"], f"{condition},{metric},"))
    shared.keyboard.press("Escape")
    assert not origin.is_visible()


def test_data_is_saved_from_the_page_itself(shared, report, content):
    figure = shared.locator("#gan-figures-gradients")
    figure.locator("summary").click()
    for button in figure.locator(".download").all():
        with shared.expect_download() as saved:
            button.click()
        table = Path(saved.value.path()).read_text()
        assert saved.value.suggested_filename.endswith("_steps.csv")
        assert len(table.splitlines()[0].split(",")) == 5  # losses, answers, and the norm of the gradient
    button = shared.locator("#gan-tables-table7 .download").first
    shared.locator("#gan-tables-table7 summary").click()
    with shared.expect_download() as saved:
        button.click()
    assert Path(saved.value.path()).read_text() == (report / button.get_attribute("data-file")).read_text()


def test_claims_are_found_by_words_and_by_verdict(shared, content):
    rows = shared.locator("#all tr[data-verdict]:visible")
    every = rows.count()
    assert every == sum(content["tally"].values())
    shared.locator("#search").fill("gradient")
    assert 0 < rows.count() < every
    assert all("gradient" in text.lower() for text in rows.all_text_contents())
    shared.locator("#search").fill("")
    verdict = next(name for name, count in content["tally"].items() if count)
    button = shared.locator(f".tally button[data-verdict='{verdict}']")
    button.click()
    assert rows.count() == content["tally"][verdict]
    button.click()
    assert rows.count() == every


def test_panels_answer_to_what_is_moved(shared, content):
    draw_panels(shared)
    assert shared.locator(".panel").count() == len(results(content, "panels")) + 1
    panel = shared.locator("#gan-panels-evolution .panel")
    first = panel.locator(".frame").get_attribute("aria-label")
    panel.locator("select").select_option(index=1)
    panel.locator("input").press("End")
    last = panel.locator(".frame").get_attribute("aria-label")
    assert first.startswith("baseline, after epoch 1 of ")
    assert last.startswith("vanishing_published, after epoch ")
    plane = shared.locator("#vae-panels-plane .frame")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    shared.mouse.move(box["x"] + 2, box["y"] + 2)
    assert "strongest -3.0, second -3.0" in plane.get_attribute("aria-label")
    gap = shared.locator("#clip-panels-closing")
    before = gap.locator("svg").inner_html()
    gap.locator("input[type=range]").press("End")
    shared.wait_for_function(
        "(before) => document.querySelector('#clip-panels-closing svg').innerHTML !== before", arg=before
    )


def test_a_figure_is_enlarged_and_closed_from_the_keyboard(shared):
    viewer = shared.locator("#viewer")
    shared.locator("figure.figures button.zoom").first.focus()
    shared.keyboard.press("Enter")
    assert viewer.is_visible()
    fitted = viewer.locator("img").bounding_box()["width"]
    shared.keyboard.press("+")
    assert viewer.locator("img").bounding_box()["width"] > fitted
    shared.keyboard.press("Escape")
    assert not viewer.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1440])
def test_the_page_is_readable_on_every_screen_and_for_everyone(browser, report, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(browser, report, viewport={"width": width, "height": 900}, color_scheme=scheme)
    draw_panels(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []
    assert page.locator("#contents" if width >= 1280 else ".bar").bounding_box()["y"] <= 0  # in view, though far below
    drawn = page.locator("figure.figures img").first.evaluate("(image) => image.currentSrc === image.src")
    assert drawn == (scheme == "light")
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    page.context.close()


def test_charts_stay_one_picture_with_words_when_the_screen_is_turned(browser, report):
    """Vega then draws them again."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(browser, report, viewport={"width": 390, "height": 900})
    draw_panels(page)
    page.set_viewport_size({"width": 900, "height": 390})
    draw_panels(page)
    found = axe.Axe().run(page, options={"runOnly": ["svg-img-alt", "role-img-alt"]}).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    page.context.close()


def test_the_page_is_whole_without_scripts(browser, report, content):
    page = opened(browser, report, java_script_enabled=False)
    for anchor, result in results(content).items():
        assert page.locator(f"id={anchor}").is_visible() == (result["kind"] != "panels")
    assert page.locator("#overview img").is_visible()
    number = page.locator("a.number").first
    assert page.locator(f"id={number.get_attribute('href')[1:]}").is_visible()
    page.context.close()
