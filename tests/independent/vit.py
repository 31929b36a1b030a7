"""Section 3 once more, in timm and scikit-learn: linear probes as published (Table 6), and how broad attention is.

python tests/independent/vit.py results/RUN prints, as JSON, a list by condition and metric; nothing in it is random.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors import safe_open
from sklearn.linear_model import LogisticRegression
from torchvision.transforms.v2 import InterpolationMode, Normalize, Resize


def load(file: Path) -> tuple[torch.nn.Module, dict]:
    with safe_open(file, "pt") as checkpoint:
        settings = json.loads(checkpoint.metadata()["settings"])
        state = {name.removeprefix("backbone."): checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
    model = timm.create_model(settings["model"], num_classes=len(settings["classes"]), **settings["arguments"])
    model.load_state_dict(state)
    return model.eval(), settings["preprocessing"]


def pixels(images: np.ndarray, preprocessing: dict) -> torch.Tensor:
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)
    unit = torch.from_numpy(colour).permute(0, 3, 1, 2) / 255
    mode = InterpolationMode(preprocessing["interpolation"])
    resized = Resize([preprocessing["size"]] * 2, mode, antialias=True)(unit).clamp(0, 1)
    return Normalize(preprocessing["mean"], preprocessing["sd"])(resized)


@torch.no_grad()
def tokens(model: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    return torch.cat([model.forward_features(batch) for batch in images.split(100)])


@torch.no_grad()
def last_attention(model: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Softmax of the last layer's queries on its keys, (n, heads, tokens, tokens), from what goes into that layer."""
    inside = []
    block = model.blocks[-1]
    block.norm1.register_forward_hook(lambda _, __, output: inside.append(output))
    model(images)
    heads = block.attn.num_heads
    query, key, _ = block.attn.qkv(inside[0]).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    return torch.softmax(query @ key.transpose(2, 3) / query.shape[-1] ** 0.5, dim=-1)


def values(run: Path) -> dict[str, dict[str, list[float]]]:
    root = run.parents[1]
    probe = json.loads((run / "vit/metrics/probes.provenance.json").read_text())
    end = "_imagenet_train_cls.npy"
    (embedded,) = [Path(name).name.removesuffix(end) for name in probe["inputs"] if name.endswith(end)]
    record = json.loads((run / f"vit/embeddings/{embedded}.provenance.json").read_text())
    (file,) = [root / name for name in record["inputs"] if name.endswith(".safetensors")]
    model, preprocessing = load(file)
    data = {
        Path(name).stem: np.load(root / name)
        for name in [*record["inputs"], *probe["inputs"]]
        if "resources" in name and name.endswith(".npy")
    }
    seen = {}
    for split, n in record["params"]["images"]["imagenet"].items():
        seen_as = preprocessing | record["params"]["preprocessing"]["imagenet"]
        found = tokens(model, pixels(data[f"{split}_images"][:n], seen_as))
        seen[split] = {"cls": found[:, 0].numpy(), "mean_patch": found[:, 1:].mean(1).numpy()}
    accuracies = {}
    for kind in ("cls", "mean_patch"):
        regression = LogisticRegression(C=1.0, solver="saga", max_iter=1000, random_state=1)
        regression.fit(seen["train"][kind], data["train_labels"][: len(seen["train"][kind])])
        right = regression.score(seen["test"][kind], data["test_labels"][: len(seen["test"][kind])])
        accuracies[f"{kind}_accuracy"] = [float(right)]
    masked = json.loads((run / "vit/embeddings/masked.provenance.json").read_text())
    (name,) = [name for name in masked["inputs"] if name.endswith("test_images.npy")]
    attention = last_attention(model, pixels(np.load(root / name)[: masked["params"]["heads"]], preprocessing))
    entropy = -(attention * attention.clamp(min=1e-30).log()).sum(-1).mean((0, 2))
    broad = {"last_entropy_mean": [float(entropy.mean())], "last_entropy_lowest": [float(entropy.min())]}
    return {"probe_published": accuracies, "attention": broad}


if __name__ == "__main__":
    print(json.dumps(values(Path(sys.argv[1]))))
