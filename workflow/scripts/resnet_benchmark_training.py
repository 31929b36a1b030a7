"""Time the report's training loop and ours, in turn, in this one job."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.benchmarks.resnet import time_training
from archdyn.benchmarks.timer import enough
from archdyn.pipeline.job import Job
from archdyn.pipeline.provenance import hardware
from archdyn.settings.resnet import TransferTraining
from archdyn.tables.benchmark import benchmark_caption, benchmark_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    settings = job.params.settings
    device = job.device(settings["training"]["precision"])
    job.seed_everything()
    images = enough(np.load(job.input.train_images)[: settings["images"]], device)
    start, training = Path(job.input.backbone), TransferTraining.model_validate(settings["training"])
    rounds = pd.DataFrame(time_training(images, start, training, device, settings["rounds"]))
    caption = benchmark_caption("ResNet training", len(images), rounds, hardware(device), job.threads, job.params.label)
    write_table(benchmark_table(rounds), job.output, caption)
