"""Prose with numbers filled in from results: a Markdown template becomes Markdown whose every number is a link.

The link names the file that the number stands in, and its title says where in it. Templates are Jinja with

    {{ metric.CONDITION.METRIC }}           mean ± sd over the seeds; .fixed(1) and .percent(1) choose the digits
    {{ published.TABLE[ROW].COLUMN }}       a value of config/published; the row by its first cells
    {{ setting.CONDITION.KEY }}             a setting as it was run; also {{ setting.seeds }}, of all of the experiment
    {{ test.CLAIM.PROTOCOL["WHAT"] }}       the effect of a test with its interval; .value leaves that out
    {{ verdict.CLAIM }}                     the verdict on a claim
    {{ figure.NAME }}                       the number of a figure, such as Figure G1, as a link; also table, panel
    {% if "CONDITION" in metric %}          what is said only of a run that trains a condition

In findings, the first three begin with the experiment: {{ metric.gan.baseline.precision }}.
"""

import re
from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment, StrictUndefined
from jinja2.exceptions import TemplateError

from archdyn.audit.claims import effect
from archdyn.errors import ArchdynError
from archdyn.render.published import published_rows
from archdyn.render.words import format_mean_sd, significant

PLACEHOLDER = re.compile(r"{{.*?}}", re.DOTALL)
# Names may hold digits (CIFAR-10, ViT-B/16), and so do references to the report.
LITERAL_NUMBER = re.compile(r"(?<![\w/.])(?<!\w-)(?<!Section )(?<!Table )(?<!Figure )(?<!Panel )\.?\d[\d.,%]*(?!\w)")


@dataclass(frozen=True)
class Number:
    """A mean with its sd (NaN for one seed), and the file and place where it stands."""

    mean: float
    sd: float
    file: str
    place: str

    def __str__(self) -> str:
        return self._link(significant(self.mean, self.sd))

    def fixed(self, digits: int) -> str:
        """With this many digits after the point."""
        return self._link(format_mean_sd(self.mean, self.sd, digits))

    def percent(self, digits: int) -> str:
        """A share of 1 in percent."""
        return self._link(f"{format_mean_sd(100 * self.mean, 100 * self.sd, digits)}%")

    def _link(self, text: str) -> str:
        return link(text, self.file, self.place)


@dataclass(frozen=True)
class Effect:
    """The effect of a test, a row of tests.csv, which is `file`."""

    test: dict
    file: str

    def __str__(self) -> str:
        return self._link(effect(self.test))

    @property
    def value(self) -> str:
        return self._link(effect(self.test | {"low": None}))

    def _link(self, text: str) -> str:
        return link(text, self.file, ", ".join(self.test[key] for key in ("claim", "protocol", "what")))


class Lookup:
    """Names that templates may use; another one is an ArchdynError, which says what there is."""

    def __init__(self, what: str, entries: dict):
        self._what = what
        self._entries = entries

    @classmethod
    def of(cls, what: str, block: dict) -> "Lookup":
        """Of a block, whose own blocks become Lookups too."""
        entries = {
            key: cls.of(f"{what}.{key}", value) if isinstance(value, dict) else value for key, value in block.items()
        }
        return cls(what, entries)

    def __getitem__(self, name):
        if str(name) not in self._entries:
            raise ArchdynError(f"{self._what} has no {name}; allowed: {', '.join(self._entries)}")
        return self._entries[str(name)]

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __str__(self) -> str:
        raise ArchdynError(f"{self._what} is a block; allowed: one of its keys, {', '.join(self._entries)}")


def link(text: str, file: str, place: str) -> str:
    """Markdown of a link to `file` whose title is `place`."""
    return f'[{text}](<{file}> "{place}")'


def fill(template: str, shown: str, names: dict[str, Lookup]) -> str:
    """The Markdown of a template; `shown` names it in errors.

    Raises ArchdynError for an unknown name, and for a number that does not come from a file.
    """
    _refuse_literal_numbers(template, shown)
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    try:
        return environment.from_string(template).render(names)
    except TemplateError as error:
        raise ArchdynError(f"{shown}: {error.message}") from None
    except ArchdynError as error:
        raise ArchdynError(f"{shown}: {error}") from None


def metric_names(summary: pd.DataFrame, file: str) -> Lookup:
    """`summary` has condition, metric, mean, sd, n, and stands in `file`."""
    conditions: dict[str, dict[str, Number]] = {}
    for row in summary.to_dict("records"):
        place = f"{row['condition']}, {row['metric']}, n = {row['n']}"
        conditions.setdefault(row["condition"], {})[row["metric"]] = Number(row["mean"], row["sd"], file, place)
    return Lookup.of("metric", conditions)


def published_names(tables: dict[str, pd.DataFrame], notebook_only: dict[str, set], file: str) -> Lookup:
    """The published tables by name, of `file`, and the rows of them that only a notebook has."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, table in tables.items():
        found[name] = {}
        for key, row in published_rows(table).items():
            whose = " (a notebook's, not the report's)" if next(iter(row.values())) in notebook_only[name] else ""
            places = {column: f"{name}[{key}].{column}{whose}" for column in row}
            found[name][key] = {column: link(str(value), file, places[column]) for column, value in row.items()}
    return Lookup.of("published", found)


def setting_names(settings: dict, file: str, experiment: str) -> Lookup:
    """The experiment's settings, which stand in `file`; blocks of settings, and conditions, are Lookups themselves."""
    return Lookup.of("setting", _linked(settings, file, experiment))


def verdict_names(claims: list[dict]) -> Lookup:
    """The verdicts by claim, as links to where the audit lists it."""
    links = {one["id"]: f"**[{one['verdict']}](#{one['experiment']}-{one['id']})**" for one in claims}
    return Lookup("verdict", links)


def test_names(claims: list[dict], file: str) -> Lookup:
    """The tests by claim, protocol and what they measure; they stand in `file`."""
    found: dict[str, dict[str, dict[str, Effect]]] = {}
    for test in (test for claim in claims for test in claim["tests"]):
        found.setdefault(test["claim"], {}).setdefault(test["protocol"], {})[test["what"]] = Effect(test, file)
    return Lookup.of("test", found)


def reference_names(kind: str, numbers: dict[str, str], section: str) -> Lookup:
    """The numbers of a section's results of one kind, such as "Figure G1", by name, as links to where they stand."""
    links = {name: f"[{number}](#{section}-{kind}s-{name})" for name, number in numbers.items()}
    return Lookup(kind, links)


def _linked(block: dict, file: str, place: str) -> dict:
    return {
        key: _linked(value, file, f"{place}.{key}")
        if isinstance(value, dict) and "imagefolder" not in value
        else link(_setting_text(value), file, f"{place}.{key}")
        for key, value in block.items()
    }


def _setting_text(value) -> str:
    if isinstance(value, dict):
        return f"the pictures in {value['imagefolder']}"
    if isinstance(value, float):
        return f"{value:g}"
    return "all" if value is None else str(value)


def _refuse_literal_numbers(template: str, shown: str) -> None:
    found = LITERAL_NUMBER.search(PLACEHOLDER.sub("", template))
    if found:
        raise ArchdynError(f"{shown}: the number {found[0]} stands in the prose; allowed: a placeholder")
