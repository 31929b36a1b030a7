# Shared by all rule files: where things go, and what a rule may ask of the config.

from archdyn.pipeline.plan import Plan

plan = Plan(workflow, config)
config = plan.config


pathvars:
    results=f"results/{plan.run}",
    logs=f"results/{plan.run}/logs",
    benchmarks=f"results/{plan.run}/benchmarks",


wildcard_constraints:
    experiment="[a-z]+",
    condition="[a-z0-9_]+",
    seed="[0-9]+",
    dataset="[a-z0-9_-]+",
