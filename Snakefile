# archdyn: data -> train -> embed -> metrics -> figures and tables -> audit.
#   snakemake --cores 8 --resources gpu=1      everything at the report's scale
#   snakemake --cores 2 gan                    one experiment
#   snakemake --cores 2 report                 all of them, and the audit of the report


from archdyn.workflow.faults import pass_on_sigterm


# Of `snakemake --report`; it keeps to what Markdown and reStructuredText share.
report: "workflow/audit/reading.md"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/backbones.smk"
include: "rules/resnet.smk"
include: "rules/vit.smk"
include: "rules/vit_results.smk"
include: "rules/classifier.smk"
include: "rules/gan.smk"
include: "rules/vae.smk"
include: "rules/clip.smk"
include: "rules/designs.smk"
include: "rules/panels.smk"
include: "rules/results.smk"
include: "rules/audit.smk"


onstart:
    registry.forget_missing()
    pass_on_sigterm()


onsuccess:
    print(plan.found())


onerror:
    print(registry.missing_report())


rule all:
    """All figures and tables, and the audit."""
    default_target: True
    input:
        plan.results(),
        rules.audit.input,
