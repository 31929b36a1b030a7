"""Many test images, whole and with patches masked, at random, at the centre, by their content; what heads attend to."""

from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vit import embed
from archdyn.experiments.vit.gradcam import patch_gradcam
from archdyn.experiments.vit.masks import areas
from archdyn.experiments.vit.model import load_vit, patch_grid
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    vit, masking, seeds = load_vit(Path(job.input.model), device), job.params.masking, job.params.seeds
    grid = patch_grid(vit.model)
    share, block = areas(grid, masking)
    test_images = np.load(job.input.test_images, mmap_mode="r")
    for name, array in embed.head_statistics(vit, test_images[: job.params.heads], device).items():
        np.save(getattr(job.output, name), array)
    images = test_images[: masking["images"]]
    content = [read(vit, images, device) for read in (embed.patch_ink, embed.patch_attention)]
    content.append(patch_gradcam(load_backbone(Path(job.input.cnn), device), images, grid, device))
    planned = chain(
        embed.plain_masks(len(images), grid, sorted({*masking["fractions"], share}), seeds),
        embed.control_masks(*content, share, block, seeds),
    )
    how = seeds[0], device, job.params.precision, job.params.embedding_batch
    rows, sweep = embed.masked_answers(vit, images, planned, *how)
    pd.DataFrame(rows).to_csv(job.output.sweep, index=False)
    for name, array in sweep.items():
        np.save(getattr(job.output, name), array)
