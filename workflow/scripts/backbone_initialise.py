"""Draw random weights for a backbone; a classifier gets ImageNet's 1,000 classes as its head."""

from archdyn.networks.backbones import build, default_classes, save_backbone
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    seed_everything(job.seed)
    classes = default_classes(job.params.architecture)
    model = build(job.params.architecture, len(classes))
    save_backbone(job.output.model, model, job.params.architecture, classes, job.params.weights)
