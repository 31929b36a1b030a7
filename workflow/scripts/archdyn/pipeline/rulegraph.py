"""The rule graph for the README: `python -m archdyn.pipeline.rulegraph` prints it as a Mermaid diagram.

Snakemake's own graph, with an experiment's figures and tables as one box, without the targets and without the
arrows that follow from others.
"""

import re
import subprocess

import networkx

TARGETS = {"all", "gan", "vae", "clip"}


def rulegraph() -> str:
    """The diagram of the project in the working directory, with the code fence that GitHub draws."""
    command = ["snakemake", "--rulegraph", "mermaid-js", "--quiet", "all"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", printed))
    arrows = re.findall(r"(id\d+) --> (id\d+)", printed)
    # A training may go on from another one; a rule's arrow to itself is left out.
    steps = [(names[a], names[b]) for a, b in arrows if names[b] not in TARGETS and names[a] != names[b]]
    graph = networkx.DiGraph(steps)
    last = {rule: f"{rule.split('_')[0]}_figures_and_tables" for rule, arrows in graph.out_degree if not arrows}
    flow = networkx.transitive_reduction(networkx.relabel_nodes(graph, last))
    lines = sorted(f"    {start} --> {end}" for start, end in flow.edges)
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


if __name__ == "__main__":
    print(rulegraph())
