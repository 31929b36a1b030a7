"""The audit in a paragraph, from its verdicts."""

from archdyn.claims.decide import FAILS, INCONCLUSIVE, PUBLISHED_ONLY, UNTESTABLE, VERDICTS

NAMED = 3  # claims of a kind that the paragraph names


def abstract(title: str, run: str, tally: dict[str, int], sections: list[dict]) -> str:
    """Plain text: how many claims were judged, how many stand, and which do not."""
    claims = sum(tally.values())
    counts = ", ".join(f"{tally[name]} {name}" for name in VERDICTS if tally[name])
    repeated = f"the {len(sections)} experiments" if len(sections) > 1 else "an experiment"
    sentences = [
        f"We repeat {repeated} of the report “{title}” under the protocol that it published and, "
        f"where that has a flaw, under a corrected one, and decide {claims} of its claims by rules on effects with "
        f"intervals. In this run ({run} scale): {counts}."
    ]
    for verdict, begin in ((PUBLISHED_ONLY, "Only as published"), (FAILS, "Not supported")):
        found = [row["claim"] for part in sections for row in part["verdicts"] if row["verdict"] == verdict]
        if found:
            more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
            sentences.append(f"{begin}: {'; '.join(claim.rstrip('.') for claim in found[:NAMED])}{more}.")
    if 2 * (tally[UNTESTABLE] + tally[INCONCLUSIVE]) > claims:
        sentences.append("Most claims need a larger run than this one; the table says what each of them lacks.")
    return " ".join(sentences)
