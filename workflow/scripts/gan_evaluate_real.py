"""Measure held-out real images as though they were samples: the best that a generator could score."""

from archdyn.experiments.gan.metrics import sample_metrics
from archdyn.measures.generative import ImageSet
from archdyn.measures.tidy import tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    train = ImageSet.load(job.input.train_images, job.input.train_features, job.input.train_logits)
    held_out = ImageSet.load(job.input.test_images, job.input.test_features, job.input.test_logits)
    values = sample_metrics(held_out.first(job.params.samples), train, None, job.params.neighbours)
    tidy("gan", "held_out", 0, values).to_csv(job.output.metrics, index=False)
