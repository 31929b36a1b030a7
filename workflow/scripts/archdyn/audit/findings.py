"""What the audit found, in sentences that people wrote: workflow/audit/findings.yaml.

Each sentence rests on verdicts, and is left out where a run leaves one of them open or decides it otherwise: other data
may do so. What is published must not contradict a sentence.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.audit.prose import Lookup, fill
from archdyn.claims.decide import DECIDED, OPEN, UNTESTABLE
from archdyn.settings.check import checked_file
from archdyn.settings.common import Settings, Text

LINK = re.compile(r'\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?:<[^>]*>|[^) ]*)(?: "[^"]*")?\)')


class Finding(Settings):
    """One finding."""

    title: Text
    """What was found, in a few words."""
    text: Text
    """It in one or two plain sentences, every number a placeholder (archdyn/audit/prose.py)."""
    rests_on: Annotated[dict[str, Literal[DECIDED]], Field(min_length=1)]
    """By the id of a claim, the verdict that must have been reached."""
    figure: Annotated[str, StringConstraints(pattern=r"^[a-z]+/figures/[a-z0-9_]+$")]
    """A figure that shows it, as EXPERIMENT/figures/NAME."""


class Findings(Settings):
    """All of them."""

    findings: Annotated[list[Finding], Field(min_length=1)]
    """In the order in which a reader meets them."""


def read_findings(path: Path) -> list[Finding]:
    """The findings of findings.yaml. Raises ArchdynError with one line for what is not allowed."""
    return checked_file(path, Findings).findings


def standing(findings: list[Finding], claims: list[dict], names: dict[str, Lookup], shown: str) -> list[dict]:
    """Those that this run supports, with their numbers filled in: title, linked, text, figure, rests_on.

    linked is the sentence in Markdown, every number a link; text is title and sentence in a line without links.

    claims: of archdyn.audit.claims.read_claims. names: what placeholders may use. shown: the file, as errors name it.

    Raises ArchdynError for a number that is not there.
    """
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    kept = [one for one in findings if all(verdicts.get(claim) == needed for claim, needed in one.rests_on.items())]
    return [_filled(one, fill(one.text, f"{shown}, “{one.title}”", names).strip()) for one in kept]


def contradicted(findings: list[Finding], claims: list[dict], shown: str) -> list[str]:
    """In a line for each, what this run decides otherwise than a sentence needs. Arguments as for `standing`."""
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    return [
        f"{shown}: “{finding.title}” does not stand: {claim} is “{verdicts[claim]}” in this run, and the sentence "
        f"rests on “{needed}”; allowed: a sentence that fits, or none"
        for finding in findings
        for claim, needed in finding.rests_on.items()
        if verdicts.get(claim, UNTESTABLE) not in (*OPEN, needed)
    ]


def _filled(finding: Finding, linked: str) -> dict:
    text = f"**{finding.title}** " + LINK.sub(r"\1", linked)
    facts = {"title": finding.title, "figure": finding.figure, "rests_on": list(finding.rests_on)}
    return facts | {"linked": linked, "text": " ".join(text.split())}
