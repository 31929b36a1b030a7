"""The modality gap in numbers."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.clip import gap_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    write_table(
        gap_table(pd.read_csv(job.input.summary)),
        job.output,
        "The modality gap between the test images and the plain texts of their classes. The classifier is linear, "
        "tells images from texts of all prompts, and is tested on classes that it has not seen; by chance it scores "
        f"0.5. {job.params.label}.",
    )
