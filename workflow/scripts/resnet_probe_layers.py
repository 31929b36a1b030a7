"""Probe, compare and project the layers."""

import numpy as np
import pandas as pd

from archdyn.metrics.per_image import per_image
from archdyn.metrics.resnet import (
    check_projectable,
    cka_matrix,
    layer_metrics,
    project_tsne,
    project_umap,
    projection_metrics,
)
from archdyn.metrics.tidy import tidy
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    layers, k = job.params.layers, job.params.neighbours
    arrays = {name: np.load(path) for name, path in job.input.items() if name != "provenance"}
    check_projectable(min(len(arrays["test_labels"]), len(arrays["first_features"]), job.params.first), k)
    test = {layer: arrays[f"test_{layer}"] for layer in layers}
    train_labels, test_labels = arrays["train_labels"], arrays["test_labels"]
    rows, of_layers, of_projections = [], [], []
    for layer in layers:
        train = arrays[f"train_{layer}"]
        values, images = layer_metrics(train, train_labels, test[layer], test_labels, k, job.params.validation_share)
        rows.append(tidy("resnet", layer, 0, values))
        of_layers.append(per_image(layer, 0, images))
    np.save(job.output.points, np.stack([project_umap(test[layer]) for layer in layers]))
    cka_matrix(test).to_csv(job.output.cka)
    points = []
    for kind, protocol in (("untrained", "_published"), ("first", "")):
        first = arrays[f"{kind}_features"][: job.params.first]
        for name, project in (("tsne", project_tsne), ("umap", project_umap)):
            points.append(project(first))
            values, images = projection_metrics(first, points[-1], arrays["first_labels"][: len(first)], k)
            rows.append(tidy("resnet", f"{name}{protocol}", 0, values))
            of_projections.append(per_image(f"{name}{protocol}", 0, images))
    np.save(job.output.first_points, np.stack(points))
    pd.concat(rows).to_csv(job.output.metrics, index=False)
    pd.concat(of_layers).to_csv(job.output.layers_images, index=False)
    pd.concat(of_projections).to_csv(job.output.projections_images, index=False)
