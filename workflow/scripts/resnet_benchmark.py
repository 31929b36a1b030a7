"""Time the report's way of running a ResNet and ours, in turn, in this one job."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.benchmarks.resnet import time_embedding, time_training
from archdyn.benchmarks.timer import enough
from archdyn.pipeline.job import Job
from archdyn.pipeline.provenance import hardware
from archdyn.tables.benchmark import benchmark_caption, benchmark_table
from archdyn.tables.write import write_table

TIMED = {"embedding": ("ResNet features", time_embedding), "training": ("ResNet training", time_training)}

with Job(snakemake) as job:
    device = job.device(job.params.precision)
    job.seed_everything()
    images = enough(np.load(job.input.train_images)[: job.params.images], device)
    settings = dict(job.params.training)
    settings |= {"precision": job.params.precision, "validation_share": job.params.validation_share}
    task, timed = TIMED[job.wildcards["work"]]
    rounds = pd.DataFrame(timed(images, Path(job.input.backbone), settings, device, job.params.rounds))
    caption = benchmark_caption(task, len(images), rounds, hardware(device), job.threads, job.params.label)
    write_table(benchmark_table(rounds), job.output, caption)
