"""Figures can be read: no text overlaps another, leaves the page or is tiny, and ten classes look different."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from archdyn.render.style import CLASS_COLOURS, STYLE, class_look, few_logarithmic_ticks
from figure_text import text_faults, watch

EXPERIMENTS = ("resnet", "vit", "gan", "vae", "clip")


@pytest.fixture
def figure():
    with plt.rc_context(STYLE):
        yield plt.figure(figsize=(4, 3))
        plt.close("all")


def faults(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return text_faults(figure)


def test_a_good_figure_has_no_faults(figure):
    for axes in figure.subplots(2, 2).ravel():
        axes.plot([1, 2], label="a line")
        axes.set(xlabel="x (m)", ylabel="y (s)", title="a panel")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center")
    assert faults(figure) == []


def test_overprinted_ticks_annotations_over_a_legend_and_small_type_are_found_and_hidden_text_is_not(figure):
    axes = figure.subplots()
    axes.plot([0, 1], label="in the legend")
    axes.set_xticks([0.50, 0.51], ["first class", "second class"])
    axes.legend(loc="center")
    axes.annotate("over it", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
    axes.annotate("over it too", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", visible=False)
    axes.set_title("a title much longer than these axes are wide, and than the whole figure too")
    figure.text(0.3, 0.8, "tiny", fontsize=6)
    expected = {"'first class' overlaps 'second class'", "'over it' overlaps 'in the legend'", "'tiny' has 6 pt"}
    assert expected < set(faults(figure))
    assert [line for line in faults(figure) if "a title" in line and line.endswith("leaves the figure")]


def test_a_watched_figure_leaves_its_faults_when_it_is_saved(figure, tmp_path, monkeypatch):
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    folder = tmp_path / "gan/figures"
    folder.mkdir(parents=True)
    watch(figure)
    figure.text(0.9, 0.5, "longer than the figure is wide")
    figure.savefig(folder / ".partial-figure9.png")
    assert (tmp_path / "gan_figure9.txt").read_text() == "'longer than the figure is wide' leaves the figure"


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_no_text_of_the_smoke_run_overlaps_is_clipped_or_tiny(smoke_run, experiment):
    findings = Path(smoke_run.environment["MATPLOTLIBRC"]).parent
    drawn = sorted((smoke_run.folder / f"results/smoke/{experiment}/figures").glob("*.png"))
    assert len(drawn) >= 4
    assert [path.name for path in drawn if np.asarray(Image.open(path).convert("L")).std() < 10] == []  # blank
    found = {path.stem: (findings / f"{experiment}_{path.stem}.txt").read_text() for path in drawn}
    assert found == dict.fromkeys(found, "")


def test_ten_classes_differ_in_colour_and_thirty_in_colour_or_mark():
    assert len(set(CLASS_COLOURS)) == 10
    looks = [tuple(class_look(number).values()) for number in range(30)]
    assert len(set(looks)) == 30
    assert all(mark != after for (mark, _), (after, _) in pairwise(looks))


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.6), (1.4, 4.8), (1e-3, 1.0), (300, 9e6)])
def test_logarithmic_ticks_of_a_narrow_panel_do_not_overlap(figure, low, high):
    axes = figure.subplots(1, 3)[0]
    axes.set(xscale="log", xlim=(low, high))
    few_logarithmic_ticks(axes.xaxis)
    assert faults(figure) == []
    shown = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert len(shown) >= 2
