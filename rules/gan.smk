# Section 4: dynamics of an MLP GAN on MNIST.
#   needs: the prepared dataset
#   steps: gan_train -> gan_measure, for every condition and seed; gan_evaluate_real -> summary;
#          then Tables 7 and 8, a table of all conditions, Figures 6 to 9 and the gradient norms
#   makes: results/<run>/gan/{models,embeddings,metrics,figures,tables}

gan = plan.add("gan")
GAN_RUN = "{condition}_seed{seed}"
GAN_DRAWN = gan.with_seeds("baseline", "linder_noren_20", "linder_noren_200")
GAN_COLLAPSE = gan.with_seeds(*(name for name in gan.conditions if name.startswith("collapse")))
GAN_OVERFIT = gan.with_seeds("overfit", "overfit_dropout", "overfit_control")
GAN_VANISHING = gan.with_seeds(
    "vanishing_published", "vanishing_corrected", "mitigated_wrong_sign", "mitigated_minimax", "mitigated"
)


rule gan_train:
    """Train the GAN, for every condition and seed."""
    input:
        **gan.arrays("train_images", "test_images"),
    output:
        **gan.embeddings(GAN_RUN, "fixed_train", "fixed_eval", "fresh"),
        model=f"<results>/gan/models/{GAN_RUN}.safetensors",
        steps=f"<results>/gan/metrics/{GAN_RUN}_steps.npy",
        epochs=f"<results>/gan/metrics/{GAN_RUN}_epochs.csv",
        provenance=f"<results>/gan/models/{GAN_RUN}.provenance.json",
    log:
        f"<logs>/gan_train/{GAN_RUN}.log",
        progress=f"<logs>/gan_train/{GAN_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=240),
    params:
        **plan.code("gan_train"),
        run=GAN_RUN,
        training=lambda w: gan.condition(w.condition),
        device=config["device"],
    script:
        "../workflow/scripts/gan_train.py"


rule gan_measure:
    """Draw images from a trained generator, embed them, and measure quality, variety and the end of its training."""
    input:
        **gan.arrays("train_images"),
        **gan.real("train"),
        model=rules.gan_train.output.model,
        classifier="<results>/gan/models/classifier.safetensors",
        steps=rules.gan_train.output.steps,
        epochs=rules.gan_train.output.epochs,
    output:
        **gan.embeddings(GAN_RUN, "images", "features", "logits"),
        metrics=f"<results>/gan/metrics/{GAN_RUN}.csv",
        provenance=f"<results>/gan/metrics/{GAN_RUN}.provenance.json",
    log:
        f"<logs>/gan_measure/{GAN_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        **plan.code("gan_measure"),
        run=GAN_RUN,
        samples=gan.settings["samples"],
        trained_on=lambda w: gan.condition(w.condition)["images"],
        neighbours=gan.settings["neighbours"],
        device=config["device"],
    script:
        "../workflow/scripts/gan_measure.py"


rule gan_evaluate_real:
    """Measure the held-out images as though they were samples: the best that a generator could score."""
    input:
        **gan.arrays("train_images", "test_images"),
        **gan.real("train", "test"),
    output:
        metrics="<results>/gan/metrics/held_out.csv",
        provenance="<results>/gan/metrics/held_out.provenance.json",
    log:
        "<logs>/gan_evaluate_real/held_out.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        **plan.code("gan_evaluate_real"),
        samples=gan.settings["samples"],
        neighbours=gan.settings["neighbours"],
    script:
        "../workflow/scripts/gan_evaluate_real.py"


gan.summarise(
    "<results>/gan/metrics/classifier.csv",
    rules.gan_evaluate_real.output.metrics,
    *gan.runs(rules.gan_measure.output.metrics),
)
gan.figure(
    "figure6",
    steps=gan.runs(rules.gan_train.output.steps, "baseline"),
    epochs=gan.runs(rules.gan_train.output.epochs, "baseline"),
    published=gan.published,
    settings={"epochs": gan.condition("baseline")["epochs"]},
    label=gan.label("baseline"),
)
gan.figure(
    "figure7",
    **gan.arrays("test_images"),
    train_mode=gan.first_seed(rules.gan_train.output.fixed_train, "baseline"),
    eval_mode=gan.first_seed(rules.gan_train.output.fixed_eval, *GAN_DRAWN),
    metrics=gan.metrics,
    settings={"conditions": GAN_DRAWN, "names": gan.names(*GAN_DRAWN)},
    label=gan.label(*GAN_DRAWN, images_of_first_seed=True),
)
gan.figure(
    "figure8",
    samples=gan.first_seed(rules.gan_train.output.fresh, *GAN_COLLAPSE),
    metrics=gan.metrics,
    settings={"conditions": GAN_COLLAPSE, "names": gan.names(*GAN_COLLAPSE)},
    label=gan.label(*GAN_COLLAPSE, images_of_first_seed=True),
)
gan.figure(
    "figure9",
    **{name: gan.runs(rules.gan_train.output.epochs, name) for name in GAN_OVERFIT},
    samples=gan.first_seed(rules.gan_measure.output.images, *GAN_OVERFIT),
    published=gan.published,
    settings={"conditions": GAN_OVERFIT, "names": gan.names(*GAN_OVERFIT)},
    label=gan.label(*GAN_OVERFIT, images_of_first_seed=True),
)
gan.figure(
    "gradients",
    **{name: gan.runs(rules.gan_train.output.steps, name) for name in GAN_VANISHING},
    settings={"names": gan.names(*GAN_VANISHING)},
    label=gan.label(*GAN_VANISHING),
)
gan.table(
    "table7",
    published=gan.published,
    reproduced=gan.runs(rules.gan_train.output.epochs, "vanishing_published"),
    corrected=gan.runs(rules.gan_train.output.epochs, "vanishing_corrected"),
    label=gan.label("vanishing_published", "vanishing_corrected"),
)
gan.table(
    "table8",
    published=gan.published,
    reproduced=gan.runs(rules.gan_train.output.epochs, "mitigated"),
    label=gan.label("mitigated"),
)
gan.table(
    "conditions",
    summary=gan.summary,
    settings={"names": {"held_out": "real, held out"} | gan.names()},
)
