"""Time the report's way of running a ResNet and ours, in turn, in this one job."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.pipeline.provenance import hardware
from archdyn.settings.resnet import TransferTraining
from archdyn.tables.benchmark import benchmark_caption, benchmark_table
from archdyn.tables.write import write_table
from archdyn.train.resnet_benchmark import time_embedding, time_training

TIMED = {"embedding": ("ResNet features", time_embedding), "training": ("ResNet training", time_training)}

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    images = np.load(job.input.train_images)[: job.params.images]
    protocol = {"precision": job.params.precision, "validation_share": job.params.validation_share}
    settings = TransferTraining.model_validate(job.params.training | protocol)
    task, timed = TIMED[job.wildcards["work"]]
    rounds = pd.DataFrame(timed(images, Path(job.input.backbone), settings, device, job.params.rounds))
    caption = benchmark_caption(task, len(images), rounds, hardware(), job.threads, job.params.label)
    write_table(benchmark_table(rounds), job.output, caption)
