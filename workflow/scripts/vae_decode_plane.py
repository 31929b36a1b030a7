"""What one trained VAE draws over the plane of its two strongest latent dimensions."""

from pathlib import Path

import numpy as np

from archdyn.experiments.vae.embed import decode_plane, load_vae
from archdyn.experiments.vae.metrics import strongest_dimensions
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    strongest = strongest_dimensions(np.load(job.input.mean), np.load(job.input.logvar), 2)
    np.save(job.output.plane, decode_plane(load_vae(Path(job.input.model), device), strongest, device))
