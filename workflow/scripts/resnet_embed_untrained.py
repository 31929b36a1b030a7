"""Features and answers behind the report's Figures 2 and 3, whose head was made in the same cell and never trained."""

from pathlib import Path

import numpy as np

from archdyn.embed.resnet import embed_with_head
from archdyn.models.resnet import transferred
from archdyn.pipeline.job import Job
from archdyn.settings.resnet import TransferTraining

with Job(snakemake) as job:
    device = job.device(job.params.precision)
    how = device, job.params.precision, job.params.embedding_batch
    job.seed_everything()
    training = TransferTraining.model_validate(job.params.training)
    backbone = transferred(Path(job.input.backbone), training, len(job.read_json("classes")), device)
    backbone.model.eval()
    images = np.load(job.input.test_images, mmap_mode="r")[: job.params.images]
    for name, array in embed_with_head(backbone, images, *how).items():
        np.save(getattr(job.output, name), array)
