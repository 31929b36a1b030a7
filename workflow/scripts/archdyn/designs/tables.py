"""The tables of the effects of a design's factors, and of one effect by size."""

import pandas as pd

from archdyn.render.words import in_words, significant


def design(inputs, settings: dict) -> pd.DataFrame:
    """The table of a design; `scale` of the settings says whether it follows one effect over several sizes."""
    tabulate = sizes_table if settings["scale"] else effects_table
    return tabulate(pd.read_csv(inputs.effects))


def effects_table(effects: pd.DataFrame) -> pd.DataFrame:
    """A row per outcome and contrast of `archdyn.designs.effects.design_effects`, the term's share in percent."""
    rows = [
        {"outcome": in_words(row.outcome), "factor": row.term, "levels": row.contrast}
        | _effect(row, means=row.kind == "main")
        | {"share of the variance": f"{100 * row.share:.1f}%", "n": row.runs}
        for row in effects.itertuples()
    ]
    return pd.DataFrame(rows)


def sizes_table(effects: pd.DataFrame) -> pd.DataFrame:
    """A row per outcome and size of `archdyn.designs.sizes.effects_by_size`."""
    rows = [
        {"outcome": in_words(row.outcome), "effect of": row.contrast.split(" at ")[0], row.along: f"{row.size:,g}"}
        | _effect(row)
        | {"decision": row.decision, "n": row.runs}
        for row in effects.itertuples()
    ]
    return pd.DataFrame(rows)


def _effect(row, means: bool = True) -> dict[str, str]:
    """The means that are compared, the effect, and its interval; a dash for what there is none of."""
    return {
        "means": f"{significant(row.from_mean)} → {significant(row.to_mean)}" if means else "–",
        "effect": f"{'×' if row.scale == 'ratio' else ''}{significant(row.effect)}",
        "interval": "–" if pd.isna(row.low) else f"{significant(row.low)} to {significant(row.high)}",
    }
