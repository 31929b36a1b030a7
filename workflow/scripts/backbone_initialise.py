"""Draw random weights for a backbone, with ImageNet's 1,000 classes as its head."""

from archdyn.models.backbones import build, imagenet_classes, save_backbone
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    job.seed_everything()
    classes = imagenet_classes()
    model = build(job.params.architecture, len(classes))
    save_backbone(job.output.model, model, job.params.architecture, classes, job.params.weights)
