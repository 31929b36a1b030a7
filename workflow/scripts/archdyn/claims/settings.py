"""What config/claims/<experiment>.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.settings.common import Settings, Text, whole

Quantity = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]+\.[a-z0-9_.]+$")]
"""CONDITION.METRIC of metrics/all.csv, or of the per-image values where images are resampled."""
Bound = Annotated[float | Text, Field(union_mode="left_to_right")]
"""A number, or TABLE[ROW].COLUMN of config/published, a row by its first cells."""
Tolerance = float | Annotated[str, StringConstraints(pattern=r"^[0-9.]+%$")]


class Choice(Settings):
    """Another choice that an analyst could have made; what it does not name stays as the test has it."""

    metric: Quantity | None = None
    """Another metric, say with another cut-off."""
    against: Quantity | None = None
    """Another quantity to compare with."""
    at_least: Bound | None = None
    """Another least effect."""
    at_most: Bound | None = None
    """Another largest effect."""
    within: Tolerance | None = None
    """Another margin of equivalence."""


class Test(Settings):
    """What must be so for a claim to hold: an effect, a bound on it, and what chance is."""

    what: Text
    """What is measured, in words that a reader understands."""
    metric: Quantity
    """What decides."""
    against: Quantity | None = None
    """What it is compared with, paired by seed and, where images are resampled, by image."""
    effect: Literal["value", "difference", "ratio"] | None = None
    """What the interval is of. value (the default without `against`) is the metric itself, difference (the default with
    it) the metric less the other, ratio the metric over the other: by seeds the geometric mean of their ratios, by
    images the ratio of the means."""
    at_least: Bound | None = None
    """The effect must not be below this: the smallest that matters, not merely 0 where 0 would not matter."""
    at_most: Bound | None = None
    """The effect must not be above this."""
    near: Bound | None = None
    """The effect must be as close to this as `within` says."""
    within: Tolerance | None = None
    """The margin of equivalence around near, as a number or, like 5%, relative to it."""
    times: float | None = None
    """A factor on at_least, at_most or near, say 0.01 for a published percentage."""
    because: Text
    """Why this bound or margin and no other."""
    resampled: Literal["seeds", "images", "both", "nothing"]
    """Over what the claim generalises, so what chance is: trainings (seeds), test images, or both; nothing, where the
    report's own weights saw the report's own images. Images need per-image values of this metric
    (`Experiment.per_image` in the rule file). Seeds near a published value are compared with one run's: its spread is
    taken to be theirs."""
    least_seeds: whole(ge=2, le=100) = 3
    """With fewer seeds the test decides nothing, where seeds are resampled."""
    resolution: Annotated[float, Field(gt=0)] | None = None
    """The metric's smallest step. Seeds that agree are not without spread: it is taken as that of rounding to this."""
    unit: Text | None = None
    """Of the effect."""
    choices: dict[Text, Choice] | None = None
    """What an analyst could have chosen as well, by a few words; the verdict is recomputed under each."""


class Claim(Settings):
    """One claim of the report."""

    id: Annotated[str, StringConstraints(pattern="^[a-z0-9_]+$")]
    """Its name, which the section's prose uses for its verdict."""
    where: Text
    """The table or figure of the report that it rests on."""
    kind: Literal["value", "mechanism"]
    """value: this number, with these weights and data. mechanism: this causes that, with any."""
    claim: Text
    """The claim in our own words, one sentence."""
    needs: Annotated[dict[str, object], Field(min_length=1)]
    """Below which scale it cannot be tested. Each key is a setting of the experiment, or CONDITION.SETTING; a number is
    the least that will do, text is what it must be, a list what it may be. A condition whose images are null has them
    all."""
    curve: Text | None = None
    """The design of the config, against scale, that follows its effect over several sizes. It shows from where on the
    claim holds, and decides nothing here."""
    published: Annotated[list[Test], Field(min_length=1)]
    """What must be so under the report's own protocol; all of it, for the claim to hold there."""
    corrected: Annotated[list[Test], Field(min_length=1)] | None = None
    """The same under the corrected protocol. Where the two disagree, the claim holds only as published, or only when
    corrected."""


class Claims(Settings):
    """What the report claims in one section."""

    claims: Annotated[list[Claim], Field(min_length=1)]
    """The claims in the order of that section."""
