"""Read YAML strictly: what YAML or Snakemake would take for something else is refused with one line."""

import json
import re
from pathlib import Path

import yaml

from archdyn.errors import ArchdynError

MAX_DEPTH = 30
TOO_DEEP = f"found values nested more than {MAX_DEPTH} levels deep"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it
OCTAL, SEXAGESIMAL = re.compile(r"[+-]?0[0-7_]+"), re.compile(r"[+-]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that we do not take."""


class _StrictLoader(LOADER):
    """Refuses what PyYAML lets through: duplicate keys, keys that are not text, numbers to the base of 8 or 60."""

    def __init__(self, text: str):
        super().__init__(text)
        self.deep_construct = True  # which refuses an anchor that contains itself

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key, _ in node.value:
            if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
                written = key.value if isinstance(key, yaml.ScalarNode) else "of several parts"
                problem = f'found the key {written}, which YAML does not read as text; write "{written}"'
                raise _Refused(problem=problem, problem_mark=key.start_mark)
            if key.value in seen:
                problem = f"duplicate key {key.value}; allowed: each key once"
                raise _Refused(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> str:
        if node.tag in NUMBER_TAGS and OCTAL.fullmatch(node.value):
            plain = node.value.replace("_", "").lstrip("+-0") or "0"
            read = int(plain, 8)
            problem = f"found {node.value}, which YAML reads as {read}; write {plain} or {read}"
            raise _Refused(problem=problem, problem_mark=node.start_mark)
        if node.tag in NUMBER_TAGS and SEXAGESIMAL.fullmatch(node.value):
            problem = f"found {node.value}, which YAML reads to the base of 60; write a plain number"
            raise _Refused(problem=problem, problem_mark=node.start_mark)
        return super().construct_scalar(node)


def read_yaml(path: str | Path) -> dict:
    """The mapping in a YAML file. Raises ArchdynError with one line, which names the file and what is wrong with it."""
    name = shown(Path(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
        _check_depth(text)
        content = yaml.load(text, _StrictLoader)
    except FileNotFoundError:
        raise ArchdynError(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise ArchdynError(f"{name}: found a folder; allowed: a file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArchdynError(f"{name}: cannot be read ({error})") from None
    except _Refused as error:
        raise ArchdynError(f"{name} line {error.problem_mark.line + 1}: {error.problem}") from None
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        place = f"{name} line {mark.line + 1}" if mark else name
        raise ArchdynError(f"{place}: not valid YAML ({problem or ' '.join(str(error).split())})") from None
    except ValueError as error:  # of a number or a date
        raise ArchdynError(f"{name}: not valid YAML ({error})") from None
    if not isinstance(content, dict) or not content:
        raise ArchdynError(f"{name}: found {found(content) if content else 'nothing'}; allowed: keys with values")
    return content


def check_text(value, key: tuple = ()) -> None:
    """Refuse keys that are not text (YAML reads `no:` as false), and line breaks, which end up in paths."""
    if len(key) > MAX_DEPTH:
        raise ArchdynError(f"{dotted(key[:3])}: {TOO_DEEP}")
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


def _check_depth(text: str) -> None:
    """Refuse what the C loader would not survive: it calls itself for each level."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _Refused(problem=TOO_DEEP, problem_mark=event.start_mark)
