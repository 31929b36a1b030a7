# Section 3: a vision transformer's predictions, attention, answers under masks, and linear probes.
#   needs: the prepared datasets, the transformer's weights, and a CNN of section 2 for Grad-CAM
#   steps: vit_images, the pictures to look at one by one (photos, or test images);
#          vit_look (logits, attention), vit_mask (answers under masks), vit_embed (CLS and mean patch), vit_gradcam;
#          vit_evaluate_attention, vit_evaluate_masking, vit_probe_published, vit_probe_corrected -> vit_summary;
#          what is drawn of them: rules/vit_results.smk
#   makes: results/<run>/vit/{models,embeddings,metrics}

from archdyn.workflow.experiments import Vit

vit = plan.add("vit", Vit)
VIT_MODEL = vit.weights("vit")
VIT_CNN = {
    "pretrained": resnet.weights("deep"),
    "transferred": resnet.first_seed(rules.resnet_train.output.model, "full_corrected")[0],
}[vit.settings["cnn"]]
VIT_CNN_ROLE = {"pretrained": "deep", "transferred": resnet.condition("full_corrected")["backbone"]}[
    vit.settings["cnn"]
]
VIT_CNN_LABEL = " · ".join(
    [resnet.weights_label(VIT_CNN_ROLE)] + [f"transferred to {resnet.dataset}"] * (vit.settings["cnn"] == "transferred")
)
VIT_RECOGNISER_LABEL = backbones.weights_label(  # photos are large, whatever the transferred images are scaled to
    resnet.settings["backbones"]["imagenet"] | {"size": None}, resnet.settings["pretraining"]
)
VIT_PREPROCESSING = backbones.architecture(vit.backbone("vit"))["preprocessing"]
VIT_PROBES = vit.settings["probes"]
VIT_NORMALISATION = {
    "own": {},
    "imagenet": VIT_PROBES["published_normalisation"] | {"interpolation": VIT_PROBES["published_interpolation"]},
}
VIT_IMAGES = {  # that probes are fitted and scored on: ImageNet's normalisation belongs to the published protocol
    "imagenet": {"train": VIT_PROBES["train_images"], "test": VIT_PROBES["published_test_images"]},
    "own": {"train": VIT_PROBES["train_images"], "test": VIT_PROBES["test_images"]},
}
VIT_MASKING = vit.settings["masking"]
VIT_LIKELIEST = {"k": vit.settings["likeliest"]}


localrules:
    vit_images,


rule vit_images:
    """Prepare the pictures that are looked at one by one."""
    input:
        **vit.arrays("test_images", "test_labels"),
        classes=vit.classes,
        files=vit.photos(),
    output:
        images="<results>/vit/embeddings/pictures.npy",
        squashed="<results>/vit/embeddings/pictures_squashed.npy",
        names="<results>/vit/embeddings/picture_names.json",
        provenance="<results>/vit/embeddings/pictures.provenance.json",
    log:
        "<logs>/vit_images/pictures.log",
    conda:
        "../envs/analysis.yaml"
    params:
        # A function, since Snakemake would fill in braces.
        names=lambda w: vit.photo_names(),
        preprocessing=VIT_PREPROCESSING,
        **plan.code("vit_images"),
    script:
        "../workflow/scripts/vit_images.py"


rule vit_look:
    """Logits and attention of the pictures in one pass, and the heads' statistics on many images."""
    input:
        **vit.arrays("test_images"),
        model=VIT_MODEL,
        images=rules.vit_images.output.images,
        squashed=rules.vit_images.output.squashed,
    output:
        published_maps="<results>/vit/embeddings/picture_published_maps.npy",
        logits="<results>/vit/embeddings/picture_logits.npy",
        attention="<results>/vit/embeddings/picture_attention.npy",
        classes="<results>/vit/embeddings/classes.json",
        entropy="<results>/vit/embeddings/head_entropy.npy",
        distance="<results>/vit/embeddings/head_distance.npy",
        provenance="<results>/vit/embeddings/look.provenance.json",
    log:
        "<logs>/vit_look/look.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=60),
    params:
        images=vit.settings["attention"]["images"],
        device=config["device"],
        **plan.code("vit_look"),
    message:
        "vit: reading logits and attention"
    script:
        "../workflow/scripts/vit_look.py"


rule vit_gradcam:
    """Where a convolutional network of section 2 looks on the same pictures."""
    input:
        model=VIT_CNN,
        images=rules.vit_images.output.images,
    output:
        maps="<results>/vit/embeddings/gradcam.npy",
        facts="<results>/vit/embeddings/gradcam.json",
        provenance="<results>/vit/embeddings/gradcam.provenance.json",
    log:
        "<logs>/vit_gradcam/gradcam.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        device=config["device"],
        weights=VIT_CNN_LABEL,
        **plan.code("vit_gradcam"),
    message:
        "vit: computing Grad-CAM of a CNN"
    script:
        "../workflow/scripts/vit_gradcam.py"


rule vit_recognise:
    """Name what is on real photos by a network with ImageNet's weights, and show where it looks."""
    input:
        model=resnet.weights("imagenet"),
        files=vit.photos(),
    output:
        photos="<results>/vit/embeddings/photos.npy",
        maps="<results>/vit/embeddings/photo_maps.npy",
        logits="<results>/vit/embeddings/photo_logits.npy",
        facts="<results>/vit/embeddings/photos.json",
        provenance="<results>/vit/embeddings/photos.provenance.json",
    log:
        "<logs>/vit_recognise/photos.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=20),
    params:
        names=lambda w: vit.photo_names(),
        preprocessing=backbones.architecture(resnet.backbone("imagenet"))["preprocessing"],
        device=config["device"],
        **plan.code("vit_recognise"),
    message:
        "vit: recognising photos by a CNN"
    script:
        "../workflow/scripts/vit_recognise.py"


rule vit_mask:
    """Mask the pictures and many test images, at random and at the centre, by black pixels and lost tokens."""
    input:
        **vit.arrays("test_images"),
        model=VIT_MODEL,
        cnn=VIT_CNN,
        images=rules.vit_images.output.images,
        squashed=rules.vit_images.output.squashed,
    output:
        published_logits="<results>/vit/embeddings/squashed_masked_logits.npy",
        sweep="<results>/vit/embeddings/masked.csv",
        cls="<results>/vit/embeddings/masked_cls.npy",
        top1="<results>/vit/embeddings/masked_top1.npy",
        probability="<results>/vit/embeddings/masked_probability.npy",
        ink="<results>/vit/embeddings/masked_ink.npy",
        pictures="<results>/vit/embeddings/pictures_masked.csv",
        picture_masks="<results>/vit/embeddings/picture_masks.npy",
        picture_logits="<results>/vit/embeddings/picture_masked_logits.npy",
        provenance="<results>/vit/embeddings/masked.provenance.json",
    log:
        "<logs>/vit_mask/mask.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=6000, runtime=240),
    params:
        masking=VIT_MASKING,
        seeds=vit.seeds,
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("vit_mask"),
    message:
        "vit: masking images"
    script:
        "../workflow/scripts/vit_mask.py"


rule vit_embed:
    """Embed a dataset: CLS and mean patch tokens, in one pass."""
    input:
        **array_paths("{dataset}", "train_images", "test_images"),
        model=VIT_MODEL,
    output:
        **vit.embeddings("{dataset}_{normalisation}", "train_cls", "train_mean_patch", "test_cls", "test_mean_patch"),
        provenance="<results>/vit/embeddings/{dataset}_{normalisation}.provenance.json",
    log:
        "<logs>/vit_embed/{dataset}_{normalisation}.log",
    wildcard_constraints:
        normalisation="|".join(VIT_NORMALISATION),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=240),
    params:
        run="{dataset}_{normalisation}",
        images=lambda w: VIT_IMAGES[w.normalisation],
        preprocessing=lambda w: VIT_NORMALISATION[w.normalisation],
        precision=vit.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
        **plan.code("vit_embed"),
    message:
        "vit: embedding {wildcards.dataset}, {wildcards.normalisation} normalisation"
    script:
        "../workflow/scripts/vit_embed.py"


rule vit_evaluate_attention:
    """Measure how the heads specialise."""
    input:
        attention=rules.vit_look.output.attention,
        entropy=rules.vit_look.output.entropy,
        distance=rules.vit_look.output.distance,
    output:
        metrics="<results>/vit/metrics/attention.csv",
        images="<results>/vit/metrics/attention_images.csv",
        provenance="<results>/vit/metrics/attention.provenance.json",
    log:
        "<logs>/vit_evaluate_attention/attention.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        seed=vit.seeds[0],
        **plan.code("vit_evaluate_attention"),
    message:
        "vit: measuring the attention heads"
    script:
        "../workflow/scripts/vit_evaluate_attention.py"


rule vit_evaluate_masking:
    """Measure the answers under every mask."""
    input:
        **vit.arrays("train_labels", "test_labels"),
        train_cls=vit.embedded(vit.dataset, "own", rules.vit_embed.output)["train_cls"],
        sweep=rules.vit_mask.output.sweep,
        cls=rules.vit_mask.output.cls,
        top1=rules.vit_mask.output.top1,
        probability=rules.vit_mask.output.probability,
        ink=rules.vit_mask.output.ink,
    output:
        metrics="<results>/vit/metrics/masking.csv",
        images="<results>/vit/metrics/masking_images.csv",
        provenance="<results>/vit/metrics/masking.provenance.json",
    log:
        "<logs>/vit_evaluate_masking/masking.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=vit.seeds[0],
        validation_share=VIT_PROBES["validation_share"],
        **plan.code("vit_evaluate_masking"),
    message:
        "vit: measuring the answers under masks"
    script:
        "../workflow/scripts/vit_evaluate_masking.py"


rule vit_probe_published:
    """Fit the linear probes of Table 6 as the report's code does."""
    input:
        **vit.embedded(vit.probed, "imagenet", rules.vit_embed.output),
    output:
        metrics="<results>/vit/metrics/probe_published.csv",
        images="<results>/vit/metrics/probe_published_images.csv",
        provenance="<results>/vit/metrics/probe_published.provenance.json",
    log:
        "<logs>/vit_probe_published/probe.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        seed=vit.seeds[0],
        **plan.code("vit_probe_published"),
    message:
        "vit: fitting the probes as published"
    script:
        "../workflow/scripts/vit_probe_published.py"


rule vit_probe_corrected:
    """Fit the linear probes of Table 6 without its flaws, on growing numbers of images too."""
    input:
        **vit.embedded(vit.probed, "own", rules.vit_embed.output),
    output:
        metrics="<results>/vit/metrics/probe_corrected.csv",
        images="<results>/vit/metrics/probe_corrected_images.csv",
        provenance="<results>/vit/metrics/probe_corrected.provenance.json",
    log:
        "<logs>/vit_probe_corrected/probe.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        validation_share=VIT_PROBES["validation_share"],
        seeds=vit.seeds,
        **plan.code("vit_probe_corrected"),
    message:
        "vit: fitting the corrected probes"
    script:
        "../workflow/scripts/vit_probe_corrected.py"


vit.per_image(
    rules.vit_evaluate_attention.output.images,
    rules.vit_evaluate_masking.output.images,
    rules.vit_probe_published.output.images,
    rules.vit_probe_corrected.output.images,
)


vit.summarise(
    rules.vit_evaluate_attention.output.metrics,
    rules.vit_evaluate_masking.output.metrics,
    rules.vit_probe_published.output.metrics,
    rules.vit_probe_corrected.output.metrics,
)
