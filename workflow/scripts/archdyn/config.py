"""The strict config: what Snakemake merged is checked against config/schema.yaml before anything is planned.

Light on purpose (PyYAML and jsonschema only), because every `snakemake -n` and every job imports it.
"""

import json
import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from archdyn.errors import ArchdynError

CONFIG_FOLDER = Path(__file__).resolve().parents[3] / "config"
PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
PROVIDERS = ("official", "pretrain", "random")
FORMATS = {
    "dataset": "a name from config/datasets.yaml, or {imagefolder: PATH}",
    "backbone": "a name from config/backbones.yaml",
    "weights": f"{', '.join(PROVIDERS)}, or {{file: PATH}}",
    "folder": "a folder that exists",
    "file": "a file that exists",
}
WORDS = {"true": True, "false": False, "null": None}


def checked(config: dict, files: list[str | Path]) -> dict:
    """Return `config` with numbers as numbers and defaults filled in, if it keeps to the schema.

    config: as Snakemake merged it; it is not changed. files: the YAML files it was merged from, later ones
    over earlier ones; they are read again, since Snakemake lets duplicate keys through.
    Raises ArchdynError with one line: the key, the file it came from, what was found and what is allowed.
    """
    contents = {path: read_yaml(path) for path in reversed([Path(file) for file in files])}
    names = {kind: list(read_yaml(CONFIG_FOLDER / f"{kind}s.yaml")[f"{kind}s"]) for kind in ("dataset", "backbone")}
    _refuse_odd_text(config)
    schema = load_schema()
    result = _normalised(config, schema)
    validator = StrictValidator(schema, format_checker=_format_checker(names))
    error = min(validator.iter_errors(result), key=_rank, default=None)
    if error:
        key, message = _explained(error, names)
        raise ArchdynError(f"{_dotted(key)}, from {_origin(key, config, contents)}: {message}")
    for key in _sharing_a_name(result):
        raise ArchdynError(
            f"{_dotted(key)}, from {_origin(key, config, contents)}: another file of weights for a backbone of the "
            "same name; allowed: one file by name in an experiment"
        )
    for key in _without_official_weights(result):
        raise ArchdynError(
            f'{_dotted(key)}, from {_origin(key, config, contents)}: found "official", but nobody publishes weights of '
            f"this backbone; allowed: pretrain, random, {{file: PATH}}"
        )
    for key, known in _of_another_library(result):
        raise ArchdynError(
            f"{_dotted(key)}, from {_origin(key, config, contents)}: found {_found(_look_up(result, key)[1])}, another "
            f"kind of network; allowed: {', '.join(known)}"
        )
    return result


def checked_file(path: str | Path, schema_name: str) -> dict:
    """Return the mapping in a YAML file if it keeps to config/<schema_name>; ArchdynError with one line if not."""
    schema = load_schema(schema_name)
    content = _normalised(read_yaml(path), schema)
    error = min(StrictValidator(schema).iter_errors(content), key=_rank, default=None)
    if error:
        key, message = _explained(error, {})
        raise ArchdynError(f"{_dotted(key)}, from {_shown(Path(path))}: {message}")
    return content


def _sharing_a_name(config: dict) -> Iterator[tuple]:
    """Keys of weights whose file is not that of an earlier backbone of the same name; they would share a checkpoint."""
    for experiment, block in config.items():
        files: dict[str, str] = {}
        for role, spec in (block.get("backbones", {}) if isinstance(block, dict) else {}).items():
            if isinstance(spec["weights"], dict) and spec["weights"] != files.setdefault(spec["name"], spec["weights"]):
                yield experiment, "backbones", role, "weights"


def _without_official_weights(config: dict) -> Iterator[tuple]:
    """Keys of the weights that are said to be official where config/backbones.yaml has none."""
    entries = read_yaml(CONFIG_FOLDER / "backbones.yaml")["backbones"]
    for experiment, block in config.items():
        for role, spec in (block.get("backbones", {}) if isinstance(block, dict) else {}).items():
            if spec["weights"] == "official" and "weights" not in entries[spec["name"]]:
                yield experiment, "backbones", role, "weights"


def _of_another_library(config: dict) -> Iterator[tuple[tuple, list[str]]]:
    """Keys of backbones that the experiment cannot use, and the names that it can."""
    entries = read_yaml(CONFIG_FOLDER / "backbones.yaml")["backbones"]
    for experiment, block in config.items():
        library = "open_clip" if experiment == "clip" else "timm"
        known = [name for name, entry in entries.items() if entry["library"] == library]
        for role, spec in (block.get("backbones", {}) if isinstance(block, dict) else {}).items():
            if spec["name"] not in known:
                yield (experiment, "backbones", role, "name"), known


def merged_condition(block: dict, condition: str) -> dict:
    """Return the settings of one condition: `block["training"]` with that condition's changes over it."""
    return block["training"] | block["conditions"][condition]


def settings(block: dict) -> dict:
    """Return the settings of an experiment with those of each condition, merged, under the condition's name."""
    conditions = {name: merged_condition(block, name) for name in block.get("conditions", {})}
    return {key: value for key, value in block.items() if key not in ("training", "conditions")} | conditions


def read_yaml(path: str | Path) -> dict:
    """Return the mapping in a YAML file. Raises ArchdynError (one line, names the file) if there is none."""
    shown = _shown(Path(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise ArchdynError(f"{shown}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArchdynError(f"{shown}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        raise ArchdynError(f"{shown}{_place(error)}: not valid YAML ({_problem(error)})") from None
    if not isinstance(content, dict) or not content:
        found = _found(content) if content else "nothing"
        raise ArchdynError(f"{shown}: found {found}; allowed: keys with values")
    for key, line in _duplicates(root):
        raise ArchdynError(f"{_dotted(key)}, from {shown} line {line}: duplicate key; allowed: each key once")
    return content


def load_schema(name: str = "schema.yaml") -> dict:
    """Return config/<name> with every $ref replaced by what it points to; keys beside a $ref win."""
    raw = read_yaml(CONFIG_FOLDER / name)
    return _inlined({key: value for key, value in raw.items() if key != "$defs"}, raw["$defs"])


def allowed(schema: dict) -> str:
    """Return in words what a value under this (inlined) part of the schema may be."""
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    types = _types(schema)
    words = {
        "integer": "a whole number",
        "number": "a number",
        "string": "text",
        "boolean": "true or false",
        "array": "a list",
        "object": "a block of keys",
        "null": "null",
    }
    parts = [" or ".join(words[name] for name in types), *_limits(schema)]
    return ", ".join(parts) + (f"; each {allowed(schema['items'])}" if "items" in schema else "")


def _limits(schema: dict) -> Iterator[str]:
    limits = {
        "exclusiveMinimum": "above {}",
        "minimum": "at least {}",
        "exclusiveMaximum": "below {}",
        "maximum": "at most {}",
        "minLength": "at least {} character",
        "minItems": "at least {} entry",
        "minProperties": "at least {} entry",
        "pattern": "matching {}",
    }
    yield from (words.format(schema[name]) for name, words in limits.items() if name in schema)
    if schema.get("uniqueItems"):
        yield "no repeats"


def _is_finite_number(_, value) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and (isinstance(value, int) or math.isfinite(value))


# JSON Schema's bounds let NaN through, and YAML can write it.
StrictValidator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number),
)


def _format_checker(names: dict[str, list[str]]) -> FormatChecker:
    checker = FormatChecker(formats=())
    unusable = (OSError, RuntimeError)  # name too long, no such ~user
    checks = {
        "dataset": lambda text: text in names["dataset"],
        "backbone": lambda text: text in names["backbone"],
        "weights": lambda text: text in PROVIDERS,
        "folder": lambda text: Path(text).expanduser().is_dir(),
        "file": lambda text: Path(text).expanduser().is_file(),
    }
    for name, check in checks.items():
        checker.checks(name, raises=unusable)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker


def _normalised(value, schema: dict):
    """A copy with text made the number, boolean or null that the schema wants, and defaults filled in.

    Text because YAML reads 1e-3 as text, and because Snakemake passes all of --config 'key={...}' as text.
    """
    if isinstance(value, dict):
        known = schema.get("properties", {})
        defaults = {key: part["default"] for key, part in known.items() if "default" in part}
        found = defaults | {key: _normalised(part, _subschema(schema, key)) for key, part in value.items()}
        # In the schema's order: an overlay's keys come first in what Snakemake merged, and tables keep the order.
        ordered = [key for key in known if key in found]
        return {key: found[key] for key in [*ordered, *(key for key in found if key not in known)]}
    if isinstance(value, list):
        return [_normalised(part, schema.get("items", {})) for part in value]
    return _scalar(value, _types(schema))


def _scalar(value, types: list[str]):
    if isinstance(value, str):
        if value in WORDS and ("null" if WORDS[value] is None else "boolean") in types:
            return WORDS[value]
        if {"integer", "number"} & set(types) and PLAIN_NUMBER.fullmatch(value):
            value = float(value)
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    return value


def _types(schema: dict) -> list[str]:
    if "enum" in schema:
        return ["integer"] if all(isinstance(choice, int) for choice in schema["enum"]) else ["string"]
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _subschema(schema: dict, key: str) -> dict:
    return schema.get("properties", {}).get(key, {})


def _inlined(node, definitions: dict):
    if isinstance(node, list):
        return [_inlined(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    node = dict(node)
    if "$ref" in node:
        node = definitions[node.pop("$ref").removeprefix("#/$defs/")] | node
    return {key: _inlined(part, definitions) for key, part in node.items()}


def _refuse_odd_text(value, key: tuple = ()) -> None:
    """Refuse keys that are not text (YAML reads `no:` as false), and line breaks, which end up in paths."""
    if isinstance(value, str) and not value.isprintable():
        raise ArchdynError(f"{_dotted(key)}: found {_found(value)}; allowed: printable text on one line")
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str) or not name.isprintable():
                raise ArchdynError(f"{_dotted(key)}: found the key {_found(name)}; allowed: text")
            _refuse_odd_text(part, (*key, name))
    if isinstance(value, list):
        for index, part in enumerate(value):
            _refuse_odd_text(part, (*key, index))


def _rank(error: ValidationError) -> int:
    """Misspelt keys first: they explain most of the missing ones."""
    return {"additionalProperties": 0, "required": 1}.get(error.validator, 2)


def _explained(error: ValidationError, names: dict[str, list[str]]) -> tuple[tuple, str]:
    """The key at fault, and what is wrong with it."""
    key, value, schema = tuple(error.absolute_path), error.instance, error.schema
    if error.validator == "additionalProperties":
        unknown = next(name for name in value if not _subschema(schema, name))
        return (*key, unknown), _unknown_key(unknown, schema)
    if error.validator == "required":
        missing = next(name for name in schema["required"] if name not in value)
        return key, f"the key {missing} is missing; allowed: {allowed(schema['properties'][missing])}"
    known = ", ".join(names.get(schema.get("format"), []))
    choices = allowed(schema).replace(f"a name from config/{schema.get('format')}s.yaml", known)
    return key, f"found {_found(value)}; allowed: {choices}"


def _unknown_key(unknown: str, schema: dict) -> str:
    known = list(schema.get("properties", {}))
    nearest = get_close_matches(unknown, known, n=1)
    hint = f", did you mean {nearest[0]}?" if nearest else ""
    return f"unknown key{hint}; allowed: {', '.join(known)}"


def _origin(key: tuple, config: dict, contents: dict[Path, dict]) -> str:
    """The first of `contents` that sets the key; the command line if none does or the value differs."""
    for path, content in contents.items():
        set_here, value = _look_up(content, key)
        if set_here:
            same = isinstance(value, dict) or repr(value) == repr(_look_up(config, key)[1])
            return _shown(path) if same else "command line (--config)"
    return "command line (--config)"


def _look_up(content, key: tuple) -> tuple[bool, object]:
    for part in key:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return False, None
    return True, content


def _duplicates(node: yaml.Node, key: tuple = ()) -> Iterator[tuple[tuple, int]]:
    """Key and line of every key that its mapping has already."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
            if name.value in seen:
                yield (*key, name.value), name.start_mark.line + 1
            seen.add(name.value)
            yield from _duplicates(value, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _duplicates(value, (*key, index))


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or " ".join(str(error).split())


def _dotted(key: tuple) -> str:
    """("gan", "seeds", 1) -> gan.seeds[1]"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return "".join(parts).removeprefix(".") or "config"


def _found(value) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
