"""The rule graph for the README: `python -m archdyn.pipeline.rulegraph` prints it as a Mermaid diagram.

Snakemake's own graph, with the rules of one step, whatever their experiment, as one box, and without the arrows that
follow from others.
"""

import re
import subprocess
from typing import get_args

import networkx

from archdyn.settings.config import Experiment

TARGETS = {"all", "report", *get_args(Experiment)}
STEPS = {  # box: what the names of its rules match; the first that matches counts
    "data_download": r"data_(download|synthesise)",
    "data_prepare": r"data_.*",
    "backbone": r"backbone_.*|.*_pretrain",
    "classifier": r"classifier_.*",
    "probe": r".*_(train_head|probe.*)",
    "train": r".*_(train|try_start|rank_starts)",
    "embed": r".*_(embed.*|look|mask|gradcam|grow_masks|score_masks|recognise|decode_plane)|vit_images",
    "evaluate": r".*_(evaluate.*|measure.*|score.*|align|project)",
    "summary": r".*_summary",
    "verdicts": r"report_(tests|verdicts)",
    "audit": r"report_.*",
}


def rulegraph() -> str:
    """The diagram of the project in the working directory, with the code fence that GitHub draws."""
    command = ["snakemake", "--rulegraph", "mermaid-js", "--quiet", "all"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", printed))
    arrows = [(names[start], names[end]) for start, end in re.findall(r"(id\d+) --> (id\d+)", printed)]
    steps = {(box(start), box(end)) for start, end in arrows if end not in TARGETS}
    flow = networkx.transitive_reduction(networkx.DiGraph((start, end) for start, end in steps if start != end))
    lines = sorted(f"    {start} --> {end}" for start, end in flow.edges)
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def box(rule: str) -> str:
    """The step that a rule belongs to; its own name where it is of no common step."""
    return next((step for step, pattern in STEPS.items() if re.fullmatch(pattern, rule)), rule)


if __name__ == "__main__":
    print(rulegraph())
