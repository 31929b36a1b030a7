"""Section 6 once more, in open_clip and PyTorch: zero-shot accuracy (Table 10), the gap, what a rotation does.

python tests/independent/clip.py results/RUN prints, as JSON, a list over CLIPs by condition and metric.
"""

import json
import sys
from pathlib import Path

import numpy as np
import open_clip
import torch
from safetensors import safe_open
from torch.nn.functional import normalize
from torchvision.transforms.v2 import InterpolationMode, Normalize, Resize


def load(file: Path) -> tuple[open_clip.CLIP, dict]:
    with safe_open(file, "pt") as checkpoint:
        settings = json.loads(checkpoint.metadata()["settings"])
        state = {name.removeprefix("backbone."): checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
    model = open_clip.CLIP(**(open_clip.get_model_config(settings["model"]) | settings["arguments"]))
    model.load_state_dict(state)
    return model.eval(), settings["preprocessing"]


@torch.no_grad()
def embed(model: open_clip.CLIP, images: np.ndarray, preprocessing: dict) -> torch.Tensor:
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)
    mode = InterpolationMode(preprocessing["interpolation"])
    resize = Resize([preprocessing["size"]] * 2, mode, antialias=True)
    batches = (
        torch.from_numpy(batch).permute(0, 3, 1, 2) / 255 for batch in np.array_split(colour, len(colour) // 100 + 1)
    )
    scale = Normalize(preprocessing["mean"], preprocessing["sd"])
    return normalize(torch.cat([model.encode_image(scale(resize(batch).clamp(0, 1))) for batch in batches]).double())


@torch.no_grad()
def of_one(record: dict, root: Path) -> dict[tuple[str, str], float]:
    (file,) = [root / name for name in record["inputs"] if name.endswith(".safetensors")]
    model, preprocessing = load(file)
    (folder,) = {(root / name).parent for name in record["inputs"] if name.endswith("test_images.npy")}
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


def values(run: Path) -> dict[str, dict[str, list[float]]]:
    records = [json.loads(path.read_text()) for path in sorted(run.glob("clip/embeddings/seed*.provenance.json"))]
    each = [of_one(record, run.parents[1]) for record in records if record["rule"] == "clip_embed"]
    found = {}
    for condition, metric in each[0]:
        found.setdefault(condition, {})[metric] = [one[condition, metric] for one in each]
    return found


if __name__ == "__main__":
    print(json.dumps(values(Path(sys.argv[1]))))
