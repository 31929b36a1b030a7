# Shared by all rule files: where things go, and what a rule may ask of the config.
# A cached rule names its wildcards among its params: the key of Snakemake's cache has the params, but no wildcards.

from archdyn.workflow.experiment import filled, picked
from archdyn.workflow.plan import Plan
from archdyn.workflow.results import audit_file, caption, result_files, shipped
from snakemake_logger_plugin_archdyn import costs

plan = Plan(workflow, config)
config = plan.config
costs.work_of = lambda rule, wildcards: costs.Work(*plan.work(rule, wildcards))


pathvars:
    results=f"results/{plan.run}",
    logs=f"results/{plan.run}/logs",


wildcard_constraints:
    experiment="[a-z]+",
    condition="[a-zA-Z0-9_,=.-]+",  # of a design: mitigated,g_loss=minimax
    seed="[0-9]+",
    dataset="[a-z0-9_-]+",
