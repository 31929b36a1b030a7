"""A hash of the code behind a job: the script and every module of the package that it imports.

Snakemake does not see that an imported module changed, and its cache would serve the old result.
A rule that carries this hash among its params reruns when, and only when, code that it uses changed.
"""

import ast
import hashlib
import io
import tokenize
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]
PACKAGE = "archdyn"
# Modules that do not count, and why an edit of each cannot change a number. Their imports do not count either, but for
# those that a function makes for itself: these count in every script that names the function, as in `job.device()`.
CARRIERS = {
    "archdyn.cli": "starts a command, and no job imports it",
    "archdyn.contracts": "refuses bad arrays and tables, and changes none",
    "archdyn.eager": "keeps PyTorch's compiler from being imported where nothing asks for it",
    "archdyn.metrics.compare": "compares runs that are made",
    "archdyn.numbers.duration": "words for the log",
    "archdyn.pipeline.audited": "reads what is made",
    "archdyn.pipeline.bars": "the name of a variable of the environment",
    "archdyn.pipeline.cache": "checks Snakemake's cache against the digests in its records",
    "archdyn.pipeline.contribution": "checks what is made",
    "archdyn.pipeline.crate": "packs what is made",
    "archdyn.pipeline.designs": "what it decides stands in the rules' params and inputs",
    "archdyn.pipeline.experiment": "what it reads from the config stands in the rules' params and inputs",
    "archdyn.pipeline.experiments": "what it reads from the config stands in the rules' params and inputs",
    "archdyn.pipeline.faults": "words for errors, and signals",
    "archdyn.pipeline.files": "digests of files, and their removal",
    "archdyn.pipeline.job": "hands on what Snakemake gives; device and seed, which it only calls, count",
    "archdyn.pipeline.plan": "what it decides stands in the rules' params and resources",
    "archdyn.pipeline.publish": "copies an audit that is made",
    "archdyn.pipeline.replaced": "gives files new dates",
    "archdyn.pipeline.results": "what is declared stands in the rules' params and inputs",
    "archdyn.pipeline.rulegraph": "draws the rules for the README",
    "archdyn.pipeline.runs": "lists what is made",
    "archdyn.pipeline.scheduling": "how often Snakemake looks for jobs to start",
    "archdyn.pipeline.seals": "seals rules; the seals are inputs",
    "archdyn.pipeline.shipped": "paths, which stand in the rules' inputs",
    "archdyn.pipeline.why": "explains Snakemake's plan",
    "archdyn.report.findings": "words for the README",
    "archdyn.settings.manual": "writes config/README.md",
    "archdyn.tables.contributed_page": "shows what is published",
    "archdyn.tables.diff": "only archdyn diff uses it",
    "archdyn.tables.diff_page": "only archdyn diff uses it",
    "archdyn.tables.expected": "writes config/expected.yaml",
    "archdyn.tables.page": "only what compares runs uses it",
    "archdyn.tables.tensorboard": "writes curves in another format",
}


def code_fingerprint(script: str, root: Path = SCRIPTS) -> str:
    """Return a hex digest over `<root>/<script>.py` and its imports inside the package.

    Comments, docstrings, blank lines and trailing spaces do not count, so cosmetic edits keep results.
    """
    lines = (f"{file} {digest}\n" for file, digest in module_fingerprints(script, root).items())
    return _short_digest("".join(lines))


def module_fingerprints(script: str, root: Path = SCRIPTS) -> dict[str, str]:
    """The parts of `code_fingerprint`: a hex digest for each of `code_files`, by its path relative to `root`."""
    return {file.relative_to(root).as_posix(): _source(file, root).digest for file in code_files(script, root)}


def code_files(script: str, root: Path = SCRIPTS) -> list[Path]:
    """`<root>/<script>.py` and the modules of the package that it imports, sorted, without CARRIERS."""
    start = root / f"{script}.py"
    return sorted({start} | _import_closure(start, root))


def _import_closure(start: Path, root: Path) -> set[Path]:
    called = _source(start, root).attributes
    seen: set[str] = set()
    waiting = [*_source(start, root).imports]
    files: set[Path] = set()
    while waiting:
        module = waiting.pop()
        file = _module_file(module, root)
        if module in seen or not file:
            continue
        seen.add(module)
        if _is_carrier(module):
            waiting += _imports_of_functions(file, root, called)
        else:
            files.add(file)
            waiting += _source(file, root).imports
    return files


def _is_carrier(module: str) -> bool:
    return any(module == carrier or module.startswith(f"{carrier}.") for carrier in CARRIERS)


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
    attributes: frozenset[str]  # all names after a dot, such as `device` in job.device()


@cache
def _source(file: Path, root: Path) -> _Source:
    text = file.read_text()
    nodes = list(ast.walk(ast.parse(text)))
    return _Source(
        digest=_short_digest(_code(text, nodes)),
        imports=_imports(nodes, _package(file, root)),
        attributes=frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute)),
    )


def _imports_of_functions(file: Path, root: Path, names: frozenset[str]) -> frozenset[str]:
    """What the functions of these names in a file import for themselves, and those that they name in turn."""
    functions = _functions(file, root)
    reached: set[str] = set()
    waiting = names & functions.keys()
    while waiting:
        reached |= waiting
        named = frozenset().union(*(functions[name].attributes for name in waiting))
        waiting = (named & functions.keys()) - reached
    return frozenset().union(*(functions[name].imports for name in reached))


@dataclass(frozen=True)
class _Function:
    """What all functions of one name in a file say."""

    imports: frozenset[str]
    attributes: frozenset[str]


@cache
def _functions(file: Path, root: Path) -> dict[str, _Function]:
    """The functions of a file by name, read once."""
    nodes: dict[str, list[ast.AST]] = {}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            nodes.setdefault(node.name, []).extend(ast.walk(node))
    return {
        name: _Function(
            imports=_imports(found, _package(file, root)),
            attributes=frozenset(node.attr for node in found if isinstance(node, ast.Attribute)),
        )
        for name, found in nodes.items()
    }


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


def _code(text: str, nodes: list[ast.AST]) -> str:
    """The source without comments, docstrings and blank lines.

    Spans are cut from the text itself, since dumps of the syntax tree differ between Python versions.
    """
    lines = text.split("\n")
    strings = [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)]
    in_strings = {row for node in strings for row in range(node.lineno, node.end_lineno)}  # their last row apart
    for row, column in _comment_starts(text, lines, in_strings) if "#" in text else []:
        lines[row - 1] = lines[row - 1][:column]
    for node in nodes:
        if _stands_alone(node):
            _blank(lines, node)
            in_strings -= set(range(node.lineno, node.end_lineno))
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


def _comment_starts(text: str, lines: list[str], in_strings: set[int]) -> list[tuple[int, int]]:
    """Row and column of each comment; the tokenizer is slow, and asked only where a # may stand in a string."""
    marked = [(row, line) for row, line in enumerate(lines, 1) if "#" in line]
    if not any(row in in_strings or "'" in line or '"' in line for row, line in marked):
        return [(row, line.index("#")) for row, line in marked]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.start for token in tokens if token.type == tokenize.COMMENT]


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
