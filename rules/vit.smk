# Section 3: a vision transformer's predictions, attention, answers under masks, and linear probes.
#   needs: the prepared datasets, the transformer's weights, a CNN of section 2 for Grad-CAM, and one with ImageNet's
#   steps: vit_pictures, all that is asked of single pictures (photos, or test images); vit_mask, many test images under
#          masks -> vit_evaluate; vit_embed (CLS and mean patch) -> vit_probe; all -> summary;
#          what is drawn of them: rules/vit_results.smk
#   makes: results/<run>/vit/{models,embeddings,metrics}

from archdyn.workflow.experiments import Vit

vit = plan.add("vit", Vit)
VIT_MODEL = vit.weights("vit")
if vit.settings["cnn"] == "transferred":
    VIT_CNN = resnet.first_seed(rules.resnet_train.output.model, "full_corrected")[0]
    VIT_CNN_LABEL = " · ".join(
        [resnet.weights_label(resnet.condition("full_corrected")["backbone"]), f"transferred to {resnet.dataset}"]
    )
else:
    VIT_CNN, VIT_CNN_LABEL = resnet.weights("deep"), resnet.weights_label("deep")
VIT_RECOGNISER_LABEL = backbones.weights_label(  # photos are large, whatever the transferred images are scaled to
    resnet.settings["backbones"]["imagenet"] | {"size": None}, resnet.settings["pretraining"]
)
VIT_PROBES = vit.settings["probes"]
VIT_NORMALISATION = {  # ImageNet's belongs to the published protocol
    "own": {},
    "imagenet": VIT_PROBES["published_normalisation"] | {"interpolation": VIT_PROBES["published_interpolation"]},
}
VIT_IMAGES = {  # that probes are fitted and scored on
    "own": {"train": VIT_PROBES["train_images"], "test": VIT_PROBES["test_images"]},
    "imagenet": {"train": VIT_PROBES["train_images"], "test": VIT_PROBES["published_test_images"]},
}
VIT_MASKING = vit.settings["masking"]
VIT_LIKELIEST = {"k": vit.settings["likeliest"]}


rule vit_pictures:
    """Ask of single pictures what they show, what is attended to, where a CNN looks, and what masks change."""
    input:
        **vit.arrays("test_images", "test_labels"),
        classes=vit.classes,
        photos=vit.photos(),
        model=VIT_MODEL,
        cnn=VIT_CNN,
        imagenet=resnet.weights("imagenet"),
    output:
        images="<results>/vit/embeddings/pictures.npy",
        squashed="<results>/vit/embeddings/pictures_squashed.npy",
        logits="<results>/vit/embeddings/picture_logits.npy",
        published_logits="<results>/vit/embeddings/picture_published_logits.npy",
        attention="<results>/vit/embeddings/picture_attention.npy",
        published_maps="<results>/vit/embeddings/picture_published_maps.npy",
        cams="<results>/vit/embeddings/picture_gradcam.npy",
        sweep="<results>/vit/embeddings/pictures_masked.csv",
        masks="<results>/vit/embeddings/picture_masks.npy",
        masked_logits="<results>/vit/embeddings/picture_masked_logits.npy",
        squashed_logits="<results>/vit/embeddings/squashed_masked_logits.npy",
        growing="<results>/vit/embeddings/growing.csv",
        growing_masks="<results>/vit/embeddings/growing_masks.npy",
        growing_logits="<results>/vit/embeddings/growing_masked_logits.npy",
        photos="<results>/vit/embeddings/photos.npy",
        photo_maps="<results>/vit/embeddings/photo_maps.npy",
        photo_logits="<results>/vit/embeddings/photo_logits.npy",
        facts="<results>/vit/embeddings/pictures.json",
        provenance="<results>/vit/embeddings/pictures.provenance.json",
    log:
        "<logs>/vit_pictures/pictures.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=30),
    params:
        **plan.code("vit_pictures"),
        # Functions, since Snakemake would fill in braces.
        names=lambda w: vit.photo_names(),
        within=lambda w: vit.files_within(),
        preprocessing=backbones.architecture(vit.backbone("vit"))["preprocessing"],
        imagenet_preprocessing=backbones.architecture(resnet.backbone("imagenet"))["preprocessing"],
        masking=VIT_MASKING,
        seeds=vit.seeds,
        precision=vit.settings["precision"],
        device=config["device"],
    script:
        "../workflow/scripts/vit_pictures.py"


rule vit_mask:
    """Mask many test images, by black pixels and lost tokens, and read what the heads attend to."""
    input:
        **vit.arrays("test_images"),
        model=VIT_MODEL,
        cnn=VIT_CNN,
    output:
        sweep="<results>/vit/embeddings/masked.csv",
        cls="<results>/vit/embeddings/masked_cls.npy",
        top1="<results>/vit/embeddings/masked_top1.npy",
        probability="<results>/vit/embeddings/masked_probability.npy",
        ink="<results>/vit/embeddings/masked_ink.npy",
        entropy="<results>/vit/embeddings/head_entropy.npy",
        distance="<results>/vit/embeddings/head_distance.npy",
        provenance="<results>/vit/embeddings/masked.provenance.json",
    log:
        "<logs>/vit_mask/mask.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=240),
    params:
        **plan.code("vit_mask"),
        masking=VIT_MASKING,
        heads=vit.settings["attention"]["images"],
        seeds=vit.seeds,
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
    script:
        "../workflow/scripts/vit_mask.py"


rule vit_embed:
    """Embed a dataset, CLS and mean patch tokens, normalised in both ways."""
    input:
        **array_paths("{dataset}", "train_images", "test_images"),
        model=VIT_MODEL,
    output:
        **vit.embeddings("{dataset}", *vit.embedded()),
        provenance="<results>/vit/embeddings/{dataset}.provenance.json",
    log:
        "<logs>/vit_embed/{dataset}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=240),
    params:
        **plan.code("vit_embed"),
        run="{dataset}",
        images=VIT_IMAGES,
        preprocessing=VIT_NORMALISATION,
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
    script:
        "../workflow/scripts/vit_embed.py"


rule vit_evaluate:
    """Measure the answers under every mask, and how the heads specialise."""
    input:
        **vit.arrays("train_labels", "test_labels"),
        **picked(rules.vit_mask.output, "sweep", "cls", "top1", "probability", "ink", "entropy", "distance"),
        train_cls=filled(rules.vit_embed.output.own_train_cls, dataset=vit.dataset),
    output:
        metrics="<results>/vit/metrics/masking.csv",
        masking_images="<results>/vit/metrics/masking_images.csv",
        attention_images="<results>/vit/metrics/attention_images.csv",
        provenance="<results>/vit/metrics/masking.provenance.json",
    log:
        "<logs>/vit_evaluate/masking.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **plan.code("vit_evaluate"),
        seed=vit.seeds[0],
        validation_share=VIT_PROBES["validation_share"],
    script:
        "../workflow/scripts/vit_evaluate.py"


rule vit_probe:
    """Fit the linear probes of Table 6, as the report's code does and without its flaws."""
    input:
        **vit.embeddings(vit.probed, *vit.embedded()),
        **array_paths(vit.probed, "train_labels", "test_labels"),
    output:
        metrics="<results>/vit/metrics/probes.csv",
        images="<results>/vit/metrics/probes_images.csv",
        provenance="<results>/vit/metrics/probes.provenance.json",
    log:
        "<logs>/vit_probe/probes.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=360,
    params:
        **plan.code("vit_probe"),
        validation_share=VIT_PROBES["validation_share"],
        seeds=vit.seeds,
    script:
        "../workflow/scripts/vit_probe.py"


vit.per_image(
    rules.vit_evaluate.output.attention_images,
    rules.vit_evaluate.output.masking_images,
    rules.vit_probe.output.images,
)
vit.summarise(rules.vit_evaluate.output.metrics, rules.vit_probe.output.metrics)
