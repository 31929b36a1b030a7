"""The panel of the latent plane."""

import numpy as np

from archdyn.panels.vae import latent_plane
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    weights = job.params.settings["weights"]
    planes = zip(weights, map(np.load, job.input.planes), strict=True)
    write_panel(latent_plane(dict(planes), weights), job.output.panel)
