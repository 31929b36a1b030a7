"""Write config/README.md and config/schema.json from the settings: `python -m archdyn.manual`."""

import json
from collections.abc import Iterator

from archdyn.config import Config
from archdyn.designs.settings import Design
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml
from archdyn.settings.words import allowed, block_of, json_schema

INTRODUCTION = """\
<!-- Do not edit: made by `python -m archdyn.manual`. -->

# Configuration

`config.yaml` holds every setting, at the report's scale. To change some of them, leave that file as it is and
override it: only the keys that you give change, at any depth, and lists are replaced whole.

**A file of your own**, say `config/mine.yaml`, with a `run` of its own so that it writes to its own folder:

```yaml
run: mine
gan:
  seeds: [0]
  conditions:
    baseline: {epochs: 5}
    overfit: {dropout: 0.2}
```

```sh
snakemake --cores 2 gan --configfile config/mine.yaml
```

`demo.yaml` and `smoke.yaml` are such files. Several may be given; later ones win.

**A single value**, with the targets before `--config`, which takes all that follows:

```sh
snakemake --cores 2 gan --config run=mine 'gan={conditions: {baseline: {epochs: 5}}}'
```

A wrong setting stops `snakemake -n` with one line: the key, where it was set, what was found and what is
allowed. Editors that read `schema.json` show it while you type, by a first line in your file:

```yaml
# yaml-language-server: $schema=schema.json
```

**A condition of your own** is a name that `config.yaml` does not have, with a sentence that says what it is about. It
is trained, measured, and shown in the table of all conditions:

```yaml
gan:
  conditions:
    smoothed: {about: The baseline with one-sided label smoothing., real_label: 0.9}
```
"""

DESIGNS = """\
## Designs

A design stands under `designs` of an experiment, and asks which of several settings matters, and which two go together.
It is part of a target (`snakemake gan_designs`), and takes one entry:

```yaml
gan:
  designs:
    smoothing:
      about: Does label smoothing help at either learning rate?
      conditions: [mitigated]
      factors: {real_label: [1.0, 0.9], learning_rate_d: [1.0e-3, 2.0e-4]}
      seeds: [0, 1, 2]
      outcomes: {modes_covered: difference, frechet_distance: ratio}
      seconds: 8
```
"""


def manual() -> str:
    """The text of config/README.md."""
    values = read_yaml(CONFIG_FOLDER / "config.yaml")
    parts = json_schema(Config)["properties"]
    blocks = {key: part for key, part in parts.items() if _is_block(part)}
    general = {key: part for key, part in parts.items() if key not in blocks}
    sections = [INTRODUCTION, *_section("##", "General", {"properties": general}, values)]
    for name, block in blocks.items():
        sections += _section("##", name, block, values[name])
    sections += [DESIGNS, _designs_keys()]
    return "\n".join(sections)


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
    if title.endswith(".conditions"):
        yield _conditions_table(values)
        return
    if title.endswith(".designs"):
        yield _designs_table(values)
        return
    inner = {key: part for key, part in block["properties"].items() if _is_block(part)}
    plain = {key: part for key, part in block["properties"].items() if key not in inner}
    if plain:
        rows = [row for key, part in plain.items() for row in _rows(key, part, values[key])]
        yield _table(("key", "what it is", "allowed", "in config.yaml"), rows)
    for key, part in inner.items():
        yield from _section(f"{marks}#", f"{title}.{key}", part, values[key])


def _rows(key: str, schema: dict, value) -> Iterator[tuple[str, ...]]:
    """The row of a key, and one for each key of the block that may be written instead."""
    yield f"`{key}`", schema["description"], allowed(schema), f"`{_plain(value)}`"
    for inner, part in block_of(schema).get("properties", {}).items():
        default = f"(`{part['default']}` if left out)" if "default" in part else ""
        yield f"`{key}.{inner}`", part["description"], allowed(part), default


def _conditions_table(conditions: dict[str, dict]) -> str:
    rows = [(f"`{name}`", own["about"], ", ".join(_changes(own))) for name, own in conditions.items()]
    return _table(("condition", "what it is", "changes in config.yaml"), rows)


def _designs_keys() -> str:
    rows = [
        (
            f"`{key}`",
            part["description"],
            allowed(part),
            f"(`{_plain(part['default'])}` if left out)" if "default" in part else "",
        )
        for key, part in json_schema(Design)["properties"].items()
    ]
    return _table(("key", "what it is", "allowed", ""), rows)


def _designs_table(designs: dict[str, dict]) -> str:
    rows = [(f"`{name}`", own["about"], ", ".join(_levels(own))) for name, own in designs.items()]
    return _table(("design", "what it asks", "factors in config.yaml"), rows)


def _levels(design: dict) -> list[str]:
    """Of a factor whose levels are blocks, their names."""
    return [f"`{name}: {_plain(list(levels))}`" for name, levels in design["factors"].items()]


def _changes(own: dict) -> list[str]:
    return [f"`{key}: {_plain(value)}`" for key, value in own.items() if key != "about"]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "&#124;").replace("<", "&lt;")


def _plain(value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    (CONFIG_FOLDER / "README.md").write_text(manual(), encoding="utf-8")
    (CONFIG_FOLDER / "schema.json").write_text(editors_schema(), encoding="utf-8")
