"""The audit as a PDF, set by Typst with the fonts that it brings along."""

import json
from pathlib import Path

import typst

from archdyn.audit.markdown import to_typst
from archdyn.claims.decide import UNTESTABLE

TEXTS = ("reading", "deciding", "notebooks")


def paper(content: dict, run_folder: Path, template: Path, references: Path) -> bytes:
    """PDF of the audit; the template reads the content as JSON, the references as YAML, and figures from run_folder."""
    shown = content | {name: to_typst(content[name]) for name in TEXTS}
    shown["findings"] = [one | {"text": to_typst(one["text"])} for one in content["findings"]]
    shown["sections"] = [_section(part, _places(content)) for part in content["sections"]]
    inputs = {
        "content": json.dumps(shown, allow_nan=False),
        "folder": f"/{run_folder.as_posix()}",
        "references": references.read_text(encoding="utf-8"),
    }
    return typst.compile(str(template), root=".", sys_inputs=inputs, ignore_system_fonts=True)


def _section(part: dict, places: set[str]) -> dict:
    """The section with its text as Typst and the results that the paper shows."""
    results = {name: result for name, result in part["results"].items() if result["in_paper"]}
    return part | {"typst": to_typst(part["markdown"], places), "results": results}


def _places(content: dict) -> set[str]:
    """Where links of the paper may lead to."""
    places = set()
    for part in content["sections"]:
        shown = [name.replace("/", "-") for name, result in part["results"].items() if result["in_paper"]]
        tested = [claim["id"] for claim in part["claims"] if claim["verdict"] != UNTESTABLE]
        places |= {f"{part['experiment']}-{name}" for name in [*shown, *tested]}
    return places
