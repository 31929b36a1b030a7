# Section 3: what is drawn and tabulated of a vision transformer.
#   needs: the steps of rules/vit.smk
#   makes: Figures 4 and 5, Tables 5 and 6, and what goes with each of them, in results/<run>/vit/{figures,tables}

VIT_PICTURES = {"images": rules.vit_images.output.images, "names": rules.vit_images.output.names}
VIT_ANSWERS = {"logits": rules.vit_look.output.logits, "classes": rules.vit_look.output.classes}
VIT_PICTURES_LABEL = vit.scale(data=vit.pictures())
VIT_PROBES_LABEL = vit.label(data=f"probes of {vit.probed}")

vit.figure("figure4", **VIT_PICTURES, **VIT_ANSWERS, settings=VIT_LIKELIEST, label=VIT_PICTURES_LABEL)
vit.figure(
    "figure5",
    **VIT_PICTURES,
    **VIT_ANSWERS,
    squashed=rules.vit_images.output.squashed,
    published_maps=rules.vit_look.output.published_maps,
    published=vit.published,
    attention=rules.vit_look.output.attention,
    cams=rules.vit_gradcam.output.maps,
    cam_facts=rules.vit_gradcam.output.facts,
    label=f"{VIT_PICTURES_LABEL} · CNN: {VIT_CNN_LABEL}",
)
vit.figure(
    "photos",
    photos=rules.vit_recognise.output.photos,
    maps=rules.vit_recognise.output.maps,
    logits=rules.vit_recognise.output.logits,
    facts=rules.vit_recognise.output.facts,
    settings=VIT_LIKELIEST,
    label=f"{plan.run} scale · {vit.photographed()} · {VIT_RECOGNISER_LABEL}",
)
vit.figure("heads", **VIT_PICTURES, attention=rules.vit_look.output.attention, label=VIT_PICTURES_LABEL)
vit.figure(
    "specialisation",
    metrics=rules.vit_evaluate_attention.output.metrics,
    label=f"{vit.scale()} · {vit.settings['attention']['images']} test images",
)
vit.figure(
    "masking",
    images=rules.vit_images.output.images,
    classes=rules.vit_look.output.classes,
    sweep=rules.vit_mask.output.pictures,
    masks=rules.vit_mask.output.picture_masks,
    logits=rules.vit_mask.output.picture_logits,
    summary=vit.summary,
    settings={"fractions": VIT_MASKING["fractions"]},
    label=f"{vit.label(data=vit.pictures())} · {VIT_MASKING['images']} images of {vit.dataset}, 95% intervals",
)
vit.figure(
    "learning_curve",
    summary=vit.summary,
    published=vit.published,
    label=VIT_PROBES_LABEL,
)
vit.table(
    "predictions",
    names=rules.vit_images.output.names,
    **VIT_ANSWERS,
    settings=VIT_LIKELIEST,
    label=VIT_PICTURES_LABEL,
)
vit.table(
    "table5",
    names=rules.vit_images.output.names,
    classes=rules.vit_look.output.classes,
    sweep=rules.vit_mask.output.pictures,
    logits=rules.vit_mask.output.picture_logits,
    published_logits=rules.vit_mask.output.published_logits,
    published=vit.published,
    label=vit.label(data=vit.pictures()),
)
vit.table(
    "masked_accuracy",
    summary=vit.summary,
    settings={"fractions": VIT_MASKING["fractions"]},
)
vit.table(
    "mask_controls",
    summary=vit.summary,
    settings={"share": VIT_MASKING["published_share"]},
    label=f"{vit.label()} · {VIT_MASKING['images']} images, 95% intervals",
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
