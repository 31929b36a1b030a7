# archdyn: data -> train -> embed -> metrics -> figures and tables, for each experiment of the report.
#   snakemake --cores 8 --resources gpu=1      everything at the report's scale
#   snakemake --cores 2 gan                    one experiment


configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/backbones.smk"
include: "rules/classifier.smk"
include: "rules/gan.smk"
include: "rules/vae.smk"
include: "rules/clip.smk"


onstart:
    registry.forget_missing()


onerror:
    print(registry.missing_report())


rule benchmark:
    input:
        rules.gan_benchmark.output,
        rules.vae_benchmark.output,


rule all:
    default_target: True
    input:
        rules.gan.input,
        rules.vae.input,
        rules.clip.input,
