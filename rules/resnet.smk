# Section 2: a pretrained ResNet-152 on CIFAR-10: transfer, skip connections, feature hierarchies, depth.
#   needs: the prepared dataset, and the weights of three backbones (rules/backbones.smk)
#   steps: resnet_embed, all that a pretrained backbone makes of the images -> resnet_train_head (constant features) and
#          resnet_probe_layers; resnet_train where the backbone runs in each epoch -> resnet_measure_gradients;
#          resnet_evaluate, and resnet_score for designs; all -> summary; then figures and tables
#   makes: results/<run>/resnet/{models,embeddings,metrics,figures,tables}

from archdyn.workflow.experiments import Resnet

resnet = plan.add("resnet", Resnet)
RESNET_RUN = "{condition}_seed{seed}"
RESNET_LAYERS = ["layer1", "layer2", "layer3", "penultimate"]
RESNET_SHOWN = resnet.condition("head_corrected")["backbone"]  # the network of Figures 1 to 3
RESNET_UNTRAINED = resnet.condition("baseline_published")["backbone"]  # that of Figures 2 and 3 as published
RESNET_TABLES = {
    "table1": resnet.with_seeds("baseline_published", "baseline_corrected"),
    "table2": resnet.with_seeds("noskip_published", "noskip_corrected"),
    "table3": [name for name in resnet.conditions if name.split("_")[0] in ("head", "random", "layer4", "full")],
    "table4": [name for name in resnet.conditions if name.split("_")[0] in ("shallow", "deep")],
}
RESNET_GRADIENTS = resnet.with_seeds(
    *(f"{skips}_{how}" for how in ("published", "corrected", "scratch") for skips in ("skips", "noskip"))
)


rule resnet_embed:
    """Embed the images by a pretrained backbone: constant features of all, layers of some, and answers of new heads."""
    input:
        **resnet.arrays(),
        classes=resnet.classes,
        backbone=lambda w: resnet.weights(w.role),
    output:
        **resnet.embeddings("{role}", "train_features", "test_features", "untrained_features", "untrained_answers"),
        **{
            f"{split}_{layer}": f"<results>/resnet/embeddings/{{role}}_layers_{split}_{layer}.npy"
            for split in ("train", "test")
            for layer in RESNET_LAYERS
        },
        **resnet.embeddings("{role}", "layers_train_labels", "layers_test_labels"),
        cost="<results>/resnet/embeddings/{role}_cost.json",
        provenance="<results>/resnet/embeddings/{role}.provenance.json",
    log:
        "<logs>/resnet_embed/{role}.log",
    wildcard_constraints:
        role="|".join(resnet.settings["backbones"]),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=120),
    params:
        **plan.code("resnet_embed"),
        run="{role}",
        images=resnet.settings["images"],
        test_images=resnet.settings["test_images"],
        layers=resnet.settings["layers"],
        projected=resnet.projected_images(),
        seeds=resnet.seeds,
        preprocessing=lambda w: resnet.preprocessing(w.role),
        precision=resnet.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
    script:
        "../workflow/scripts/resnet_embed.py"


rule resnet_train:
    """Train a condition whose backbone runs in every epoch, for every seed."""
    input:
        **resnet.arrays(),
        classes=resnet.classes,
        backbone=lambda w: resnet.weights(resnet.condition(w.condition)["backbone"]),
    output:
        model=f"<results>/resnet/models/{RESNET_RUN}.safetensors",
        epochs=f"<results>/resnet/metrics/{RESNET_RUN}_epochs.csv",
        logits=f"<results>/resnet/embeddings/{RESNET_RUN}_logits.npy",
        provenance=f"<results>/resnet/models/{RESNET_RUN}.provenance.json",
    log:
        f"<logs>/resnet_train/{RESNET_RUN}.log",
        progress=f"<logs>/resnet_train/{RESNET_RUN}.csv",
    wildcard_constraints:
        condition="|".join(resnet.trained_with_backbone()),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=16000, runtime=720),
    params:
        **plan.code("resnet_train"),
        run=RESNET_RUN,
        training=lambda w: resnet.training(w.condition),
        images=resnet.settings["images"],
        test_images=resnet.settings["test_images"],
        device=config["device"],
    script:
        "../workflow/scripts/resnet_train.py"


rule resnet_train_head:
    """Train a head on constant features, for every condition that allows it and every seed."""
    input:
        unpack(lambda w: resnet.features(w.condition, rules.resnet_embed.output)),
        **resnet.arrays("train_labels", "test_labels"),
    output:
        model=f"<results>/resnet/models/{RESNET_RUN}.safetensors",
        epochs=f"<results>/resnet/metrics/{RESNET_RUN}_epochs.csv",
        logits=f"<results>/resnet/embeddings/{RESNET_RUN}_logits.npy",
        provenance=f"<results>/resnet/models/{RESNET_RUN}.provenance.json",
    log:
        f"<logs>/resnet_train_head/{RESNET_RUN}.log",
        progress=f"<logs>/resnet_train_head/{RESNET_RUN}.csv",
    wildcard_constraints:
        condition="|".join(resnet.trained_on_features()),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        **plan.code("resnet_train_head"),
        run=RESNET_RUN,
        training=lambda w: resnet.condition(w.condition),
        validation_share=resnet.settings["validation_share"],
        device="cpu",
    script:
        "../workflow/scripts/resnet_train_head.py"


rule resnet_probe_layers:
    """Probe every layer, compare the layers, and project them; all that needs UMAP, since it compiles for long."""
    input:
        **{
            f"{split}_{name}": filled(
                rules.resnet_embed.output[f"layers_{split}_labels" if name == "labels" else f"{split}_{name}"],
                role=RESNET_SHOWN,
            )
            for split in ("train", "test")
            for name in [*RESNET_LAYERS, "labels"]
        },
        first_features=filled(rules.resnet_embed.output.test_features, role=RESNET_SHOWN),
        untrained_features=filled(rules.resnet_embed.output.untrained_features, role=RESNET_UNTRAINED),
        first_labels=resnet.arrays()["test_labels"],
    output:
        metrics="<results>/resnet/metrics/layers.csv",
        layers_images="<results>/resnet/metrics/layers_images.csv",
        projections_images="<results>/resnet/metrics/projections_images.csv",
        cka="<results>/resnet/metrics/layers_cka.csv",
        points="<results>/resnet/embeddings/layers_umap.npy",
        first_points="<results>/resnet/embeddings/projections.npy",
        provenance="<results>/resnet/metrics/layers.provenance.json",
    log:
        "<logs>/resnet_probe_layers/layers.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        **plan.code("resnet_probe_layers"),
        layers=RESNET_LAYERS,
        protocols={"untrained": "_published", "first": ""},
        neighbours=resnet.settings["layers"]["neighbours"],
        validation_share=resnet.settings["validation_share"],
        first=resnet.projected_images(),
        seeds=resnet.seeds,
    script:
        "../workflow/scripts/resnet_probe_layers.py"


rule resnet_measure_gradients:
    """Measure the gradient that reaches each block, with and without skip connections."""
    input:
        **resnet.arrays("train_images", "train_labels"),
        models=resnet.runs(rules.resnet_train.output.model, *RESNET_GRADIENTS),
    output:
        metrics="<results>/resnet/metrics/gradients.csv",
        provenance="<results>/resnet/metrics/gradients.provenance.json",
    log:
        "<logs>/resnet_measure_gradients/gradients.log",
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=30),
    params:
        **plan.code("resnet_measure_gradients"),
        repetitions=resnet.repetitions(*RESNET_GRADIENTS),
        images=resnet.settings["images"],
        batch_size=resnet.settings["training"]["batch_size"],
        device=config["device"],
    script:
        "../workflow/scripts/resnet_measure_gradients.py"


rule resnet_evaluate:
    """Score every training, image by image too, and set what heads confuse beside the similarity of the classes."""
    input:
        **resnet.arrays("test_labels"),
        classes=resnet.classes,
        published=resnet.published,
        features=filled(rules.resnet_embed.output.test_features, role=RESNET_SHOWN),
        untrained_features=filled(rules.resnet_embed.output.untrained_features, role=RESNET_UNTRAINED),
        untrained_answers=filled(rules.resnet_embed.output.untrained_answers, role=RESNET_UNTRAINED),
        epochs=resnet.runs(rules.resnet_train.output.epochs),
        logits=resnet.runs(rules.resnet_train.output.logits),
    output:
        metrics="<results>/resnet/metrics/runs.csv",
        test_images="<results>/resnet/metrics/test_images.csv",
        validated_images="<results>/resnet/metrics/validated_images.csv",
        provenance="<results>/resnet/metrics/runs.provenance.json",
    log:
        "<logs>/resnet_evaluate/runs.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        **plan.code("resnet_evaluate"),
        repetitions=resnet.repetitions(),
        validated=resnet.validated_on_test(),
        confused="head_corrected",
        seeds=resnet.seeds,
    script:
        "../workflow/scripts/resnet_evaluate.py"


rule resnet_score:
    """Score the trainings of a design."""
    input:
        **resnet.arrays("test_labels"),
        epochs=lambda w: resnet.designs.of_runs(rules.resnet_train.output.epochs, w.design),
        logits=lambda w: resnet.designs.of_runs(rules.resnet_train.output.logits, w.design),
    output:
        metrics="<results>/resnet/metrics/runs_{design}.csv",
        provenance="<results>/resnet/metrics/runs_{design}.provenance.json",
    log:
        "<logs>/resnet_score/{design}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        **plan.code("resnet_score"),
    script:
        "../workflow/scripts/resnet_score.py"


resnet.per_image(
    rules.resnet_evaluate.output.test_images,
    rules.resnet_evaluate.output.validated_images,
    rules.resnet_probe_layers.output.layers_images,
    rules.resnet_probe_layers.output.projections_images,
)
resnet.summarise(
    rules.resnet_evaluate.output.metrics,
    rules.resnet_probe_layers.output.metrics,
    rules.resnet_measure_gradients.output.metrics,
)
resnet.figure(
    "figure1",
    classes=resnet.classes,
    labels=filled(rules.resnet_embed.output.layers_test_labels, role=RESNET_SHOWN),
    points=rules.resnet_probe_layers.output.points,
    summary=resnet.summary,
    settings={"layers": RESNET_LAYERS},
    label=resnet.label("head_corrected"),
)
resnet.figure(
    "figure2",
    classes=resnet.classes,
    labels=resnet.arrays()["test_labels"],
    points=rules.resnet_probe_layers.output.first_points,
    summary=resnet.summary,
    label=resnet.label("baseline_published", "head_corrected"),
)
resnet.figure(
    "figure3",
    classes=resnet.classes,
    labels=resnet.arrays()["test_labels"],
    published=resnet.published,
    features=rules.resnet_evaluate.input.features,
    logits=resnet.first_seed(rules.resnet_train.output.logits, "head_corrected"),
    untrained_features=rules.resnet_evaluate.input.untrained_features,
    untrained_answers=rules.resnet_evaluate.input.untrained_answers,
    label=resnet.label("baseline_published", "head_corrected", images_of_first_seed=True),
)
resnet.figure(
    "gradients",
    gradients=rules.resnet_measure_gradients.output.metrics,
    settings={"names": resnet.names(*RESNET_GRADIENTS)},
    label=resnet.label(*RESNET_GRADIENTS),
)
resnet.figure(
    "layers",
    summary=resnet.summary,
    cka=rules.resnet_probe_layers.output.cka,
    settings={"layers": RESNET_LAYERS},
    label=resnet.label("head_corrected"),
)
resnet.figure(
    "strategies",
    summary=resnet.summary,
    settings={"names": resnet.names(*RESNET_TABLES["table3"])},
    label=resnet.label(*RESNET_TABLES["table3"]),
)
for name, conditions in RESNET_TABLES.items():
    resnet.table(
        name,
        published=resnet.published,
        epochs=resnet.runs(rules.resnet_train.output.epochs, *conditions),
        settings={"names": resnet.names(*conditions)},
        label=resnet.label(*conditions),
    )
resnet.table("conditions", summary=resnet.summary, settings={"names": resnet.names()})
