"""The page of the smoke run in a real browser: whole, offline, on every screen, in light and dark, for everyone."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from archdyn.workflow.publish import front_page
from test_audit import plain

LIMIT = 6_100_000  # bytes of the page, with its pictures, panels and data
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What a reader of the page may have to push sideways to see; hidden parts have no width.
TOO_WIDE = """[...document.querySelectorAll("main *")]
  .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(".scroll, .hidden, svg"))
  .map((part) => part.outerHTML.slice(0, 80))"""


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


def opened(browser, audit: Path, **options):
    """The page, opened from its file without a network; everything that it complains about or asks for is kept."""
    page = browser.new_context(offline=True, **options).new_page()
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"file://{audit}/audit.html")
    return page


@pytest.fixture(scope="module")
def shared(browser, audit):
    """The page as it opens, for tests that leave it as they found it."""
    page = opened(browser, audit, viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()


def results(content: dict, kind: str | None = None) -> dict[str, dict]:
    """Figures, tables and panels by their anchor."""
    return {
        f"{section['experiment']}-{name.replace('/', '-')}": result
        for section in content["sections"]
        for name, result in section["results"].items()
        if kind in (None, result["kind"])
    }


def draw_panels(page) -> None:
    for panel in page.locator(".panel").all():
        panel.scroll_into_view_if_needed()
        panel.locator(".frame").first.wait_for()


def test_the_page_needs_nothing_but_itself(shared, audit):
    draw_panels(shared)
    assert shared.complaints == []
    outside = [url for url in shared.requests if not url.startswith("data:")]
    assert outside == [f"file://{audit}/audit.html"]
    assert (audit / "audit.html").stat().st_size < LIMIT


def test_the_page_shows_every_picture_and_every_row(shared, content):
    images = "[...document.querySelectorAll('figure.figures img')].map((i) => i.complete && i.naturalWidth)"
    shown = shared.evaluate(images)
    assert len(shown) == len(results(content, "figures"))
    assert all(width > 1000 for width in shown)
    text = plain(shared.locator("main").text_content())
    for result in results(content).values():
        assert plain(f"{result['number']}. {result['text']}") in text
        assert all(plain(cell) in text for row in result.get("rows", []) for cell in row)


def test_a_claim_is_a_line_with_its_tests_behind_a_fold(browser, audit, content):
    page = opened(browser, audit)
    order = page.evaluate("[...document.querySelectorAll('main > section')].map((part) => part.id)")
    assert order[:3] == ["findings", "claims", content["sections"][0]["experiment"]]
    claims = [claim for section in content["sections"] for claim in section["claims"]]
    assert page.locator("#claims .claim").count() == len(claims)
    claim = claims[0]
    page.locator("details.rest > summary").first.click()  # of the claims that this run cannot test
    fold = page.locator(f"id={claim['experiment']}-{claim['id']}")
    line, behind = plain(fold.locator("summary").text_content()), fold.locator(".test").first
    assert all(plain(claim[name]) in line for name in ("claim", "verdict", "measured", "n"))
    assert not behind.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert behind.is_visible()
    assert plain(claim["tests"][0]["because"]) in plain(behind.text_content())
    page.context.close()


def test_a_link_to_a_claim_opens_its_fold(browser, audit, content):
    page = opened(browser, audit)
    claim = content["sections"][0]["claims"][-1]
    page.evaluate(f"location.hash = '#{claim['experiment']}-{claim['id']}'")
    page.locator(f"id={claim['experiment']}-{claim['id']}").locator(".test").first.wait_for(state="visible")
    page.context.close()


def test_no_link_of_the_page_leads_out_of_it_but_to_the_web(shared):
    targets = shared.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")
    assert len(targets) > 100
    assert all(re.match("#|https:", target) for target in targets)
    ids = shared.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert all(shared.evaluate("[...document.querySelectorAll('main h3:not(article h3)')].map((one) => one.id)"))


def test_a_number_says_where_it_is_from(shared, content):
    number = shared.locator("a.number[data-file$='summary.csv']").first
    number.click()
    origin = shared.locator("#origin")
    origin.wait_for(state="visible")  # its file is unpacked first
    condition, metric, _ = number.get_attribute("data-place").split(", ")
    source = content["files"][number.get_attribute("data-file")]
    text = origin.text_content()
    assert all(part in text for part in (source["path"], source["rule"], source["commit"], f"{condition},{metric},"))
    shared.keyboard.press("Escape")
    assert not origin.is_visible()


def test_data_is_saved_from_the_page_itself(shared, audit, content):
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
    assert Path(saved.value.path()).read_text() == (audit / button.get_attribute("data-file")).read_text()


def test_claims_are_found_by_words_and_by_verdict(shared, content):
    rows = shared.locator("#claims .claim:visible")
    untestable = sum(kind["verdicts"].get("not testable here", 0) for kind in content["counts"])
    every = rows.count()
    assert every == content["claims"] - untestable  # which are folded, and found all the same
    shared.locator("#search").fill("gradient")
    assert 0 < rows.count() < content["claims"]
    assert all("gradient" in text.lower() for text in rows.all_text_contents())
    shared.locator("#search").fill("")
    button = shared.locator(".counts button").first
    button.click()
    verdict = button.get_attribute("data-verdict")
    of_verdict = sum(kind["verdicts"].get(verdict, 0) for kind in content["counts"])
    assert rows.count() == of_verdict
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert rows.count() == every


def test_panels_answer_to_what_is_moved(shared, content):
    draw_panels(shared)
    assert shared.locator(".panel").count() == len(results(content, "panels"))
    panel = shared.locator("#gan-panels-evolution .panel")
    first = panel.locator(".frame").get_attribute("aria-label")
    panel.locator("select").select_option(index=1)
    panel.locator("input").press("End")
    last = panel.locator(".frame").get_attribute("aria-label")
    assert first.startswith("baseline, after epoch 1 of ")
    assert last.startswith("vanishing, as published, after epoch ")
    plane = shared.locator("#vae-panels-plane .frame")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    shared.mouse.move(box["x"] + 2, box["y"] + 2)
    assert "strongest -3.0, second -3.0" in plane.get_attribute("aria-label")


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


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (800, "light"), (1440, "dark")])
def test_the_page_is_readable_on_every_screen_and_for_everyone(browser, audit, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(browser, audit, viewport={"width": width, "height": 900}, color_scheme=scheme)
    draw_panels(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []
    assert page.locator("#contents" if width >= 1280 else ".bar").bounding_box()["y"] <= 0  # in view, though far below
    card = page.locator(".zoom").first.evaluate("(button) => getComputedStyle(button).backgroundColor")
    assert card == "rgb(255, 255, 255)"  # figures have black text, in the dark as well
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    page.context.close()


def test_the_page_is_whole_without_scripts(browser, audit, content):
    page = opened(browser, audit, java_script_enabled=False)
    for anchor, result in results(content).items():
        assert page.locator(f"id={anchor}").is_visible() == (result["kind"] != "panels")
    number = page.locator("a.number").first
    number.click()  # a browser opens the fold that a link leads into
    assert page.locator(f"id={number.get_attribute('href')[1:]}").is_visible()
    claim = content["sections"][0]["claims"][0]
    page.locator("details.rest > summary").first.click()
    page.locator(f"id={claim['experiment']}-{claim['id']}").locator("summary").click()
    assert page.locator(".claim .test").first.is_visible()
    page.context.close()


def test_the_front_page_of_all_audits_is_for_everyone(browser, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    (tmp_path / "gan").mkdir()
    about = {"sections": {"gan": "Section 4: a GAN"}, "commit": "a" * 40, "findings": ["**It collapses.** In all."]}
    (tmp_path / "gan/audit.json").write_text(json.dumps(about), encoding="utf-8")
    rows = [("gan", name, "Figure 8", f"A claim, {name}.") for name in ("a", "b", "c")]
    claims = pd.DataFrame(rows, columns=["experiment", "id", "where", "claim"])
    claims.to_csv(tmp_path / "claims.csv", index=False)
    judged = claims.head(2).assign(verdict=["does not hold", "inconclusive"], measured="0.5 [0.4, 0.6]")
    judged.to_csv(tmp_path / "verdicts.csv", index=False)
    (tmp_path / "index.html").write_text(front_page(tmp_path), encoding="utf-8")
    page = browser.new_context(viewport={"width": 390, "height": 900}).new_page()
    page.goto(f"file://{tmp_path}/index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    decided, rest = page.locator("main > table tbody tr"), page.locator("details tbody tr")
    assert (decided.count(), rest.count()) == (1, 2)
    assert decided.first.is_visible() and not rest.first.is_visible()
    assert page.locator("main > table a").get_attribute("href") == "gan/index.html#gan-a"
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    page.context.close()
