"""Factorial designs: a line or two of factors and levels, and the trainings that they stand for.

Every combination of levels is a condition. It goes by the name of a named condition that has the same settings, or else
by that of the condition that it changes with what it changes, such as mitigated,g_loss=minimax: a design that grows, or
shares runs with another, trains none of them twice.
"""

from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from archdyn.errors import ArchdynError
from archdyn.settings.common import (
    ConditionName,
    Flag,
    Seeds,
    Settings,
    Text,
    Unique,
    Value,
    number,
    or_null,
    refusal,
    text_or_block,
)
from archdyn.settings.words import allowed, json_schema

LONGEST_NAME = 180  # of a generated condition, in characters: file systems allow 255 with all that follows it
CONDITION = "condition"  # the factor whose levels are the named conditions themselves

Levels = Annotated[list[Value], Field(min_length=1), *Unique]
Changes = Annotated[dict[str, Value], Field(min_length=1)]
NamedLevels = Annotated[dict[ConditionName, Changes], Field(min_length=1)]


class Scale(Settings):
    """How a claim is followed over several sizes, instead of effects being averaged over them."""

    along: ConditionName
    """The factor that is the size, such as images, with numbers as levels."""
    report: number(gt=0)
    """Its value in the report, which the figure marks."""
    expects: Literal["rise", "fall"]
    """What the claim says that the other factor does to every outcome, from its first level to its second."""


class Design(Settings):
    """All combinations of some levels of some settings, over the settings of named conditions."""

    about: Text
    """What the design asks, in a sentence."""
    conditions: Annotated[list[ConditionName], Field(min_length=1), *Unique]
    """The named condition whose settings all runs share, except for the factors. Several conditions are the levels of a
    factor `condition`."""
    changes: dict[str, Value] = {}
    """Settings that all runs change in those conditions."""
    factors: dict[ConditionName, text_or_block(Levels, NamedLevels)]
    """A setting of `training` with the list of its levels; or a name of your own whose levels have names too, and
    change several settings at once. A single level applies to all runs."""
    seeds: Annotated[Seeds, Field(min_length=2)]
    """Seeds of every combination, two or more: effects are compared with the spread between seeds."""
    outcomes: Annotated[dict[str, Literal["difference", "ratio"]], Field(min_length=1)]
    """Metrics of a run, and how effects on them are shown: as differences, or, for metrics that span orders of
    magnitude, as ratios."""
    scale: or_null(Scale) = None
    """Follow the effect of one factor with two levels over the sizes that another factor lists. null estimates all
    effects and interactions."""
    audit: Flag = False
    """Whether the design is part of every run and of the audit. Otherwise it is only a target of its own."""


DesignsByName = dict[ConditionName, Design]


class WithDesigns(Settings):
    """An experiment with a block `designs` over what `designed` gives, the training of its conditions by default."""

    def designed(self) -> tuple[Settings, list[str]]:
        """The settings that designs change, and the names that stand for them with other values."""
        return self.training, list(self.conditions)

    @model_validator(mode="after")
    def _allow_every_level(self):
        base, conditions = self.designed()
        for name, design in self.designs.items():
            _refuse_shared_settings(design, "designs", name, "factors")
            for key, changed in _everything_set(design):
                _check(base, changed, "designs", name, *key)
            if design.scale:
                _check_scale(design, "designs", name, "scale")
            for condition in design.conditions:
                if condition not in conditions:
                    message = f'found "{condition}"; allowed: {", ".join(conditions)}'
                    raise refusal(message, "designs", name, "conditions")
        return self


@dataclass(frozen=True)
class Combination:
    """One level of each factor, by the factor's name, and the condition that is trained with them."""

    condition: str
    levels: dict[str, str]


class Designs:
    """`combinations` by design, and the `settings` of those that are no named condition, by their name.

    designs: an experiment's block of that name. named: the settings of each of its conditions, merged. Raises
    ArchdynError for a combination whose name would be too long for a file.
    """

    def __init__(self, designs: dict[str, dict], named: dict[str, dict]):
        self._designs, self._named = designs, named
        self._names = {_key(settings): name for name, settings in reversed(named.items())}
        self.settings: dict[str, dict] = {}
        self.combinations = {name: self._combined(design) for name, design in designs.items()}

    def factors(self, design: str) -> dict[str, list[str]]:
        """Names of the levels of each factor that has several."""
        settings = self._designs[design]
        levels = {CONDITION: settings["conditions"]} | {name: list(found) for name, found in _factors(settings).items()}
        return {name: found for name, found in levels.items() if len(found) > 1}

    def _combined(self, design: dict) -> list[Combination]:
        factors = _factors(design)
        combinations = []
        for condition, *chosen in product(design["conditions"], *(levels.items() for levels in factors.values())):
            changes = dict(design["changes"])
            for _, changed in chosen:
                changes |= changed
            levels = {CONDITION: condition} | {name: level for name, (level, _) in zip(factors, chosen, strict=True)}
            combinations.append(Combination(self._name(condition, changes), levels))
        return combinations

    def _name(self, condition: str, changes: dict) -> str:
        """The condition with the settings of `condition` but for `changes`, which is given a name if it has none."""
        base = self._named[condition]
        settings = base | changes
        if _key(settings) not in self._names:
            changed = [f"{key}={level_name(value)}" for key, value in settings.items() if value != base[key]]
            name = ",".join([condition, *changed])
            if len(name) > LONGEST_NAME:
                raise ArchdynError(f"the design's run {name} has too long a name; allowed: {LONGEST_NAME} characters")
            self._names[_key(settings)] = name
            self.settings[name] = settings
        return self._names[_key(settings)]


def level_name(value) -> str:
    """A setting's value as it stands in names of levels and of files."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}".replace("+", "") if isinstance(value, float) else str(value)


def _factors(design: dict) -> dict[str, dict[str, dict]]:
    """What each level of each factor changes: {factor: {level: {setting: value}}}; named conditions are none."""
    return {
        name: levels if isinstance(levels, dict) else {level_name(value): {name: value} for value in levels}
        for name, levels in design["factors"].items()
    }


def _key(settings: dict) -> tuple:
    return tuple(sorted(settings.items()))


def _everything_set(design: Design):
    """Where the design sets settings, and to what: (key, {setting: value})."""
    if design.changes:
        yield ("changes",), design.changes
    for factor, levels in design.factors.items():
        if isinstance(levels, list):
            yield from ((("factors", factor), {factor: value}) for value in levels)
        else:
            yield from ((("factors", factor, level), changes) for level, changes in levels.items())


def _refuse_shared_settings(design: Design, *key: str) -> None:
    """Of two factors that set the same, one would undo the other."""
    setters: dict[str, str] = {}
    for (_, factor, *_), changes in _everything_set(design.model_copy(update={"changes": {}})):
        for setting in changes:
            if setters.setdefault(setting, factor) != factor:
                raise refusal(f"sets {setting}, as {setters[setting]} does; allowed: each in one factor", *key, factor)


def _check_scale(design: Design, *key: str) -> None:
    factors = design.factors | ({CONDITION: design.conditions} if len(design.conditions) > 1 else {})
    several = {name: list(levels) for name, levels in factors.items() if len(levels) > 1}
    sizes = several.pop(design.scale.along, [])
    if not sizes or not all(isinstance(size, int | float) for size in sizes):
        raise refusal(f"found {design.scale.along}; allowed: a factor whose levels are numbers", *key, "along")
    if [len(levels) for levels in several.values()] != [2]:
        raise refusal(f"beside {design.scale.along} there must be one factor, of two levels", *key)


def _check(base: Settings, changed: dict[str, Any], *key: str) -> None:
    known = json_schema(type(base))["properties"]
    for name, value in changed.items():
        if name not in known:
            raise refusal(f"unknown setting {name}; allowed: {', '.join(known)}", *key)
        try:
            type(base).model_validate(base.model_dump() | {name: value})
        except ValidationError:
            message = f"found {level_name(value)} for {name}; allowed: {allowed(known[name])}"
            raise refusal(message, *key) from None
