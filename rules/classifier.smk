# A small classifier per experiment that generates images: it judges what the generators draw.
#   needs: the prepared dataset
#   makes: models/classifier.safetensors, metrics/classifier.csv, embeddings/real_{train,test}_{features,logits}.npy

from archdyn.workflow.experiment import real_paths


rule classifier_train:
    """Train the classifier that judges the images which an experiment generates, and embed the real ones by it."""
    input:
        unpack(lambda w: plan.experiment(w.experiment).arrays()),
        classes=lambda w: plan.experiment(w.experiment).classes,
    output:
        **real_paths("{experiment}", "train", "test"),
        model="<results>/{experiment}/models/classifier.safetensors",
        metrics="<results>/{experiment}/metrics/classifier.csv",
        provenance="<results>/{experiment}/models/classifier.provenance.json",
    log:
        "<logs>/classifier_train/{experiment}.log",
        progress="<logs>/classifier_train/{experiment}.csv",
    cache: workflow.enable_cache
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=4000, runtime=60),
    params:
        **plan.code("classifier_train"),
        experiment="{experiment}",
        settings=lambda w: plan.experiment(w.experiment).settings["classifier"],
        seed=0,
        device=config["device"],
    script:
        "../workflow/scripts/classifier_train.py"
