"""Figure 9: samples as published, and what the discriminator gets right by epoch, without and with dropout."""

import numpy as np
import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.plots.gan import overfitting
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    settings = job.params.settings
    samples = {
        name: np.load(file, mmap_mode="r") for name, file in zip(settings["conditions"], job.input.samples, strict=True)
    }
    epochs = {name: [pd.read_csv(file) for file in job.input[name]] for name in settings["conditions"]}
    published = read_published(job.input.published, "figure9")
    overfitting(figure, samples, epochs, published, settings["dropout"])
