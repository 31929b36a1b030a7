"""The rule graph for the README: `python -m archdyn.pipeline.rulegraph` prints it as a Mermaid diagram.

Snakemake's own graph, with an experiment's figures and tables as one box, without the targets and without the
arrows that follow from others.
"""

import re
import subprocess

import networkx

TARGETS = {"all", "resnet", "vit", "gan", "vae", "clip", "report"}


def rulegraph() -> str:
    """The diagram of the project in the working directory, with the code fence that GitHub draws."""
    command = ["snakemake", "--rulegraph", "mermaid-js", "--quiet", "all"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", printed))
    arrows = re.findall(r"(id\d+) --> (id\d+)", printed)
    # A training may go on from another one; a rule's arrow to itself is left out.
    steps = [(names[a], names[b]) for a, b in arrows if names[b] not in TARGETS and names[a] != names[b]]
    graph = networkx.DiGraph(steps)
    last = {rule: f"{rule.split('_')[0]}_figures_and_tables" for rule in graph if _only_reported(rule, graph)}
    flow = networkx.transitive_reduction(networkx.relabel_nodes(graph, last))
    lines = sorted(f"    {start} --> {end}" for start, end in flow.edges)
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def _only_reported(rule: str, graph: networkx.DiGraph) -> bool:
    return not rule.startswith("report_") and all(after.startswith("report_") for after in graph.successors(rule))


if __name__ == "__main__":
    print(rulegraph())
