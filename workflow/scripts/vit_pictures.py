"""All that is asked of single pictures, the user's photos or fixed test images: answers, attention, Grad-CAM, masks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.special import softmax

from archdyn.data.pictures import read_picture
from archdyn.experiments.vit import embed
from archdyn.experiments.vit.gradcam import grad_cam
from archdyn.experiments.vit.masks import areas
from archdyn.experiments.vit.model import load_vit, patch_grid
from archdyn.experiments.vit.photos import photo_files, pick_images, read_photo, sample_photos, squashed
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how, masking, seeds = (device, job.params.precision), job.params.masking, job.params.seeds
    arrays = {}

    files = photo_files(job.input.photos, job.params.names, job.params.within)
    if files:
        names, pictures = list(files), [read_picture(file, "RGB") for file in files.values()]
        images = np.stack([read_photo(file, job.params.preprocessing) for file in files.values()])
    else:
        labels, classes = np.load(job.input.test_labels), read_json(job.input.classes)
        rows = pick_images(labels)
        names, images = [classes[label] for label in labels[rows]], np.load(job.input.test_images, mmap_mode="r")[rows]
        pictures = [Image.fromarray(image) for image in images]
    bicubic, bilinear = (
        np.stack([squashed(picture, job.params.preprocessing, way) for picture in pictures])
        for way in ("bicubic", "bilinear")
    )
    arrays |= {"images": images, "squashed": bicubic}

    vit = load_vit(Path(job.input.model), device)
    found = embed.look(vit, images, device)
    arrays |= {"logits": found["logits"], "attention": found["attention"]}
    arrays["published_logits"] = embed.embed(vit, bilinear, *how)["logits"]
    arrays["published_maps"] = embed.cls_maps(embed.look(vit, bicubic, device)["attention"][:, -1])

    grid = patch_grid(vit.model)
    masks = list(embed.plain_masks(len(images), grid, areas(grid, masking), seeds))
    sweep, masked = embed.masked_logits(vit, images, masks, seeds[0], *how)
    arrays |= {"masks": masked["masks"], "masked_logits": masked["logits"]}
    arrays["squashed_logits"] = embed.masked_logits(vit, bicubic, masks, seeds[0], *how)[1]["logits"]
    growing, grown = embed.growing_logits(vit, images, [0.0, *masking["fractions"]], seeds[0], *how)
    arrays |= {"growing_masks": grown["masks"], "growing_logits": grown["logits"]}

    cnn = load_backbone(Path(job.input.cnn), device)
    arrays["cams"], logits, layer = grad_cam(cnn, images, device)
    answers = [(cnn.classes[row.argmax()], float(row.max())) for row in softmax(logits, axis=1)]
    imagenet = load_backbone(Path(job.input.imagenet), device)
    shown = files or sample_photos()
    arrays["photos"] = np.stack([read_photo(file, job.params.imagenet_preprocessing) for file in shown.values()])
    arrays["photo_maps"], arrays["photo_logits"], photo_layer = grad_cam(imagenet, arrays["photos"], device)

    pd.DataFrame(sweep).to_csv(job.output.sweep, index=False)
    pd.DataFrame(growing).to_csv(job.output.growing, index=False)
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
    facts = {
        "names": names,
        "classes": vit.classes,
        "cnn": {"layer": layer, "answers": answers},
        "photos": {"names": list(shown), "classes": imagenet.classes, "layer": photo_layer},
    }
    job.output.facts.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
