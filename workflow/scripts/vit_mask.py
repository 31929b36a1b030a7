"""The pictures and many test images with patches masked: at random, at the centre, by their content; in both ways."""

from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vit import embed
from archdyn.experiments.vit.gradcam import patch_gradcam
from archdyn.experiments.vit.masks import block_fraction
from archdyn.experiments.vit.model import load_vit, patch_grid
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    vit, masking, seeds = load_vit(Path(job.input.model), device), job.params.masking, job.params.seeds
    grid, block = patch_grid(vit.model), masking["published_block"]
    areas = [masking["published_share"], block_fraction(grid, block["side"] / block["grid"])]
    settings = seeds[0], device, job.params.precision, job.params.embedding_batch
    images, squashed = np.load(job.input.images), np.load(job.input.squashed)
    masks = list(embed.plain_masks(len(images), grid, areas, seeds))
    picture_rows, pictures = embed.masked_logits(vit, images, masks, *settings)
    _, as_published = embed.masked_logits(vit, squashed, masks, *settings)
    np.save(job.output.published_logits, as_published["logits"])
    test_images = np.load(job.input.test_images, mmap_mode="r")[: masking["images"]]
    content = [read(vit, test_images, device) for read in (embed.patch_ink, embed.patch_attention)]
    content.append(patch_gradcam(load_backbone(Path(job.input.cnn), device), test_images, grid, device))
    planned = chain(
        embed.plain_masks(len(test_images), grid, sorted({*masking["fractions"], areas[0]}), seeds),
        embed.control_masks(*content, *areas, seeds),
    )
    sweep_rows, sweep = embed.masked_answers(vit, test_images, planned, *settings)
    pd.DataFrame(picture_rows).to_csv(job.output.pictures, index=False)
    pd.DataFrame(sweep_rows).to_csv(job.output.sweep, index=False)
    for name, array in (sweep | {f"picture_{name}": array for name, array in pictures.items()}).items():
        np.save(getattr(job.output, name), array)
