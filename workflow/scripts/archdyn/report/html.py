"""The audit as one page that needs nothing but itself."""

import base64
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from archdyn.claims.decide import VERDICTS
from archdyn.report.markdown import to_html


def page(content: dict, run_folder: Path, template: Path) -> str:
    """HTML of the audit; figures are read from run_folder, the style and script from beside the template."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "partial": partial,
        "picture": lambda file: _picture(run_folder / file),
        "prose": lambda part, draw: Markup(to_html(part["markdown"], draw)),
        "verdict_class": lambda verdict: f"verdict-{VERDICTS.index(verdict)}",
        "VERDICTS": VERDICTS,
    }
    return environment.get_template(template.name).render(content)


def _picture(file: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
