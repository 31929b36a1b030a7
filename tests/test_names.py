"""Names are the user's: of classes, photos, folders. Whatever they hold, figures, tables and LaTeX stay whole."""

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from archdyn.audit.prose import fill, setting_names
from archdyn.errors import ArchdynError
from archdyn.experiments.vit.figures import figure4
from archdyn.render.style import figure_file
from archdyn.render.tables import latex_table, latex_text, markdown_table, write_table

ODD = [r"$\foo$", "a_b & 50% #1 {x} ~ ^", "one|two", "<script>alert(1)</script>", "é ± ≥ β → –", "漢字", r"back\slash"]
# The three rules of booktabs, which is not in LaTeX's base.
DOCUMENT = r"""\documentclass{article}\usepackage{textcomp}
\newcommand{\toprule}{\hline}\newcommand{\midrule}{\hline}\newcommand{\bottomrule}{\hline}
\begin{document}%s\end{document}"""


def files(folder: Path, *endings: str) -> SimpleNamespace:
    return SimpleNamespace(**{ending: folder / f"result.{ending}" for ending in endings})


@pytest.mark.fault("it is drawn.")
def test_a_dollar_in_a_name_is_drawn_as_a_dollar(tmp_path):
    output = files(tmp_path, "png", "pdf")
    with figure_file(output, "smoke scale · $\\foo$") as figure:
        axes = figure.subplots()
        axes.plot([1, 2], [1, 2], label=r"$\foo$")
        axes.set_xticks([1, 2], [r"$\undefined{$", "$"])
        axes.legend()
    assert np.asarray(Image.open(output.png).convert("L")).std() > 5


def test_powers_of_ten_are_labelled_without_mathematics(tmp_path):
    with figure_file(files(tmp_path, "png", "pdf"), "smoke scale") as figure:
        axes = figure.subplots()
        axes.plot([1, 2], [1e-3, 1e2])
        axes.set_yscale("log")
    labels = [label.get_text() for label in axes.get_yticklabels(which="both")]
    assert {"10⁻³", "10⁰", "10²"} <= set(labels)
    assert not [label for label in labels if "$" in label]


@pytest.mark.fault("one line names the character.")
def test_a_character_that_no_font_has_is_an_error_not_a_box(tmp_path):
    nowhere = "\U00013000"  # an Egyptian hieroglyph
    with (
        pytest.raises(ArchdynError, match="no installed font has the character"),
        figure_file(files(tmp_path, "png", "pdf"), nowhere),
    ):
        pass


@pytest.mark.fault("it is escaped.")
def test_markdown_keeps_a_cell_a_cell_and_no_html():
    text = markdown_table(pd.DataFrame({"class": ODD, "n": "1"}), f"Classes: {ODD}.")
    assert all(row.replace("\\|", "").count("|") == 3 for row in text.splitlines()[-len(ODD) :])
    assert "<" not in text


def test_latex_escapes_what_latex_would_take_for_its_own():
    assert latex_text("a_b & 50% #1 {x} $") == r"a\_b \& 50\% \#1 \{x\} \$"
    assert latex_text("漢") == r"\ensuremath{\langle}\texttt{U+6F22}\ensuremath{\rangle}"


@pytest.mark.fault("LaTeX compiles.")
def test_odd_names_and_every_table_of_a_run_compile(tmp_path, smoke_run):
    odd = latex_table(pd.DataFrame({"a_b|%": ODD, "n": range(len(ODD))}), " ".join(ODD))
    tables = sorted((smoke_run.folder / "results/smoke").glob("*/tables/*.tex"))
    assert {path.stem for path in tables} >= {f"table{number}" for number in range(1, 11)}
    if not shutil.which("pdflatex"):
        pytest.skip("needs pdflatex (as root: make latex)")
    (tmp_path / "all.tex").write_text(DOCUMENT % "\\clearpage\n".join([odd, *map(Path.read_text, tables)]))
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert run.returncode == 0, run.stdout[-2000:]


def test_a_table_is_written_in_three_forms(tmp_path):
    output = files(tmp_path, "csv", "md", "tex")
    write_table(pd.DataFrame({"class": ODD}), output, "Caption_1.")
    assert pd.read_csv(output.csv)["class"].tolist() == ODD
    assert r"\caption{Caption\_1.}" in output.tex.read_text()


def test_a_folder_of_pictures_has_a_name_in_the_prose():
    settings = {"dataset": {"imagefolder": "my_photos", "size": 28, "channels": 3}, "training": {"epochs": 2}}
    names = {"setting": setting_names(settings, "settings.json", "gan")}
    assert "[the pictures in my_photos](" in fill("On {{ setting.dataset }}.", "prose.md", names)
    with pytest.raises(ArchdynError, match=r"setting\.training is a block; allowed: one of its keys, epochs"):
        fill("With {{ setting.training }}.", "prose.md", names)


@pytest.mark.fault("both are shown.")
def test_figure_4_shows_two_classes_where_there_are_two(tmp_path):
    arrays = {"images": np.zeros((1, 8, 8), np.uint8), "logits": np.array([[2.0, 0.0]])}
    arrays |= {"squashed": arrays["images"], "published_logits": arrays["logits"]}
    inputs = SimpleNamespace(**{name: tmp_path / f"{name}.npy" for name in arrays}, facts=tmp_path / "facts.json")
    for name, array in arrays.items():
        np.save(getattr(inputs, name), array)
    inputs.facts.write_text(json.dumps({"names": ["a photo"], "classes": ["cat", "dog"]}))
    with figure_file(files(tmp_path, "png", "pdf"), "smoke scale") as figure:
        figure4(figure, inputs, {"k": 5})
    assert [label.get_text() for label in figure.subfigs[0].axes[1].get_yticklabels()] == ["cat", "dog"]
