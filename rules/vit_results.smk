# Section 3: what is drawn and tabulated of a vision transformer.
#   needs: the steps of rules/vit.smk
#   makes: Figures 4 and 5, Tables 5 and 6, and what goes with each of them, in results/<run>/vit/{figures,tables}

VIT_PICTURES_LABEL = vit.scale(data=vit.pictures())
VIT_PROBES_LABEL = vit.label(data=f"probes of {vit.probed}")
VIT_PICTURES = rules.vit_pictures.output
VIT_MASKED_LABEL = f"{vit.label()} · {VIT_MASKING['images']} images, 95% intervals"

vit.figure(
    "figure4",
    **picked(VIT_PICTURES, "images", "squashed", "logits", "published_logits", "facts"),
    settings=VIT_LIKELIEST,
    label=VIT_PICTURES_LABEL,
)
vit.figure(
    "figure5",
    **picked(VIT_PICTURES, "images", "squashed", "logits", "published_maps", "attention", "cams", "facts"),
    published=vit.published,
    label=f"{VIT_PICTURES_LABEL} · CNN: {VIT_CNN_LABEL}",
)
vit.figure(
    "photos",
    **picked(VIT_PICTURES, "photos", "photo_maps", "photo_logits", "facts"),
    settings=VIT_LIKELIEST,
    label=f"{plan.run} scale · {vit.photographed()} · {VIT_RECOGNISER_LABEL}",
)
vit.figure(
    "heads",
    **picked(VIT_PICTURES, "images", "attention", "facts"),
    label=VIT_PICTURES_LABEL,
)
vit.figure(
    "specialisation",
    metrics=rules.vit_evaluate.output.metrics,
    label=f"{vit.scale()} · {vit.settings['attention']['images']} test images",
)
vit.figure(
    "masking",
    **picked(VIT_PICTURES, "images", "sweep", "masks", "masked_logits", "facts"),
    summary=vit.summary,
    settings={"fractions": VIT_MASKING["fractions"]},
    label=f"{vit.label(data=vit.pictures())} · {VIT_MASKING['images']} images of {vit.dataset}, 95% intervals",
)
vit.figure("learning_curve", summary=vit.summary, published=vit.published, label=VIT_PROBES_LABEL)
vit.table(
    "predictions",
    **picked(VIT_PICTURES, "logits", "facts"),
    settings=VIT_LIKELIEST,
    label=VIT_PICTURES_LABEL,
)
vit.table(
    "table5",
    **picked(VIT_PICTURES, "sweep", "masked_logits", "squashed_logits", "facts"),
    published=vit.published,
    settings={"are_published": vit.settings["images"] == "published"},
    label=vit.label(data=vit.pictures()),
)
vit.table("masked_accuracy", summary=vit.summary, settings={"fractions": VIT_MASKING["fractions"]})
vit.table(
    "mask_controls",
    summary=vit.summary,
    settings={"share": VIT_MASKING["published_share"]},
    label=VIT_MASKED_LABEL,
)
vit.table("table6", summary=vit.summary, published=vit.published, label=VIT_PROBES_LABEL)
vit.table(
    "head_statistics",
    summary=vit.summary,
    label=f"{vit.scale()} · {vit.settings['attention']['images']} images",
)
