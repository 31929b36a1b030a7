"""Seeds of conditions: which trainings they make, and what figures and tables say of them."""

from archdyn.workflow.experiment import Experiment, in_words
from conftest import write

MANY = list(range(20))
BLOCK = {
    "dataset": "mnist",
    "seeds": [4, 5],
    "training": {"epochs": 20},
    "conditions": {
        "a": {"about": "Short.", "seeds": MANY},
        "b": {"about": "Long.", "seeds": None},
        "c": {"about": "C."},
        "out": {"about": "In another run.", "seeds": []},
    },
}
GAN = Experiment("gan", {"run": "paper", "gan": BLOCK})


def test_a_condition_runs_with_its_own_seeds_or_the_experiments():
    assert GAN.runs("{condition}{seed}", "a") == [f"a{seed}" for seed in MANY]
    assert GAN.runs("{condition}{seed}", "b", "c") == ["b4", "b5", "c4", "c5"]
    assert len(GAN.runs("{condition}{seed}")) == 24
    assert GAN.first_seed("{condition}{seed}") == ["a0", "b4", "c4"]


def test_a_condition_without_seeds_is_left_out_and_still_has_settings():
    assert GAN.conditions == ["a", "b", "c"] == GAN.with_seeds("a", "b", "out", "c")
    assert GAN.runs("{condition}{seed}", "out") == GAN.first_seed("{condition}{seed}", "out") == []
    assert GAN.label("b", "out") == GAN.label("b")
    assert GAN.condition("out") == {"epochs": 20}


def test_labels_name_the_seeds_of_what_is_shown():
    assert GAN.label("a").endswith("mnist · seeds 0 to 19")
    assert GAN.label("b", "c").endswith("mnist · seeds 4, 5")
    assert GAN.label().endswith("mnist · 2 to 20 seeds")
    assert GAN.label("b", images_of_first_seed=True).endswith("seeds 4, 5, images of seed 4")
    assert GAN.label(images_of_first_seed=True).endswith("2 to 20 seeds, images of the first")


def test_seeds_in_words():
    assert in_words([[7]]) == "seed 7"
    assert in_words([[0, 1, 2]]) == "seeds 0, 1, 2"
    assert in_words([[3, 4, 5, 6, 7, 8, 9]]) == "seeds 3 to 9"
    assert in_words([[0, 2, 4, 6, 8, 10, 12]]) == "seeds 0, 2, 4, 6, 8, 10, 12"
    assert in_words([[0, 1], [0, 2]]) == "2 seeds"


def test_a_mean_training_is_one_that_has_not_been_made_yet(tmp_path, monkeypatch):
    """So that a run of which the long trainings are made expects the short ones."""
    conditions = {"short": {"about": "S.", "epochs": 1}, "long": {"about": "L.", "epochs": 200, "seeds": [0, 1]}}
    block = {"dataset": "mnist", "seeds": [0, 1], "images": 100, "training": {}, "conditions": conditions}

    def of_a_mean_training() -> float:
        return Experiment("gan", {"run": "mine", "gan": block}).images_seen(None)

    monkeypatch.chdir(tmp_path)
    assert of_a_mean_training() == 100 * (1 + 1 + 200 + 200) / 4
    for name in ("long_seed0", "long_seed1", "short_seed0"):
        write(tmp_path / f"results/mine/gan/models/{name}.provenance.json", "{}")
    assert of_a_mean_training() == 100
    write(tmp_path / "results/mine/gan/models/short_seed1.provenance.json", "{}")
    assert of_a_mean_training() == 100 * (1 + 1 + 200 + 200) / 4
