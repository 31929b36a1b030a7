"""The panel of samples over training."""

import numpy as np

from archdyn.panels.gan import evolution
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    samples = zip(job.params.settings["conditions"], map(np.load, job.input.samples), strict=True)
    write_panel(evolution(dict(samples)), job.output.panel)
