"""A hash of the code behind a job: the script and every module of the package that it imports.

Snakemake does not see that an imported module changed, and its cache would serve the old result.
A rule that carries this hash among its params reruns when, and only when, code that it uses changed.
"""

import ast
import hashlib
import io
import tokenize
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]
PACKAGE = "archdyn"
# What carries a job (logs, locks, provenance) can change without changing a result.
CARRIERS = {f"{PACKAGE}.pipeline"}


def code_fingerprint(script: str, root: Path = SCRIPTS) -> str:
    """Return a hex digest over `<root>/<script>.py` and its imports inside the package.

    Comments, docstrings, blank lines and trailing spaces do not count, so cosmetic edits keep results.
    """
    lines = (f"{file} {digest}\n" for file, digest in module_fingerprints(script, root).items())
    return _short_digest("".join(lines))


def module_fingerprints(script: str, root: Path = SCRIPTS) -> dict[str, str]:
    """The parts of `code_fingerprint`: a hex digest for each of `code_files`, by its path relative to `root`."""
    return {file.relative_to(root).as_posix(): _short_digest(_code_lines(file)) for file in code_files(script, root)}


def code_files(script: str, root: Path = SCRIPTS) -> list[Path]:
    """`<root>/<script>.py` and the modules of the package that it imports, sorted, without those that carry jobs."""
    start = root / f"{script}.py"
    return sorted({start} | _import_closure(start, root))


def _import_closure(start: Path, root: Path) -> set[Path]:
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        for module in _imported_modules(waiting.pop()):
            file = _module_file(module, root)
            if file and file not in seen and not _is_carrier(module):
                seen.add(file)
                waiting.append(file)
    return seen


def _is_carrier(module: str) -> bool:
    return any(module == carrier or module.startswith(f"{carrier}.") for carrier in CARRIERS)


def _module_file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imported_modules(file: Path) -> frozenset[str]:
    """Names that could be modules of the package: in `from archdyn.a import b`, both a and a.b."""
    names: set[str] = set()
    for node in _nodes(file):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)


@cache
def _code_lines(file: Path) -> str:
    """The source without comments, docstrings and blank lines.

    Spans are cut from the text itself, since dumps of the syntax tree differ between Python versions.
    """
    source = file.read_text()
    lines = source.splitlines()
    docstring_lines = _docstring_lines(_nodes(file))
    for row, column in _comment_starts(source) if "#" in source else []:
        lines[row - 1] = lines[row - 1][:column]
    kept = (line.rstrip() for row, line in enumerate(lines, 1) if row not in docstring_lines)
    return "\n".join(line for line in kept if line)


@cache
def _nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text())))


def _docstring_lines(nodes: list[ast.AST]) -> set[int]:
    """Rows of strings that stand alone: docstrings, and the descriptions under the fields of settings."""
    rows: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            rows.update(range(node.lineno, node.end_lineno + 1))
    return rows


def _comment_starts(source: str) -> list[tuple[int, int]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.start for token in tokens if token.type == tokenize.COMMENT]


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
