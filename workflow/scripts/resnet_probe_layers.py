"""Probe, compare and project the layers."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.metrics import (
    check_projectable,
    cka_matrix,
    layer_metrics,
    project_tsne,
    project_umap,
    projection_metrics,
)
from archdyn.measures.tidy import per_image, tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    layers, k = job.params.layers, job.params.neighbours
    arrays = {name: np.load(path) for name, path in job.input.items() if name != "provenance"}
    check_projectable(min(len(arrays["test_labels"]), len(arrays["first_features"]), job.params.first), k)
    train, test = ({layer: arrays[f"{split}_{layer}"] for layer in layers} for split in ("train", "test"))
    labels = arrays["train_labels"], arrays["test_labels"]
    settings = k, job.params.validation_share
    found = {layer: layer_metrics(train[layer], labels[0], test[layer], labels[1], *settings) for layer in layers}
    np.save(job.output.points, np.stack([project_umap(test[layer]) for layer in layers]))
    cka_matrix(test).to_csv(job.output.cka)
    points, projected = [], {}
    for kind, protocol in (("untrained", "_published"), ("first", "")):
        first = arrays[f"{kind}_features"][: job.params.first]
        for name, project in (("tsne", project_tsne), ("umap", project_umap)):
            points.append(project(first))
            first_labels = arrays["first_labels"][: len(first)]
            projected[f"{name}{protocol}"] = projection_metrics(first, points[-1], first_labels, k)
    np.save(job.output.first_points, np.stack(points))
    rows = [tidy("resnet", name, 0, values) for name, (values, _) in (found | projected).items()]
    pd.concat(rows).to_csv(job.output.metrics, index=False)
    for file, of in ((job.output.layers_images, found), (job.output.projections_images, projected)):
        pd.concat([per_image(name, 0, images) for name, (_, images) in of.items()]).to_csv(file, index=False)
