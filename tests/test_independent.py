"""Numbers of every section from a second implementation, tests/independent, that shares no code with the package.

`python tests/test_independent.py results/RUN` compares any run with it, which takes as long as its trainings.
"""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests/independent"
AUDIT = ROOT / "docs/audit/all.csv"
SECTIONS = ("resnet", "vit", "gan", "vae", "clip")
LEVEL = 0.001  # of a false alarm, for each value
ROUNDING = 2e-3  # relative, of what is computed from the same weights by other operations
HELD_OUT = 256  # test images of a CLIP, whose rows do not say how many, are at least as many
ANSWERS = 1.5  # answers that rounding may turn, of the images behind an accuracy that nothing random enters


@cache
def compared(run: Path, section: str) -> pd.DataFrame:
    """A row per value of a section: condition, metric, ours and theirs (lists over seeds), and whether they agree."""
    command = [sys.executable, "-W", "ignore", FOLDER / f"{section}.py", run]
    # Small networks gain nothing from more threads, and lose much where other jobs hold the cores.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout
    ours = pd.read_csv(run / f"{section}/metrics/all.csv").groupby(["condition", "metric"])["value"].apply(list)
    rows = []
    for condition, values in json.loads(output).items():
        for metric, theirs in values.items():
            found = ours[condition, metric]
            images = ours.get((condition, "test_images"), [HELD_OUT])[0]
            same_weights = section in ("vit", "clip")
            agree = same(found, theirs, metric, images) if same_weights else within_the_spread(found, theirs)
            rows.append({"condition": condition, "metric": metric, "ours": found, "theirs": theirs, "agree": agree})
    return pd.DataFrame(rows)


def within_the_spread(first: list[float], second: list[float]) -> bool:
    """Whether two means are as near as the pooled spread over the seeds lets them be, by Student's t at LEVEL."""
    freedom = len(first) + len(second) - 2
    spread = np.sqrt(sum(np.var(values) * len(values) for values in (first, second)) / freedom)
    error = spread * np.sqrt(1 / len(first) + 1 / len(second))
    return bool(abs(np.mean(first) - np.mean(second)) <= t.ppf(1 - LEVEL / 2, freedom) * error + 1e-12)


def same(first: list[float], second: list[float], metric: str, images: float) -> bool:
    """Whether each value is the other's, up to the rounding of its arithmetic; accuracies are of `images` images."""
    allowed = ANSWERS / images if "accuracy" in metric else ROUNDING * np.abs(first)
    return len(first) == len(second) and bool(np.all(np.abs(np.subtract(first, second)) <= allowed))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_it_shares_no_code_with_the_package(file):
    nodes = ast.walk(ast.parse(file.read_text()))
    names = [getattr(node, "module", None) or node.names[0].name for node in nodes if hasattr(node, "names")]
    assert names and not [name for name in names if name.startswith(("archdyn", "conftest"))]


def test_what_differs_is_told_apart():
    assert within_the_spread([1.0, 1.2, 0.9], [1.1, 1.0, 1.2])
    assert not within_the_spread([1.0, 1.2, 0.9], [3.1, 3.0, 3.2])
    assert same([0.5, 2.0], [0.5, 2.001], "entropy", 50) and not same([0.5, 2.0], [0.5, 2.1], "entropy", 50)
    assert same([0.50], [0.51], "accuracy", 100) and not same([0.50], [0.51], "accuracy", 1000)
    assert not same([1.0], [], "kl", 100)


@pytest.mark.parametrize("section", SECTIONS)
def test_both_implementations_agree(smoke_run, section):
    found = compared(smoke_run.folder / "results/smoke", section)
    assert len(found) >= 2
    assert found["agree"].all(), found.to_string()


def test_the_gans_of_two_conditions_do_not_agree(smoke_run):
    """So that agreement within the spread means something: it is narrow enough to tell Tables 7 and 8 apart."""
    found = compared(smoke_run.folder / "results/smoke", "gan").set_index(["condition", "metric"])
    ours, theirs = (found.loc[(name, "grad_norm_g_last")] for name in ("vanishing_published", "mitigated"))
    assert not within_the_spread(ours["ours"], theirs["theirs"])


@pytest.mark.skipif(not AUDIT.is_file(), reason="no audit is published yet")
def test_the_agreement_told_is_that_of_the_published_run():
    published = pd.read_csv(AUDIT)
    values = published.groupby(["experiment", "condition", "metric"])["value"].apply(list)
    rows = (FOLDER / "agreement.md").read_text().split("|\n|")[2:]
    cells = [[cell.strip() for cell in row.strip("|\n").split("|")] for row in rows]
    assert {section for section, *_ in cells} == set(published["experiment"])
    for section, condition, metric, ours, _, agree in cells:
        assert (ours, agree) == (told(values[section, condition, metric]), "True"), (section, condition, metric)


def told(values: list[float]) -> str:
    spread = f" ± {np.std(values, ddof=1):.2g}" if len(values) > 1 else ""
    return f"{np.mean(values):.4g}{spread} (n = {len(values)})"


def main() -> None:
    sections = [section for section in SECTIONS if (Path(sys.argv[1]) / section).is_dir()]
    tables = [compared(Path(sys.argv[1]), section).assign(section=section) for section in sections]
    found = pd.concat(tables)
    for side in ("ours", "theirs"):
        found[side] = found[side].map(told)
    print(found[["section", "condition", "metric", "ours", "theirs", "agree"]].to_markdown(index=False))


if __name__ == "__main__":
    main()
