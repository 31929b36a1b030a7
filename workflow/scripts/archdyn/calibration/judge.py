"""The claims' own rules in worlds where the truth is known."""

from collections import Counter

import numpy as np
import pandas as pd

from archdyn.calibration.worlds import World
from archdyn.claims.decide import CORRECTED_ONLY, FAILS, HOLDS, INCONCLUSIVE, PUBLISHED_ONLY, family_level
from archdyn.claims.trials import Trial, trials, verdict_of
from archdyn.claims.values import Values

ALLOWED_FALSE = 0.05  # of worlds in which a claim is false
POSITIVE = (HOLDS, CORRECTED_ONLY)  # what holds only as published says that the evidence is broken


def world_table(
    worlds: list[World], claims: dict[str, list[dict]], published: dict[str, dict], repetitions: int, seed: int
) -> pd.DataFrame:
    """A row per world and claim: how often the rule gives each verdict.

    claims and published: by experiment. A rule that holds in more than ALLOWED_FALSE of the worlds where its claim is
    false is a defect.
    """
    rows = []
    for number, world in enumerate(worlds):
        known = [claim for claim in claims[world.experiment] if claim["id"] in world.truth]
        rng = np.random.default_rng([seed, number])
        found = [_verdicts(world, known, published[world.experiment], rng) for _ in range(repetitions)]
        rows += [_row(world, claim["id"], Counter(verdicts[claim["id"]] for verdicts in found)) for claim in known]
    return pd.DataFrame(rows)


def _verdicts(world: World, claims: list[dict], published: dict, rng: np.random.Generator) -> dict[str, str]:
    drawn = world.draw(rng)
    found = trials(claims, Values(drawn.seeds, drawn.images, published), {})
    level = family_level([trial.p for trial in found])
    own: dict[str, list[Trial]] = {}
    for trial in found:
        own.setdefault(trial.claim["id"], []).append(trial)
    return {name: verdict_of(of_claim, level) for name, of_claim in own.items()}


def _row(world: World, claim: str, found: Counter) -> dict:
    n = found.total()
    holds = sum(found[verdict] for verdict in POSITIVE) / n
    truth = world.truth[claim]
    return {
        "world": world.name,
        "claim": claim,
        "it is": "true" if truth else "false",
        "holds (%)": f"{100 * holds:.0f}",
        "only as published (%)": f"{100 * found[PUBLISHED_ONLY] / n:.0f}",
        "does not hold (%)": f"{100 * found[FAILS] / n:.0f}",
        "inconclusive (%)": f"{100 * found[INCONCLUSIVE] / n:.0f}",
        "defect": "yes" if not truth and holds > ALLOWED_FALSE else "no",
    }
