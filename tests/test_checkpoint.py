"""Checkpoints load what was saved, and refuse the rest by name."""

import pickle

import pytest
import torch
from torch import nn

from archdyn.errors import ArchdynError
from archdyn.networks.checkpoint import (
    load_state_or_set_aside,
    load_weights,
    read_settings,
    save_checkpoint,
    save_state,
)


def test_round_trip(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    save_checkpoint(tmp_path / "m.safetensors", {"net": model}, {"width": 3})
    other = load_weights(tmp_path / "m.safetensors", "net", nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True))
    assert read_settings(tmp_path / "m.safetensors") == {"width": 3}


@pytest.mark.fault("the training starts afresh and says so; the file is kept as .broken.")
@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole[:20], lambda whole: b"", None])
def test_a_damaged_state_is_set_aside(tmp_path, damage):
    path, said = tmp_path / ".checkpoint", []
    save_state(path, {"weights": torch.ones(9)})
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        save_checkpoint(path, {"net": nn.Linear(3, 2)}, {})
    assert load_state_or_set_aside(path, said.append) is None
    assert [file.name for file in tmp_path.iterdir()] == [".checkpoint.broken"]
    assert said[0].startswith(f"starts afresh: {path}: not a ") and said[0].endswith("set aside as .checkpoint.broken")


@pytest.mark.fault("one line names the file and the tensor.")
def test_weights_that_are_not_finite_are_named(tmp_path):
    model = nn.Linear(3, 2)
    nn.init.constant_(model.bias, torch.nan)
    save_checkpoint(tmp_path / "m.safetensors", {"net": model}, {})
    with pytest.raises(ArchdynError, match=r"m\.safetensors: net\.bias: found 2 values that are not finite"):
        load_weights(tmp_path / "m.safetensors", "net", nn.Linear(3, 2))


@pytest.mark.fault("one line names the file and the tensor.")
@pytest.mark.parametrize(
    ("network", "model", "said"),
    [
        ("net", nn.Linear(4, 2), r"net\.weight has shape \(2, 3\), the model \(2, 4\)"),
        ("net", nn.Linear(3, 2, bias=False), r"net\.bias is unknown to the model"),
        ("other", nn.Linear(3, 2), r"other\.(weight|bias) is missing"),
    ],
)
def test_weights_of_another_model_are_refused(tmp_path, network, model, said):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, {"net": nn.Linear(3, 2)}, {"width": 3})
    with pytest.raises(ArchdynError, match=said):
        load_weights(path, network, model)


@pytest.mark.fault("one line, and none of its code runs.")
def test_a_pickle_is_refused_and_not_executed(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (tmp_path.joinpath("executed").touch, ())

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(ArchdynError, match="not a readable safetensors checkpoint"):
        load_weights(path, "net", nn.Linear(3, 2))
    assert not (tmp_path / "executed").exists()
