"""Effects and interactions of the factors of a design on one outcome, with intervals."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

from archdyn.errors import ArchdynError

FALSE_DISCOVERIES = 0.05  # the share, due to chance, of the effects said to be there (Benjamini and Hochberg 1995)
ROUNDING = 1e-12  # of the largest value: what differs by less does not differ


@dataclass(frozen=True)
class Contrast:
    """What one effect compares: `weights` (runs,) sum to 0, and their sum with the outcomes is the effect."""

    kind: str
    term: str
    text: str
    weights: np.ndarray
    sides: tuple[np.ndarray, np.ndarray] | None = None  # of a main effect, the runs (bool) before and after


def run_values(
    rows: pd.DataFrame, combinations: list[dict], seeds: list[int], outcome: str, scale: str
) -> pd.DataFrame:
    """A row per run of a full factorial design: the level of each factor, seed and value.

    rows: tidy metrics. combinations: condition, and levels by factor. scale: difference or ratio. Raises ArchdynError
    for an unknown outcome, and for a value that has no ratio.
    """
    found = rows[rows["metric"] == outcome].set_index(["condition", "seed"])["value"]
    if found.empty:
        raise ArchdynError(f"found no metric {outcome}; allowed: {', '.join(rows['metric'].unique())}")
    runs = [
        run["levels"] | {"seed": seed, "value": found[(run["condition"], seed)]}
        for run in combinations
        for seed in seeds
    ]
    table = pd.DataFrame(runs)
    least = table["value"].min()
    if scale == "ratio" and least <= 0:
        raise ArchdynError(f"found {least:g} as {outcome} of a run, which has no ratio; allowed: difference")
    return table


def design_effects(runs: pd.DataFrame, factors: dict[str, list[str]], outcome: str, scale: str) -> pd.DataFrame:
    """Main effects and two-way interactions, a row per contrast.

    runs: as `run_values` gives them. factors: their levels; each is compared with the first. scale: difference, or
    ratio, for which the values must be above 0 and effects are factors on their geometric mean.

    A main effect is the mean over all other factors' levels. An interaction is by how much the effect of one factor
    changes from one level of the other to the next. The model is least squares with the seed as a block; standard
    errors allow for cells that spread differently (HC3), and what three factors do together counts as noise. Intervals
    are at the level 1 - q R / m, with q FALSE_DISCOVERIES, m contrasts, and R that Benjamini and Hochberg's procedure
    finds, so that those without 0 are the ones that it finds (Benjamini and Yekutieli 2005). share is that of the
    term's sum of squares, over all its contrasts, in the total. se is the standard error of the effect, of its
    logarithm for a ratio, with df degrees of freedom.
    """
    values = np.log(runs["value"]) if scale == "ratio" else runs["value"]
    values = values.to_numpy(float)
    fit, shares = _fitted(runs, _deviations(values), list(factors))
    contrasts = [*_main_effects(runs, factors), *_interactions(runs, factors)]
    tests = [fit.t_test(contrast.weights @ fit.model.exog) for contrast in contrasts]
    rounding = ROUNDING * np.abs(values).max()
    effects = [_zero_within(rounding, test.effect.item()) for test in tests]
    p = [_p_value(test, rounding) for test in tests]
    found = multipletests(p, FALSE_DISCOVERIES, method="fdr_bh")[0].sum()
    missed = FALSE_DISCOVERIES * max(found, 1) / len(tests)
    back = np.exp if scale == "ratio" else float
    rows = []
    for contrast, test, effect, chance in zip(contrasts, tests, effects, p, strict=True):
        low, high = (_zero_within(rounding, end) for end in test.conf_int(missed)[0])
        before, after = (back(values[side].mean()) for side in contrast.sides) if contrast.sides else (np.nan, np.nan)
        rows.append(
            {"outcome": outcome, "scale": scale, "kind": contrast.kind, "term": contrast.term}
            | {"contrast": contrast.text, "from_mean": before, "to_mean": after}
            | {"effect": back(effect), "low": back(low), "high": back(high), "level": 1 - missed}
            | {"se": test.sd.item() if test.sd.item() > rounding else 0.0, "df": fit.df_resid, "p": chance}
            | {"share": shares[contrast.term], "runs": len(runs)}
        )
    return pd.DataFrame(rows)


def _deviations(values: np.ndarray) -> np.ndarray:
    """From the mean; 0 where all values agree but for rounding, which would else count as an effect without noise."""
    deviations = values - values.mean()
    return np.zeros_like(values) if np.allclose(deviations, 0, atol=ROUNDING * np.abs(values).max()) else deviations


def _fitted(runs: pd.DataFrame, values: np.ndarray, factors: list[str]):
    """The fit, and each term's share of the sum of squares by its name."""
    names = {factor: f"f{number}" for number, factor in enumerate(factors)}
    data = runs[factors].rename(columns=names).assign(seed=runs["seed"].astype(str), value=values)
    terms = " + ".join(f"C({name}, Sum)" for name in names.values())
    model = ols(f"value ~ ({terms}) ** 2 + C(seed, Sum)", data)
    fit = model.fit()
    if fit.df_resid < 1:
        raise ArchdynError(f"{len(data)} runs are too few for {len(fit.params)} effects; allowed: more seeds")
    # anova_lm knows no sums of squares where nothing varies, nor of a term without effect where nothing is left over.
    squares = dict(anova_lm(fit, typ=2)["sum_sq"].fillna(0.0)) if values.any() else defaultdict(float)
    total = sum(squares.values()) or 1.0
    shares = {factor: squares[f"C({name}, Sum)"] / total for factor, name in names.items()}
    for one, other in combinations(factors, 2):
        shares[_pair(one, other)] = squares[f"C({names[one]}, Sum):C({names[other]}, Sum)"] / total
    return model.fit(cov_type="HC3", use_t=True), shares


def _main_effects(runs: pd.DataFrame, factors: dict[str, list[str]]):
    for factor, (first, *others) in factors.items():
        for level in others:
            sides = (_at(runs, factor, first), _at(runs, factor, level))
            yield Contrast("main", factor, f"{first} → {level}", _less(*sides), sides)


def _interactions(runs: pd.DataFrame, factors: dict[str, list[str]]):
    for one, other in combinations(factors, 2):
        for level in factors[one][1:]:
            for context in factors[other][1:]:
                effects = [
                    _less(
                        _at(runs, one, factors[one][0]) & _at(runs, other, place),
                        _at(runs, one, level) & _at(runs, other, place),
                    )
                    for place in (factors[other][0], context)
                ]
                text = f"{factors[one][0]} → {level}, {factors[other][0]} → {context}"
                yield Contrast("interaction", _pair(one, other), text, effects[1] - effects[0])


def _pair(one: str, other: str) -> str:
    return f"{one} × {other}"


def _at(runs: pd.DataFrame, factor: str, level: str) -> np.ndarray:
    return (runs[factor] == level).to_numpy()


def _less(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return after / after.sum() - before / before.sum()


def _p_value(test, rounding: float) -> float:
    """Of a contrast without any noise, too, whose standard error is 0 or what rounding leaves of it."""
    if test.sd.item() > rounding:
        return test.pvalue.item()
    return float(abs(test.effect.item()) <= rounding)


def _zero_within(rounding: float, value: float) -> float:
    return 0.0 if abs(value) <= rounding else value
