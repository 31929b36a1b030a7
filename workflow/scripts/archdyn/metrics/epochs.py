"""Numbers of single epochs, for what the report prints by epoch."""

from collections.abc import Iterable

import pandas as pd

FIRST_EPOCHS = 6


def at_epochs(epochs: pd.DataFrame, columns: Iterable[str]) -> dict[str, float]:
    """The columns at each of the first epochs (loss_epoch1, ..., as far as it went) and at the last (loss_final).

    epochs: a row per epoch of one training, in order.
    """
    rows = {f"epoch{n}": row for n, (_, row) in enumerate(epochs.head(FIRST_EPOCHS).iterrows(), 1)}
    rows["final"] = epochs.iloc[-1]
    return {f"{column}_{when}": row[column] for when, row in rows.items() for column in columns}
