# The report's way of doing the work beside ours, timed in turn on the machine at hand; no part of the report.
#   needs: prepared datasets and weights
#   makes: results/<run>/<experiment>/tables/benchmark*


rule benchmark:
    """Time the report's code beside ours, for every experiment that trains or embeds for long."""
    input:
        expand("<results>/resnet/tables/benchmark_{work}.csv", work=["embedding", "training"]),
        expand("<results>/{experiment}/tables/benchmark.csv", experiment=["vit", "gan", "vae"]),


rule resnet_benchmark:
    """Time the report's way of embedding or training and ours, in turn, on this machine."""
    input:
        **resnet.arrays("train_images"),
        backbone=resnet.weights("deep"),
    output:
        **table_files("<results>/resnet/tables/benchmark_{work}"),
    log:
        "<logs>/resnet_benchmark/{work}.log",
    wildcard_constraints:
        work="embedding|training",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=60,
    params:
        training=resnet.condition("random_published"),
        precision=resnet.settings["precision"],
        validation_share=resnet.settings["validation_share"],
        images=resnet.settings["benchmark"]["images"],
        rounds=resnet.settings["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=resnet.scale(),
        caption=caption("benchmark"),
        code=plan.code("resnet_benchmark"),
    message:
        "resnet: timing the report's {wildcards.work} and ours"
    script:
        "../workflow/scripts/resnet_benchmark.py"


rule vit_benchmark:
    """Time embeddings: the bare forward pass, our way, and image by image, in turn, on this machine."""
    input:
        **vit.arrays("train_images"),
        model=VIT_MODEL,
    output:
        **table_files("<results>/vit/tables/benchmark"),
    log:
        "<logs>/vit_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=8000,
        runtime=30,
    params:
        images=vit.settings["benchmark"]["images"],
        rounds=vit.settings["benchmark"]["rounds"],
        preprocessing=VIT_PREPROCESSING,
        precision=vit.settings["precision"],
        device=config["device"],
        label=vit.scale(),
        caption=caption("benchmark"),
        code=plan.code("vit_benchmark"),
    message:
        "vit: timing embeddings"
    script:
        "../workflow/scripts/vit_benchmark.py"


rule gan_benchmark:
    """Time the report's training loop and ours, in turn, on this machine."""
    input:
        **gan.arrays("train_images"),
    output:
        **table_files("<results>/gan/tables/benchmark"),
    log:
        "<logs>/gan_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=30,
    params:
        training=gan.condition("baseline"),
        images=gan.settings["benchmark"]["images"],
        rounds=gan.settings["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=gan.scale(),
        caption=caption("benchmark"),
        code=plan.code("gan_benchmark"),
    message:
        "gan: timing the report's training and ours"
    script:
        "../workflow/scripts/gan_benchmark.py"


rule vae_benchmark:
    """Time the report's training loop and ours, in turn, on this machine."""
    input:
        **vae.arrays("train_images"),
    output:
        **table_files("<results>/vae/tables/benchmark"),
    log:
        "<logs>/vae_benchmark/benchmark.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=30,
    params:
        training=vae.condition("kl5"),
        images=vae.settings["benchmark"]["images"],
        rounds=vae.settings["benchmark"]["rounds"],
        seed=0,
        device=config["device"],
        label=vae.scale(),
        caption=caption("benchmark"),
        code=plan.code("vae_benchmark"),
    message:
        "vae: timing the report's training and ours"
    script:
        "../workflow/scripts/vae_benchmark.py"
