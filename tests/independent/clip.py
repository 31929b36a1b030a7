"""Section 6 once more, in open_clip and PyTorch: zero-shot accuracy (Table 10), the gap, what a rotation does.

python tests/independent/clip.py results/RUN prints, as JSON, a list over CLIPs by condition and metric.
"""

import json
from pathlib import Path

import numpy as np
import open_clip
import torch
from common import Values, checkpoint, pixels, record_of, tell, weights_of
from torch.nn.functional import normalize


def load(file: Path) -> tuple[open_clip.CLIP, dict]:
    settings, weights = checkpoint(file)
    model = open_clip.CLIP(**(open_clip.get_model_config(settings["model"]) | settings["arguments"]))
    model.load_state_dict(weights)
    return model.eval(), settings["preprocessing"]


@torch.no_grad()
def embed(model: open_clip.CLIP, images: np.ndarray, preprocessing: dict) -> torch.Tensor:
    batches = [pixels(batch, preprocessing) for batch in np.array_split(images, len(images) // 100 + 1)]
    return normalize(torch.cat([model.encode_image(batch) for batch in batches]).double())


@torch.no_grad()
def of_one(run: Path, result: str) -> dict[tuple[str, str], float]:
    record = record_of(run, result)
    model, preprocessing = load(weights_of(run, record))
    folder = record["arrays"]["test_images"].parent
    found, labels = {}, {}
    for split in ("train", "test"):
        images = np.load(folder / f"{split}_images.npy")[: record["params"][f"{split}_images"]]
        found[split] = embed(model, images, preprocessing)
        labels[split] = torch.from_numpy(np.load(folder / f"{split}_labels.npy")[: len(images)]).long()
    tokenise = open_clip.SimpleTokenizer(context_length=model.context_length)
    classes = json.loads((folder / "classes.json").read_text())
    plain, photo = (
        normalize(model.encode_text(tokenise([template.format(name) for name in classes])).double())
        for template in ("{}", "a photo of a {}")
    )
    left, _, right = torch.linalg.svd(plain[labels["train"]].T @ found["train"])
    test, answers = found["test"], labels["test"]

    def accuracy(texts: torch.Tensor) -> float:
        return float(((test @ texts.T).argmax(1) == answers).double().mean())

    return {
        ("plain", "accuracy"): accuracy(plain),
        ("photo", "accuracy"): accuracy(photo),
        ("gap_unit", "centroid_distance"): float((test.mean(0) - plain[answers].mean(0)).norm()),
        ("procrustes_corrected", "accuracy_after"): accuracy(plain @ left @ right),
    }


def values(run: Path) -> Values:
    results = [path.relative_to(run).as_posix() for path in sorted(run.glob("clip/embeddings/seed*.provenance.json"))]
    names = [name.removesuffix(".provenance.json") for name in results]
    each = [of_one(run, name) for name in names if record_of(run, name)["rule"] == "clip_embed"]
    found = {}
    for condition, metric in each[0]:
        found.setdefault(condition, {})[metric] = [one[condition, metric] for one in each]
    return found


if __name__ == "__main__":
    tell(values)
