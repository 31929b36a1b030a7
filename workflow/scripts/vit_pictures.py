"""All that is asked of single pictures, the user's photos or fixed test images: answers, attention, masks, Grad-CAM."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from archdyn.experiments.vit.embed import look_at_pictures
from archdyn.experiments.vit.gradcam import grad_cam
from archdyn.experiments.vit.model import load_vit
from archdyn.experiments.vit.photos import Pictures, photo_files, read_photo, sample_photos
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    files = photo_files(job.input.photos, job.params.names, job.params.within)
    if files:
        pictures = Pictures.of_files(files, job.params.preprocessing)
    else:
        images, labels = np.load(job.input.test_images, mmap_mode="r"), np.load(job.input.test_labels)
        pictures = Pictures.of_dataset(images, labels, read_json(job.input.classes), job.params.preprocessing)
    vit = load_vit(Path(job.input.model), device)
    masking = job.params.masking, job.params.seeds
    arrays, rows, growing = look_at_pictures(vit, pictures, *masking, device, job.params.precision)

    cnn, imagenet = (load_backbone(Path(job.input[name]), device) for name in ("cnn", "imagenet"))
    arrays["cams"], logits, layer = grad_cam(cnn, pictures.images, device)
    answers = [(cnn.classes[row.argmax()], float(row.max())) for row in softmax(logits, axis=1)]
    shown = files or sample_photos()
    photos = np.stack([read_photo(file, job.params.imagenet_preprocessing) for file in shown.values()])
    arrays["photo_maps"], arrays["photo_logits"], photo_layer = grad_cam(imagenet, photos, device)

    pd.DataFrame(rows).to_csv(job.output.sweep, index=False)
    pd.DataFrame(growing).to_csv(job.output.growing, index=False)
    for name, array in (arrays | {"images": pictures.images, "squashed": pictures.bicubic, "photos": photos}).items():
        np.save(getattr(job.output, name), array)
    facts = {
        "names": pictures.names,
        "classes": vit.classes,
        "cnn": {"layer": layer, "answers": answers},
        "photos": {"names": list(shown), "classes": imagenet.classes, "layer": photo_layer},
    }
    job.output.facts.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
