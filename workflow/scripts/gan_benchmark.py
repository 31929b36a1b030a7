"""Time the report's training loop and ours, in turn, in this one job."""

import numpy as np
import pandas as pd

from archdyn.benchmarks.gan import time_gan
from archdyn.benchmarks.timer import enough
from archdyn.pipeline.job import Job
from archdyn.pipeline.provenance import hardware
from archdyn.settings.gan import GanTraining
from archdyn.tables.benchmark import benchmark_caption, benchmark_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    settings = job.params.settings
    images = enough(np.load(job.input.train_images)[: settings["images"]], device)
    training = GanTraining.model_validate(settings["training"])
    rounds = pd.DataFrame(time_gan(images, training, device, settings["rounds"]))
    caption = benchmark_caption("GAN training", len(images), rounds, hardware(device), job.threads, job.params.label)
    write_table(benchmark_table(rounds), job.output, caption)
