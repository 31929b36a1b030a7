# Section 6: zero-shot CLIP, its modality gap, and Procrustes alignment.
#   needs: the prepared dataset; official weights, or a dataset to pretrain on
#   steps: (clip_pretrain ->) clip_embed, for every seed that has a model of its own;
#          clip_evaluate by all embeddings, clip_align by the pairs that each seed draws -> clip_summary;
#          then Table 10, tables of the gap and of the alignments, accuracy by class, accuracy along the gap,
#          and Figures 12 and 13 from clip_project
#   makes: results/<run>/clip/{models,embeddings,metrics,figures,tables}

CLIP = config["clip"]
CLIP_BACKBONE = CLIP["backbones"]["clip"]["name"]
CLIP_PROMPTS = ["plain", "photo", "wild"]  # in the order of the embeddings; the gap is that of the first
CLIP_RUN = "seed{seed}"
CLIP_FIGURES = ["figure12", "figure13", "classes", "shift"]
CLIP_TABLES = ["table10", "gap", "procrustes"]


localrules:
    clip_summary,
    clip_table10,
    clip_gap_table,
    clip_procrustes_table,
    clip_classes,
    clip_shift,
    clip_figure12,
    clip_figure13,


rule clip:
    input:
        expand("<results>/clip/figures/{name}.{form}", name=CLIP_FIGURES, form=["pdf", "png"]),
        expand("<results>/clip/tables/{name}.{form}", name=CLIP_TABLES, form=["csv", "md", "tex"]),


rule clip_pretrain:
    """Pretrain a CLIP on captioned images with seed {wildcards.seed}."""
    input:
        **plan.pretraining_arrays("clip"),
    output:
        model=f"<results>/clip/models/{CLIP_BACKBONE}_pretrained_{CLIP_RUN}.safetensors",
        provenance=f"<results>/clip/models/{CLIP_BACKBONE}_pretrained_{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_pretrain/{CLIP_RUN}.log",
        progress=f"<logs>/clip_pretrain/{CLIP_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=240,
    params:
        run=CLIP_RUN,
        architecture=backbones.architecture(CLIP_BACKBONE),
        settings=CLIP["pretraining"],
        weights=plan.weights_label({"name": CLIP_BACKBONE, "weights": "pretrain"}, "clip"),
        device=config["device"],
        code=plan.code("clip_pretrain"),
    script:
        "../workflow/scripts/clip_pretrain.py"


rule clip_embed:
    """Embed the images of both splits and the texts of all prompts by the CLIP of seed {wildcards.seed}."""
    input:
        **plan.arrays("clip", "train_images", "test_images"),
        classes=plan.classes("clip"),
        model=lambda w: plan.clip_weights(w.seed, rules.clip_pretrain.output.model),
    output:
        train_images=f"<results>/clip/embeddings/{CLIP_RUN}_train_images.npy",
        test_images=f"<results>/clip/embeddings/{CLIP_RUN}_test_images.npy",
        prompts=f"<results>/clip/embeddings/{CLIP_RUN}_prompts.npy",
        ensemble=f"<results>/clip/embeddings/{CLIP_RUN}_ensemble.npy",
        provenance=f"<results>/clip/embeddings/{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_embed/{CLIP_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=60,
    params:
        run=CLIP_RUN,
        train_images=CLIP["train_images"],
        test_images=CLIP["test_images"],
        prompts=[CLIP["prompts"][name] for name in CLIP_PROMPTS],
        ensemble=CLIP["ensemble"],
        device=config["device"],
        code=plan.code("clip_embed"),
    script:
        "../workflow/scripts/clip_embed.py"


rule clip_evaluate:
    """Measure zero-shot accuracy, the modality gap and alignments by all pairs of the CLIP of seed {wildcards.seed}."""
    input:
        **plan.arrays("clip", "train_labels", "test_labels"),
        train_images=rules.clip_embed.output.train_images,
        test_images=rules.clip_embed.output.test_images,
        prompts=rules.clip_embed.output.prompts,
        ensemble=rules.clip_embed.output.ensemble,
    output:
        metrics=f"<results>/clip/metrics/{CLIP_RUN}.csv",
        shift=f"<results>/clip/metrics/{CLIP_RUN}_shift.csv",
        provenance=f"<results>/clip/metrics/{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_evaluate/{CLIP_RUN}.log",
    benchmark:
        f"<benchmarks>/clip_evaluate/{CLIP_RUN}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        prompts=CLIP_PROMPTS,
        draws=CLIP["draws"],
        code=plan.code("clip_evaluate"),
    script:
        "../workflow/scripts/clip_evaluate.py"


rule clip_align:
    """Rotate the texts onto the images by the pairs that seed {wildcards.seed} draws: as published, and nulls."""
    input:
        **plan.arrays("clip", "train_labels", "test_labels"),
        train_images=lambda w: rules.clip_embed.output.train_images.format(seed=plan.clip_seed(w.seed)),
        test_images=lambda w: rules.clip_embed.output.test_images.format(seed=plan.clip_seed(w.seed)),
        prompts=lambda w: rules.clip_embed.output.prompts.format(seed=plan.clip_seed(w.seed)),
    output:
        metrics=f"<results>/clip/metrics/{CLIP_RUN}_alignment.csv",
        provenance=f"<results>/clip/metrics/{CLIP_RUN}_alignment.provenance.json",
    log:
        f"<logs>/clip_align/{CLIP_RUN}.log",
    benchmark:
        f"<benchmarks>/clip_align/{CLIP_RUN}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        pairs=CLIP["pairs"],
        draws=CLIP["draws"],
        code=plan.code("clip_align"),
    script:
        "../workflow/scripts/clip_align.py"


rule clip_project:
    """Images and texts in two dimensions, before and after alignment, as published and corrected."""
    input:
        **plan.arrays("clip", "train_labels", "test_labels"),
        train_images=rules.clip_embed.output.train_images,
        test_images=rules.clip_embed.output.test_images,
        prompts=rules.clip_embed.output.prompts,
        ensemble=rules.clip_embed.output.ensemble,
    output:
        points=f"<results>/clip/embeddings/{CLIP_RUN}_projections.csv",
        provenance=f"<results>/clip/embeddings/{CLIP_RUN}_projections.provenance.json",
    log:
        f"<logs>/clip_project/{CLIP_RUN}.log",
    benchmark:
        f"<benchmarks>/clip_project/{CLIP_RUN}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        pairs=CLIP["pairs"],
        images=CLIP["projected_images"],
        code=plan.code("clip_project"),
    script:
        "../workflow/scripts/clip_project.py"


rule clip_summary:
    """Gather the numbers of all seeds; mean, spread and n over the seeds."""
    input:
        metrics=expand(rules.clip_evaluate.output.metrics, seed=plan.clip_seeds()),
        shifts=expand(rules.clip_evaluate.output.shift, seed=plan.clip_seeds()),
        alignments=expand(rules.clip_align.output.metrics, seed=CLIP["seeds"]),
    output:
        metrics="<results>/clip/metrics/all.csv",
        summary="<results>/clip/metrics/summary.csv",
        shift="<results>/clip/metrics/shift.csv",
        provenance="<results>/clip/metrics/summary.provenance.json",
    log:
        "<logs>/clip_summary/summary.log",
    benchmark:
        "<benchmarks>/clip_summary/summary.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("clip_summary"),
    script:
        "../workflow/scripts/clip_summary.py"


rule clip_table10:
    """Table 10, zero-shot accuracy by prompt: the report's beside ours."""
    input:
        published="config/published/clip.yaml",
        summary=rules.clip_summary.output.summary,
        caption="workflow/report/clip/tables/table10.rst",
    output:
        **plan.table("<results>/clip/tables/table10"),
    log:
        "<logs>/clip_table10/table10.log",
    benchmark:
        "<benchmarks>/clip_table10/table10.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        prompts=CLIP["prompts"],
        templates=len(CLIP["ensemble"]),
        label=plan.label("clip"),
        code=plan.code("clip_table10"),
    script:
        "../workflow/scripts/clip_table10.py"


rule clip_gap_table:
    """The modality gap in numbers, with and without normalisation."""
    input:
        summary=rules.clip_summary.output.summary,
        caption="workflow/report/clip/tables/gap.rst",
    output:
        **plan.table("<results>/clip/tables/gap"),
    log:
        "<logs>/clip_gap_table/gap.log",
    benchmark:
        "<benchmarks>/clip_gap_table/gap.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("clip"),
        code=plan.code("clip_gap_table"),
    script:
        "../workflow/scripts/clip_gap_table.py"


rule clip_procrustes_table:
    """The alignments by protocol, beside the report's, with the nulls."""
    input:
        published="config/published/clip.yaml",
        summary=rules.clip_summary.output.summary,
        caption="workflow/report/clip/tables/procrustes.rst",
    output:
        **plan.table("<results>/clip/tables/procrustes"),
    log:
        "<logs>/clip_procrustes_table/procrustes.log",
    benchmark:
        "<benchmarks>/clip_procrustes_table/procrustes.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        pairs=CLIP["pairs"],
        label=plan.label("clip"),
        code=plan.code("clip_procrustes_table"),
    script:
        "../workflow/scripts/clip_procrustes_table.py"


rule clip_classes:
    """Zero-shot accuracy by class and prompt, with intervals."""
    input:
        classes=plan.classes("clip"),
        summary=rules.clip_summary.output.summary,
    output:
        **plan.figure("<results>/clip/figures/classes"),
    log:
        "<logs>/clip_classes/classes.log",
    benchmark:
        "<benchmarks>/clip_classes/classes.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("clip"),
        code=plan.code("clip_classes"),
    script:
        "../workflow/scripts/clip_classes.py"


rule clip_shift:
    """Zero-shot accuracy as images or texts move along the gap: does closing it help?"""
    input:
        shift=rules.clip_summary.output.shift,
    output:
        **plan.figure("<results>/clip/figures/shift"),
    log:
        "<logs>/clip_shift/shift.log",
    benchmark:
        "<benchmarks>/clip_shift/shift.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("clip"),
        code=plan.code("clip_shift"),
    script:
        "../workflow/scripts/clip_shift.py"


rule clip_figure12:
    """Figure 12: images and texts in two dimensions, as published and corrected."""
    input:
        classes=plan.classes("clip"),
        points=rules.clip_project.output.points.format(seed=CLIP["seeds"][0]),
    output:
        **plan.figure("<results>/clip/figures/figure12"),
    log:
        "<logs>/clip_figure12/figure12.log",
    benchmark:
        "<benchmarks>/clip_figure12/figure12.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("clip", images_of_first_seed=True),
        code=plan.code("clip_figure12"),
    script:
        "../workflow/scripts/clip_figure12.py"


rule clip_figure13:
    """Figure 13: the same after Procrustes alignment."""
    input:
        classes=plan.classes("clip"),
        points=rules.clip_project.output.points.format(seed=CLIP["seeds"][0]),
    output:
        **plan.figure("<results>/clip/figures/figure13"),
    log:
        "<logs>/clip_figure13/figure13.log",
    benchmark:
        "<benchmarks>/clip_figure13/figure13.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("clip", images_of_first_seed=True),
        code=plan.code("clip_figure13"),
    script:
        "../workflow/scripts/clip_figure13.py"
