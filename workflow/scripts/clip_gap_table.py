"""The modality gap in numbers."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.clip import gap_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    write_table(
        gap_table(pd.read_csv(job.input.summary)),
        job.output,
        "The modality gap between the test images and the plain texts of their classes. Cosines are the same whatever "
        "the lengths. The classifier tells images from texts of all prompts, and is tested on classes that it has not "
        "seen; by chance it scores 0.5. The last column is what no gap looks like: a random image of each class in the "
        f"place of its text. {job.params.label}.",
    )
