"""The rule graph for the README: `python -m archdyn.pipeline.rulegraph` prints it as a Mermaid diagram.

Snakemake's own graph, without the targets and without the arrows that follow from others.
"""

import re
import subprocess

import networkx

TARGETS = {"all", "gan"}


def rulegraph() -> str:
    """The diagram of the project in the working directory, with the code fence that GitHub draws."""
    command = ["snakemake", "--rulegraph", "mermaid-js", "--quiet", "all"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", printed))
    arrows = re.findall(r"(id\d+) --> (id\d+)", printed)
    graph = networkx.DiGraph([(names[start], names[end]) for start, end in arrows if names[end] not in TARGETS])
    lines = sorted(f"    {start} --> {end}" for start, end in networkx.transitive_reduction(graph).edges)
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


if __name__ == "__main__":
    print(rulegraph())
