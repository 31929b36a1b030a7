"""Numbers of single epochs, for what the report prints by epoch."""

from collections.abc import Iterable

import pandas as pd

EPOCHS = (1, 2, 3, 4, 5, 6, 10)


def at_epochs(epochs: pd.DataFrame, columns: Iterable[str]) -> dict[str, float]:
    """The columns at each of EPOCHS (loss_epoch1, ..., as far as it went) and at the last (loss_final).

    epochs: a row per epoch of one training, in order.
    """
    rows = {f"epoch{n}": epochs.iloc[n - 1] for n in EPOCHS if n <= len(epochs)}
    rows["final"] = epochs.iloc[-1]
    return {f"{column}_{when}": row[column] for when, row in rows.items() for column in columns}
