"""The audit as a PDF, set by Typst with the fonts that it brings along."""

import json
from pathlib import Path

import typst

from archdyn.audit.markdown import to_typst


def paper(content: dict, run_folder: Path, template: Path, references: Path) -> bytes:
    """PDF of the audit; the template reads the content as JSON, the references as YAML, and figures from run_folder."""
    parts = [*content["sections"], *content["appendices"]]
    set_parts = [part | {"typst": to_typst(part["markdown"])} for part in parts]
    introduction = to_typst(content["introduction"])
    inputs = {
        "content": json.dumps(content | {"parts": set_parts, "introduction": introduction}),
        "folder": f"/{run_folder.as_posix()}",
        "references": references.read_text(),
    }
    return typst.compile(str(template), root=".", sys_inputs=inputs, ignore_system_fonts=True)
