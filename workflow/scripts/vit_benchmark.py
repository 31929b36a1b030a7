"""Time embeddings: the bare forward pass, our way, and image by image as the report does, in turn, in this one job."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.benchmarks.timer import enough
from archdyn.benchmarks.vit import time_embedding
from archdyn.models.vit import load_vit
from archdyn.pipeline.job import Job
from archdyn.pipeline.provenance import hardware
from archdyn.tables.benchmark import benchmark_caption, benchmark_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    settings = job.params.settings
    device = job.device(settings["precision"])
    vit = load_vit(Path(job.input.model), device)
    images = enough(np.load(job.input.train_images, mmap_mode="r")[: settings["images"]], device)
    ways = (settings["preprocessing"], device, settings["precision"], settings["rounds"])
    rounds = pd.DataFrame(time_embedding(vit, images, *ways))
    task = f"ViT embeddings in {settings['precision']}"
    caption = benchmark_caption(task, len(images), rounds, hardware(device), job.threads, job.params.label)
    write_table(benchmark_table(rounds), job.output, caption)
