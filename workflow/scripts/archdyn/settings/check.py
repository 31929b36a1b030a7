"""Strict settings: what Snakemake merged is checked before anything is planned; a fault is one line."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from archdyn.errors import ArchdynError
from archdyn.settings.common import Settings
from archdyn.settings.read import check_text, dotted, found, read_yaml, shown
from archdyn.settings.words import allowed, block_of, formatted, json_schema, part_of

CONFIG_FOLDER = Path(__file__).resolve().parents[4] / "config"
KEY = "[key]"  # how pydantic marks the name of an entry, not its value


def checked(config: dict, kind: type[Settings], files: list[str | Path], names: dict, shipped: dict) -> Settings:
    """The typed `config`, with numbers as numbers and defaults filled in.

    config: as Snakemake merged it; it is not changed. files: the YAML files it was merged from, later ones
    over earlier ones; they are read again, since Snakemake lets duplicate keys through. names: what is registered, by
    the kind of name. shipped: what the first of the files holds.
    Raises ArchdynError with one line: the key, the file it came from, what was found and what is allowed.
    """
    contents = {path: read_yaml(path) for path in reversed([Path(file).absolute() for file in files])}
    check_text(config)
    try:
        return kind.model_validate(config, context=names)
    except ValidationError as error:
        key, message = _explained(error, kind, names, shipped)
        raise ArchdynError(f"{dotted(key)}, from {_origin(key, config, contents)}: {message}") from None


def checked_file(path: str | Path, settings: type[Settings]) -> Settings:
    """The typed content of a YAML file. Raises ArchdynError with one line if it is not what `settings` allows."""
    content = read_yaml(path)
    try:
        return settings.model_validate(content)
    except ValidationError as error:
        key, message = _explained(error, settings)
        raise ArchdynError(f"{dotted(key)}, from {shown(Path(path))}: {message}") from None


@dataclass
class _Fault:
    """One of pydantic's errors, with the part of the schema that it is about."""

    kind: str
    key: tuple
    found: object
    extra: dict
    block: dict  # the schema of what holds the key
    part: dict  # the schema of what the key leads to

    @property
    def new_condition(self) -> bool:
        return self.kind == "missing" and self.key[1:2] == ("conditions",) and self.key[-1] == "about"

    @property
    def rank(self) -> int:
        """Misspelt keys first: they explain most of the missing ones."""
        if self.kind == "extra_forbidden" or self.new_condition:
            return 0
        return 1 if self.kind == "missing" else 2


def _explained(
    error: ValidationError,
    settings: type[Settings],
    names: dict[str, list[str]] | None = None,
    shipped: dict | None = None,
) -> tuple[tuple, str]:
    """The key at fault, and what is wrong with it."""
    schema = json_schema(settings)
    faults = (_located(fault, schema) for fault in error.errors(include_url=False))
    fault = min(faults, key=lambda fault: fault.rank)
    if fault.kind == "refused":
        return (*fault.key, *fault.extra["key"]), fault.extra["message"]
    if fault.kind == "extra_forbidden":
        return fault.key, _unknown("key", fault.key[-1], list(fault.block["properties"]))
    if fault.new_condition:
        known = list(shipped[fault.key[0]]["conditions"])
        return fault.key[
            :-1
        ], f"{_unknown('condition', fault.key[-2], known)}, or a new one that says what it is `about`"
    if fault.kind == "missing":
        return fault.key[:-1], f"the key {fault.key[-1]} is missing; allowed: {allowed(fault.part)}"
    if fault.key[-1:] == (KEY,):
        return fault.key[:-1], f"found this name; allowed: names matching {fault.extra['pattern']}"
    known = (names or {}).get(formatted(fault.part))
    return fault.key, f"found {found(fault.found)}; allowed: {', '.join(known) if known else allowed(fault.part)}"


def _located(error: dict, schema: dict) -> _Fault:
    key, block, part = [], {}, schema
    for step in error["loc"]:
        if "oneOf" in part and step in ("text", "block"):  # pydantic's mark of the form that it tried
            continue
        key.append(step)
        block, part = block_of(part), part_of(part, step)
    return _Fault(error["type"], tuple(key), error["input"], error.get("ctx", {}), block, part)


def _unknown(what: str, name: str, known: list[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    hint = f", did you mean {nearest[0]}?" if nearest else ""
    return f"unknown {what}{hint}; allowed: {', '.join(known)}"


def _origin(key: tuple, config: dict, contents: dict[Path, dict]) -> str:
    """The first of `contents` that sets the key; the command line if none does or the value differs."""
    for path, content in contents.items():
        set_here, value = _look_up(content, key)
        if set_here:
            same = isinstance(value, dict) or repr(value) == repr(_look_up(config, key)[1])
            return shown(path) if same else "command line (--config)"
    return "command line (--config)"


def _look_up(content, key: tuple) -> tuple[bool, object]:
    for part in key:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return False, None
    return True, content
