# Section 5: a VAE on FashionMNIST, and whether its posterior collapses.
#   needs: the prepared dataset
#   steps: vae_train -> vae_embed -> vae_evaluate -> vae_summary, for every condition and seed; vae_try_start and
#          vae_rank_starts find what annealing_published goes on from;
#          then Table 9, a table of all conditions with the verdict on each, Figures 10 and 11, the KL of each
#          latent dimension, a latent traversal, and the posterior means in two dimensions
#   makes: results/<run>/vae/{models,embeddings,metrics,figures,tables}

from archdyn.workflow.experiments import Vae

vae = plan.add("vae", Vae)
VAE_RUN = "{condition}_seed{seed}"
VAE_FLOOR = vae.condition("annealing_published")["free_bits"]  # as the report has it, asked of every condition
VAE_DRAWN = "beta1"  # a model of that kind is behind the report's Figures 10 and 11
VAE_COMPARED = 5  # epochs of Table 9 in which the KL's weight rises: those tell the starts apart
VAE_TRIED = [f"<results>/vae/starts/{start}_seed{vae.tried_seed}_epochs.csv" for start in vae.starts]
VAE_RANKED = lambda: checkpoints.vae_rank_starts.get().output.ranking  # as soon as it is there
VAE_JUDGED = [f"{prior}_{kind}" for prior in ("normal", "laplace") for kind in ("features", "logits")]


localrules:
    vae_rank_starts,


rule vae_train:
    """Train the VAE, for every condition and seed."""
    input:
        **vae.arrays("train_images", "test_images"),
        starts=lambda w: vae.models(rules.vae_train.output.model, vae.needed_starts(w, VAE_RANKED), w.seed),
        ranking=lambda w: rules.vae_rank_starts.output.ranking if vae.is_reconstructed(w.condition) else [],
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
        **plan.gpu_job(mem_mb=4000, runtime=240),
    params:
        run=VAE_RUN,
        training=lambda w: vae.condition(w.condition),
        test_images=vae.settings["test_images"],
        starts=lambda w: vae.needed_starts(w, VAE_RANKED),
        device=config["device"],
        **plan.code("vae_train"),
    message:
        "vae: training {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_train.py"


rule vae_try_start:
    """Begin Table 9's training from one of the models that it may have gone on from."""
    input:
        **vae.arrays("train_images", "test_images"),
        start=lambda w: [] if w.start == "fresh" else vae.models(rules.vae_train.output.model, [w.start], w.seed),
    output:
        epochs="<results>/vae/starts/{start}_seed{seed}_epochs.csv",
        provenance="<results>/vae/starts/{start}_seed{seed}.provenance.json",
    log:
        "<logs>/vae_try_start/{start}_seed{seed}.log",
        progress="<logs>/vae_try_start/{start}_seed{seed}.csv",
    wildcard_constraints:
        start="[a-z0-9_]+",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=60),
    params:
        run="{start}_seed{seed}",
        training=vae.condition("annealing_published"),
        test_images=vae.settings["test_images"],
        epochs=VAE_COMPARED,
        device=config["device"],
        **plan.code("vae_try_start"),
    message:
        "vae: trying Table 9 from {wildcards.start}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_try_start.py"


checkpoint vae_rank_starts:
    """Rank the starts by how near their first epochs come to Table 9."""
    input:
        epochs=VAE_TRIED,
        published=vae.published,
    output:
        ranking="<results>/vae/metrics/starts.csv",
        provenance="<results>/vae/metrics/starts.provenance.json",
    log:
        "<logs>/vae_rank_starts/starts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.code("vae_rank_starts"),
    script:
        "../workflow/scripts/vae_rank_starts.py"


rule vae_embed:
    """Embed the test images by a trained VAE, and draw images from both priors."""
    input:
        **vae.arrays("test_images"),
        model=rules.vae_train.output.model,
        classifier="<results>/vae/models/classifier.safetensors",
    output:
        **vae.embeddings(VAE_RUN, "mean", "logvar", "errors", "reconstructions", "traversal"),
        **vae.embeddings(VAE_RUN, "normal_images", "laplace_images", *VAE_JUDGED),
        provenance=f"<results>/vae/embeddings/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_embed/{VAE_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        run=VAE_RUN,
        test_images=vae.settings["test_images"],
        samples=vae.settings["samples"],
        device=config["device"],
        **plan.code("vae_embed"),
    message:
        "vae: embedding test images and drawing new ones by {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_embed.py"


rule vae_embed_minibatches:
    """Error and KL of each minibatch in one pass of a trained VAE, as Figure 11 was made."""
    input:
        **vae.arrays("train_images"),
        model=rules.vae_train.output.model,
    output:
        **vae.embeddings(VAE_RUN, "minibatches"),
        provenance=f"<results>/vae/embeddings/{VAE_RUN}_minibatches.provenance.json",
    log:
        f"<logs>/vae_embed_minibatches/{VAE_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        run=VAE_RUN,
        images=lambda w: vae.condition(w.condition)["images"],
        batch_size=lambda w: vae.condition(w.condition)["batch_size"],
        device=config["device"],
        **plan.code("vae_embed_minibatches"),
    message:
        "vae: a pass over the training images by {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_embed_minibatches.py"


rule vae_evaluate:
    """Measure a trained VAE: what its latents carry, and its samples' quality."""
    input:
        **vae.arrays("test_images", "test_labels"),
        **vae.real("train"),
        **vae.embeddings(VAE_RUN, "mean", "logvar", "errors", *VAE_JUDGED),
        epochs=rules.vae_train.output.epochs,
    output:
        metrics=f"<results>/vae/metrics/{VAE_RUN}.csv",
        projection=f"<results>/vae/embeddings/{VAE_RUN}_projection.npy",
        provenance=f"<results>/vae/metrics/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_evaluate/{VAE_RUN}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        floor=VAE_FLOOR,
        **plan.code("vae_evaluate"),
    message:
        "vae: measuring {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_evaluate.py"


rule vae_evaluate_real:
    """Measure the held-out images as though they were samples: the best that a decoder could score."""
    input:
        **vae.real("train", "test"),
    output:
        metrics="<results>/vae/metrics/held_out.csv",
        provenance="<results>/vae/metrics/held_out.provenance.json",
    log:
        "<logs>/vae_evaluate_real/held_out.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        samples=vae.settings["samples"],
        **plan.code("vae_evaluate_real"),
    message:
        "vae: measuring the held-out images"
    script:
        "../workflow/scripts/vae_evaluate_real.py"


vae.summarise(
    "<results>/vae/metrics/classifier.csv",
    rules.vae_evaluate_real.output.metrics,
    *vae.runs(rules.vae_evaluate.output.metrics),
)
vae.figure(
    "figure10",
    **vae.arrays("test_images"),
    reconstructions=vae.first_seed(rules.vae_embed.output.reconstructions),
    normal=vae.first_seed(rules.vae_embed.output.normal_images),
    laplace=vae.first_seed(rules.vae_embed.output.laplace_images),
    summary=vae.summary,
    settings={"conditions": vae.conditions, "published": VAE_DRAWN},
    label=vae.label(images_of_first_seed=True),
)
vae.figure(
    "figure11",
    minibatches=vae.first_seed(rules.vae_embed_minibatches.output.minibatches, VAE_DRAWN)[0],
    epochs=vae.runs(rules.vae_train.output.epochs),
    published=vae.published,
)
vae.figure("kl_per_dimension", metrics=vae.metrics, settings={"floor": VAE_FLOOR})
vae.figure(
    "traversal",
    traversals=vae.first_seed(rules.vae_embed.output.traversal),
    metrics=vae.metrics,
    settings={"seeds": {name: vae.repetitions(name)[0][1] for name in vae.conditions}},
    label=vae.label(images_of_first_seed=True),
)
vae.figure(
    "projection",
    **vae.arrays("test_labels"),
    classes=vae.classes,
    projections=vae.first_seed(rules.vae_evaluate.output.projection),
    settings={"conditions": vae.conditions},
    label=vae.label(images_of_first_seed=True),
)
vae.table(
    "table9",
    published=vae.published,
    ranking=rules.vae_rank_starts.output.ranking,
    reproduced=vae.runs(rules.vae_train.output.epochs, "annealing_published"),
    corrected=vae.runs(rules.vae_train.output.epochs, "annealing_corrected"),
    label=vae.label("annealing_published", "annealing_corrected"),
)
vae.table(
    "starts",
    published=vae.published,
    ranking=rules.vae_rank_starts.output.ranking,
    epochs=VAE_TRIED,
    settings={"about": {name: vae.settings["conditions"].get(name, {}).get("about", "") for name in vae.starts}},
    label=f"{vae.scale('annealing_published')} · seed {vae.tried_seed}",
)
vae.table(
    "conditions",
    metrics=vae.metrics,
    summary=vae.summary,
    settings={"conditions": vae.conditions},
)


rule vae:
    """All figures and tables of section 5, the VAE."""
    input:
        vae.results(),
