"""What config/claims/<experiment>.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.settings.common import Settings, Text

NAME = r"[a-z0-9_]+\.[a-z0-9_.]+"
OF_DESIGN = r"design (?P<design>\w+): (?P<outcome>\w+), (?P<term>\w+) (?P<contrast>\S+ → \S+)"
Quantity = Annotated[str, StringConstraints(pattern=rf"^({NAME}( [-/] {NAME})?|{OF_DESIGN})$")]
"""CONDITION.METRIC; or CONDITION.METRIC - CONDITION.METRIC, or the same with /. Of one condition, the two are compared
within each training; of two conditions, trainings with trainings, and nothing is paired by a seed's number. Or
`design NAME: METRIC, FACTOR LEVEL → LEVEL`, a main effect of a factorial design, where the run's audit has it."""
Cell = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_{}]+\.[a-z0-9_.{}]+$")]


class Test(Settings):
    """What must be so for a claim to hold: an effect, a bound on it, and what chance is.

    `what` is measured, in words that a reader understands: `published` decides under the report's own protocol, and
    `corrected` under the corrected one, or in a control that the report does not have. The effect must not be below
    `at_least`, the least that matters, nor above `at_most`, `because` of a reason for this bound and no other.
    """

    what: Text
    published: Quantity | None = None
    corrected: Quantity | None = None
    at_least: float | None = None
    at_most: float | None = None
    because: Text
    over: Literal["each training", "seeds", "seeds and images", "images", "images and texts", "permutations", "nothing"]
    """Over what the claim generalises, so what chance is. each training: something happens in a training or it does
    not, and it must in most of them. seeds: the typical training. images: test images, with the values of
    metrics/*_images.csv; seeds and images: both; images and texts: images, and texts beside them. permutations: of the
    classes, with the share of permutations that correlate as much as METRIC_p. nothing: what no chance has a part in,
    such as the cost of a training."""
    scale: Literal["share", "explained", "gap", "count", "positive", "real"] | None = None
    """Of the numbers, so that no interval leaves it. share: 0 to 1; explained: up to 1, of a variance; gap: -1 to 1,
    between two shares; count: 0 or more; positive; real, the default. A ratio's are positive, or shares."""
    unit: Text | None = None


class Printed(Settings):
    """Numbers of a `table` of config/published: is the report's run one that ours could be?"""

    table: Text
    columns: Annotated[dict[Text, Cell], Field(min_length=1)]
    """By the table's column, CONDITION.METRIC that has the same of ours, with {row} for what `rows` gives."""
    rows: Annotated[list[int | Text] | dict[Text, int | Text], Field(min_length=1)]
    """Rows of the table, by their first cell; each with what stands in the place of {row} where that is another."""
    times: float | None = None
    """A factor on our numbers, say 100 where the report prints percent."""
    within: float | None = None
    """How far from the printed number ours may be, where the report's own weights see the report's own images, so that
    there is one number and no chance. Otherwise all of our trainings are ranked with the report's."""
    because: Text
    """Why this is like with like."""


class Claim(Settings):
    """One claim."""

    id: Annotated[str, StringConstraints(pattern="^[a-z0-9_]+$")]
    where: Text
    """The table or figure of the report that it rests on."""
    whose: Literal["report", "ours"] = "report"
    """Who says it. What the report does not say is counted apart."""
    claim: Text
    """In the report's words, as far as one sentence has them."""
    needs: Annotated[dict[str, object], Field(min_length=1)]
    """Below which scale it cannot be tested. Each key is a setting of the experiment, or CONDITION.SETTING; a number is
    the least that will do (images: null has them all), text is what it must be, a list what it may be."""
    tests: Annotated[list[Test], Field(min_length=1)] | None = None
    """Of a mechanism, that this causes that: all of it must be so under a protocol, for the claim to hold there."""
    printed: Printed | None = None
    """Of values, that training by this protocol gives these numbers."""


class Claims(Settings):
    """Of one section, in its order."""

    claims: Annotated[list[Claim], Field(min_length=1)]
