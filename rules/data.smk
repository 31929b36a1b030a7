# Data: from its sources to arrays, once for all runs.
#   needs  config/datasets.yaml, and a network or the files in resources/manual/<dataset>/
#   makes  resources/datasets/<dataset>/{train,test}_{images,labels}.npy (uint8, int64), classes.json
#   steps  data_download or data_synthesise -> data_prepare; data_imagefolder for a user's own pictures

from archdyn.data import registry
from archdyn.workflow.experiment import array_paths

dataset_entries = registry.load()
image_folders = registry.image_folders(config)
plan.forget_incomplete_data()


# On a cluster, this stays where Snakemake runs: compute nodes seldom reach the internet.
localrules:
    data_download,


rule data_download:
    """Fetch a dataset's files; their content's sha256 decides, so new sources fetch nothing again."""
    output:
        raw=directory("resources/raw/{dataset}"),
        provenance="resources/raw/{dataset}.provenance.json",
    log:
        "resources/logs/data_download/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(registry.downloadable()),
    cache: workflow.enable_cache
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        dataset="{dataset}",
        files=lambda wildcards: registry.contents(dataset_entries[wildcards.dataset]),
    script:
        "../workflow/scripts/data_download.py"


rule data_synthesise:
    """Make the files of a synthetic dataset, in MNIST's format."""
    output:
        raw=directory("resources/raw/{dataset}"),
        provenance="resources/raw/{dataset}.provenance.json",
    log:
        "resources/logs/data_synthesise/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(registry.of_kind("synthetic")),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **plan.code("data_synthesise"),
        files=lambda wildcards: dataset_entries[wildcards.dataset]["files"],
    script:
        "../workflow/scripts/data_synthesise.py"


rule data_prepare:
    """Turn raw files into arrays; no later job parses them again."""
    input:
        raw="resources/raw/{dataset}",
    output:
        **array_paths("{dataset}"),
        classes="resources/datasets/{dataset}/classes.json",
        provenance="resources/datasets/{dataset}/provenance.json",
    log:
        "resources/logs/data_prepare/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(registry.of_kind("idx", "synthetic", "cifar10", "stl10")),
    cache: workflow.enable_cache
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        **plan.code("data_prepare"),
        dataset="{dataset}",
        kind=lambda wildcards: dataset_entries[wildcards.dataset]["kind"],
        files=lambda wildcards: registry.contents(dataset_entries[wildcards.dataset]),
        image_shape=lambda wildcards: dataset_entries[wildcards.dataset]["image_shape"],
        classes=lambda wildcards: dataset_entries[wildcards.dataset]["classes"],
    script:
        "../workflow/scripts/data_prepare.py"


rule data_imagefolder:
    """Turn a user's folder of pictures (a sub-folder per class) into arrays."""
    output:
        **array_paths("{dataset}"),
        classes="resources/datasets/{dataset}/classes.json",
        provenance="resources/datasets/{dataset}/provenance.json",
    log:
        "resources/logs/data_imagefolder/{dataset}.log",
    wildcard_constraints:
        dataset="imagefolder-[a-z0-9-]+",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **plan.code("data_imagefolder"),
        folder=lambda wildcards: image_folders[wildcards.dataset]["imagefolder"],
        size=lambda wildcards: image_folders[wildcards.dataset]["size"],
        channels=lambda wildcards: image_folders[wildcards.dataset]["channels"],
        content=lambda wildcards: registry.folder_digest(image_folders[wildcards.dataset]),
    script:
        "../workflow/scripts/data_imagefolder.py"
