# Section 6: zero-shot CLIP, its modality gap, and Procrustes alignment.
#   needs: the prepared dataset; official weights, or a dataset to pretrain on
#   steps: (clip_pretrain ->) clip_embed -> clip_evaluate, for every seed that has a model of its own; all -> summary;
#          then Table 10, tables of the gap and of the alignments, accuracy by class, accuracy along the gap,
#          and Figures 12 and 13
#   makes: results/<run>/clip/{models,embeddings,metrics,figures,tables}

from archdyn.workflow.experiments import Clip

clip = plan.add("clip", Clip)
CLIP_BACKBONE = clip.backbone("clip")
CLIP_PROMPTS = ["plain", "photo", "wild"]  # in the order of the embeddings; the gap is that of the first
CLIP_RUN = "seed{seed}"
CLIP_PER_IMAGE = ["right", "pairs", "gap", "texts", "told"]  # what is kept of each image or text, for the claims
CLIP_EMBEDDED = ["train_images", "test_images", "prompts", "ensemble"]


rule clip_pretrain:
    """Pretrain a CLIP on captioned images, for every seed."""
    input:
        **clip.pretraining_arrays(),
    output:
        model=f"<results>/clip/models/{CLIP_BACKBONE}_pretrained_{CLIP_RUN}.safetensors",
        provenance=f"<results>/clip/models/{CLIP_BACKBONE}_pretrained_{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_pretrain/{CLIP_RUN}.log",
        progress=f"<logs>/clip_pretrain/{CLIP_RUN}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=240),
    params:
        **plan.code("clip_pretrain"),
        run=CLIP_RUN,
        architecture=backbones.architecture(CLIP_BACKBONE),
        settings=clip.settings["pretraining"],
        weights=clip.pretrained_label(CLIP_BACKBONE),
        device=config["device"],
    script:
        "../workflow/scripts/clip_pretrain.py"


rule clip_embed:
    """Embed the images of both splits and the texts of all prompts, by every CLIP."""
    input:
        **clip.arrays("train_images", "test_images"),
        classes=clip.classes,
        model=lambda w: clip.model(w.seed, rules.clip_pretrain.output.model),
    output:
        **clip.embeddings(CLIP_RUN, *CLIP_EMBEDDED),
        facts=f"<results>/clip/embeddings/{CLIP_RUN}_facts.json",
        provenance=f"<results>/clip/embeddings/{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_embed/{CLIP_RUN}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=60),
    params:
        **plan.code("clip_embed"),
        run=CLIP_RUN,
        train_images=clip.settings["train_images"],
        test_images=clip.settings["test_images"],
        prompts=[clip.settings["prompts"][name] for name in CLIP_PROMPTS],
        ensemble=clip.settings["ensemble"],
        precision=clip.settings["precision"],
        embedding_batch=config["embedding_batch"],
        device=config["device"],
    script:
        "../workflow/scripts/clip_embed.py"


rule clip_evaluate:
    """Measure zero-shot accuracy, the modality gap and alignments, and project both modalities, for every CLIP."""
    input:
        **clip.arrays("train_labels", "test_labels"),
        **clip.embeddings(CLIP_RUN, *CLIP_EMBEDDED),
    output:
        **{f"{kind}_images": f"<results>/clip/metrics/{CLIP_RUN}_{kind}_images.csv" for kind in CLIP_PER_IMAGE},
        metrics=f"<results>/clip/metrics/{CLIP_RUN}.csv",
        shift=f"<results>/clip/metrics/{CLIP_RUN}_shift.csv",
        points=f"<results>/clip/embeddings/{CLIP_RUN}_projections.csv",
        provenance=f"<results>/clip/metrics/{CLIP_RUN}.provenance.json",
    log:
        f"<logs>/clip_evaluate/{CLIP_RUN}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **plan.code("clip_evaluate"),
        prompts=CLIP_PROMPTS,
        pairs=clip.settings["pairs"],
        draws=clip.settings["draws"],
        drawing=lambda w: clip.seeds_of_model(w.seed),
        images=clip.settings["projected_images"],
    script:
        "../workflow/scripts/clip_evaluate.py"


clip.per_image(*[clip.of_models(rules.clip_evaluate.output[f"{kind}_images"]) for kind in CLIP_PER_IMAGE])
clip.summarise(*clip.of_models(rules.clip_evaluate.output.metrics))
for name in ("figure12", "figure13"):
    clip.figure(
        name,
        classes=clip.classes,
        points=clip.of_models(rules.clip_evaluate.output.points)[0],
        label=clip.label(images_of_first_seed=True),
    )
clip.figure("classes", classes=clip.classes, summary=clip.summary)
clip.figure("shift", shift=clip.of_models(rules.clip_evaluate.output.shift))
clip.table(
    "table10",
    published=clip.published,
    summary=clip.summary,
    facts=clip.of_models(rules.clip_embed.output.facts)[0],
    settings={"prompts": clip.settings["prompts"], "templates": len(clip.settings["ensemble"])},
)
clip.table("gap", summary=clip.summary)
clip.table(
    "procrustes",
    published=clip.published,
    summary=clip.summary,
    settings={"pairs": clip.settings["pairs"]},
)
