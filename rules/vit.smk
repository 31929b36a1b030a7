# Section 3: a vision transformer's predictions, attention, answers under masks, and linear probes.
#   needs: the prepared datasets, the transformer's weights, and a CNN of section 2 for Grad-CAM
#   steps: vit_images, the pictures to show (photos, or test images);
#          vit_look (logits, attention), vit_mask (answers under masks), vit_embed (CLS and mean patch), vit_gradcam;
#          vit_evaluate_attention, vit_evaluate_masking, vit_probe_published, vit_probe_corrected -> vit_summary;
#          then Figures 4 and 5, Tables 5 and 6, and what goes with each of them
#   makes: results/<run>/vit/{models,embeddings,metrics,figures,tables}

VIT = config["vit"]
VIT_FIGURES = ["figure4", "figure5", "heads", "specialisation", "masking", "learning_curve"]
VIT_TABLES = ["predictions", "table5", "masking", "table6", "heads"]

VIT_MODEL = plan.weights("vit", "vit")
VIT_CNN = {
    "pretrained": plan.weights("resnet", "deep"),
    "transferred": plan.shown("resnet", rules.resnet_train.output.model, ["full_corrected"])[0],
}[VIT["cnn"]]
VIT_CNN_LABEL = " · ".join(
    [plan.weights_label(config["resnet"]["backbones"]["deep"], "resnet")]
    + [f"transferred to {plan.dataset('resnet')}"] * (VIT["cnn"] == "transferred")
)
VIT_PREPROCESSING = backbones.architecture(VIT["backbones"]["vit"]["name"])["preprocessing"]
VIT_NORMALISATION = {"own": {}, "imagenet": {"mean": [0.485, 0.456, 0.406], "sd": [0.229, 0.224, 0.225]}}
VIT_PROBED = registry.dataset_id(VIT["probes"]["dataset"])
VIT_IMAGES = {  # that probes are fitted and scored on: ImageNet's normalisation belongs to the published protocol
    "imagenet": {"train": VIT["probes"]["train_images"], "test": VIT["probes"]["published_test_images"]},
    "own": {"train": VIT["probes"]["train_images"], "test": VIT["probes"]["test_images"]},
}
VIT_EMBEDDED = "<results>/vit/embeddings/{dataset}_{normalisation}"
VIT_MASKED = f"{VIT['masking']['images']} images of {plan.dataset('vit')}"
VIT_SHOWN = plan.pictures("vit")


localrules:
    vit_images,
    vit_summary,
    vit_figure4,
    vit_figure5,
    vit_heads,
    vit_specialisation,
    vit_masking,
    vit_learning_curve,
    vit_predictions_table,
    vit_table5,
    vit_masking_table,
    vit_table6,
    vit_heads_table,


rule vit:
    input:
        expand("<results>/vit/figures/{name}.{form}", name=VIT_FIGURES, form=["pdf", "png"]),
        expand("<results>/vit/tables/{name}.{form}", name=VIT_TABLES, form=["csv", "md", "tex"]),


rule vit_images:
    """Prepare the pictures that are looked at one by one."""
    input:
        **plan.arrays("vit", "test_images", "test_labels"),
        classes=plan.classes("vit"),
        files=plan.photos("vit"),
    output:
        images="<results>/vit/embeddings/shown_images.npy",
        names="<results>/vit/embeddings/shown_names.json",
        provenance="<results>/vit/embeddings/shown_images.provenance.json",
    log:
        "<logs>/vit_images/shown.log",
    benchmark:
        "<benchmarks>/vit_images/shown.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        names=[photo["name"] for photo in VIT["images"] or []],
        preprocessing=VIT_PREPROCESSING,
        code=plan.code("vit_images"),
    script:
        "../workflow/scripts/vit_images.py"


rule vit_look:
    """Logits and attention of the shown pictures in one pass, and the heads' statistics on many images."""
    input:
        **plan.arrays("vit", "test_images"),
        model=VIT_MODEL,
        images=rules.vit_images.output.images,
    output:
        logits="<results>/vit/embeddings/shown_logits.npy",
        attention="<results>/vit/embeddings/shown_attention.npy",
        classes="<results>/vit/embeddings/classes.json",
        entropy="<results>/vit/embeddings/head_entropy.npy",
        distance="<results>/vit/embeddings/head_distance.npy",
        provenance="<results>/vit/embeddings/look.provenance.json",
    log:
        "<logs>/vit_look/look.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=6000,
        runtime=60,
    params:
        images=VIT["attention"]["images"],
        device=config["device"],
        code=plan.code("vit_look"),
    script:
        "../workflow/scripts/vit_look.py"


rule vit_gradcam:
    """Where a convolutional network of section 2 looks on the same pictures."""
    input:
        model=VIT_CNN,
        images=rules.vit_images.output.images,
    output:
        maps="<results>/vit/embeddings/gradcam.npy",
        facts="<results>/vit/embeddings/gradcam.json",
        provenance="<results>/vit/embeddings/gradcam.provenance.json",
    log:
        "<logs>/vit_gradcam/gradcam.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=20,
    params:
        device=config["device"],
        weights=VIT_CNN_LABEL,
        code=plan.code("vit_gradcam"),
    script:
        "../workflow/scripts/vit_gradcam.py"


rule vit_mask:
    """Mask the shown pictures and many test images, at random and at the centre, by black pixels and lost tokens."""
    input:
        **plan.arrays("vit", "test_images"),
        model=VIT_MODEL,
        images=rules.vit_images.output.images,
    output:
        sweep="<results>/vit/embeddings/masked.csv",
        cls="<results>/vit/embeddings/masked_cls.npy",
        top1="<results>/vit/embeddings/masked_top1.npy",
        probability="<results>/vit/embeddings/masked_probability.npy",
        shown="<results>/vit/embeddings/shown_masked.csv",
        shown_masks="<results>/vit/embeddings/shown_masks.npy",
        shown_logits="<results>/vit/embeddings/shown_masked_logits.npy",
        provenance="<results>/vit/embeddings/masked.provenance.json",
    log:
        "<logs>/vit_mask/mask.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=6000,
        runtime=240,
    params:
        masking=VIT["masking"],
        published_fraction=0.3,
        seeds=VIT["seeds"],
        precision=VIT["precision"],
        device=config["device"],
        code=plan.code("vit_mask"),
    script:
        "../workflow/scripts/vit_mask.py"


rule vit_embed:
    """Embed {wildcards.dataset}, {wildcards.normalisation} normalisation: CLS and mean patch tokens, in one pass."""
    input:
        train_images="resources/datasets/{dataset}/train_images.npy",
        test_images="resources/datasets/{dataset}/test_images.npy",
        model=VIT_MODEL,
    output:
        train_cls=f"{VIT_EMBEDDED}_train_cls.npy",
        train_mean_patch=f"{VIT_EMBEDDED}_train_mean_patch.npy",
        test_cls=f"{VIT_EMBEDDED}_test_cls.npy",
        test_mean_patch=f"{VIT_EMBEDDED}_test_mean_patch.npy",
        provenance=f"{VIT_EMBEDDED}.provenance.json",
    log:
        "<logs>/vit_embed/{dataset}_{normalisation}.log",
    wildcard_constraints:
        normalisation="|".join(VIT_NORMALISATION),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=240,
    params:
        run="{dataset}_{normalisation}",
        images=lambda w: VIT_IMAGES[w.normalisation],
        preprocessing=lambda w: VIT_NORMALISATION[w.normalisation],
        precision=VIT["precision"],
        device=config["device"],
        code=plan.code("vit_embed"),
    script:
        "../workflow/scripts/vit_embed.py"


rule vit_evaluate_attention:
    """Measure how the heads specialise."""
    input:
        attention=rules.vit_look.output.attention,
        entropy=rules.vit_look.output.entropy,
        distance=rules.vit_look.output.distance,
    output:
        metrics="<results>/vit/metrics/attention.csv",
        provenance="<results>/vit/metrics/attention.provenance.json",
    log:
        "<logs>/vit_evaluate_attention/attention.log",
    benchmark:
        "<benchmarks>/vit_evaluate_attention/attention.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        seed=VIT["seeds"][0],
        code=plan.code("vit_evaluate_attention"),
    script:
        "../workflow/scripts/vit_evaluate_attention.py"


rule vit_evaluate_masking:
    """Measure the answers under every mask."""
    input:
        **plan.arrays("vit", "train_labels", "test_labels"),
        train_cls=plan.probed(plan.dataset("vit"), "own", rules.vit_embed.output)["train_cls"],
        sweep=rules.vit_mask.output.sweep,
        cls=rules.vit_mask.output.cls,
        top1=rules.vit_mask.output.top1,
        probability=rules.vit_mask.output.probability,
    output:
        metrics="<results>/vit/metrics/masking.csv",
        provenance="<results>/vit/metrics/masking.provenance.json",
    log:
        "<logs>/vit_evaluate_masking/masking.log",
    benchmark:
        "<benchmarks>/vit_evaluate_masking/masking.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=VIT["seeds"][0],
        validation_share=VIT["probes"]["validation_share"],
        code=plan.code("vit_evaluate_masking"),
    script:
        "../workflow/scripts/vit_evaluate_masking.py"


rule vit_probe_published:
    """Fit the linear probes of Table 6 as the report's code does."""
    input:
        **plan.probed(VIT_PROBED, "imagenet", rules.vit_embed.output),
    output:
        metrics="<results>/vit/metrics/probe_published.csv",
        provenance="<results>/vit/metrics/probe_published.provenance.json",
    log:
        "<logs>/vit_probe_published/probe.log",
    benchmark:
        "<benchmarks>/vit_probe_published/probe.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        seed=VIT["seeds"][0],
        code=plan.code("vit_probe_published"),
    script:
        "../workflow/scripts/vit_probe_published.py"


rule vit_probe_corrected:
    """Fit the linear probes of Table 6 without its flaws, on growing numbers of images too."""
    input:
        **plan.probed(VIT_PROBED, "own", rules.vit_embed.output),
    output:
        metrics="<results>/vit/metrics/probe_corrected.csv",
        provenance="<results>/vit/metrics/probe_corrected.provenance.json",
    log:
        "<logs>/vit_probe_corrected/probe.log",
    benchmark:
        "<benchmarks>/vit_probe_corrected/probe.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        validation_share=VIT["probes"]["validation_share"],
        seeds=VIT["seeds"],
        code=plan.code("vit_probe_corrected"),
    script:
        "../workflow/scripts/vit_probe_corrected.py"


rule vit_summary:
    """Gather the numbers of section 3; mean, spread and n over the seeds."""
    input:
        metrics=[
            rules.vit_evaluate_attention.output.metrics,
            rules.vit_evaluate_masking.output.metrics,
            rules.vit_probe_published.output.metrics,
            rules.vit_probe_corrected.output.metrics,
        ],
    output:
        metrics="<results>/vit/metrics/all.csv",
        summary="<results>/vit/metrics/summary.csv",
        provenance="<results>/vit/metrics/summary.provenance.json",
    log:
        "<logs>/vit_summary/summary.log",
    benchmark:
        "<benchmarks>/vit_summary/summary.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("vit_summary"),
    script:
        "../workflow/scripts/vit_summary.py"


rule vit_figure4:
    """Figure 4: the shown pictures and their likeliest classes."""
    input:
        images=rules.vit_images.output.images,
        names=rules.vit_images.output.names,
        logits=rules.vit_look.output.logits,
        classes=rules.vit_look.output.classes,
    output:
        **plan.figure("<results>/vit/figures/figure4"),
    log:
        "<logs>/vit_figure4/figure4.log",
    benchmark:
        "<benchmarks>/vit_figure4/figure4.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        k=5,
        label=plan.scale("vit", data=VIT_SHOWN),
        code=plan.code("vit_figure4"),
    script:
        "../workflow/scripts/vit_figure4.py"


rule vit_figure5:
    """Figure 5: CLS attention of the last layer, attention rollout, and a CNN's Grad-CAM."""
    input:
        images=rules.vit_images.output.images,
        names=rules.vit_images.output.names,
        logits=rules.vit_look.output.logits,
        classes=rules.vit_look.output.classes,
        attention=rules.vit_look.output.attention,
        cams=rules.vit_gradcam.output.maps,
        cam_facts=rules.vit_gradcam.output.facts,
    output:
        **plan.figure("<results>/vit/figures/figure5"),
    log:
        "<logs>/vit_figure5/figure5.log",
    benchmark:
        "<benchmarks>/vit_figure5/figure5.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.scale("vit", data=VIT_SHOWN),
        code=plan.code("vit_figure5"),
    script:
        "../workflow/scripts/vit_figure5.py"


rule vit_heads:
    """CLS attention of the last layer, head by head."""
    input:
        images=rules.vit_images.output.images,
        names=rules.vit_images.output.names,
        attention=rules.vit_look.output.attention,
    output:
        **plan.figure("<results>/vit/figures/heads"),
    log:
        "<logs>/vit_heads/heads.log",
    benchmark:
        "<benchmarks>/vit_heads/heads.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.scale("vit", data=VIT_SHOWN),
        code=plan.code("vit_heads"),
    script:
        "../workflow/scripts/vit_heads.py"


rule vit_specialisation:
    """How the heads differ by layer."""
    input:
        metrics=rules.vit_evaluate_attention.output.metrics,
    output:
        **plan.figure("<results>/vit/figures/specialisation"),
    log:
        "<logs>/vit_specialisation/specialisation.log",
    benchmark:
        "<benchmarks>/vit_specialisation/specialisation.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=f"{plan.scale('vit')} · {VIT['attention']['images']} test images",
        code=plan.code("vit_specialisation"),
    script:
        "../workflow/scripts/vit_specialisation.py"


rule vit_masking:
    """Answers under masks: on the shown pictures, and over the masked share of many images."""
    input:
        images=rules.vit_images.output.images,
        classes=rules.vit_look.output.classes,
        shown=rules.vit_mask.output.shown,
        shown_masks=rules.vit_mask.output.shown_masks,
        shown_logits=rules.vit_mask.output.shown_logits,
        summary=rules.vit_summary.output.summary,
    output:
        **plan.figure("<results>/vit/figures/masking"),
    log:
        "<logs>/vit_masking/masking.log",
    benchmark:
        "<benchmarks>/vit_masking/masking.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        fractions=VIT["masking"]["fractions"],
        label=f"{plan.label('vit', data=VIT_SHOWN)} · {VIT_MASKED}, 95% intervals",
        code=plan.code("vit_masking"),
    script:
        "../workflow/scripts/vit_masking.py"


rule vit_learning_curve:
    """The corrected probes' accuracy by the number of their training images."""
    input:
        summary=rules.vit_summary.output.summary,
        published="config/published/vit.yaml",
    output:
        **plan.figure("<results>/vit/figures/learning_curve"),
    log:
        "<logs>/vit_learning_curve/learning_curve.log",
    benchmark:
        "<benchmarks>/vit_learning_curve/learning_curve.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vit", data=f"probes of {VIT_PROBED}"),
        code=plan.code("vit_learning_curve"),
    script:
        "../workflow/scripts/vit_learning_curve.py"


rule vit_predictions_table:
    """The likeliest classes of the shown pictures, with their probabilities."""
    input:
        names=rules.vit_images.output.names,
        logits=rules.vit_look.output.logits,
        classes=rules.vit_look.output.classes,
        caption="workflow/report/vit/tables/predictions.rst",
    output:
        **plan.table("<results>/vit/tables/predictions"),
    log:
        "<logs>/vit_predictions_table/predictions.log",
    benchmark:
        "<benchmarks>/vit_predictions_table/predictions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        k=5,
        label=plan.scale("vit", data=VIT_SHOWN),
        code=plan.code("vit_predictions_table"),
    script:
        "../workflow/scripts/vit_predictions_table.py"


rule vit_table5:
    """Table 5: answers to the shown pictures under masks, published beside ours."""
    input:
        names=rules.vit_images.output.names,
        classes=rules.vit_look.output.classes,
        shown=rules.vit_mask.output.shown,
        shown_logits=rules.vit_mask.output.shown_logits,
        published="config/published/vit.yaml",
        caption="workflow/report/vit/tables/table5.rst",
    output:
        **plan.table("<results>/vit/tables/table5"),
    log:
        "<logs>/vit_table5/table5.log",
    benchmark:
        "<benchmarks>/vit_table5/table5.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vit", data=VIT_SHOWN),
        code=plan.code("vit_table5"),
    script:
        "../workflow/scripts/vit_table5.py"


rule vit_masking_table:
    """Accuracy and agreement by masked share, with 95% intervals."""
    input:
        summary=rules.vit_summary.output.summary,
        caption="workflow/report/vit/tables/masking.rst",
    output:
        **plan.table("<results>/vit/tables/masking"),
    log:
        "<logs>/vit_masking_table/masking.log",
    benchmark:
        "<benchmarks>/vit_masking_table/masking.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        fractions=VIT["masking"]["fractions"],
        label=plan.label("vit"),
        code=plan.code("vit_masking_table"),
    script:
        "../workflow/scripts/vit_masking_table.py"


rule vit_table6:
    """Table 6: linear probes, published beside ours."""
    input:
        summary=rules.vit_summary.output.summary,
        published="config/published/vit.yaml",
        caption="workflow/report/vit/tables/table6.rst",
    output:
        **plan.table("<results>/vit/tables/table6"),
    log:
        "<logs>/vit_table6/table6.log",
    benchmark:
        "<benchmarks>/vit_table6/table6.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vit", data=f"probes of {VIT_PROBED}"),
        code=plan.code("vit_table6"),
    script:
        "../workflow/scripts/vit_table6.py"


rule vit_heads_table:
    """How the heads differ by layer, in numbers."""
    input:
        summary=rules.vit_summary.output.summary,
        caption="workflow/report/vit/tables/heads.rst",
    output:
        **plan.table("<results>/vit/tables/heads"),
    log:
        "<logs>/vit_heads_table/heads.log",
    benchmark:
        "<benchmarks>/vit_heads_table/heads.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=f"{plan.scale('vit')} · {VIT['attention']['images']} images",
        code=plan.code("vit_heads_table"),
    script:
        "../workflow/scripts/vit_heads_table.py"


rule vit_benchmark:
    """Time embeddings: the bare forward pass, our way, and image by image, in turn, on this machine."""
    input:
        **plan.arrays("vit", "train_images"),
        model=VIT_MODEL,
    output:
        **plan.table("<results>/vit/tables/benchmark"),
    log:
        "<logs>/vit_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=30,
    params:
        images=VIT["benchmark"]["images"],
        rounds=VIT["benchmark"]["rounds"],
        preprocessing=VIT_PREPROCESSING,
        precision=VIT["precision"],
        device=config["device"],
        label=plan.scale("vit"),
        code=plan.code("vit_benchmark"),
    script:
        "../workflow/scripts/vit_benchmark.py"
