"""How pages of lists say things: groups of targets, sizes, how sure a column is, which step stands where, lint places."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.fields import Disclosure, Field
from app.lists.kinds import ListKind
from app.tabular.targets import Target
from app.web.messages import Language

SURE, LIKELY = 0.8, 0.4  # from here on a column counts as sure, as likely

# What people look for first, by the target's name; targets no group names come last.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "identity",
        ("name", "name_kana", "name_en", "source_no", "asset_id", "access_point_id", "asset_kind", "structure_kind",
         "facility_type", "site_kind"),
    ),
    (
        "place",
        ("latitude", "longitude", "address", "postal_code", "prefecture", "city", "town", "block", "building_name",
         "municipality_code", "municipality", "localgov_code", "plane_x", "plane_y", "plane_zone", "datum", "geometry",
         "geocode_level", "ground_elev_m"),
    ),
    (
        "owner",
        ("owner_name", "owner_type", "owner_code", "bureau", "property_class", "property_no", "real_estate_id", "contact",
         "installer", "phone", "dup_of"),
    ),
    (
        "use",
        ("availability", "restrictions", "sensitive_flags", "power", "power_spare_kva", "power_distance_m", "fibre",
         "fibre_distance_m", "slots_total", "slots_used", "fee_note", "planned_works", "priority_area", "ssid",
         "service_area", "has_openroaming", "range_m", "backup_hours", "installed_on", "renewal", "url", "remarks"),
    ),
)  # fmt: skip

Pair = Sequence[str]


def target_groups(kind: ListKind) -> list[tuple[str, list[Target]]]:
    """Targets in groups as a select shows them: the key of the group's words, its targets."""
    by_name = {target.name: target for target in kind.targets}
    grouped = [(group, [by_name[name] for name in names if name in by_name]) for group, names in _GROUPS]
    named = {name for _, names in _GROUPS for name in names}
    return [*grouped, ("rest", [target for target in kind.targets if target.name not in named])]


def sureness(column: Mapping[str, Any]) -> str:
    """`sure`, `likely` or `unknown`."""
    confidence = column["confidence"]
    return "unknown" if column["target"] is None else "sure" if confidence >= SURE else "likely"


def file_size(n_bytes: int) -> str:
    """12 KB, 3.4 MB: as file managers count, in thousands of 1,024."""
    if n_bytes < 1 << 20:
        return f"{max(1, round(n_bytes / 1024)):,} KB"
    return f"{n_bytes / (1 << 20):,.1f} MB"


def steps_of(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The four steps, each `done`, `now` or `later`."""
    report, state = found["report"] or {}, found["state"]
    reached = {
        "file": True,
        "columns": "columns" in report,
        "judgement": "counts" in report and "diff" in report,
        "publish": state in ("publishing", "published", "undone"),
    }
    open_errors = bool(report.get("counts", {}).get("error_rows")) and not found["settings"].get("leave_out_errors")
    if state in ("published", "undone"):
        now = ""
    elif state == "refused":
        now = "file"
    elif state == "publishing":
        now = "publish"
    elif "missing_columns" in report:
        now = "columns"
    elif state == "examined":
        now = "judgement" if open_errors else "publish"
    else:
        now = "judgement" if reached["columns"] else "file"
    names = list(reached)
    before = names.index(now) if now else len(names)
    return [(name, "now" if name == now else "done" if place < before else "later") for place, name in enumerate(names)]


def by_level(groups: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Groups of findings by level, errors first; levels nothing was said of are left out."""
    levels = [
        (level, [group for group in groups if group["level"] == level]) for level in ("error", "warning", "mended")
    ]
    return [(level, found) for level, found in levels if found]


def preview_columns(report: Mapping[str, Any], id_name: str) -> list[dict[str, Any]]:
    """The preview's columns: the number first, then what the file itself holds, then what was filled in (`is_added`)."""
    held = {column["target"] for column in report.get("columns", ())} | {id_name}
    if held & {"plane_x", "plane_y", "geometry"}:
        held |= {"latitude", "longitude"}
    shown = [
        {**column, "is_added": column["name"] not in held} for column in report.get("preview", {}).get("columns", ())
    ]
    return sorted(shown, key=lambda column: (column["is_added"], column["name"] != id_name))


def refused_values(report: Mapping[str, Any]) -> dict[tuple[int, str], str]:
    """What stood in cells that could not be taken, by row and field, as far as the report names them."""
    return {
        (one["row"], one["field"]): one["value"]
        for group in report.get("groups", ())
        if group["level"] == "error"
        for one in group["first"]
        if one["value"]
    }


def share(done: float, total: float | None) -> int | None:
    """How much is done, in percent; None while nobody knows of how much."""
    return None if not total else min(100, round(100 * done / total))


_PARTICLES = "はがにのとを"  # a rule that begins so completes the sentence a value begins
_VALUE_CHARACTERS = 24


def sentence(group: Mapping[str, Any], language: Language) -> str:
    """What a group of findings is about, as a sentence; one that needs its subject gets the first value."""
    said: str = group[language]
    first = group["first"][0]["value"] if group["first"] else None
    needs_subject = group["ja"][0] in _PARTICLES
    if not needs_subject:
        return said[0].upper() + said[1:]
    if not first:
        return ("値" if language == "ja" else "The value ") + said
    short = first if len(first) <= _VALUE_CHARACTERS else first[:_VALUE_CHARACTERS] + "…"
    return f"「{short}」{said}" if language == "ja" else f"“{short}” {said}"


def field_name(kind: ListKind, name: str | None, language: Language) -> str:
    """A field's or target's name for people; the name itself where neither knows it."""
    if name is None:
        return ""
    field = kind.id_field if name == kind.id_field.name else kind.field_by_name.get(name)
    if field is not None:
        return field.label(language)
    target = next((target for target in kind.targets if target.name == name), None)
    return (target.ja if language == "ja" else target.en) if target else name


def shown_value(kind: ListKind, name: str, value: Any, language: Language) -> str:
    """A stored value for people: codes by their labels, yes and no, lists by comma."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ("、" if language == "ja" else ", ").join(shown_value(kind, name, one, language) for one in value)
    if isinstance(value, bool):
        return (("なし", "あり") if language == "ja" else ("no", "yes"))[value]
    field = kind.field_by_name.get(name)
    if field is not None and field.values and value in field.values:
        return field.values[value][0 if language == "ja" else 1]
    return str(value)


def kept_from_public(kind: ListKind, columns: Sequence[Mapping[str, Any]]) -> list[Field]:
    """Fields the file fills that not everybody may read."""
    mapped = {column["target"] for column in columns}
    return [field for field in kind.fields if field.name in mapped and field.disclosure is not Disclosure.PUBLIC]
