"""The documentation builds without a warning, and no link in it is dead."""

import re
import subprocess
import sys
from urllib.parse import urlparse

import pytest

from conftest import ROOT

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:a|img)[^>]+(?:href|src)=\"([^\"]+)\"")


def test_the_documentation_builds_without_a_warning(tmp_path):
    """Sphinx warns of every link between pages that leads nowhere."""
    pytest.importorskip("sphinx", reason="the documentation's generator is not installed: make .venv/tested")
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", ROOT / "docs", tmp_path]
    run = subprocess.run(build, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


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
