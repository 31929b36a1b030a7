"""What one trained VAE draws over the plane of its two strongest latent dimensions."""

from pathlib import Path

import numpy as np

from archdyn.embed.vae import decode_plane, load_vae
from archdyn.metrics.vae import strongest_dimensions
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device()
    strongest = strongest_dimensions(np.load(job.input.mean), np.load(job.input.logvar), 2)
    np.save(job.output.plane, decode_plane(load_vae(Path(job.input.model), device), strongest, device))
