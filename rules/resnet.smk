# Section 2: a pretrained ResNet-152 on CIFAR-10: transfer, skip connections, feature hierarchies, depth.
#   needs: the prepared dataset, and the weights of three backbones (rules/backbones.smk)
#   steps: resnet_embed (constant features) -> resnet_train_head, or resnet_train where the backbone runs each epoch;
#          beside them resnet_embed_layers -> resnet_probe_layers, and resnet_measure_gradients; all -> resnet_summary;
#          then Tables 1 to 4, a table of all conditions, Figures 1 to 3, gradients, layers and strategies
#   makes: results/<run>/resnet/{models,embeddings,metrics,figures,tables}

from archdyn.workflow.experiments import NAMED, Resnet

resnet = plan.add("resnet", Resnet)
RESNET_RUN = "{condition}_seed{seed}"
RESNET_LAYERS = ["layer1", "layer2", "layer3", "penultimate"]
RESNET_SHOWN = resnet.condition("head_corrected")["backbone"]  # the network of Figures 1 to 3
RESNET_UNTRAINED = resnet.training("baseline_published")  # backbone and normalisation of Figures 2 and 3 are its own
RESNET_STRATEGIES = ["head", "random", "layer4", "full"]
RESNET_TABLE3 = [name for name in resnet.conditions if name.split("_")[0] in RESNET_STRATEGIES]
RESNET_GRADIENTS = [f"{skips}_{how}" for how in ("published", "corrected", "scratch") for skips in ("skips", "noskip")]
RESNET_CONFUSED = ["head_published", "head_corrected"]  # whose features are those that classes are compared by


rule resnet_embed:
    """Extract the constant features of all images under a backbone."""
    input:
        **resnet.arrays("train_images", "test_images"),
        backbone=lambda w: resnet.weights(w.role),
    output:
        train_features="<results>/resnet/embeddings/{role}_train_features.npy",
        test_features="<results>/resnet/embeddings/{role}_test_features.npy",
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
        run="{role}",
        images=resnet.settings["images"],
        test_images=resnet.settings["test_images"],
        preprocessing=lambda w: resnet.preprocessing(w.role),
        precision=resnet.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("resnet_embed"),
    message:
        "resnet: extracting features by the {wildcards.role} backbone"
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
        run=RESNET_RUN,
        training=lambda w: resnet.training(w.condition),
        images=resnet.settings["images"],
        test_images=resnet.settings["test_images"],
        device=config["device"],
        **plan.code("resnet_train"),
    message:
        "resnet: training {wildcards.condition}, seed {wildcards.seed}"
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
        run=RESNET_RUN,
        training=lambda w: resnet.condition(w.condition),
        validation_share=resnet.settings["validation_share"],
        device="cpu",
        **plan.code("resnet_train_head"),
    message:
        "resnet: training the head of {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/resnet_train_head.py"


rule resnet_embed_layers:
    """Embed images by layer of one backbone, all layers in one forward pass."""
    input:
        **resnet.arrays(),
        backbone=resnet.weights(RESNET_SHOWN),
    output:
        **{
            f"{split}_{layer}": f"<results>/resnet/embeddings/layers_{split}_{layer}.npy"
            for split in ("train", "test")
            for layer in RESNET_LAYERS
        },
        train_labels="<results>/resnet/embeddings/layers_train_labels.npy",
        test_labels="<results>/resnet/embeddings/layers_test_labels.npy",
        provenance="<results>/resnet/embeddings/layers.provenance.json",
    log:
        "<logs>/resnet_embed_layers/layers.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=60),
    params:
        images=resnet.settings["layers"],
        preprocessing=resnet.preprocessing(RESNET_SHOWN),
        precision=resnet.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("resnet_embed_layers"),
    message:
        "resnet: embedding images by layer"
    script:
        "../workflow/scripts/resnet_embed_layers.py"


rule resnet_embed_untrained:
    """Embed the first test images as Figures 2 and 3 do: older weights, and a head that was never trained."""
    input:
        **resnet.arrays("test_images"),
        classes=resnet.classes,
        backbone=resnet.weights(RESNET_UNTRAINED["backbone"]),
    output:
        features="<results>/resnet/embeddings/untrained_features.npy",
        logits="<results>/resnet/embeddings/untrained_logits.npy",
        provenance="<results>/resnet/embeddings/untrained.provenance.json",
    log:
        "<logs>/resnet_embed_untrained/untrained.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=60),
    params:
        training=RESNET_UNTRAINED,
        images=resnet.projected_images(),
        seed=resnet.seeds[0],
        precision=resnet.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("resnet_embed_untrained"),
    message:
        "resnet: embedding images as Figures 2 and 3 do"
    script:
        "../workflow/scripts/resnet_embed_untrained.py"


rule resnet_probe_layers:
    """Probe every layer, compare the layers, and project them; all that needs UMAP, since it compiles for long."""
    input:
        **rules.resnet_embed_layers.output,
        first_features=f"<results>/resnet/embeddings/{RESNET_SHOWN}_test_features.npy",
        untrained_features=rules.resnet_embed_untrained.output.features,
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
        layers=RESNET_LAYERS,
        neighbours=resnet.settings["layers"]["neighbours"],
        validation_share=resnet.settings["validation_share"],
        first=resnet.projected_images(),
        **plan.code("resnet_probe_layers"),
    message:
        "resnet: probing and projecting the layers"
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
        repetitions=resnet.repetitions(*RESNET_GRADIENTS),
        images=resnet.settings["images"],
        batch_size=resnet.settings["training"]["batch_size"],
        device=config["device"],
        **plan.code("resnet_measure_gradients"),
    message:
        "resnet: measuring gradients by block"
    script:
        "../workflow/scripts/resnet_measure_gradients.py"


rule resnet_score_images:
    """Keep what every training is right on, image by image, and set its confusions beside the classes' similarity."""
    input:
        **resnet.arrays("test_labels"),
        classes=resnet.classes,
        features=f"<results>/resnet/embeddings/{RESNET_SHOWN}_test_features.npy",
        logits=resnet.runs(rules.resnet_train.output.logits),
    output:
        metrics="<results>/resnet/metrics/confusions.csv",
        test_images="<results>/resnet/metrics/test_images.csv",
        validated_images="<results>/resnet/metrics/validated_images.csv",
        provenance="<results>/resnet/metrics/confusions.provenance.json",
    log:
        "<logs>/resnet_score_images/images.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        repetitions=resnet.repetitions(),
        validated=resnet.validated_on_test(),
        confused=RESNET_CONFUSED,
        **plan.code("resnet_score_images"),
    message:
        "resnet: scoring every image"
    script:
        "../workflow/scripts/resnet_score_images.py"


resnet.per_image(
    rules.resnet_score_images.output.test_images,
    rules.resnet_score_images.output.validated_images,
    rules.resnet_probe_layers.output.layers_images,
    rules.resnet_probe_layers.output.projections_images,
)
rule resnet_score:
    """Score the trainings of a design, or of all named conditions."""
    input:
        **resnet.arrays("test_labels"),
        epochs=lambda w: resnet.trained(rules.resnet_train.output.epochs, w.design),
        logits=lambda w: resnet.trained(rules.resnet_train.output.logits, w.design),
    output:
        metrics="<results>/resnet/metrics/runs_{design}.csv",
        provenance="<results>/resnet/metrics/runs_{design}.provenance.json",
    log:
        "<logs>/resnet_score/{design}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.code("resnet_score"),
    script:
        "../workflow/scripts/resnet_score.py"


resnet.summarise(
    filled(rules.resnet_score.output.metrics, design=NAMED),
    rules.resnet_probe_layers.output.metrics,
    rules.resnet_score_images.output.metrics,
    rules.resnet_measure_gradients.output.metrics,
)
resnet.figure(
    "figure1",
    classes=resnet.classes,
    labels=rules.resnet_embed_layers.output.test_labels,
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
    features=f"<results>/resnet/embeddings/{RESNET_SHOWN}_test_features.npy",
    logits=resnet.first_seed(rules.resnet_train.output.logits, "head_corrected"),
    untrained_features=rules.resnet_embed_untrained.output.features,
    untrained_logits=rules.resnet_embed_untrained.output.logits,
    label=resnet.label("baseline_published", "head_corrected", images_of_first_seed=True),
)
resnet.figure(
    "gradients",
    gradients=rules.resnet_measure_gradients.output.metrics,
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
    label=resnet.label(*RESNET_TABLE3),
)
resnet.table(
    "table1",
    published=resnet.published,
    epochs=resnet.runs(rules.resnet_train.output.epochs),
    settings={"restart_after": resnet.condition("baseline_published")["epochs"] // 2},
)
resnet.table("table2", published=resnet.published, epochs=resnet.runs(rules.resnet_train.output.epochs))
resnet.table(
    "table3",
    published=resnet.published,
    epochs=resnet.runs(rules.resnet_train.output.epochs),
    settings={"conditions": RESNET_STRATEGIES},
    label=resnet.label(*RESNET_TABLE3),
)
resnet.table(
    "table4",
    published=resnet.published,
    epochs=resnet.runs(rules.resnet_train.output.epochs),
    settings={"conditions": ["shallow", "deep"]},
)
resnet.table("conditions", summary=resnet.summary, settings={"conditions": resnet.conditions})



rule resnet:
    """All figures and tables of section 2, ResNet."""
    input:
        resnet.results(),
