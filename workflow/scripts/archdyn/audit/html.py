"""The audit as one page that needs nothing but itself: pictures, panels, and the data behind it."""

import base64
import io
import json
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from archdyn.audit.files import embedded
from archdyn.audit.markdown import slug, to_html
from archdyn.audit.references import CITED
from archdyn.claims.decide import VERDICTS

LOSSY = {"quality": 80, "method": 4}  # of WebP, for photos
LOSSLESS = {"lossless": True, "quality": 40, "method": 3}  # for drawings, of 256 colours


def page(content: dict, run_folder: Path, template: Path) -> str:
    """HTML of the audit; figures and data are read from run_folder, the style and script from beside the template."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = content["sections"]
    environment.globals |= {
        "partial": partial,
        "picture": lambda file: _picture(run_folder / file),
        "prose": partial(_prose, content["references"]),
        "script_json": _script_json,
        "source_anchor": source_anchor,
        "verdict_class": lambda verdict: f"verdict-{VERDICTS.index(verdict)}",
        "data": embedded({name: run_folder / "audit" / name for name in content["files"]}),
        "panels": {
            f"{part['experiment']}-{name.replace('/', '-')}": result["panel"]
            for part in sections
            for name, result in part["results"].items()
            if result["kind"] == "panels"
        },
    }
    return environment.get_template(template.name).render(content)


def source_anchor(name: str) -> str:
    """Where the page names a file that numbers stand in."""
    return f"source-{slug(name)}"


def _prose(references: dict, part: dict, draw) -> Markup:
    html = to_html(part["markdown"], part.get("experiment", "reading"), draw, source_anchor)
    return Markup(CITED.sub(lambda found: _citation(found[1], references), html))


def _citation(key: str, references: dict) -> str:
    return f'(<a href="#reference-{key}">{references[key]["short"]}</a>)'


def _script_json(value) -> Markup:
    """JSON that may stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _picture(file: Path) -> str:
    """A figure in whichever way makes it smaller, a sixth of what PNG takes."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    drawing = image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert("RGB")
    smaller = min(_webp(image, LOSSY), _webp(drawing, LOSSLESS), key=len)
    return f"data:image/webp;base64,{base64.b64encode(smaller).decode()}"


def _webp(image: Image.Image, settings: dict) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", **settings)
    return encoded.getvalue()
