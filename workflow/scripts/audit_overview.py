"""The overview of all claims: as a figure, and as a panel of the page."""

import pandas as pd

from archdyn.audit.overview import described, margins, overview
from archdyn.render.style import figure_file
from archdyn.workflow.job import Job

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    tests, verdicts = pd.read_csv(job.input.tests), pd.read_csv(job.input.verdicts)
    overview(figure, margins(described(tests, verdicts)))
