# Section 2: a pretrained ResNet-152 on CIFAR-10: transfer, skip connections, feature hierarchies, depth.
#   needs: the prepared dataset, and the weights of three backbones (rules/backbones.smk)
#   steps: resnet_embed (constant features) -> resnet_train_head, or resnet_train where the backbone runs each epoch;
#          beside them resnet_embed_layers -> resnet_probe_layers, and resnet_measure_gradients; all -> resnet_summary;
#          then Tables 1 to 4, a table of all conditions, Figures 1 to 3, gradients, layers and strategies
#   makes: results/<run>/resnet/{models,embeddings,metrics,figures,tables}

RESNET = config["resnet"]
RESNET_RUN = "{condition}_seed{seed}"
RESNET_FIGURES = ["figure1", "figure2", "figure3", "gradients", "layers", "strategies"]
RESNET_TABLES = ["table1", "table2", "table3", "table4", "conditions"]
RESNET_LAYERS = ["layer1", "layer2", "layer3", "penultimate"]
RESNET_GRADIENTS = ["head_published", "noskip_published", "noskip_corrected", "random_published"]


localrules:
    resnet_summary,
    resnet_table1,
    resnet_table2,
    resnet_table3,
    resnet_table4,
    resnet_conditions,
    resnet_figure1,
    resnet_figure2,
    resnet_figure3,
    resnet_gradients,
    resnet_layers,
    resnet_strategies,


rule resnet:
    input:
        expand("<results>/resnet/figures/{name}.{form}", name=RESNET_FIGURES, form=["pdf", "png"]),
        expand("<results>/resnet/tables/{name}.{form}", name=RESNET_TABLES, form=["csv", "md", "tex"]),


rule resnet_embed:
    """Extract the constant features of all images under the {wildcards.role} backbone."""
    input:
        **plan.arrays("resnet", "train_images", "test_images"),
        backbone=lambda w: plan.weights("resnet", w.role),
    output:
        train_features="<results>/resnet/embeddings/{role}_train_features.npy",
        test_features="<results>/resnet/embeddings/{role}_test_features.npy",
        cost="<results>/resnet/embeddings/{role}_cost.json",
        provenance="<results>/resnet/embeddings/{role}.provenance.json",
    log:
        "<logs>/resnet_embed/{role}.log",
    wildcard_constraints:
        role="deep|deep_v1|shallow",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=120,
    params:
        run="{role}",
        images=RESNET["images"],
        test_images=RESNET["test_images"],
        precision=RESNET["precision"],
        device=config["device"],
        code=plan.code("resnet_embed"),
    script:
        "../workflow/scripts/resnet_embed.py"


rule resnet_train:
    """Train condition {wildcards.condition} with seed {wildcards.seed}; the backbone runs in every epoch."""
    input:
        **plan.arrays("resnet"),
        classes=plan.classes("resnet"),
        backbone=lambda w: plan.weights("resnet", plan.condition("resnet", w.condition)["backbone"]),
    output:
        model=f"<results>/resnet/models/{RESNET_RUN}.safetensors",
        epochs=f"<results>/resnet/metrics/{RESNET_RUN}_epochs.csv",
        logits=f"<results>/resnet/embeddings/{RESNET_RUN}_logits.npy",
        provenance=f"<results>/resnet/models/{RESNET_RUN}.provenance.json",
    log:
        f"<logs>/resnet_train/{RESNET_RUN}.log",
        progress=f"<logs>/resnet_train/{RESNET_RUN}.csv",
    wildcard_constraints:
        condition="|".join(plan.trained_with_backbone("resnet")),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=16000,
        runtime=720,
    params:
        run=RESNET_RUN,
        training=lambda w: plan.condition("resnet", w.condition),
        images=RESNET["images"],
        test_images=RESNET["test_images"],
        precision=RESNET["precision"],
        validation_share=RESNET["validation_share"],
        device=config["device"],
        code=plan.code("resnet_train"),
    script:
        "../workflow/scripts/resnet_train.py"


rule resnet_train_head:
    """Train the head of condition {wildcards.condition} with seed {wildcards.seed} on constant features."""
    input:
        unpack(lambda w: plan.features("resnet", w.condition, rules.resnet_embed.output)),
        **plan.arrays("resnet", "train_labels", "test_labels"),
    output:
        model=f"<results>/resnet/models/{RESNET_RUN}.safetensors",
        epochs=f"<results>/resnet/metrics/{RESNET_RUN}_epochs.csv",
        logits=f"<results>/resnet/embeddings/{RESNET_RUN}_logits.npy",
        provenance=f"<results>/resnet/models/{RESNET_RUN}.provenance.json",
    log:
        f"<logs>/resnet_train_head/{RESNET_RUN}.log",
        progress=f"<logs>/resnet_train_head/{RESNET_RUN}.csv",
    wildcard_constraints:
        condition="|".join(plan.trained_on_features("resnet")),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RESNET_RUN,
        training=lambda w: plan.condition("resnet", w.condition),
        validation_share=RESNET["validation_share"],
        device="cpu",
        code=plan.code("resnet_train_head"),
    script:
        "../workflow/scripts/resnet_train_head.py"


rule resnet_embed_layers:
    """Embed images by layer of the deep backbone, all layers in one forward pass."""
    input:
        **plan.arrays("resnet"),
        backbone=plan.weights("resnet", "deep"),
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
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=60,
    params:
        images=RESNET["layers"],
        precision=RESNET["precision"],
        device=config["device"],
        code=plan.code("resnet_embed_layers"),
    script:
        "../workflow/scripts/resnet_embed_layers.py"


rule resnet_probe_layers:
    """Probe every layer, compare the layers, and project them; all that needs UMAP, since it compiles for long."""
    input:
        **rules.resnet_embed_layers.output,
        first_features="<results>/resnet/embeddings/deep_test_features.npy",
        first_labels=plan.arrays("resnet")["test_labels"],
    output:
        metrics="<results>/resnet/metrics/layers.csv",
        cka="<results>/resnet/metrics/layers_cka.csv",
        points="<results>/resnet/embeddings/layers_umap.npy",
        first_points="<results>/resnet/embeddings/projections.npy",
        provenance="<results>/resnet/metrics/layers.provenance.json",
    log:
        "<logs>/resnet_probe_layers/layers.log",
    benchmark:
        "<benchmarks>/resnet_probe_layers/layers.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        layers=RESNET_LAYERS,
        neighbours=RESNET["layers"]["neighbours"],
        first=RESNET["layers"]["test_images"],
        code=plan.code("resnet_probe_layers"),
    script:
        "../workflow/scripts/resnet_probe_layers.py"


rule resnet_measure_gradients:
    """Measure the gradient that reaches each block, with and without skip connections."""
    input:
        **plan.arrays("resnet", "train_images", "train_labels"),
        models=plan.runs("resnet", rules.resnet_train.output.model, RESNET_GRADIENTS),
    output:
        metrics="<results>/resnet/metrics/gradients.csv",
        provenance="<results>/resnet/metrics/gradients.provenance.json",
    log:
        "<logs>/resnet_measure_gradients/gradients.log",
    benchmark:
        "<benchmarks>/resnet_measure_gradients/gradients.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=30,
    params:
        conditions=RESNET_GRADIENTS,
        images=RESNET["images"],
        seeds=RESNET["seeds"],
        batch_size=RESNET["training"]["batch_size"],
        device=config["device"],
        code=plan.code("resnet_measure_gradients"),
    script:
        "../workflow/scripts/resnet_measure_gradients.py"


rule resnet_summary:
    """Score all conditions and seeds, and gather all numbers with their mean, spread and n."""
    input:
        **plan.arrays("resnet", "test_labels"),
        epochs=plan.runs("resnet", rules.resnet_train.output.epochs),
        logits=plan.runs("resnet", rules.resnet_train.output.logits),
        layers=rules.resnet_probe_layers.output.metrics,
        gradients=rules.resnet_measure_gradients.output.metrics,
    output:
        metrics="<results>/resnet/metrics/all.csv",
        summary="<results>/resnet/metrics/summary.csv",
        epochs="<results>/resnet/metrics/epochs.csv",
        provenance="<results>/resnet/metrics/summary.provenance.json",
    log:
        "<logs>/resnet_summary/summary.log",
    benchmark:
        "<benchmarks>/resnet_summary/summary.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("resnet_summary"),
    script:
        "../workflow/scripts/resnet_summary.py"


rule resnet_table1:
    """Table 1: a new head on the frozen network, published beside ours."""
    input:
        published="config/published/resnet.yaml",
        epochs=rules.resnet_summary.output.epochs,
        caption="workflow/report/resnet/tables/table1.rst",
    output:
        **plan.table("<results>/resnet/tables/table1"),
    log:
        "<logs>/resnet_table1/table1.log",
    benchmark:
        "<benchmarks>/resnet_table1/table1.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_table1"),
    script:
        "../workflow/scripts/resnet_table1.py"


rule resnet_table2:
    """Table 2: without the skip connections of layer1 and layer2, published beside ours."""
    input:
        published="config/published/resnet.yaml",
        epochs=rules.resnet_summary.output.epochs,
        caption="workflow/report/resnet/tables/table2.rst",
    output:
        **plan.table("<results>/resnet/tables/table2"),
    log:
        "<logs>/resnet_table2/table2.log",
    benchmark:
        "<benchmarks>/resnet_table2/table2.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_table2"),
    script:
        "../workflow/scripts/resnet_table2.py"


rule resnet_table3:
    """Table 3: what to train, published beside ours, with the full fine-tune that the report leaves out."""
    input:
        published="config/published/resnet.yaml",
        epochs=rules.resnet_summary.output.epochs,
        caption="workflow/report/resnet/tables/table3.rst",
    output:
        **plan.table("<results>/resnet/tables/table3"),
    log:
        "<logs>/resnet_table3/table3.log",
    benchmark:
        "<benchmarks>/resnet_table3/table3.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_table3"),
    script:
        "../workflow/scripts/resnet_table3.py"


rule resnet_table4:
    """Table 4: depth, on a tenth of the images, published beside ours."""
    input:
        published="config/published/resnet.yaml",
        epochs=rules.resnet_summary.output.epochs,
        caption="workflow/report/resnet/tables/table4.rst",
    output:
        **plan.table("<results>/resnet/tables/table4"),
    log:
        "<logs>/resnet_table4/table4.log",
    benchmark:
        "<benchmarks>/resnet_table4/table4.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_table4"),
    script:
        "../workflow/scripts/resnet_table4.py"


rule resnet_conditions:
    """All conditions in one table, with accuracy on the test images and cost."""
    input:
        summary=rules.resnet_summary.output.summary,
        caption="workflow/report/resnet/tables/conditions.rst",
    output:
        **plan.table("<results>/resnet/tables/conditions"),
    log:
        "<logs>/resnet_conditions/conditions.log",
    benchmark:
        "<benchmarks>/resnet_conditions/conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=list(RESNET["conditions"]),
        label=plan.label("resnet"),
        code=plan.code("resnet_conditions"),
    script:
        "../workflow/scripts/resnet_conditions.py"


rule resnet_figure1:
    """Figure 1: the layers of the deep network, projected by UMAP."""
    input:
        classes=plan.classes("resnet"),
        labels=rules.resnet_embed_layers.output.test_labels,
        points=rules.resnet_probe_layers.output.points,
        summary=rules.resnet_summary.output.summary,
    output:
        **plan.figure("<results>/resnet/figures/figure1"),
    log:
        "<logs>/resnet_figure1/figure1.log",
    benchmark:
        "<benchmarks>/resnet_figure1/figure1.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        layers=RESNET_LAYERS,
        label=plan.label("resnet"),
        code=plan.code("resnet_figure1"),
    script:
        "../workflow/scripts/resnet_figure1.py"


rule resnet_figure2:
    """Figure 2: t-SNE beside UMAP."""
    input:
        classes=plan.classes("resnet"),
        labels=plan.arrays("resnet")["test_labels"],
        points=rules.resnet_probe_layers.output.first_points,
        summary=rules.resnet_summary.output.summary,
    output:
        **plan.figure("<results>/resnet/figures/figure2"),
    log:
        "<logs>/resnet_figure2/figure2.log",
    benchmark:
        "<benchmarks>/resnet_figure2/figure2.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_figure2"),
    script:
        "../workflow/scripts/resnet_figure2.py"


rule resnet_figure3:
    """Figure 3: what the trained head confuses, and how similar the classes' mean embeddings are."""
    input:
        classes=plan.classes("resnet"),
        labels=plan.arrays("resnet")["test_labels"],
        features="<results>/resnet/embeddings/deep_test_features.npy",
        logits=plan.shown("resnet", rules.resnet_train.output.logits, ["head_corrected"]),
    output:
        **plan.figure("<results>/resnet/figures/figure3"),
    log:
        "<logs>/resnet_figure3/figure3.log",
    benchmark:
        "<benchmarks>/resnet_figure3/figure3.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet", images_of_first_seed=True),
        code=plan.code("resnet_figure3"),
    script:
        "../workflow/scripts/resnet_figure3.py"


rule resnet_gradients:
    """The gradient that reaches each block, with and without skip connections."""
    input:
        gradients=rules.resnet_measure_gradients.output.metrics,
    output:
        **plan.figure("<results>/resnet/figures/gradients"),
    log:
        "<logs>/resnet_gradients/gradients.log",
    benchmark:
        "<benchmarks>/resnet_gradients/gradients.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_gradients"),
    script:
        "../workflow/scripts/resnet_gradients.py"


rule resnet_layers:
    """How well each layer tells the classes apart, and how similar the layers are."""
    input:
        summary=rules.resnet_summary.output.summary,
        cka=rules.resnet_probe_layers.output.cka,
    output:
        **plan.figure("<results>/resnet/figures/layers"),
    log:
        "<logs>/resnet_layers/layers.log",
    benchmark:
        "<benchmarks>/resnet_layers/layers.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        layers=RESNET_LAYERS,
        label=plan.label("resnet"),
        code=plan.code("resnet_layers"),
    script:
        "../workflow/scripts/resnet_layers.py"


rule resnet_strategies:
    """Accuracy against what it costs, by strategy."""
    input:
        summary=rules.resnet_summary.output.summary,
    output:
        **plan.figure("<results>/resnet/figures/strategies"),
    log:
        "<logs>/resnet_strategies/strategies.log",
    benchmark:
        "<benchmarks>/resnet_strategies/strategies.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("resnet"),
        code=plan.code("resnet_strategies"),
    script:
        "../workflow/scripts/resnet_strategies.py"


rule resnet_benchmark:
    """Time the report's way of {wildcards.work} and ours, in turn, on this machine."""
    input:
        **plan.arrays("resnet", "train_images"),
        backbone=plan.weights("resnet", "deep"),
    output:
        **plan.table("<results>/resnet/tables/benchmark_{work}"),
    log:
        "<logs>/resnet_benchmark/{work}.log",
    wildcard_constraints:
        work="embedding|training",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=60,
    params:
        training=plan.condition("resnet", "random_published"),
        precision=RESNET["precision"],
        validation_share=RESNET["validation_share"],
        images=RESNET["benchmark"]["images"],
        rounds=RESNET["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=plan.scale("resnet"),
        code=plan.code("resnet_benchmark"),
    script:
        "../workflow/scripts/resnet_benchmark.py"
