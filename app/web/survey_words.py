"""How survey pages say things: fields of a log, recipes, levels of findings, a file's way."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.surveys.fields import FIELDS
from app.surveys.models import Measurement
from app.surveys.recipes import OTHER, PLAIN, RECIPES
from app.web.coverage_words import carrier_name
from app.web.list_words import file_size
from app.web.messages import Language

LEVELS = ("refused-row", "refused-value", "mended", "note")
WORKING = ("waiting", "examining", "loading")
_CANONICAL = tuple(name for name in Measurement.__table__.columns.keys() if name not in ("survey_id", "file_id"))  # noqa: SIM118
_TECHNOLOGIES = {"5g_sa": "5G SA", "5g_nsa": "5G NSA", "4g": "4G", "3g": "3G"}


def survey_words(language: Language) -> dict[str, Callable[..., Any]]:
    """Functions for templates, in the page's language."""
    names = {"row_number": "行" if language == "ja" else "Row"} | {
        field.name: field.ja if language == "ja" else field.en for field in FIELDS
    }
    recipes = {one.name: one.ja if language == "ja" else one.en for one in (*RECIPES, PLAIN, OTHER)}
    return {
        "field_title": lambda name: names.get(name or "", name or ""),
        "recipe_title": lambda name: recipes.get(name or "", name or ""),
        "carrier_name": lambda carrier: carrier_name(carrier, language),
        "technology_name": lambda name: _TECHNOLOGIES.get(name, "圏外" if language == "ja" else "no service"),
        "file_size": file_size,
        "thousands": lambda n: f"{n or 0:,}",
        "by_level": by_level,
        "target_of": target_of,
    }


def field_choices(language: Language) -> list[tuple[str, str]]:
    """Every field a column may mean, with its title and unit."""
    return [
        (field.name, (field.ja if language == "ja" else field.en) + (f" ({field.unit})" if field.unit else ""))
        for field in FIELDS
    ]


def recipe_choices(language: Language) -> list[tuple[str, str]]:
    """Every known app's log."""
    return [(one.name, one.ja if language == "ja" else one.en) for one in (*RECIPES, PLAIN, OTHER)]


def by_level(findings: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Findings by how grave they are, the most frequent first."""
    grouped = {level: [one for one in findings if one["level"] == level] for level in LEVELS}
    return [(level, sorted(found, key=lambda one: -one["count"])) for level, found in grouped.items() if found]


def headings_of(report: Mapping[str, Any]) -> list[str]:
    """The headings of a log in their order."""
    return [one if isinstance(one, str) else str(one.get("name", "")) for one in report.get("headings") or []]


def target_of(report: Mapping[str, Any], heading: str) -> str:
    """The field a heading was read as; empty for none."""
    columns = report.get("columns") or {}
    if isinstance(columns, Mapping):
        said = columns.get(heading)
        return str(said.get("field") or "") if isinstance(said, Mapping) else said or ""
    return next((str(one.get("field") or "") for one in columns if one.get("heading") == heading), "")


def preview_columns(report: Mapping[str, Any]) -> list[str]:
    """Canonical columns that hold anything in the preview, in their order."""
    rows = report.get("preview") or []
    return [name for name in _CANONICAL if any(row.get(name) is not None for row in rows)]
