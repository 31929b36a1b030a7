"""The alignments by protocol, published beside ours."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.clip import procrustes_table
from archdyn.tables.write import read_published, write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "procrustes")
    write_table(
        procrustes_table(published, pd.read_csv(job.input.summary), job.params.pairs),
        job.output,
        "Procrustes alignment of the plain texts with the images: mean cosine of pairs, and share of images nearest "
        "to their text. Once training labels have been fitted, accuracy is no longer zero-shot. Shuffled pairs: each "
        "image has the text of another; swapped classes: each class has the text of another; both are scored against "
        f"the wrong texts unless the row says otherwise. {job.params.label}.",
    )
