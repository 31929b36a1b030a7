"""Two dimensions of many, as the report has them; with seed 0 they start as the report's do."""

import numpy as np
from sklearn.manifold import TSNE

PERPLEXITY, ITERATIONS = 30, 1000
SEED = 42


def tsne(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """t-SNE of vectors (n, d), float32 (n, 2). Needs more of them than PERPLEXITY."""
    return TSNE(perplexity=PERPLEXITY, max_iter=ITERATIONS, random_state=SEED + seed).fit_transform(vectors)


def umap(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """UMAP of vectors (n, d) with its defaults, float32 (n, 2)."""
    from umap import UMAP  # compiles for seconds

    return UMAP(random_state=SEED + seed, n_jobs=1).fit_transform(vectors).astype(np.float32)
