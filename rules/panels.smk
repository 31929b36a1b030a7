# Panels: what a reader can move on the page.
#   needs: the trained models, embeddings and numbers of the experiments; a caption for each panel in
#          workflow/audit/<experiment>/panels/<name>.rst
#   makes: results/<run>/<experiment>/panels/*.json


vit.panel(
    "growth",
    **picked(VIT_PICTURES, "images", "facts"),
    sweep=VIT_PICTURES.growing,
    masks=VIT_PICTURES.growing_masks,
    logits=VIT_PICTURES.growing_logits,
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
    planes=vae.first_seed(rules.vae_measure.output.plane, *vae.by_kl_weight()),
    settings={"weights": vae.by_kl_weight()},
    label=vae.label(*vae.by_kl_weight(), images_of_first_seed=True),
)
