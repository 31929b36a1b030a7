"""Rank the starts by the distance of their first epochs to those of Table 9."""

import pandas as pd

from archdyn.experiments.vae.starts import rank_starts
from archdyn.render.published import read_published
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    epochs = pd.concat(map(pd.read_csv, job.input.epochs))
    published = read_published(job.input.published, "table9")
    rank_starts(epochs, published).to_csv(job.output.ranking, index=False)
