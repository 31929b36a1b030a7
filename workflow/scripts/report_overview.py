"""The overview of all claims: as a figure, and as a panel of the page."""

import pandas as pd

from archdyn.metrics.margins import margins
from archdyn.panels import claims as panels
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job
from archdyn.plots.claims import overview
from archdyn.plots.style import figure_file
from archdyn.tables.claims import described

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    tests, verdicts = (pd.concat(map(pd.read_csv, job.input[name])) for name in ("tests", "verdicts"))
    shown = margins(described(tests, verdicts))
    overview(figure, shown)
    write_panel(panels.overview(shown), job.output.panel)
