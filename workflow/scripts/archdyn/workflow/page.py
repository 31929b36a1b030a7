"""A page of tables that needs nothing but itself: a template of workflow/audit, filled in."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[3] / "audit"


def filled(template: str, **names) -> str:
    """The HTML of a template, which has these names and no others; what they hold is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(names)
