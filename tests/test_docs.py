"""The documentation builds without a warning, and no link in it is dead."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from conftest import ROOT

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:a|img)[^>]+(?:href|src)=\"([^\"]+)\"")


class Page(HTMLParser):
    """What a page links to, and which places in it can be linked to."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.links += [found[name] for name in ("href", "src") if found.get(name)]
        self.places |= {found["id"]} if found.get("id") else set()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    pytest.importorskip("sphinx", reason="the documentation's generator is not installed: make .venv/tested")
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", ROOT / "docs", folder]
    run = subprocess.run(build, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    shutil.copytree(ROOT / "docs/audit", folder / "audit")
    return folder


def test_no_link_of_the_site_is_dead(site):
    pages = {
        file: Page(file.read_text(encoding="utf-8"))
        for file in site.rglob("*.html")
        if not {"audit", "_static"} & {*file.relative_to(site).parts}
    }
    assert len(pages) > 10
    dead = [
        f"{file.relative_to(site)}: {link}"
        for file, page in pages.items()
        for link in page.links
        if not urlparse(link).scheme and not is_alive(file, link, pages)
    ]
    assert dead == []


def is_alive(file: Path, link: str, pages: dict[Path, Page]) -> bool:
    """Whether a relative link leads to a file of the site, and to a place in it."""
    address = urlparse(link)
    target = (file.parent / unquote(address.path)).resolve() if address.path else file
    if not target.exists():
        return False
    return not address.fragment or target not in pages or address.fragment in pages[target].places


@pytest.mark.parametrize(
    "file", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "config/README.md"], ids=str
)
def test_no_relative_link_of_a_text_is_dead(file):
    text = CODE.sub("", file.read_text(encoding="utf-8"))
    links = [one or other for one, other in MARKDOWN_LINK.findall(text)]
    paths = [link.partition("#")[0] for link in links if not urlparse(link).scheme]
    assert [path for path in paths if path and not (file.parent / path).exists()] == []


def test_the_error_messages_that_are_explained_are_ours():
    """Each heading quotes a message, with dots for what differs; its parts must stand in the code."""
    code = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("workflow/scripts/**/*.py"))
    code += re.sub(r"\{[^{}]*\}", "...", re.sub(r'"\s*\n\s*f?"', "", code))
    headings = re.findall(r"^### (.*)", (ROOT / "docs/questions.md").read_text(encoding="utf-8"), re.MULTILINE)
    quoted = {quote for heading in headings for quote in re.findall(r'"([^"]+)"', heading)}
    unknown = {quote for quote in quoted for part in quote.split("...") if part.strip() not in code}
    assert unknown == {"LockException", "Directory cannot be locked", "Read-only file system", "Permission denied"}
