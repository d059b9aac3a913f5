"""Tables by municipality as CSV and workbook, and the facts of a municipality's report, in the page's language."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi.responses import Response
from openpyxl import Workbook
from openpyxl.styles import Font

from app.coverage.comparing import area_km2
from app.coverage.surveys_alone import Measured
from app.mesh import mesh_bounds
from app.web.coverage_compared import Compared
from app.web.coverage_words import carrier_name, profile_title, town_name
from app.web.messages import Language, message

STATES = ("covered", "gap", "uncertain", "unknown")
SHARES = ("served", "5g", "4g", "3g", "none")
Table = tuple[str, list[str], list[list[Any]]]  # title, headings, rows


def share_table(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """The published survey's table."""
    headings = [
        message(language, "coverage.town"),
        *(f"{message(language, f'coverage.share.{name}')} (%)" for name in SHARES),
    ]
    body = [[_place(row, language), *(row[name] for name in SHARES), round(row["km"], 1)] for row in rows]
    return message(language, "coverage.shares"), [*headings, message(language, "coverage.share.km")], body


def state_table(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """States by municipality: cells and km of road."""
    headings = [message(language, "coverage.town")]
    headings += [
        f"{message(language, f'coverage.shown.{state}')} ({message(language, 'coverage.cells')})" for state in STATES
    ]
    headings += [f"{message(language, f'coverage.shown.{state}')} (km)" for state in STATES[:3]]
    body = [
        [
            town_name(row["municipality_code"], language),
            *(row["cells"].get(state, 0) for state in STATES),
            *(round(row["road_km"].get(state, 0.0), 1) for state in STATES[:3]),
        ]
        for row in rows
    ]
    return message(language, "coverage.states"), headings, body


def _place(row: Mapping[str, Any], language: Language) -> str:
    code = row["municipality_code"]
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
    headings = [say("coverage.table." + name) if name else next(plain) for name in names]
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


def as_csv(table: Table) -> bytes:
    """The table as CSV (UTF-8 with BOM), for spreadsheets."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([table[1], *table[2]])
    return out.getvalue().encode("utf-8-sig")


def as_workbook(tables: Sequence[Table], notes: Sequence[str]) -> bytes:
    """The tables as sheets of a workbook, the last sheet saying what they rest on."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, headings, rows in tables:
        sheet = book.create_sheet(title[:31])
        for row in (headings, *rows):
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "B2"
        sheet.column_dimensions["A"].width = 18
    about = book.create_sheet("README")
    for note in notes:
        about.append([note])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def report_facts(found: Mapping[str, Any], language: Language, address: str) -> dict[str, Any]:
    """What the report of a municipality prints; `found` is what its page shows."""
    name = town_name(found["code"], language)
    build = found["build"]

    def say(key: str, **values: object) -> str:
        return message(language, key, **values)

    return {
        "language": language,
        "title": say("coverage.report.title", town=name),
        "lead": say("coverage.report.lead", as_of=build["as_of"], profile=profile_title(build["profile"], language)),
        "says": [say("coverage.report.says", **found["figures"])],
        "is_sample": build["is_sample"],
        "sample_word": message(language, "sample"),
        "states_title": say("coverage.report.states"),
        "state_headings": [
            say("coverage.carrier"),
            *(say(f"coverage.shown.{state}") for state in STATES),
            say("coverage.report.people"),
        ],
        "state_rows": [
            [
                carrier_name(row["carrier"], language),
                *(f"{row['cells'].get(state, 0):,} / {row['road_km'].get(state, 0.0):,.1f} km" for state in STATES[:3]),
                f"{row['cells'].get('unknown', 0):,}",
                f"{row['population'].get('gap', 0.0):,.0f}",
            ]
            for row in found["states"]
        ],
        "states_note": say("coverage.report.note"),
        "gaps_title": say("coverage.report.gaps"),
        "gap_headings": [
            say("coverage.gap.kind"),
            say("coverage.cells"),
            "km²",
            say("coverage.gap.road"),
            say("coverage.report.people"),
            say("coverage.evidence.dates"),
        ],
        "gap_rows": [
            [
                say(f"coverage.gap.{gap['kind']}"),
                f"{gap['cells']:,}",
                f"{gap['area_km2']:,.2f}",
                f"{gap['road_km']:,.1f} km",
                "—" if gap["population"] is None else f"{gap['population']:,.0f}",
                str(gap["newest_on"] or "—"),
            ]
            for gap in found["gaps"][:12]
        ],
        "shares_title": say("coverage.shares"),
        "share_headings": [say("coverage.town"), *(f"{say(f'coverage.share.{part}')} (%)" for part in SHARES)],
        "share_rows": [[_place(row, language), *(f"{row[part]:.1f}" for part in SHARES)] for row in found["shares"]],
        "rests_title": say("coverage.report.rests"),
        "rests": [
            say("coverage.report.rests.samples", n=f"{found['samples']:,}", newest=found["newest"] or "—"),
            say("coverage.report.rests.profile", profile=build["profile"]),
            say("coverage.report.rests.unknown"),
            *([say("coverage.sample")] if build["is_sample"] else []),
        ],
        "foot": address,
    }
