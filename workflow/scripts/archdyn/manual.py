"""Write docs/configuration, docs/commands.md and config/schema.json from the code: `python -m archdyn.manual`."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from archdyn.config import Config
from archdyn.designs.settings import Design
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.common import ImageFolder, WeightsFile
from archdyn.settings.read import read_yaml
from archdyn.settings.words import allowed, json_schema

MADE = "<!-- Made by `python -m archdyn.manual` from the settings' types and config/config.yaml: do not edit. -->\n"
DOCS = CONFIG_FOLDER.parent / "docs"
PAGES = DOCS / "configuration"
SCHEMA = CONFIG_FOLDER / "schema.json"
PATTERN = re.compile(r"matching (\S+)")
HEAD = ("key", "what it is", "allowed", "in config.yaml")
LISTED = {  # blocks that are a list of names
    "conditions": ("condition", "what it is", "changes in config.yaml"),
    "designs": ("design", "what it asks", "factors in config.yaml"),
}
BLOCKS = {  # what may stand in several places
    "Your own images, in the place of a dataset's name": ImageFolder,
    "Your own weights, in the place of a provider": WeightsFile,
    "A design": Design,
}


COMMANDS = """<!-- Made by `python -m archdyn.manual` from the help texts in archdyn/cli.py: do not edit. -->

"""
HELP = ("-m", "typer", "archdyn.cli", "utils", "docs", "--name", "archdyn", "--title", "Commands")


def made_files() -> dict[Path, str]:
    """The files that are made from the settings and the command line's help, with their text."""
    values = read_yaml(CONFIG_FOLDER / "config.yaml")
    parts = json_schema(Config)["properties"]
    blocks = {key: part for key, part in parts.items() if _is_block(part)}
    general = {key: part for key, part in parts.items() if key not in blocks}
    pages = {PAGES / f"{name}.md": _page("#", name, block, values[name]) for name, block in blocks.items()}
    made = {PAGES / "general.md": _general_page(general, values), SCHEMA: editors_schema()}
    return pages | made | {DOCS / "commands.md": commands_page()}


def commands_page() -> str:
    """The help of every command, by typer's own writer."""
    run = subprocess.run([sys.executable, *HELP], capture_output=True, encoding="utf-8", check=True)
    return COMMANDS + run.stdout.rstrip() + "\n"


def _page(*section) -> str:
    return "\n".join([MADE, *_section(*section)])


def _general_page(general: dict, values: dict) -> str:
    """The keys outside of any experiment, and the blocks that many experiments take."""
    lines = [*_section("#", "General", {"properties": general}, values)]
    for title, block in BLOCKS.items():
        rows = [_row(key, part, _default(part)) for key, part in json_schema(block)["properties"].items()]
        lines += [f"## {title}\n", _table((*HEAD[:3], "if left out"), rows)]
    return "\n".join([MADE, *lines])


def editors_schema() -> str:
    """The text of config/schema.json. No key is required, since a file laid over config.yaml has but some of them."""
    return json.dumps(_partial(Config.model_json_schema()), indent=1, ensure_ascii=False) + "\n"


def _partial(node):
    if isinstance(node, list):
        return [_partial(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _partial(part) for key, part in node.items() if not _is_left_out(key, part)}
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


def _is_left_out(key: str, part) -> bool:
    """Lists of required keys, titles that repeat the keys, and formats, which are our own."""
    return key == "required" or (key in ("title", "format") and isinstance(part, str))


def _is_block(schema: dict) -> bool:
    return schema.get("type") == "object"


def _section(marks: str, title: str, block: dict, values: dict) -> Iterator[str]:
    """Heading, description and table of a block, then the same of the blocks inside it."""
    yield f"{marks} {title}\n"
    if "description" in block:
        yield f"{block['description']}\n"
    if head := LISTED.get(title.rpartition(".")[2]):
        yield _table(head, [(f"`{name}`", own["about"], ", ".join(_changes(own))) for name, own in values.items()])
        return
    inner = {key: part for key, part in block["properties"].items() if _is_block(part)}
    plain = {key: part for key, part in block["properties"].items() if key not in inner}
    if plain:
        yield _table(HEAD, [_row(key, part, f"`{_plain(values[key])}`") for key, part in plain.items()])
    for key, part in inner.items():
        yield from _section(f"{marks}#", f"{title}.{key}", part, values[key])


def _row(key: str, schema: dict, value: str) -> tuple[str, ...]:
    return f"`{key}`", schema["description"], PATTERN.sub(r"matching `\1`", allowed(schema)), value


def _default(schema: dict) -> str:
    return f"`{_plain(schema['default'])}`" if "default" in schema else "needed"


def _changes(own: dict) -> list[str]:
    """What a condition sets, or the factors of a design; of what is a block, its keys."""
    changed = own.get("factors") or {key: value for key, value in own.items() if key != "about"}
    values = {key: list(value) if isinstance(value, dict) else value for key, value in changed.items()}
    return [f"`{key}: {_plain(value)}`" for key, value in values.items()]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "&#124;").replace("<", "&lt;")


def _plain(value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    for file, text in made_files().items():
        file.write_text(text, encoding="utf-8")
