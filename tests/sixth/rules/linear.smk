# A sixth experiment: PCA, and a linear autoencoder that learns the same subspace.
#   needs: the prepared dataset
#   steps: linear_train -> linear_embed -> linear_evaluate -> linear_summary; then a figure and a table
#   makes: results/<run>/linear/{models,embeddings,metrics,figures,tables}

linear = plan.add("linear")
LINEAR_RUN = "{condition}_seed{seed}"


localrules:
    linear_summary,


rule linear_train:
    """Train the linear autoencoder, for every condition and seed."""
    input:
        **linear.arrays("train_images"),
    output:
        model=f"<results>/linear/models/{LINEAR_RUN}.safetensors",
        provenance=f"<results>/linear/models/{LINEAR_RUN}.provenance.json",
    log:
        f"<logs>/linear_train/{LINEAR_RUN}.log",
        progress=f"<logs>/linear_train/{LINEAR_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=2000, runtime=60),
    params:
        run=LINEAR_RUN,
        training=lambda w: linear.condition(w.condition),
        device=config["device"],
        code=plan.code("linear_train"),
    message:
        "linear: training {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/linear_train.py"


rule linear_embed:
    """Reconstruct the test images by a trained linear autoencoder."""
    input:
        **linear.arrays("test_images"),
        model=rules.linear_train.output.model,
    output:
        **linear.embeddings(LINEAR_RUN, "outputs"),
        provenance=f"<results>/linear/embeddings/{LINEAR_RUN}.provenance.json",
    log:
        f"<logs>/linear_embed/{LINEAR_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=2000, runtime=20),
    params:
        run=LINEAR_RUN,
        device=config["device"],
        code=plan.code("linear_embed"),
    message:
        "linear: reconstructing test images by {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/linear_embed.py"


rule linear_evaluate:
    """Measure a trained linear autoencoder beside PCA."""
    input:
        **linear.arrays("train_images", "test_images"),
        **linear.embeddings(LINEAR_RUN, "outputs"),
    output:
        metrics=f"<results>/linear/metrics/{LINEAR_RUN}.csv",
        provenance=f"<results>/linear/metrics/{LINEAR_RUN}.provenance.json",
    log:
        f"<logs>/linear_evaluate/{LINEAR_RUN}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        training=lambda w: linear.condition(w.condition),
        code=plan.code("linear_evaluate"),
    message:
        "linear: measuring {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/linear_evaluate.py"


rule linear_summary:
    """Gather the numbers of all conditions and seeds; mean, spread and n over the seeds."""
    input:
        metrics=linear.runs(rules.linear_evaluate.output.metrics),
    output:
        metrics="<results>/linear/metrics/all.csv",
        summary="<results>/linear/metrics/summary.csv",
        provenance="<results>/linear/metrics/summary.provenance.json",
    log:
        "<logs>/linear_summary/summary.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("linear_summary"),
    script:
        "../workflow/scripts/linear_summary.py"


linear.figure("errors", summary=rules.linear_summary.output.summary)
linear.table(
    "conditions",
    summary=rules.linear_summary.output.summary,
    settings={"conditions": linear.conditions},
)


rule linear:
    """All figures and tables of the sixth experiment, the linear autoencoder."""
    input:
        linear.results(),
