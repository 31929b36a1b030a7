"""A dataset's raw files to arrays."""

from pathlib import Path

from archdyn.data.archives import prepare_cifar10, prepare_stl10
from archdyn.data.prepare import known_archive, prepare_idx, save_dataset
from archdyn.workflow.job import Job

ARCHIVES = {"cifar10": prepare_cifar10, "stl10": prepare_stl10}

with Job(snakemake) as job:
    raw, files = Path(job.input.raw), job.params.files
    if job.params.kind in ARCHIVES:
        arrays = ARCHIVES[job.params.kind](known_archive(raw, files), job.params.classes)
    else:
        arrays = prepare_idx(raw, files, job.params.image_shape, job.params.classes)
    save_dataset(arrays, job.params.classes, vars(job.output))
    job.say(f"{len(arrays['train_images'])} training images, {len(arrays['test_images'])} test images")
