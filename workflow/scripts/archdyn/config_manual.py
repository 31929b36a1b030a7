"""Write config/README.md from the schema: `python -m archdyn.config_manual > config/README.md`."""

import json
from collections.abc import Iterator

from archdyn.config import CONFIG_FOLDER, allowed, load_schema, read_yaml

INTRODUCTION = """\
<!-- Do not edit: made by `python -m archdyn.config_manual > config/README.md`. -->

# Configuration

`config.yaml` holds every setting, at the report's scale. To change some of them, leave it as it is and lay
something over it: only the keys you give change, however deep they lie, and lists are replaced whole.

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
allowed.
"""


def manual() -> str:
    """Return the text of config/README.md."""
    schema, values = load_schema(), read_yaml(CONFIG_FOLDER / "config.yaml")
    blocks = {key: part for key, part in schema["properties"].items() if part.get("type") == "object"}
    general = {key: part for key, part in schema["properties"].items() if key not in blocks}
    sections = [INTRODUCTION, *_section("##", "General", {"properties": general}, values)]
    for name, block in blocks.items():
        sections += _section("##", name, block, values[name])
    return "\n".join(sections)


def _section(marks: str, title: str, block: dict, values: dict) -> Iterator[str]:
    """Heading, description and table of a block, then the same of the blocks inside it."""
    yield f"{marks} {title}\n"
    if "description" in block:
        yield f"{block['description']}\n"
    if title.endswith(".conditions"):
        yield _conditions_table(block, values)
        return
    inner = {key: part for key, part in block["properties"].items() if part.get("type") == "object"}
    plain = {key: part for key, part in block["properties"].items() if key not in inner}
    yield _table(
        ("key", "what it is", "allowed", "in config.yaml"),
        [row for key, part in plain.items() for row in _rows(key, part, values[key])],
    )
    for key, part in inner.items():
        yield from _section(f"{marks}#", f"{title}.{key}", part, values[key])


def _rows(key: str, schema: dict, value) -> Iterator[tuple[str, ...]]:
    """The row of a key, and one for each key of the block that may stand in its place."""
    yield f"`{key}`", schema["description"], allowed(schema), f"`{_plain(value)}`"
    for inner, part in schema.get("properties", {}).items():
        default = f"(`{part['default']}` if left out)" if "default" in part else ""
        yield f"`{key}.{inner}`", part["description"], allowed(part), default


def _conditions_table(block: dict, values: dict) -> str:
    rows = [
        (f"`{name}`", part["description"], ", ".join(f"`{key}: {_plain(v)}`" for key, v in values[name].items()))
        for name, part in block["properties"].items()
    ]
    return _table(("condition", "what it is", "changes in config.yaml"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "&#124;").replace("<", "&lt;")


def _plain(value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    print(manual(), end="")
