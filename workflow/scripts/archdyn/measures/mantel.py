"""Whether two sets of similarities between the same classes go together."""

import numpy as np
from scipy.spatial.distance import squareform
from scipy.stats import permutation_test, rankdata

PERMUTATIONS = 5000


def mantel(first: np.ndarray, second: np.ndarray, rng: np.random.Generator, ranks: bool = False) -> tuple[float, float]:
    """Correlation over all pairs of classes, and how often chance gives as much (Mantel 1967).

    first, second: symmetric, float (classes, classes). The correlation is Pearson's, of the ranks Spearman's; 0 where
    one of the two is the same for all pairs. p is the one-sided share of PERMUTATIONS orders of the classes, drawn at
    random (all, where there are fewer), whose correlation is as high. Pairs that share a class depend on each other, so
    a test that takes them for independent would find too much.
    """
    ours, theirs = (_standardised(matrix, ranks) for matrix in (first, second))

    def correlation(order: np.ndarray) -> float:
        return (ours * theirs[np.ix_(order, order)]).sum() / 2  # each pair is there twice

    found = permutation_test(
        (np.arange(len(first)),),
        correlation,
        permutation_type="pairings",
        n_resamples=PERMUTATIONS,
        alternative="greater",
        vectorized=False,
        rng=rng,
    )
    return float(found.statistic), float(found.pvalue)


def _standardised(matrix: np.ndarray, ranks: bool) -> np.ndarray:
    """Less the mean of the pairs, over the root of their sum of squares; 0 on the diagonal, and where all are equal."""
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    pairs = rankdata(pairs) if ranks else pairs
    spread = np.linalg.norm(pairs - pairs.mean())
    return squareform((pairs - pairs.mean()) / spread if spread else 0 * pairs)
