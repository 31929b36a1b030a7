"""The settings in words: what a key may be, from the JSON schema that pydantic makes of the types."""

from collections.abc import Iterator
from functools import cache

from archdyn.settings.common import Settings

FORMATS = {
    "dataset": "a name from config/datasets.yaml, or {imagefolder: PATH}",
    "backbone": "a name from config/backbones.yaml",
    "clip": "the name of a CLIP from config/backbones.yaml",
    "weights": "official, wheel, pretrain, random, or {file: PATH}",
    "photos": "published, a list of {name, file} with six entries at most, or null",
    "folder": "a folder that exists",
    "file": "a file that exists",
}
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a block of keys",
    "null": "null",
}
LIMITS = {
    "exclusiveMinimum": "above {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "below {}",
    "maximum": "at most {}",
    "minLength": "at least {} {characters}",
    "minItems": "at least {} {entries}",
    "maxItems": "at most {} {entries}",
    "minProperties": "at least {} {entries}",
    "pattern": "matching {}",
}


@cache
def json_schema(settings: type[Settings]) -> dict:
    """The JSON schema with every $ref replaced by what it points to; keys beside a $ref win."""
    raw = settings.model_json_schema()
    return _inlined({key: part for key, part in raw.items() if key != "$defs"}, raw.get("$defs", {}))


def allowed(schema: dict) -> str:
    """What a value under this part of the (inlined) schema may be."""
    if formatted(schema):
        return FORMATS[formatted(schema)]
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    first, *others = forms(schema)
    types = " or ".join(TYPES[form["type"]] for form in (first, *others))
    each = f"; each {allowed(first['items'])}" if "items" in first else ""
    return ", ".join([types, *_limits(first)]) + each


def forms(schema: dict) -> list[dict]:
    """The alternatives that a value may take, just one for most."""
    return schema.get("anyOf") or schema.get("oneOf") or [schema]


def formatted(schema: dict) -> str | None:
    """The key of FORMATS by which a value is more than its type."""
    return forms(schema)[0].get("format")


def block_of(schema: dict) -> dict:
    """The form that is a block of keys, or {}."""
    return next((form for form in forms(schema) if "properties" in form), {})


def part_of(schema: dict, key: str | int) -> dict:
    """What stands under a key of a block, or at a place of a list; {} where nothing can."""
    for form in forms(schema):
        if isinstance(key, int) and "items" in form:
            return form["items"]
        if key in form.get("properties", {}):
            return form["properties"][key]
        if "patternProperties" in form:
            return next(iter(form["patternProperties"].values()))
        if isinstance(form.get("additionalProperties"), dict):
            return form["additionalProperties"]
    return {}


def _limits(schema: dict) -> Iterator[str]:
    for name, words in LIMITS.items():
        if name in schema:
            one = schema[name] == 1
            nouns = {"entries": "entry" if one else "entries", "characters": "character" if one else "characters"}
            yield words.format(schema[name], **nouns)
    if schema.get("uniqueItems"):
        yield "no repeats"


def _inlined(node, definitions: dict):
    if isinstance(node, list):
        return [_inlined(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    node = dict(node)
    if "$ref" in node:
        node = definitions[node.pop("$ref").removeprefix("#/$defs/")] | node
    inlined = {key: _inlined(part, definitions) for key, part in node.items()}
    if isinstance(inlined.get("description"), str):
        inlined["description"] = " ".join(inlined["description"].split())
    return inlined
