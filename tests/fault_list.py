"""tests/faults.md, from the tests themselves: `python tests/fault_list.py` writes it.

A test that tries a fault carries `@pytest.mark.fault("what happens")`. What was tried is the test's name; where it is
tried in several ways, the names of these ways follow. Only the source is read, so that no test need be imported.
"""

import ast
from pathlib import Path

TESTS = Path(__file__).parent
LIST = TESTS / "faults.md"
HEAD = """# What a fault leads to

Each line is a test that tries it, and that fails where the line does not hold. `python tests/fault_list.py` makes this
file from the tests.
"""


def text() -> str:
    """The list as Markdown: a section per file of tests, a line per test."""
    sections = []
    for path in sorted(TESTS.glob("test_*.py")):
        tree = ast.parse(path.read_text())
        lines = [line for node in tree.body if isinstance(node, ast.FunctionDef) for line in _lines(node, tree)]
        if lines:
            title = ast.get_docstring(tree).split("\n")[0].rstrip(".")
            sections.append("\n".join([f"## {title}", "", f"`tests/{path.name}`", "", *lines]))
    return "\n\n".join([HEAD.rstrip(), *sections]) + "\n"


def _lines(test: ast.FunctionDef, tree: ast.Module) -> list[str]:
    """The line of a test that tries a fault; none of another."""
    marks = {ast.unparse(mark.func): mark for mark in test.decorator_list if isinstance(mark, ast.Call)}
    if "pytest.mark.fault" not in marks:
        return []
    happens = _of(marks["pytest.mark.fault"].args[0])
    ways = _ways(marks["pytest.mark.parametrize"], tree) if "pytest.mark.parametrize" in marks else []
    tried = test.name.removeprefix("test_").replace("_", " ").capitalize()
    shown = f" ({', '.join(ways)})" if ways else ""
    return [f"- **{tried}**{shown}: {happens}"]


def _ways(mark: ast.Call, tree: ast.Module) -> list[str]:
    """The names of a parametrized test's cases: its `ids`, the keys of the table that they are, or its first texts."""
    ids = next((word.value for word in mark.keywords if word.arg == "ids"), None)
    if isinstance(ids, ast.Call):  # of the table's keys()
        ids = ids.func.value
    if isinstance(ids, ast.Name):
        assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
        ids = next(node.value for node in assigned if ids.id in map(ast.unparse, _targets(node)))
    if isinstance(ids, ast.Dict):
        return [_of(key) for key in ids.keys]
    if isinstance(ids, ast.List):
        return [_of(name) for name in ids.elts]
    cases = mark.args[1].elts if isinstance(mark.args[1], ast.List) else []
    firsts = [case.elts[0] if isinstance(case, ast.Tuple) else case for case in cases]
    return [first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)]


def _targets(assignment: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]


def _of(node: ast.expr) -> str:
    return ast.literal_eval(node)


if __name__ == "__main__":
    LIST.write_text(text())
