"""Read YAML strictly: what YAML or Snakemake would take for something else is refused with one line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from archdyn.errors import ArchdynError

MAX_DEPTH = 30
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it
OCTAL, SEXAGESIMAL = re.compile(r"[+-]?0[0-7_]+"), re.compile(r"[+-]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def read_yaml(path: str | Path) -> dict:
    """The mapping in a YAML file. Raises ArchdynError with one line, which names the file and what is wrong with it."""
    name = shown(Path(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=LOADER)
        _check(root, name)
        content = yaml.SafeLoader("").construct_document(root) if root else None
    except FileNotFoundError:
        raise ArchdynError(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise ArchdynError(f"{name}: found a folder; allowed: a file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArchdynError(f"{name}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        raise ArchdynError(f"{name}{_place(error)}: not valid YAML ({_problem(error)})") from None
    except RecursionError:
        raise ArchdynError(f"{name}: {_too_deep()}") from None
    except ValueError as error:  # of a number or a date
        raise ArchdynError(f"{name}: not valid YAML ({error})") from None
    if not isinstance(content, dict) or not content:
        raise ArchdynError(f"{name}: found {found(content) if content else 'nothing'}; allowed: keys with values")
    return content


def check_text(value, key: tuple = ()) -> None:
    """Refuse keys that are not text (YAML reads `no:` as false), and line breaks, which end up in paths."""
    if len(key) > MAX_DEPTH:
        raise ArchdynError(f"{dotted(key[:3])}: {_too_deep()}")
    if isinstance(value, str) and not value.isprintable():
        raise ArchdynError(f"{dotted(key)}: found {found(value)}; allowed: printable text on one line")
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str) or not name.isprintable():
                raise ArchdynError(f"{dotted(key)}: found the key {found(name)}; allowed: printable text")
            check_text(part, (*key, name))
    if isinstance(value, list):
        for index, part in enumerate(value):
            check_text(part, (*key, index))


def dotted(key: tuple) -> str:
    """("gan", "seeds", 1) -> gan.seeds[1]"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return "".join(parts).removeprefix(".") or "config"


def found(value) -> str:
    """A value as JSON, cut to 60 characters."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def shown(path: Path) -> str:
    """A path as users know it, from where they are."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _check(root: yaml.Node, name: str) -> None:
    """Refuse what safe_load lets through, or would not survive."""
    for key, node, outer in _nodes(root):
        place = f"{dotted(key)}, from {name} line {node.start_mark.line + 1}"
        if node in outer:
            raise ArchdynError(f"{place}: found an anchor that contains itself; allowed: values that end")
        if len(outer) > MAX_DEPTH:
            raise ArchdynError(f"{dotted(key[:3])}, from {name} line {node.start_mark.line + 1}: {_too_deep()}")
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, key, name)
        if isinstance(node, yaml.ScalarNode) and node.tag in NUMBER_TAGS:
            _check_number(node.value, place)


def _nodes(root: yaml.Node | None) -> Iterator[tuple[tuple, yaml.Node, tuple]]:
    """Key, node, and the nodes that it lies in, of every value; anchors are followed."""
    waiting = [((), root, ())] if root else []
    while waiting:
        key, node, outer = waiting.pop()
        yield key, node, outer
        if isinstance(node, yaml.MappingNode):
            parts = [(name.value, part) for name, part in node.value]
        else:
            parts = enumerate(node.value) if isinstance(node, yaml.SequenceNode) else []
        waiting += reversed([((*key, part), inner, (*outer, node)) for part, inner in parts])


def _check_keys(node: yaml.MappingNode, key: tuple, name: str) -> None:
    seen = set()
    for part, _ in node.value:
        place = f"from {name} line {part.start_mark.line + 1}"
        if part.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            written = part.value if isinstance(part, yaml.ScalarNode) else "of several parts"
            raise ArchdynError(
                f'{dotted(key)}, {place}: found the key {written}, which YAML does not read as text; write "{written}"'
            )
        if part.value in seen:
            raise ArchdynError(f"{dotted((*key, part.value))}, {place}: duplicate key; allowed: each key once")
        seen.add(part.value)


def _check_number(text: str, place: str) -> None:
    """YAML 1.1 reads 010 to the base of 8, and 1:30 to that of 60."""
    if OCTAL.fullmatch(text):
        plain = text.replace("_", "").lstrip("+-0") or "0"
        raise ArchdynError(
            f"{place}: found {text}, which YAML reads as {int(plain, 8)}; write {plain} or {int(plain, 8)}"
        )
    if SEXAGESIMAL.fullmatch(text):
        raise ArchdynError(f"{place}: found {text}, which YAML reads to the base of 60; write a plain number")


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or " ".join(str(error).split())


def _too_deep() -> str:
    return f"found values nested more than {MAX_DEPTH} levels deep"
