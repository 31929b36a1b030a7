# Summaries, figures, tables and panels of the page: what each experiment declares in its own rule file, made by the
# function of that name in archdyn/experiments/<experiment>/{figures,tables,panels}.py.
#   needs: what the declaration names, and its caption in workflow/audit/<experiment>/{figures,tables,panels}/<name>.rst
#   makes: results/<run>/<experiment>/{figures,tables,panels}/<name>.*


# On a cluster, these take seconds and stay where Snakemake runs.
localrules:
    summary,
    figure,
    table,
    panel,


for found in plan.experiments():

    rule:
        """All figures, tables and panels of an experiment."""
        name:
            found.name
        input:
            found.results(),


rule summary:
    """Gather the numbers of an experiment's conditions and seeds; mean, spread and n over the seeds."""
    input:
        metrics=lambda w: plan.experiment(w.experiment).summarised,
    output:
        metrics="<results>/{experiment}/metrics/all.csv",
        summary="<results>/{experiment}/metrics/summary.csv",
        provenance="<results>/{experiment}/metrics/summary.provenance.json",
    log:
        "<logs>/summary/{experiment}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.code("summary"),
    script:
        "../workflow/scripts/summary.py"


rule figure:
    """Draw a figure, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("figures", w).inputs),
    output:
        **result_files("figures", "<results>/{experiment}/figures/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    wildcard_constraints:
        name=plan.names("figures"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("figures"),
    script:
        "../workflow/scripts/figure.py"


rule table:
    """Make a table, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("tables", w).inputs),
    output:
        **result_files("tables", "<results>/{experiment}/tables/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    wildcard_constraints:
        name=plan.names("tables"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("tables"),
    script:
        "../workflow/scripts/table.py"


rule panel:
    """Make a panel, which the page lets a reader move, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("panels", w).inputs),
    output:
        **result_files("panels", "<results>/{experiment}/panels/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    wildcard_constraints:
        name=plan.names("panels"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("panels"),
    script:
        "../workflow/scripts/panel.py"
