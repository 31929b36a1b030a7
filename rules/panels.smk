# Panels: what a reader can move on the page, and the steps that nothing else needs.
#   needs: the trained models, embeddings and numbers of the experiments; a caption for each panel in
#          workflow/audit/<experiment>/panels/<name>.rst
#   steps: vae_decode_plane, vit_grow_masks; then the panels, by the rule of rules/results.smk
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
        run=VAE_RUN,
        device=config["device"],
        **plan.code("vae_decode_plane"),
    message:
        "vae: decoding the latent plane of {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../workflow/scripts/vae_decode_plane.py"


rule vit_grow_masks:
    """Mask ever more of the pictures, at random and from the centre, by black pixels."""
    input:
        model=VIT_MODEL,
        images=rules.vit_images.output.images,
    output:
        sweep="<results>/vit/embeddings/growing.csv",
        masks="<results>/vit/embeddings/growing_masks.npy",
        logits="<results>/vit/embeddings/growing_masked_logits.npy",
        provenance="<results>/vit/embeddings/growing.provenance.json",
    log:
        "<logs>/vit_grow_masks/growing.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=20),
    params:
        fractions=VIT_MASKING["fractions"],
        seed=vit.seeds[0],
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("vit_grow_masks"),
    message:
        "vit: masking more and more of the pictures"
    script:
        "../workflow/scripts/vit_grow_masks.py"


vit.panel(
    "growth",
    **VIT_PICTURES,
    classes=rules.vit_look.output.classes,
    sweep=rules.vit_grow_masks.output.sweep,
    masks=rules.vit_grow_masks.output.masks,
    logits=rules.vit_grow_masks.output.logits,
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
