"""The panel of masks that grow."""

import numpy as np
import pandas as pd

from archdyn.panels.vit import mask_growth
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    images, masks, logits = (np.load(job.input[name]) for name in ("images", "masks", "logits"))
    sweep = pd.read_csv(job.input.sweep)
    panel = mask_growth(images, job.read_json("names"), sweep, masks, logits, job.read_json("classes"))
    write_panel(panel, job.output.panel)
