# Factorial designs, as the config declares them: which factor matters, and which two go together.
#   needs: the metrics of every run of the design; GAN and VAE train and measure them as any other condition,
#          resnet_score and vit_score_masks score all runs of a design at once
#   steps: design_effects -> figure and table (rules/results.smk)
#   makes: results/<run>/<experiment>/{metrics,figures,tables}/design_<design>.*


localrules:
    design_effects,


rule vit_score_masks:
    """Answers under the masks of a design."""
    input:
        **vit.arrays("test_images"),
        model=VIT_MODEL,
    output:
        metrics="<results>/vit/metrics/runs_{design}.csv",
        provenance="<results>/vit/metrics/runs_{design}.provenance.json",
    log:
        "<logs>/vit_score_masks/{design}.log",
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=60),
    params:
        **plan.code("vit_score_masks"),
        masks=lambda w: vit.masks(w.design),
        seeds=lambda w: vit.settings["designs"][w.design]["seeds"],
        images=VIT_MASKING["images"],
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
    script:
        "../workflow/scripts/vit_score_masks.py"


resnet.designs.scored = rules.resnet_score.output.metrics
vit.designs.scored = rules.vit_score_masks.output.metrics
gan.designs.scored = rules.gan_measure.output.metrics
vae.designs.scored = rules.vae_measure.output.metrics


for found in plan.experiments():
    found.declare_designs()
    for target, scale in {"designs": False, "scale": True}.items():
        names = [name for name in found.designs.names() if found.designs.is_against_scale(name) == scale]
        if names:

            rule:
                """An experiment's designs: effects of their factors (designs), or one effect by data size (scale)."""
                name:
                    f"{found.name}_{target}"
                input:
                    found.of_designs(names),


rule designs:
    """Effects and interactions of the factors of all designs of all sections."""
    input:
        [file for experiment in plan.experiments() for file in experiment.of_designs(experiment.designs.names())],


rule design_effects:
    """Main effects and two-way interactions of a design's factors, with intervals."""
    input:
        runs=plan.design_files,
    output:
        effects="<results>/{experiment}/metrics/design_{design}.csv",
        provenance="<results>/{experiment}/metrics/design_{design}.provenance.json",
    log:
        "<logs>/design_effects/{experiment}_{design}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.code("design_effects"),
        design=lambda w: plan.experiment(w.experiment).designs.analysed(w.design),
    script:
        "../workflow/scripts/design_effects.py"
