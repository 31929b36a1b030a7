"""A user's folder of pictures to arrays."""

from pathlib import Path

from archdyn.data.imagefolder import prepare_imagefolder
from archdyn.data.prepare import save_dataset
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    folder = Path(job.params.folder).expanduser()
    arrays, classes = prepare_imagefolder(folder, job.params.size, job.params.channels)
    save_dataset(arrays, classes, vars(job.output))
    job.say(f"{len(arrays['train_images'])} training images, {len(arrays['test_images'])} test images")
