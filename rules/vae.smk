# Section 5: a VAE on FashionMNIST, and whether its posterior collapses.
#   needs: the prepared dataset
#   steps: vae_train -> vae_embed -> vae_evaluate -> vae_summary, for every condition and seed;
#          then Table 9, a table of all conditions with the verdict on each, Figures 10 and 11, the KL of each
#          latent dimension, a latent traversal, and the posterior means in two dimensions
#   makes: results/<run>/vae/{models,embeddings,metrics,figures,tables}

VAE = config["vae"]
VAE_RUN = "{condition}_seed{seed}"
VAE_FIGURES = ["figure10", "figure11", "kl_per_dimension", "traversal", "projection"]
VAE_TABLES = ["table9", "conditions"]


# On a cluster, these take seconds and stay where Snakemake runs.
localrules:
    vae_summary,
    vae_table9,
    vae_conditions,
    vae_figure10,
    vae_figure11,
    vae_kl_per_dimension,
    vae_traversal,
    vae_projection,


rule vae:
    input:
        expand("<results>/vae/figures/{name}.{form}", name=VAE_FIGURES, form=["pdf", "png"]),
        expand("<results>/vae/tables/{name}.{form}", name=VAE_TABLES, form=["csv", "md", "tex"]),


rule vae_train:
    """Train the VAE under condition {wildcards.condition} with seed {wildcards.seed}."""
    input:
        **plan.arrays("vae", "train_images", "test_images"),
        start=lambda w: plan.continued("vae", w, rules.vae_train.output.model),
    output:
        model=f"<results>/vae/models/{VAE_RUN}.safetensors",
        epochs=f"<results>/vae/metrics/{VAE_RUN}_epochs.csv",
        provenance=f"<results>/vae/models/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_train/{VAE_RUN}.log",
        progress=f"<logs>/vae_train/{VAE_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=240,
    params:
        run=VAE_RUN,
        training=lambda w: plan.condition("vae", w.condition),
        device=config["device"],
        code=plan.code("vae_train"),
    script:
        "../workflow/scripts/vae_train.py"


rule vae_embed:
    """Embed the test images by {wildcards.condition}, seed {wildcards.seed}, and draw images from both priors."""
    input:
        **plan.arrays("vae", "test_images"),
        model=rules.vae_train.output.model,
        classifier="<results>/vae/models/classifier.safetensors",
    output:
        mean=f"<results>/vae/embeddings/{VAE_RUN}_mean.npy",
        logvar=f"<results>/vae/embeddings/{VAE_RUN}_logvar.npy",
        errors=f"<results>/vae/embeddings/{VAE_RUN}_errors.npy",
        reconstructions=f"<results>/vae/embeddings/{VAE_RUN}_reconstructions.npy",
        traversal=f"<results>/vae/embeddings/{VAE_RUN}_traversal.npy",
        normal_images=f"<results>/vae/embeddings/{VAE_RUN}_normal_images.npy",
        normal_features=f"<results>/vae/embeddings/{VAE_RUN}_normal_features.npy",
        normal_logits=f"<results>/vae/embeddings/{VAE_RUN}_normal_logits.npy",
        laplace_images=f"<results>/vae/embeddings/{VAE_RUN}_laplace_images.npy",
        laplace_features=f"<results>/vae/embeddings/{VAE_RUN}_laplace_features.npy",
        laplace_logits=f"<results>/vae/embeddings/{VAE_RUN}_laplace_logits.npy",
        provenance=f"<results>/vae/embeddings/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_embed/{VAE_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=3000,
        runtime=20,
    params:
        run=VAE_RUN,
        samples=VAE["samples"],
        device=config["device"],
        code=plan.code("vae_embed"),
    script:
        "../workflow/scripts/vae_embed.py"


rule vae_evaluate:
    """Measure {wildcards.condition}, seed {wildcards.seed}: what its latents carry, and its samples' quality."""
    input:
        **plan.real("vae", "train"),
        epochs=rules.vae_train.output.epochs,
        mean=rules.vae_embed.output.mean,
        logvar=rules.vae_embed.output.logvar,
        errors=rules.vae_embed.output.errors,
        normal_features=rules.vae_embed.output.normal_features,
        normal_logits=rules.vae_embed.output.normal_logits,
        laplace_features=rules.vae_embed.output.laplace_features,
        laplace_logits=rules.vae_embed.output.laplace_logits,
    output:
        metrics=f"<results>/vae/metrics/{VAE_RUN}.csv",
        projection=f"<results>/vae/embeddings/{VAE_RUN}_projection.npy",
        provenance=f"<results>/vae/metrics/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_evaluate/{VAE_RUN}.log",
    benchmark:
        f"<benchmarks>/vae_evaluate/{VAE_RUN}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=plan.code("vae_evaluate"),
    script:
        "../workflow/scripts/vae_evaluate.py"


rule vae_evaluate_real:
    """Measure the held-out images as though they were samples: the best that a decoder could score."""
    input:
        **plan.real("vae", "train", "test"),
    output:
        metrics="<results>/vae/metrics/held_out.csv",
        provenance="<results>/vae/metrics/held_out.provenance.json",
    log:
        "<logs>/vae_evaluate_real/held_out.log",
    benchmark:
        "<benchmarks>/vae_evaluate_real/held_out.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        samples=VAE["samples"],
        code=plan.code("vae_evaluate_real"),
    script:
        "../workflow/scripts/vae_evaluate_real.py"


rule vae_summary:
    """Gather the epochs and numbers of all conditions and seeds; mean, spread and n over the seeds."""
    input:
        metrics=plan.runs("vae", rules.vae_evaluate.output.metrics),
        epochs=plan.runs("vae", rules.vae_train.output.epochs),
        held_out=rules.vae_evaluate_real.output.metrics,
        classifier="<results>/vae/metrics/classifier.csv",
    output:
        metrics="<results>/vae/metrics/all.csv",
        summary="<results>/vae/metrics/summary.csv",
        epochs="<results>/vae/metrics/epochs.csv",
        provenance="<results>/vae/metrics/summary.provenance.json",
    log:
        "<logs>/vae_summary/summary.log",
    benchmark:
        "<benchmarks>/vae_summary/summary.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("vae_summary"),
    script:
        "../workflow/scripts/vae_summary.py"


rule vae_table9:
    """Table 9, KL annealing: the report's rows beside ours, under its protocol and corrected."""
    input:
        published="config/published/vae.yaml",
        reproduced=plan.runs("vae", rules.vae_train.output.epochs, ["annealing_published"]),
        corrected=plan.runs("vae", rules.vae_train.output.epochs, ["annealing_corrected"]),
        caption="workflow/report/vae/tables/table9.rst",
    output:
        **plan.table("<results>/vae/tables/table9"),
    log:
        "<logs>/vae_table9/table9.log",
    benchmark:
        "<benchmarks>/vae_table9/table9.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vae"),
        code=plan.code("vae_table9"),
    script:
        "../workflow/scripts/vae_table9.py"


rule vae_conditions:
    """All conditions in one table, with the verdict on each and the spread over the seeds."""
    input:
        metrics=rules.vae_summary.output.metrics,
        summary=rules.vae_summary.output.summary,
        caption="workflow/report/vae/tables/conditions.rst",
    output:
        **plan.table("<results>/vae/tables/conditions"),
    log:
        "<logs>/vae_conditions/conditions.log",
    benchmark:
        "<benchmarks>/vae_conditions/conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=list(VAE["conditions"]),
        label=plan.label("vae"),
        code=plan.code("vae_conditions"),
    script:
        "../workflow/scripts/vae_conditions.py"


rule vae_figure10:
    """Figure 10: test images, their reconstructions, and samples from N(0, I) and Laplace(0, 1)."""
    input:
        **plan.arrays("vae", "test_images"),
        reconstructions=plan.shown("vae", rules.vae_embed.output.reconstructions),
        normal=plan.shown("vae", rules.vae_embed.output.normal_images),
        laplace=plan.shown("vae", rules.vae_embed.output.laplace_images),
        summary=rules.vae_summary.output.summary,
    output:
        **plan.figure("<results>/vae/figures/figure10"),
    log:
        "<logs>/vae_figure10/figure10.log",
    benchmark:
        "<benchmarks>/vae_figure10/figure10.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=list(VAE["conditions"]),
        label=plan.label("vae", images_of_first_seed=True),
        code=plan.code("vae_figure10"),
    script:
        "../workflow/scripts/vae_figure10.py"


rule vae_figure11:
    """Figure 11: the parts of the ELBO by epoch, for every condition."""
    input:
        epochs=rules.vae_summary.output.epochs,
        published="config/published/vae.yaml",
    output:
        **plan.figure("<results>/vae/figures/figure11"),
    log:
        "<logs>/vae_figure11/figure11.log",
    benchmark:
        "<benchmarks>/vae_figure11/figure11.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vae"),
        code=plan.code("vae_figure11"),
    script:
        "../workflow/scripts/vae_figure11.py"


rule vae_kl_per_dimension:
    """The KL of each latent dimension, for every condition: how many are in use?"""
    input:
        metrics=rules.vae_summary.output.metrics,
    output:
        **plan.figure("<results>/vae/figures/kl_per_dimension"),
    log:
        "<logs>/vae_kl_per_dimension/kl_per_dimension.log",
    benchmark:
        "<benchmarks>/vae_kl_per_dimension/kl_per_dimension.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("vae"),
        code=plan.code("vae_kl_per_dimension"),
    script:
        "../workflow/scripts/vae_kl_per_dimension.py"


rule vae_traversal:
    """What the strongest latent dimensions draw, for every condition."""
    input:
        traversals=plan.shown("vae", rules.vae_embed.output.traversal),
        metrics=rules.vae_summary.output.metrics,
    output:
        **plan.figure("<results>/vae/figures/traversal"),
    log:
        "<logs>/vae_traversal/traversal.log",
    benchmark:
        "<benchmarks>/vae_traversal/traversal.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=list(VAE["conditions"]),
        shown_seed=VAE["seeds"][0],
        label=plan.label("vae", images_of_first_seed=True),
        code=plan.code("vae_traversal"),
    script:
        "../workflow/scripts/vae_traversal.py"


rule vae_projection:
    """The posterior means of test images on their two principal axes, for every condition."""
    input:
        **plan.arrays("vae", "test_labels"),
        classes=plan.classes("vae"),
        projections=plan.shown("vae", rules.vae_evaluate.output.projection),
    output:
        **plan.figure("<results>/vae/figures/projection"),
    log:
        "<logs>/vae_projection/projection.log",
    benchmark:
        "<benchmarks>/vae_projection/projection.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=list(VAE["conditions"]),
        label=plan.label("vae", images_of_first_seed=True),
        code=plan.code("vae_projection"),
    script:
        "../workflow/scripts/vae_projection.py"


rule vae_benchmark:
    """Time the report's training loop and ours, in turn, on this machine."""
    input:
        **plan.arrays("vae", "train_images"),
    output:
        **plan.table("<results>/vae/tables/benchmark"),
    log:
        "<logs>/vae_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=30,
    params:
        training=plan.condition("vae", "kl5"),
        images=VAE["benchmark"]["images"],
        rounds=VAE["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=plan.scale("vae"),
        code=plan.code("vae_benchmark"),
    script:
        "../workflow/scripts/vae_benchmark.py"
