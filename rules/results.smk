# Figures, tables and panels of the page: what each experiment declares in its own rule file, made by
# workflow/scripts/<experiment>_<name>.py.
#   needs: what the declaration names, and its caption in workflow/report/<experiment>/{figures,tables,panels}/<name>.rst
#   makes: results/<run>/<experiment>/{figures,tables,panels}/<name>.*


# On a cluster, these take seconds and stay where Snakemake runs.
localrules:
    figure,
    table,
    panel,


rule figure:
    """Draw a figure, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("figures", w).inputs),
    output:
        **figure_files("<results>/{experiment}/figures/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    benchmark:
        "<benchmarks>/{experiment}_{name}/{name}.tsv"
    wildcard_constraints:
        name=plan.names("figures"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("figures"),
    message:
        "{wildcards.experiment}: drawing {wildcards.name}"
    script:
        "../workflow/scripts/{wildcards.experiment}_{wildcards.name}.py"


rule table:
    """Make a table, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("tables", w).inputs),
    output:
        **table_files("<results>/{experiment}/tables/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    benchmark:
        "<benchmarks>/{experiment}_{name}/{name}.tsv"
    wildcard_constraints:
        name=plan.names("tables"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("tables"),
    message:
        "{wildcards.experiment}: tabulating {wildcards.name}"
    script:
        "../workflow/scripts/{wildcards.experiment}_{wildcards.name}.py"


rule panel:
    """Make a panel, which the page lets a reader move, as its experiment declares it."""
    input:
        unpack(lambda w: plan.declared("panels", w).inputs),
    output:
        **panel_files("<results>/{experiment}/panels/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    benchmark:
        "<benchmarks>/{experiment}_{name}/{name}.tsv"
    wildcard_constraints:
        name=plan.names("panels"),
    conda:
        "../envs/analysis.yaml"
    params:
        **plan.of_declared("panels"),
    message:
        "{wildcards.experiment}: making the panel {wildcards.name}"
    script:
        "../workflow/scripts/{wildcards.experiment}_{wildcards.name}.py"
