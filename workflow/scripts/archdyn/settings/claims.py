"""What config/claims/<experiment>.yaml may say."""

from typing import Annotated

from pydantic import Field, StringConstraints

from archdyn.settings.common import Settings, Text

Bound = Annotated[float | Text, Field(union_mode="left_to_right")]
"""A number, another CONDITION.METRIC, or TABLE[ROW].COLUMN of config/published, a row by its first cells."""


class Test(Settings):
    """What must be so for a claim to hold."""

    what: Text
    """What is measured, in words that a reader understands."""
    metric: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]+\.[a-z0-9_.]+$")]
    """What decides, as CONDITION.METRIC of metrics/summary.csv; its mean over the seeds."""
    at_least: Bound | None = None
    """The mean must not be below this."""
    at_most: Bound | None = None
    """The mean must not be above this."""
    near: Bound | None = None
    """The mean must be as close to this as `within` says."""
    within: float | Annotated[str, StringConstraints(pattern=r"^[0-9.]+%$")] | None = None
    """The tolerance of near, as a number or, like 5%, relative to the bound."""
    times: float | None = None
    """A factor on the bound."""


class Claim(Settings):
    """One claim of the report."""

    id: Annotated[str, StringConstraints(pattern="^[a-z0-9_]+$")]
    """Its name, which the section's prose uses for its verdict."""
    where: Text
    """The table or figure of the report that it rests on."""
    claim: Text
    """The claim in our own words, one sentence."""
    needs: Annotated[dict[str, object], Field(min_length=1)]
    """Below which scale it cannot be tested. Each key is a setting of the experiment, or CONDITION.SETTING; a number is
    the least that will do, text is what it must be, a list what it may be. A condition whose images are null has them
    all."""
    published: Annotated[list[Test], Field(min_length=1)]
    """What must be so under the report's own protocol; all of it, for the claim to hold."""
    corrected: Annotated[list[Test], Field(min_length=1)] | None = None
    """The same under the corrected protocol. Where this fails, the claim holds only as published."""


class Claims(Settings):
    """What the report claims in one section."""

    claims: Annotated[list[Claim], Field(min_length=1)]
    """The claims in the order of that section."""
