"""Figure 7: samples of the baseline from fixed noise, beside the comparator's and real images."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.gan import sample_grids
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    real = np.load(job.input.test_images, mmap_mode="r")
    summary = pd.read_csv(job.input.summary)
    samples = [np.load(job.input[name]) for name in ("published", "corrected", "linder_noren")]
    sample_grids(figure, *samples, real, summary)
