# Section 3: what is drawn and tabulated of a vision transformer.
#   needs: the steps of rules/vit.smk
#   makes: Figures 4 and 5, Tables 5 and 6, and what goes with each of them, in results/<run>/vit/{figures,tables}

VIT_PICTURES_LABEL = vit.scale(data=vit.pictures())
VIT_PROBES_LABEL = vit.label(data=f"probes of {vit.probed}")
VIT_MASKED_LABEL = f"{vit.label()} · {VIT_MASKING['images']} images, 95% intervals"


def of_pictures(*names: str) -> dict[str, str]:
    """Outputs of `vit_pictures`, and what is known of the pictures."""
    return {name: rules.vit_pictures.output[name] for name in (*names, "facts")}


vit.figure(
    "figure4",
    **of_pictures("images", "squashed", "logits", "published_logits"),
    settings=VIT_LIKELIEST,
    label=VIT_PICTURES_LABEL,
)
vit.figure(
    "figure5",
    **of_pictures("images", "squashed", "logits", "published_maps", "attention", "cams"),
    published=vit.published,
    label=f"{VIT_PICTURES_LABEL} · CNN: {VIT_CNN_LABEL}",
)
vit.figure(
    "photos",
    **of_pictures("photos", "photo_maps", "photo_logits"),
    settings=VIT_LIKELIEST,
    label=f"{plan.run} scale · {vit.photographed()} · {VIT_RECOGNISER_LABEL}",
)
vit.figure("heads", **of_pictures("images", "attention"), label=VIT_PICTURES_LABEL)
vit.figure(
    "specialisation",
    metrics=rules.vit_evaluate.output.metrics,
    label=f"{vit.scale()} · {vit.settings['attention']['images']} test images",
)
vit.figure(
    "masking",
    **of_pictures("images", "sweep", "masks", "masked_logits"),
    summary=vit.summary,
    settings={"fractions": VIT_MASKING["fractions"]},
    label=f"{vit.label(data=vit.pictures())} · {VIT_MASKING['images']} images of {vit.dataset}, 95% intervals",
)
vit.figure("learning_curve", summary=vit.summary, published=vit.published, label=VIT_PROBES_LABEL)
vit.table("predictions", **of_pictures("logits"), settings=VIT_LIKELIEST, label=VIT_PICTURES_LABEL)
vit.table(
    "table5",
    **of_pictures("sweep", "masked_logits", "squashed_logits"),
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


rule vit:
    """All figures and tables of section 3, the vision transformer."""
    input:
        vit.results(),
