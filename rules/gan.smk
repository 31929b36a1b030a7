# Section 4: dynamics of an MLP GAN on MNIST.
#   needs: the prepared dataset
#   steps: gan_train -> gan_embed -> gan_evaluate -> gan_summary, for every condition and seed;
#          then Tables 7 and 8, a table of all conditions, Figures 6 to 9 and the gradient norms
#   makes: results/<run>/gan/{models,embeddings,metrics,figures,tables}

GAN = config["gan"]
GAN_RUN = "{condition}_seed{seed}"
GAN_FIGURES = ["figure6", "figure7", "figure8", "figure9", "gradients"]
GAN_TABLES = ["table7", "table8", "conditions"]

GAN_COLLAPSE = ["collapse", "collapse_mitigated", "collapse_minibatch"]


# On a cluster, these take seconds and stay where Snakemake runs.
localrules:
    gan_summary,
    gan_table7,
    gan_table8,
    gan_conditions,
    gan_figure6,
    gan_figure7,
    gan_figure8,
    gan_figure9,
    gan_gradients,


rule gan:
    input:
        expand("<results>/gan/figures/{name}.{form}", name=GAN_FIGURES, form=["pdf", "png"]),
        expand("<results>/gan/tables/{name}.{form}", name=GAN_TABLES, form=["csv", "md", "tex"]),


rule gan_train:
    """Train the GAN under condition {wildcards.condition} with seed {wildcards.seed}."""
    input:
        **plan.arrays("gan", "train_images", "test_images"),
    output:
        model=f"<results>/gan/models/{GAN_RUN}.safetensors",
        steps=f"<results>/gan/metrics/{GAN_RUN}_steps.npy",
        epochs=f"<results>/gan/metrics/{GAN_RUN}_epochs.csv",
        samples=f"<results>/gan/embeddings/{GAN_RUN}_fixed.npy",
        provenance=f"<results>/gan/models/{GAN_RUN}.provenance.json",
    log:
        f"<logs>/gan_train/{GAN_RUN}.log",
        progress=f"<logs>/gan_train/{GAN_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=240,
    params:
        run=GAN_RUN,
        training=lambda w: plan.condition("gan", w.condition),
        device=config["device"],
        code=plan.code("gan_train"),
    script:
        "../workflow/scripts/gan_train.py"


rule gan_embed:
    """Draw images from the generator of {wildcards.condition}, seed {wildcards.seed}, and embed them."""
    input:
        model=rules.gan_train.output.model,
        classifier="<results>/gan/models/classifier.safetensors",
    output:
        images=f"<results>/gan/embeddings/{GAN_RUN}_images.npy",
        features=f"<results>/gan/embeddings/{GAN_RUN}_features.npy",
        logits=f"<results>/gan/embeddings/{GAN_RUN}_logits.npy",
        provenance=f"<results>/gan/embeddings/{GAN_RUN}.provenance.json",
    log:
        f"<logs>/gan_embed/{GAN_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=3000,
        runtime=20,
    params:
        run=GAN_RUN,
        samples=GAN["samples"],
        device=config["device"],
        code=plan.code("gan_embed"),
    script:
        "../workflow/scripts/gan_embed.py"


rule gan_evaluate:
    """Measure {wildcards.condition}, seed {wildcards.seed}: quality, variety, memorisation, training's end."""
    input:
        **plan.arrays("gan", "train_images"),
        **plan.real("gan", "train"),
        images=rules.gan_embed.output.images,
        features=rules.gan_embed.output.features,
        logits=rules.gan_embed.output.logits,
        steps=rules.gan_train.output.steps,
        epochs=rules.gan_train.output.epochs,
    output:
        metrics=f"<results>/gan/metrics/{GAN_RUN}.csv",
        provenance=f"<results>/gan/metrics/{GAN_RUN}.provenance.json",
    log:
        f"<logs>/gan_evaluate/{GAN_RUN}.log",
    benchmark:
        f"<benchmarks>/gan_evaluate/{GAN_RUN}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        trained_on=lambda w: plan.condition("gan", w.condition)["images"],
        neighbours=GAN["neighbours"],
        code=plan.code("gan_evaluate"),
    script:
        "../workflow/scripts/gan_evaluate.py"


rule gan_evaluate_real:
    """Measure the held-out images as though they were samples: the best that a generator could score."""
    input:
        **plan.arrays("gan", "train_images", "test_images"),
        **plan.real("gan", "train", "test"),
    output:
        metrics="<results>/gan/metrics/held_out.csv",
        provenance="<results>/gan/metrics/held_out.provenance.json",
    log:
        "<logs>/gan_evaluate_real/held_out.log",
    benchmark:
        "<benchmarks>/gan_evaluate_real/held_out.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        samples=GAN["samples"],
        neighbours=GAN["neighbours"],
        code=plan.code("gan_evaluate_real"),
    script:
        "../workflow/scripts/gan_evaluate_real.py"


rule gan_summary:
    """Gather the numbers of all conditions and seeds; mean, spread and n over the seeds."""
    input:
        metrics=plan.runs("gan", rules.gan_evaluate.output.metrics),
        held_out=rules.gan_evaluate_real.output.metrics,
        classifier="<results>/gan/metrics/classifier.csv",
    output:
        metrics="<results>/gan/metrics/all.csv",
        summary="<results>/gan/metrics/summary.csv",
        provenance="<results>/gan/metrics/summary.provenance.json",
    log:
        "<logs>/gan_summary/summary.log",
    benchmark:
        "<benchmarks>/gan_summary/summary.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=plan.code("gan_summary"),
    script:
        "../workflow/scripts/gan_summary.py"


rule gan_table7:
    """Table 7, vanishing gradients: the report's rows beside ours, under its loss and under the true one."""
    input:
        published="config/published/gan.yaml",
        reproduced=plan.runs("gan", rules.gan_train.output.epochs, ["vanishing_published"]),
        corrected=plan.runs("gan", rules.gan_train.output.epochs, ["vanishing_corrected"]),
        caption="workflow/report/gan/tables/table7.rst",
    output:
        **plan.table("<results>/gan/tables/table7"),
    log:
        "<logs>/gan_table7/table7.log",
    benchmark:
        "<benchmarks>/gan_table7/table7.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("gan"),
        code=plan.code("gan_table7"),
    script:
        "../workflow/scripts/gan_table7.py"


rule gan_table8:
    """Table 8, the mitigated training: the report's rows beside ours."""
    input:
        published="config/published/gan.yaml",
        reproduced=plan.runs("gan", rules.gan_train.output.epochs, ["mitigated"]),
        caption="workflow/report/gan/tables/table8.rst",
    output:
        **plan.table("<results>/gan/tables/table8"),
    log:
        "<logs>/gan_table8/table8.log",
    benchmark:
        "<benchmarks>/gan_table8/table8.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("gan"),
        code=plan.code("gan_table8"),
    script:
        "../workflow/scripts/gan_table8.py"


rule gan_conditions:
    """All conditions in one table, with the spread over the seeds."""
    input:
        summary=rules.gan_summary.output.summary,
        caption="workflow/report/gan/tables/conditions.rst",
    output:
        **plan.table("<results>/gan/tables/conditions"),
    log:
        "<logs>/gan_conditions/conditions.log",
    benchmark:
        "<benchmarks>/gan_conditions/conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=["held_out", *GAN["conditions"]],
        label=plan.label("gan"),
        code=plan.code("gan_conditions"),
    script:
        "../workflow/scripts/gan_conditions.py"


rule gan_figure6:
    """Figure 6: the baseline's losses by step."""
    input:
        steps=plan.runs("gan", rules.gan_train.output.steps, ["baseline"]),
        published="config/published/gan.yaml",
    output:
        **plan.figure("<results>/gan/figures/figure6"),
    log:
        "<logs>/gan_figure6/figure6.log",
    benchmark:
        "<benchmarks>/gan_figure6/figure6.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        epochs=plan.condition("gan", "baseline")["epochs"],
        label=plan.label("gan"),
        code=plan.code("gan_figure6"),
    script:
        "../workflow/scripts/gan_figure6.py"


rule gan_figure7:
    """Figure 7: samples of the baseline from fixed noise, beside the comparator's and real images."""
    input:
        **plan.arrays("gan", "test_images"),
        baseline=plan.shown("gan", rules.gan_train.output.samples, ["baseline"])[0],
        linder_noren=plan.shown("gan", rules.gan_train.output.samples, ["linder_noren"])[0],
        summary=rules.gan_summary.output.summary,
    output:
        **plan.figure("<results>/gan/figures/figure7"),
    log:
        "<logs>/gan_figure7/figure7.log",
    benchmark:
        "<benchmarks>/gan_figure7/figure7.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("gan", images_of_first_seed=True),
        code=plan.code("gan_figure7"),
    script:
        "../workflow/scripts/gan_figure7.py"


rule gan_figure8:
    """Figure 8: mode collapse, its mitigation, and minibatch discrimination, with the classes drawn."""
    input:
        samples=plan.shown("gan", rules.gan_train.output.samples, GAN_COLLAPSE),
        metrics=rules.gan_summary.output.metrics,
    output:
        **plan.figure("<results>/gan/figures/figure8"),
    log:
        "<logs>/gan_figure8/figure8.log",
    benchmark:
        "<benchmarks>/gan_figure8/figure8.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        conditions=GAN_COLLAPSE,
        label=plan.label("gan", images_of_first_seed=True),
        code=plan.code("gan_figure8"),
    script:
        "../workflow/scripts/gan_figure8.py"


rule gan_figure9:
    """Figure 9: what the discriminator gets right by epoch, without and with dropout."""
    input:
        overfit=plan.runs("gan", rules.gan_train.output.epochs, ["overfit"]),
        overfit_dropout=plan.runs("gan", rules.gan_train.output.epochs, ["overfit_dropout"]),
    output:
        **plan.figure("<results>/gan/figures/figure9"),
    log:
        "<logs>/gan_figure9/figure9.log",
    benchmark:
        "<benchmarks>/gan_figure9/figure9.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("gan"),
        code=plan.code("gan_figure9"),
    script:
        "../workflow/scripts/gan_figure9.py"


rule gan_gradients:
    """The generator's gradient norm by step: does it vanish, and does the mitigation keep it up?"""
    input:
        vanishing_published=plan.runs("gan", rules.gan_train.output.steps, ["vanishing_published"]),
        vanishing_corrected=plan.runs("gan", rules.gan_train.output.steps, ["vanishing_corrected"]),
        mitigated=plan.runs("gan", rules.gan_train.output.steps, ["mitigated"]),
    output:
        **plan.figure("<results>/gan/figures/gradients"),
    log:
        "<logs>/gan_gradients/gradients.log",
    benchmark:
        "<benchmarks>/gan_gradients/gradients.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=plan.label("gan"),
        code=plan.code("gan_gradients"),
    script:
        "../workflow/scripts/gan_gradients.py"


rule gan_benchmark:
    """Time the report's training loop and ours, in turn, on this machine."""
    input:
        **plan.arrays("gan", "train_images"),
    output:
        **plan.table("<results>/gan/tables/benchmark"),
    log:
        "<logs>/gan_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=30,
    params:
        training=plan.condition("gan", "baseline"),
        images=GAN["benchmark"]["images"],
        rounds=GAN["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=plan.scale("gan"),
        code=plan.code("gan_benchmark"),
    script:
        "../workflow/scripts/gan_benchmark.py"
