"""What changed between two runs, beyond what the spread over the seeds explains."""

import numpy as np
import pandas as pd

KEY = ["experiment", "condition", "metric"]
ROUNDING = 1e-6  # relative; less is the arithmetic of another machine


def changes(first: pd.DataFrame, second: pd.DataFrame, spreads: float) -> pd.DataFrame:
    """The metrics whose means differ by more than `spreads` times the spread, the strongest change first.

    first, second: rows of summary.csv (experiment, condition, metric, mean, sd, n). The spread is the root of the sum
    of both variances; where neither run has one (a single seed), every difference counts. Returns KEY, the columns of
    both runs with the suffixes _a and _b, difference and in_spreads (inf without a spread; NaN for a metric that only
    one run has).
    """
    both = first.merge(second, on=KEY, how="outer", suffixes=("_a", "_b"))
    spread = np.hypot(both["sd_a"].fillna(0), both["sd_b"].fillna(0))
    both["difference"] = both["mean_b"] - both["mean_a"]
    size = both["difference"].abs()
    rounding = ROUNDING * both[["mean_a", "mean_b"]].abs().max(axis=1)
    both["in_spreads"] = (size / spread.where(spread > 0)).fillna(np.inf).where(size.notna())
    changed = (size > spreads * spread) & (size > rounding)
    in_one_run_only = both["mean_a"].isna() ^ both["mean_b"].isna()
    return both[changed | in_one_run_only].sort_values("in_spreads", ascending=False, kind="stable")
