"""The audit as one page that needs nothing but itself: pictures, panels, and the data behind it."""

import json
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from archdyn.audit.claims import effect, strip
from archdyn.audit.files import embedded
from archdyn.audit.markdown import slug, to_html
from archdyn.audit.sources import CITED
from archdyn.claims.decide import UNTESTABLE, VERDICTS
from archdyn.render.images import webp

LIMIT = 5 * 10**6  # bytes of the page: it carries as much data as this leaves room for
LOSSY = {"quality": 80, "method": 4}  # of WebP, for photos
LOSSLESS = {"lossless": True, "quality": 40, "method": 3}  # for drawings, of 256 colours


def page(content: dict, run_folder: Path, template: Path) -> str:
    """HTML of the audit; figures and data are read from run_folder, the style and script from beside the template."""
    environment = Environment(
        loader=FileSystemLoader(template.parent, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "partial": partial,
        "picture": cache(lambda file, width=None: _picture(run_folder / file, width)),
        "prose": partial(_prose, content["references"]),
        "script_json": _script_json,
        "source_anchor": source_anchor,
        "not_testable": UNTESTABLE,
        "verdict_class": lambda verdict: f"verdict-{VERDICTS.index(verdict)}",
        "effect": effect,
        "strip": strip,
        "panels": {
            f"{part['experiment']}-{name.replace('/', '-')}": result["panel"]
            for part in content["sections"]
            for name, result in part["results"].items()
            if result["kind"] == "panels"
        },
    }
    whole = environment.get_template(template.name)
    room = LIMIT - len(whole.render(content, data={}).encode())
    data = embedded({name: run_folder / "audit" / name for name in content["files"]}, room)
    return whole.render(content, data=data)


def source_anchor(name: str) -> str:
    """Where the page names a file that numbers stand in."""
    return f"source-{slug(name)}"


def _prose(references: dict, markdown: str, section: str = "", draw=None) -> Markup:
    html = to_html(markdown, section, draw, source_anchor)
    return Markup(CITED.sub(lambda found: _citation(found[1], references), html))


def _citation(key: str, references: dict) -> str:
    return f'(<a href="#reference-{key}">{references[key]["short"]}</a>)'


def _script_json(value) -> Markup:
    """JSON that may stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _picture(file: Path, width: int | None) -> str:
    """A figure in whichever way makes it smaller, a sixth of what PNG takes; no wider than `width` pixels."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if width and image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    drawing = image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert("RGB")
    return min(webp(image, **LOSSY), webp(drawing, **LOSSLESS), key=len)
