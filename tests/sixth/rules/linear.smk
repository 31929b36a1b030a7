# A sixth experiment: PCA, and a linear autoencoder that learns the same subspace.
#   needs: the prepared dataset
#   steps: linear_train -> linear_measure; then a figure and a table
#   makes: results/<run>/linear/{models,metrics,figures,tables}

linear = plan.add("linear")
LINEAR_RUN = "{condition}_seed{seed}"


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
        **plan.code("linear_train"),
        run=LINEAR_RUN,
        training=lambda w: linear.condition(w.condition),
        device=config["device"],
    script:
        "../workflow/scripts/linear_train.py"


rule linear_measure:
    """Reconstruct the test images by a trained linear autoencoder, and measure it beside PCA."""
    input:
        **linear.arrays("train_images", "test_images"),
        model=rules.linear_train.output.model,
    output:
        metrics=f"<results>/linear/metrics/{LINEAR_RUN}.csv",
        provenance=f"<results>/linear/metrics/{LINEAR_RUN}.provenance.json",
    log:
        f"<logs>/linear_measure/{LINEAR_RUN}.log",
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=2000, runtime=20),
    params:
        **plan.code("linear_measure"),
        training=lambda w: linear.condition(w.condition),
        device=config["device"],
    script:
        "../workflow/scripts/linear_measure.py"


linear.summarise(*linear.runs(rules.linear_measure.output.metrics))
linear.figure("errors", summary=linear.summary)
linear.table("conditions", summary=linear.summary, settings={"names": linear.names()})
