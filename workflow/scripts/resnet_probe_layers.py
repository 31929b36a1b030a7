"""Probe, compare and project the layers."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.metrics import cka_matrix, layer_metrics, projected
from archdyn.measures import two_dimensions
from archdyn.measures.tidy import per_image, tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    layers, k, seeds = job.params.layers, job.params.neighbours, job.params.seeds
    arrays = {name: np.load(path) for name, path in job.input.items()}
    firsts = {end: arrays[f"{kind}_features"][: job.params.first] for kind, end in job.params.protocols.items()}
    train, test = ({layer: arrays[f"{split}_{layer}"] for layer in layers} for split in ("train", "test"))
    labels = arrays["train_labels"], arrays["test_labels"]
    rows, of_layers, of_projections, points = [], [], [], []
    for layer in layers:
        values, images = layer_metrics(train[layer], labels[0], test[layer], labels[1], k, job.params.validation_share)
        rows.append(tidy("resnet", layer, 0, values))
        of_layers.append(per_image(layer, 0, images))
    for end, features in firsts.items():
        for name, by_seed in projected(features, arrays["first_labels"][: len(features)], k, seeds).items():
            points.append(by_seed[seeds[0]][0])
            rows += [tidy("resnet", f"{name}{end}", seed, values) for seed, (_, values, _) in by_seed.items()]
            of_projections += [per_image(f"{name}{end}", seed, images) for seed, (_, _, images) in by_seed.items()]
    np.save(job.output.points, np.stack([two_dimensions.umap(test[layer]) for layer in layers]))
    np.save(job.output.first_points, np.stack(points))
    cka_matrix(test).to_csv(job.output.cka)
    pd.concat(rows).to_csv(job.output.metrics, index=False)
    pd.concat(of_layers).to_csv(job.output.layers_images, index=False)
    pd.concat(of_projections).to_csv(job.output.projections_images, index=False)
