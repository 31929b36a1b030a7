# Panels: what a reader can move on the page, and the steps that nothing else needs.
#   needs: the trained models, embeddings and numbers of the experiments; a caption for each panel in
#          workflow/audit/<experiment>/panels/<name>.rst
#   steps: vae_decode_plane; then the panels, by the rule of rules/results.smk
#   makes: results/<run>/<experiment>/panels/*.json


rule vae_decode_plane:
    """Draw the plane of a trained VAE's two strongest latent dimensions."""
    input:
        model=rules.vae_train.output.model,
        mean=rules.vae_embed.output.mean,
        logvar=rules.vae_embed.output.logvar,
    output:
        plane=f"<results>/vae/embeddings/{VAE_RUN}_plane.npy",
        provenance=f"<results>/vae/embeddings/{VAE_RUN}_plane.provenance.json",
    log:
        f"<logs>/vae_decode_plane/{VAE_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        **plan.code("vae_decode_plane"),
        run=VAE_RUN,
        device=config["device"],
    message:
        "vae: decoding the latent plane of {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_decode_plane.py"


vit.panel(
    "growth",
    images=rules.vit_pictures.output.images,
    facts=rules.vit_pictures.output.facts,
    sweep=rules.vit_pictures.output.growing,
    masks=rules.vit_pictures.output.growing_masks,
    logits=rules.vit_pictures.output.growing_logits,
    label=VIT_PICTURES_LABEL,
)
gan.panel(
    "evolution",
    samples=gan.first_seed(rules.gan_train.output.fixed_eval),
    settings={"names": gan.names()},
    label=gan.label(images_of_first_seed=True),
)
vae.panel(
    "plane",
    planes=vae.first_seed(rules.vae_decode_plane.output.plane, *vae.by_kl_weight()),
    settings={"weights": vae.by_kl_weight()},
    label=vae.label(images_of_first_seed=True),
)
