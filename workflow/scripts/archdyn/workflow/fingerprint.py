"""The code behind a job: its script and every module of the package that it imports, each with a digest.

Snakemake does not see that an imported module changed, and its cache would serve the old result. A rule that carries
these digests among its params reruns when, and only when, code that it uses changed, and a dry-run names the module.

Code counts by its place. What can change a number lies in the rooms of COUNTED. The rest cannot: `workflow` hands on
what Snakemake gives, and what the settings decide stands in the rules' params.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]
PACKAGE = "archdyn"
COUNTED = ("audit", "claims", "data", "designs", "experiments", "measures", "networks", "render")
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")  # of a statement: where others are
INTRICATE = ('"""', "'''", "import_module", "__import__")  # strings of many lines, imports that are no statements
SETTINGS = "settings"  # and no module of this name, in whatever room


def code_params(*entries: str, root: Path = SCRIPTS) -> dict[str, str]:
    """Params of a rule: for each module behind it, the module and its digest, by a name that starts with `code_`.

    entries: the script, by its name, and modules of the package that it imports by a name in its params. Comments,
    docstrings, blank lines and trailing spaces do not count, so cosmetic edits keep results.
    """
    found = module_digests(entries, root).items()
    return {f"code_{_identifier(module)}": f"{module} {digest}" for module, digest in found}


def module_digests(entries: Iterable[str], root: Path = SCRIPTS) -> dict[str, str]:
    """A hex digest for each of `code_files`, by its path relative to `root`."""
    return {file.relative_to(root).as_posix(): _source(file, root).digest for file in code_files(entries, root)}


def is_code(param: str) -> bool:
    """Whether a param of this name is one of `code_params`."""
    return param.startswith("code_")


def script_of(params) -> str | None:
    """The name of the script among params that `code_params` made; None where a rule has none of these."""
    entries = (value.split(" ")[0] for name, value in params.items() if is_code(name) and value)
    return next((entry.removesuffix(".py") for entry in entries if "/" not in entry), None)


@cache
def _closure(entry: str, root: Path) -> frozenset[Path]:
    start = _module_file(entry, root)
    seen: set[str] = set()
    waiting = [*_source(start, root).imports]
    files = {start}
    while waiting:
        module = waiting.pop()
        file = _module_file(module, root)
        if module not in seen and file and _counts(module):
            seen.add(module)
            files.add(file)
            waiting += _source(file, root).imports
    return frozenset(files)


def code_files(entries: Iterable[str], root: Path = SCRIPTS) -> list[Path]:
    """The files of the entries and of the modules that they import, as far as these count, sorted."""
    return sorted(frozenset().union(*(_closure(entry, root) for entry in entries)))


def _counts(module: str) -> bool:
    _, room, *_ = [*module.split("."), ""]
    return room in COUNTED and not module.endswith(f".{SETTINGS}")


def _identifier(path: str) -> str:
    return path.removesuffix(".py").removeprefix(f"{PACKAGE}/").replace("/", "_")


@cache
def _module_file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@dataclass(frozen=True)
class _Source:
    """What a file of code says, read once."""

    digest: str
    imports: frozenset[str]


@cache
def _source(file: Path, root: Path) -> _Source:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines, nodes = text.split("\n"), list(_statements(tree.body))
    for node in filter(_stands_alone, nodes):
        _blank(lines, node)
    if any(mark in line for line in lines for mark in INTRICATE) or any(line.endswith("\\") for line in lines):
        nodes = list(ast.walk(tree))  # which takes most of the time, and is seldom needed
    return _Source(digest=_short_digest(_code(lines, nodes)), imports=_imports(nodes, _package(file, root)))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, those inside of others too."""
    for node in body:
        yield node
        for part in BODIES:
            yield from _statements(getattr(node, part, ()))


def _package(file: Path, root: Path) -> str:
    """Where a relative import starts."""
    return ".".join(file.relative_to(root).parent.parts)


def _imports(nodes: list[ast.AST], package: str) -> frozenset[str]:
    """Names that could be modules of the package, with the packages that they lie in, whose code runs before theirs."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            names.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
        elif isinstance(node, ast.Call) and _is_import_module(node) and isinstance(node.args[0], ast.Constant):
            names.add(node.args[0].value)
    parts = [name.split(".") for name in names]
    return frozenset(".".join(part[:end]) for part in parts if part[0] == PACKAGE for end in range(1, len(part) + 1))


def _is_import_module(call: ast.Call) -> bool:
    """Whether it imports by a name in a string, which is followed only where the string is written out."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name in ("import_module", "__import__")


def _code(lines: list[str], nodes: list[ast.AST]) -> str:
    """The source, whose docstrings are blank, without comments and blank lines.

    Spans are cut from the text itself, since dumps of the syntax tree differ between Python versions.
    """
    strings = [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)]
    in_strings = {row for node in strings for row in range(node.lineno, node.end_lineno)}  # their last row apart
    for node in filter(_stands_alone, nodes):
        in_strings -= set(range(node.lineno, node.end_lineno))
    for row, column in _comment_starts(lines, in_strings):
        lines[row - 1] = lines[row - 1][:column]
    kept = (line if row in in_strings else line.rstrip() for row, line in enumerate(lines, 1))
    return "\n".join(line for row, line in enumerate(kept, 1) if line or row in in_strings)


def _stands_alone(node: ast.AST) -> bool:
    """A docstring, or the description under a field of settings."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _blank(lines: list[str], node: ast.AST) -> None:
    """Cut a statement from the lines; Python counts its columns in bytes."""
    first, last = node.lineno - 1, node.end_lineno - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    lines[first : last + 1] = [before + after, *[""] * (last - first)]


def _comment_starts(lines: list[str], in_strings: set[int]) -> list[tuple[int, int]]:
    """Row and column of each comment; the tokenizer is slow, and asked only where a # may stand in a string."""
    marked = [(row, line, line.index("#")) for row, line in enumerate(lines, 1) if "#" in line]
    if not any(row in in_strings or "'" in line[:column] or '"' in line[:column] for row, line, column in marked):
        return [(row, column) for row, _, column in marked]
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
    return [token.start for token in tokens if token.type == tokenize.COMMENT]


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
