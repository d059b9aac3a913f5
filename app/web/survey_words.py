"""How survey pages say things: fields of a log, recipes, levels of findings, a file's way."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.clock import TOKYO
from app.surveys.fields import BY_NAME, FIELDS
from app.surveys.models import Measurement
from app.surveys.recipes import OTHER, PLAIN, RECIPES
from app.territory.facts import facts_by_code
from app.web.coverage_words import carrier_name
from app.web.list_words import file_size
from app.web.messages import Language

LEVELS = ("refused-row", "refused-value", "mended", "note")
WORKING = ("waiting", "examining", "loading")
_UNSHOWN = ("survey_id", "file_id", "row_number")
_CANONICAL = tuple(column.name for column in Measurement.__table__.columns if column.name not in _UNSHOWN)
_MARKS = {"refused-value": "warning", "mended": "mended"}
# What the figures of a phone say, for those who plan and do not measure.
_MEANINGS = {
    "rsrp_dbm": ("RSRPは受信した電波の強さです。0に近いほど強く、-80は強く、-120はほとんど届いていません。", "RSRP is how strong the signal is: -80 is strong, -120 hardly there."),
    "rsrq_db": ("RSRQは受信した電波の質です。0に近いほどよく、-20に近づくとつながりにくくなります。", "RSRQ is how good the signal is: the nearer 0 the better."),
    "sinr_db": ("SINRは雑音に対する電波の強さです。0を下回るとつながりにくくなります。", "SINR is the signal over the noise: below 0 is poor."),
    "nr_rsrp_dbm": ("5Gの電波の強さです。0に近いほど強い値です。", "How strong the 5G signal is; nearer 0 is stronger."),
    "nr_rsrq_db": ("5Gの電波の質です。0に近いほどよい値です。", "How good the 5G signal is; nearer 0 is better."),
    "latency_ms": ("遅延は応答が返るまでの時間です。短いほどよい値です。", "Latency is the time until an answer comes."),
}  # fmt: skip
_TECHNOLOGIES = {"5g_sa": "5G SA", "5g_nsa": "5G NSA", "4g": "4G", "3g": "3G"}


def survey_words(language: Language) -> dict[str, Callable[..., Any]]:
    """Functions for templates, in the page's language."""
    recipes = {one.name: one.ja if language == "ja" else one.en for one in (*RECIPES, PLAIN, OTHER)}
    return {
        "recipe_title": lambda name: recipes.get(name or "", name or ""),
        "carrier_name": lambda carrier: carrier_name(carrier, language),
        "technology_name": lambda name: _TECHNOLOGIES.get(name, "圏外" if language == "ja" else "no service"),
        "file_size": file_size,
        "thousands": lambda n: f"{n or 0:,}",
        "by_level": by_level,
        "moment": moment,
        "town_names": town_names,
        "figure": figure,
        "meaning": lambda name: _MEANINGS.get(name or "", ("", ""))[0 if language == "ja" else 1],
        "column_title": lambda name: _column_title(name, language),
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


def town_names(codes: Sequence[str] | None) -> str:
    """Municipalities as a form takes them back: by name, else by code."""
    facts = facts_by_code()
    return "、".join(facts[code].name if code in facts else code for code in codes or ())


def figure(name: str, value: Any) -> Any:
    """A value as it was written: positions to 1 cm, others without what single precision adds."""
    return f"{value:.{9 if name in ('lat', 'lon') else 6}g}" if isinstance(value, float) else value


def moment(written: str) -> str:
    """A moment of a report in Japan's time, to the second."""
    return datetime.fromisoformat(written).astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")


def _column_title(name: str, language: Language) -> str:
    if name == "at":
        return "日時（日本時間）" if language == "ja" else "Time (Japan)"
    one = BY_NAME[name]
    unit = f" ({one.unit})" if one.unit and one.unit != "deg" else ""
    return (one.ja if language == "ja" else one.en) + unit


def cell_marks(report: Mapping[str, Any]) -> dict[tuple[int, str], tuple[str, str]]:
    """Cells of which a finding shows the value: (row, field) → its mark, and what stood in the file."""
    return {
        (example["row"], one["field"]): (_MARKS[one["level"]], str(example.get("value") or ""))
        for one in report.get("findings") or []
        if one["level"] in _MARKS and one.get("field")
        for example in one.get("examples") or []
        if example.get("row")
    }


def spellings_asked(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Names of carriers nobody knew, with how many rows have each."""
    return [
        spelling
        for one in report.get("findings") or []
        if one["rule"] == "carrier-unknown"
        for spelling in one.get("spellings") or []
    ]


def rows_of(report: Mapping[str, Any], rule: str) -> int:
    """How many rows a rule was told of."""
    return sum(int(one["count"]) for one in report.get("findings") or [] if one["rule"] == rule)


def preview_columns(report: Mapping[str, Any]) -> list[str]:
    """Canonical columns that hold anything in the preview, in their order."""
    rows = report.get("preview") or []
    return [name for name in _CANONICAL if any(row.get(name) is not None for row in rows)]
