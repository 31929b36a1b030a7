"""Features and answers behind the report's Figures 2 and 3, whose head was made in the same cell and never trained."""

from pathlib import Path

import numpy as np

from archdyn.experiments.resnet.embed import embed_with_head
from archdyn.experiments.resnet.model import transferred
from archdyn.experiments.resnet.settings import TransferTraining
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how = device, job.params.precision, job.params.embedding_batch
    seed_everything(job.seed)
    training = TransferTraining.model_validate(job.params.training)
    backbone = transferred(Path(job.input.backbone), training, len(read_json(job.input.classes)), device)
    backbone.model.eval()
    images = np.load(job.input.test_images, mmap_mode="r")[: job.params.images]
    for name, array in embed_with_head(backbone, images, *how).items():
        np.save(getattr(job.output, name), array)
