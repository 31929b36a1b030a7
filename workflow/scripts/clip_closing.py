"""The panel of the modality gap that closes."""

import numpy as np

from archdyn.metrics.clip import gap_vector, shift_curve, unit
from archdyn.metrics.clip_closing import closing_accuracy, closing_points
from archdyn.panels.charts import closing_gap
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    train, test, prompts = (np.load(job.input[name]) for name in ("train_images", "test_images", "prompts"))
    train_labels, labels = np.load(job.input.train_labels)[: len(train)], np.load(job.input.test_labels)[: len(test)]
    gap = gap_vector(unit(train), unit(prompts[0])[train_labels])
    shown = job.params.settings["images"]
    points = closing_points(test[:shown], labels[:shown], prompts[0], gap)
    accuracy = closing_accuracy(shift_curve(test, labels, prompts[0], gap))
    write_panel(closing_gap(points, accuracy, job.read_json("classes")), job.output.panel)
