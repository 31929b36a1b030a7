# Shared by all rule files: where things go, and what a rule may ask of the config.
# A cached rule names its wildcards among its params: the key of Snakemake's cache has the params, but no wildcards.

from archdyn.pipeline.experiment import filled
from archdyn.pipeline.plan import Plan
from archdyn.pipeline.results import audit_file, caption, figure_files, panel_files, table_files
from archdyn.pipeline.shipped import shipped

plan = Plan(workflow, config)
config = plan.config
plan.notice_replaced_inputs()


pathvars:
    results=f"results/{plan.run}",
    logs=f"results/{plan.run}/logs",
    benchmarks=f"results/{plan.run}/benchmarks",


wildcard_constraints:
    experiment="[a-z]+",
    condition="[a-zA-Z0-9_,=.-]+",  # of a design: mitigated,g_loss=minimax
    seed="[0-9]+",
    dataset="[a-z0-9_-]+",
