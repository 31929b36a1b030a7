# Section 5: a VAE on FashionMNIST, and whether its posterior collapses.
#   needs: the prepared dataset
#   steps: vae_train -> vae_measure -> summary, for every condition and seed; what only serves others as a start, or as
#          a check of printed losses, is not measured;
#          then Table 9, how its loss came about, all conditions with how far each collapsed, Figures 10 and 11, what
#          is left after annealing, the KL of each latent dimension, a latent traversal, and the posterior means
#   makes: results/<run>/vae/{models,embeddings,metrics,figures,tables}

from archdyn.workflow.experiments import Vae

vae = plan.add("vae", Vae)
VAE_RUN = "{condition}_seed{seed}"
VAE_FLOOR = vae.condition("annealing_published")["free_bits"]  # as the report has it, asked of every condition
VAE_DRAWN = ["beta1", "kl5"]  # in Figure 10, as published and corrected
VAE_ANNEALED = ["annealing_first", "annealing_again", "annealing_published"]  # by the losses that the notebook saved


rule vae_train:
    """Train the VAE, for every condition and seed."""
    input:
        **vae.arrays("train_images", "test_images"),
        start=lambda w: vae.start(rules.vae_train.output.model, w.condition, w.seed),
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
        **plan.code("vae_train"),
        run=VAE_RUN,
        training=lambda w: vae.condition(w.condition),
        test_images=vae.settings["test_images"],
        device=config["device"],
    script:
        "../workflow/scripts/vae_train.py"


rule vae_measure:
    """Embed the test images by a trained VAE, draw images, and measure both."""
    input:
        **vae.arrays("train_images", "test_images", "test_labels"),
        **vae.real("train"),
        model=rules.vae_train.output.model,
        epochs=rules.vae_train.output.epochs,
        classifier="<results>/vae/models/classifier.safetensors",
    output:
        **vae.embeddings(VAE_RUN, "mean", "logvar", "errors", "reconstructions", "projection", "minibatches"),
        **vae.embeddings(VAE_RUN, "normal_images", "laplace_images", "traversal", "plane"),
        metrics=f"<results>/vae/metrics/{VAE_RUN}.csv",
        provenance=f"<results>/vae/metrics/{VAE_RUN}.provenance.json",
    log:
        f"<logs>/vae_measure/{VAE_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=30),
    params:
        **plan.code("vae_measure"),
        run=VAE_RUN,
        images=lambda w: vae.condition(w.condition)["images"],
        batch_size=lambda w: vae.condition(w.condition)["batch_size"],
        test_images=vae.settings["test_images"],
        samples=vae.settings["samples"],
        floor=VAE_FLOOR,
        device=config["device"],
    script:
        "../workflow/scripts/vae_measure.py"


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
        **plan.code("vae_evaluate_real"),
        samples=vae.settings["samples"],
    script:
        "../workflow/scripts/vae_evaluate_real.py"


vae.summarise(
    "<results>/vae/metrics/classifier.csv",
    rules.vae_evaluate_real.output.metrics,
    *vae.runs(rules.vae_measure.output.metrics),
)
vae.figure(
    "figure10",
    **vae.arrays("test_images"),
    reconstructions=vae.first_seed(rules.vae_measure.output.reconstructions, *VAE_DRAWN),
    normal=vae.first_seed(rules.vae_measure.output.normal_images, *VAE_DRAWN),
    laplace=vae.first_seed(rules.vae_measure.output.laplace_images, *VAE_DRAWN),
    summary=vae.summary,
    settings={"names": vae.names(*VAE_DRAWN)},
    label=vae.label(*VAE_DRAWN, images_of_first_seed=True),
)
vae.figure(
    "figure11",
    minibatches=vae.first_seed(rules.vae_measure.output.minibatches, VAE_DRAWN[0]),
    epochs=vae.runs(rules.vae_train.output.epochs, *vae.fresh()),
    published=vae.published,
    settings={"names": vae.names(), "drawn": vae.names()[VAE_DRAWN[0]]},
)
vae.figure(
    "reconstructions",
    **vae.arrays("test_images"),
    reconstructions=vae.first_seed(rules.vae_measure.output.reconstructions),
    summary=vae.summary,
    settings={"names": vae.names()},
    label=vae.label(images_of_first_seed=True),
)
vae.figure("kl_per_dimension", metrics=vae.metrics, settings={"names": vae.names(), "floor": VAE_FLOOR})
vae.figure(
    "traversal",
    traversals=vae.first_seed(rules.vae_measure.output.traversal),
    metrics=vae.metrics,
    settings={"names": vae.names(), "seeds": {name: vae.repetitions(name)[0][1] for name in vae.conditions}},
    label=vae.label(images_of_first_seed=True),
)
vae.figure(
    "projection",
    **vae.arrays("test_labels"),
    classes=vae.classes,
    projections=vae.first_seed(rules.vae_measure.output.projection),
    settings={"names": vae.names()},
    label=vae.label(images_of_first_seed=True),
)
vae.table(
    "table9",
    **vae.arrays("test_images"),
    published=vae.published,
    reproduced=vae.runs(rules.vae_train.output.epochs, "annealing_published"),
    corrected=vae.runs(rules.vae_train.output.epochs, "annealing_corrected"),
    label=vae.label("annealing_published", "annealing_corrected"),
)
vae.table(
    "annealing_losses",
    published=vae.published,
    epochs=vae.runs(rules.vae_train.output.epochs, *VAE_ANNEALED),
    label=vae.label(*VAE_ANNEALED),
)
vae.table(
    "conditions",
    metrics=vae.metrics,
    summary=vae.summary,
    settings={"names": vae.names()},
)
