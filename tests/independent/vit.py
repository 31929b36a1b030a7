"""Section 3 once more, in timm and scikit-learn: linear probes as published (Table 6), and how broad attention is.

python tests/independent/vit.py results/RUN prints, as JSON, a list by condition and metric; nothing in it is random.
"""

from pathlib import Path

import numpy as np
import timm
import torch
from common import Values, checkpoint, pixels, record_of, tell, weights_of
from sklearn.linear_model import LogisticRegression


def load(file: Path) -> tuple[torch.nn.Module, dict]:
    settings, weights = checkpoint(file)
    model = timm.create_model(settings["model"], num_classes=len(settings["classes"]), **settings["arguments"])
    model.load_state_dict(weights)
    return model.eval(), settings["preprocessing"]


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


def values(run: Path) -> Values:
    probe = record_of(run, "vit/metrics/probes")
    end = "_imagenet_train_cls"
    (embedded,) = [name.removesuffix(end) for name in probe["arrays"] if name.endswith(end)]
    record, masked = record_of(run, f"vit/embeddings/{embedded}"), record_of(run, "vit/embeddings/masked")
    model, preprocessing = load(weights_of(run, record))
    files = probe["arrays"] | record["arrays"]
    data = {name: np.load(file) for name, file in files.items() if "resources" in file.parts}
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
    images = np.load(masked["arrays"]["test_images"])[: masked["params"]["heads"]]
    attention = last_attention(model, pixels(images, preprocessing))
    entropy = -(attention * attention.clamp(min=1e-30).log()).sum(-1).mean((0, 2))
    broad = {"last_entropy_mean": [float(entropy.mean())], "last_entropy_lowest": [float(entropy.min())]}
    return {"probe_published": accuracies, "attention": broad}


if __name__ == "__main__":
    tell(values)
