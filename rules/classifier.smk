# A small classifier per experiment that generates images: it judges what the generators draw.
#   needs: the prepared dataset        makes: models/classifier.safetensors, metrics/classifier.csv


rule classifier_train:
    """Train the classifier that judges the images which {wildcards.experiment} generates."""
    input:
        unpack(lambda w: plan.arrays(w.experiment)),
    output:
        model="<results>/{experiment}/models/classifier.safetensors",
        metrics="<results>/{experiment}/metrics/classifier.csv",
        provenance="<results>/{experiment}/models/classifier.provenance.json",
    log:
        "<logs>/classifier_train/{experiment}.log",
        progress="<logs>/classifier_train/{experiment}.csv",
    cache: True
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=plan.gpu(),
        mem_mb=4000,
        runtime=60,
    params:
        settings=lambda w: config[w.experiment]["classifier"],
        seed=0,
        device=config["device"],
        code=plan.code("classifier_train"),
    script:
        "../workflow/scripts/classifier_train.py"
