"""A dataset's raw files to arrays."""

from pathlib import Path

from archdyn.data.prepare import prepare_idx, save_dataset
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    arrays = prepare_idx(Path(job.input.raw), job.params.files, job.params.image_shape, job.params.classes)
    save_dataset(arrays, job.params.classes, vars(job.output))
    job.say(f"{len(arrays['train_images'])} training images, {len(arrays['test_images'])} test images")
