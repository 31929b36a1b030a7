"""Table 6 as the report's code has it."""

from archdyn.experiments.vit.metrics import Embedded, probe_rows, published_probe
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    train, test = (Embedded.load(job.input, split) for split in ("train", "test"))
    rows, images = probe_rows("probe_published", train, test, published_probe, job.seed)
    rows.to_csv(job.output.metrics, index=False)
    images.to_csv(job.output.images, index=False)
