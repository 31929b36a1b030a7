# The report's implementation and ours, timed in turn on this machine; not part of the audit.
#   needs: what the declarations in the experiments' rule files name
#   makes: results/<run>/<experiment>/tables/benchmark*


rule benchmark:
    """Time the report's code beside ours, for every experiment that declares it."""
    input:
        plan.benchmarks(),


rule benchmark_table:
    """Time the report's implementation and ours in turn, as the experiment declares it."""
    input:
        unpack(lambda w: plan.declared("benchmarks", w).inputs),
    output:
        **table_files("<results>/{experiment}/tables/{name}"),
    log:
        "<logs>/{experiment}_{name}/{name}.log",
    wildcard_constraints:
        name=plan.names("benchmarks"),
    conda:
        "../envs/torch.yaml"
    resources:
        **plan.gpu_job(mem_mb=8000, runtime=60),
    params:
        **plan.of_declared("benchmarks"),
        seed=0,
        device=config["device"],
    message:
        "{wildcards.experiment}: timing the report's way and ours, {wildcards.name}"
    script:
        "../workflow/scripts/{wildcards.experiment}_{wildcards.name}.py"
