"""Tables by municipality and of a comparison as CSV and workbook, in the page's language."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi.responses import Response
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from app.applications.exports import harmless
from app.coverage.comparing import area_km2
from app.coverage.surveys_alone import Measured
from app.mesh import mesh_bounds
from app.web.coverage_compared import Compared
from app.web.coverage_words import carrier_name, profile_title, town_name
from app.web.messages import Language, message

STATES = ("covered", "gap", "uncertain", "unknown")
CLAIMS = ("claimed", "agreed", "claimed_but_gap", "undecided", "not_measured", "covered_not_claimed")
SHARES = ("served", "5g", "4g", "3g", "none")
Table = tuple[str, list[str], list[list[Any]]]  # title, headings, rows


def share_table(found: Mapping[str, Any], language: Language) -> Table:
    """The published survey's table, each row telling of which survey and how many samples."""

    def say(key: str) -> str:
        return message(language, key)

    headings = [
        say("coverage.table.town_code"), say("coverage.town"), *(f"{say(f'coverage.share.{name}')} (%)" for name in SHARES),
        say("coverage.share.km"), say("coverage.evidence.samples"), say("coverage.table.survey"), say("coverage.table.period"),
        say("coverage.carrier"), say("coverage.table.kind"),
    ]  # fmt: skip
    carrier = carrier_name(found["choice"].carrier, language)
    body = [
        [
            row["municipality_code"] or "", place_name(row["municipality_code"], language), *(row[name] for name in SHARES),
            round(row["km"], 1), row["samples"], survey_words(row, language), f"{row['began_on']} – {row['ended_on']}", carrier,
            _kind(found["build"], language),
        ]
        for row in found["shares"]
    ]  # fmt: skip
    return say("coverage.shares"), headings, body


def state_table(found: Mapping[str, Any], language: Language) -> Table:
    """States by municipality: cells, km² and km of road, and what they rest on."""

    def say(key: str) -> str:
        return message(language, key)

    build = found["build"]
    headings = [say("coverage.table.town_code"), say("coverage.town")]
    for unit, states in ((say("coverage.cells"), STATES), ("km²", STATES), (f"{say('coverage.km')} km", STATES[:3])):
        headings += [f"{say(f'coverage.shown.{state}')} ({unit})" for state in states]
    headings += [say("coverage.evidence.samples"), say("coverage.newest"), say("coverage.table.profile_id"), say("coverage.as_of"),
                 say("coverage.table.kind")]  # fmt: skip
    body = []
    for row in found["states"]:
        newest, samples = found["evidence"].get(row["municipality_code"], (None, 0))
        body.append([
            row["municipality_code"], place_name(row["municipality_code"], language),
            *(row["cells"].get(state, 0) for state in STATES), *(round(row["area_km2"].get(state, 0.0), 2) for state in STATES),
            *(round(row["road_km"].get(state, 0.0), 1) for state in STATES[:3]), samples, str(newest or ""), build["profile"],
            str(build["as_of"]), _kind(build, language),
        ])  # fmt: skip
    return say("coverage.states"), headings, body


def notes_of(found: Mapping[str, Any], language: Language) -> list[str]:
    """What a workbook's tables rest on, in words."""
    build = found["build"]
    return [
        *([message(language, "coverage.sample")] if build["is_sample"] else []),
        message(language, "coverage.shares.note"),
        message(
            language, "coverage.states.note", profile=profile_title(build["profile"], language), as_of=build["as_of"]
        ),
        f"{message(language, 'coverage.table.profile_id')}: {build['profile']}",
        message(language, "coverage.unknown.note"),
    ]


def survey_words(row: Mapping[str, Any], language: Language) -> str:
    """The survey a row rests on; of several, that they are several."""
    return str(row["survey"] or message(language, "coverage.shares.several"))


def _kind(build: Mapping[str, Any], language: Language) -> str:
    return message(language, "sample" if build["is_sample"] else "coverage.table.measured")


def place_name(code: str | None, language: Language) -> str:
    """A municipality's name; of none the whole, of an empty one elsewhere."""
    if code is None:
        return message(language, "coverage.whole")
    return town_name(code, language) if code else message(language, "coverage.elsewhere")


def compare_table(found: Compared, language: Language) -> Table:
    """Every mesh of a comparison, each row telling what it rests on."""

    def say(key: str) -> str:
        return message(language, key)

    sides = (found.before, found.after)
    rests = [*(_side_words(side) for side in sides), carrier_name(found.carrier, language), found.profile_id,
             say("sample") if found.is_sample else say("coverage.table.measured")]  # fmt: skip
    body = []
    for pair in found.pairs:
        west, south, east, north = mesh_bounds(pair.mesh_code)
        town = (found.towns or {}).get(pair.mesh_code)
        body.append([
            pair.mesh_code, town or "", town_name(town, language), round((west + east) / 2, 6), round((south + north) / 2, 6),
            round(area_km2(pair.mesh_code), 5), say(f"coverage.shown.{pair.before.shown}"), say(f"coverage.shown.{pair.after.shown}"),
            say(f"coverage.compare.direction.{pair.direction}"), _decimal(pair.before.mean_dbm), _decimal(pair.after.mean_dbm),
            _decimal(pair.change_db), pair.before.samples, pair.after.samples, round(pair.before.road_m), round(pair.after.road_m),
            *rests,
        ])  # fmt: skip
    names = ("mesh", "town_code", "", "lon", "lat", "area", "", "", "", "before_dbm", "after_dbm", "change_db",
             "before_samples", "after_samples", "before_m", "after_m")  # fmt: skip
    plain = iter(
        (
            say("coverage.town"),
            say("coverage.compare.before"),
            say("coverage.compare.after"),
            say("coverage.compare.change"),
        )
    )
    headings = [say(f"coverage.table.{name}") if name else next(plain) for name in names]
    compared = [
        f"{say('coverage.table.survey')} ({say(key)})" for key in ("coverage.compare.before", "coverage.compare.after")
    ]
    headings += [*compared, say("coverage.carrier"), say("coverage.table.profile_id"), say("coverage.table.kind")]
    return say("coverage.compare"), headings, body


def _side_words(side: Measured | date | None) -> str:
    return f"{side.title} ({side.began_on} – {side.ended_on})" if isinstance(side, Measured) else str(side or "")


def _decimal(value: float | None) -> float | str:
    return "" if value is None else round(value, 1)


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """A file to keep, never stored on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(content, media_type=media_type, headers=headers)


def _plain(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def as_csv(table: Table) -> bytes:
    """The table as CSV (UTF-8 with BOM), for spreadsheets."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [[_plain(value) for value in row] for row in (table[1], *table[2])]
    )
    return out.getvalue().encode("utf-8-sig")


def as_workbook(tables: Sequence[Table], notes: Sequence[str]) -> bytes:
    """The tables as sheets of a workbook, each under its title and what it rests on."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, headings, rows in tables:
        sheet = book.create_sheet(title[:31])
        for line in ([title], *([note] for note in notes), [], headings, *rows):
            sheet.append([_plain(value) for value in line])
        sheet["A1"].font = Font(bold=True, size=14)
        at = len(notes) + 3
        for cell in sheet[at]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.freeze_panes = sheet.cell(at + 1, 3)
        for column, heading in enumerate(headings, 1):
            widest = max((len(str(row[column - 1])) for row in rows), default=0)
            sheet.column_dimensions[get_column_letter(column)].width = min(max(10, widest * 1.6, len(heading)), 48)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
