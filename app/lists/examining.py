"""What the reading process does: open the file, map its columns, judge its rows, examine its form; or write it back.

Runs inside `app/tabular/sandbox.py`, without database, network or settings: everything it needs to know comes with the
arguments, everything it finds leaves by `send(header, body)`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from app.lists.judging import BATCH_ROWS, Column, Judge, shown
from app.lists.kinds import ListKind, Owner
from app.lists.position_survey import Evidence
from app.lists.whereabouts import open_positions
from app.tabular.findings import Finding, Level, Rule
from app.tabular.heading_words import heading_unit
from app.tabular.mapping import Proposal, apply_recipe, known_headings, propose
from app.tabular.opening import open_table
from app.tabular.table import ReadOptions, Row, Table, Unreadable
from app.tabular.values import converter
from app.territory.places import Places

Send = Callable[..., None]
SAMPLE_ROWS = 2_000  # rows columns and positions are told by
FINDINGS_KEPT = 25_000  # of each level, for the page and the workbook: mended cells must not crowd out errors
LINTED_ROWS = 200_000  # longer files are made by machines
_CHOSEN = ("あなたが選びました", "chosen by you")


def load_kind(place: str) -> ListKind:
    """The kind of list that stands at "package.module:NAME"."""
    module, _, name = place.partition(":")
    found: ListKind = getattr(import_module(module), name)
    return found


def examine(arguments: dict[str, Any], send: Send) -> None:
    """Read and judge a file. Sends parts of the report, rows as COPY text, findings as JSON lines.

    Raises: Unreadable.
    """
    kind, owner = load_kind(arguments["kind"]), Owner(**arguments["owner"])
    settings, path = arguments["settings"], Path(arguments["path"])
    options = ReadOptions(*(settings.get(name) for name in ("encoding", "sheet", "header_row", "header_rows")))
    table = open_table(path, arguments["name"], options, known_headings(kind.targets))
    first = list(islice(table.rows, SAMPLE_ROWS))
    if not first:
        raise Unreadable(
            "no-rows",
            "見出しの下にデータの行がありません。別のシートを選ぶか、見出しの行を選び直してください。",
            "There are no rows under the headings; choose another sheet, or another heading row.",
        )
    proposals = map_columns(kind, table, first, settings)
    send({"report": {"reading": reading(table), "columns": described(table, proposals, first)}})
    missing = missing_columns(kind, proposals, has_geometry=first[0].geom is not None)
    if missing:
        send({"report": {"missing_columns": missing, **_nothing_judged(len(first) + sum(1 for _ in table.rows))}})
        return
    columns = judged_columns(kind, table, proposals)
    places = Places.load(Path(arguments["places"]).read_bytes())
    headings = {column.target: column.heading for column in columns if column.target}
    positions, parts = open_positions(kind, owner, headings, places, first, settings)
    send({"report": {"evidence": _told(positions.evidence)}})
    judge = Judge(kind, owner, columns, positions, parts, arguments["columns"])
    _judge_all(judge, chain(first, table.rows), table, send)
    send({"report": summary(judge, table)})
    if judge.tally.rows <= LINTED_ROWS:
        send({"report": {"lint": _lint(path, table)}})


def map_columns(kind: ListKind, table: Table, first: Sequence[Row], settings: Mapping[str, Any]) -> list[Proposal]:
    """What each column means: proposed, or as the recipe says; what a person chose stands above both."""
    saved = settings.get("headings")
    proposals = apply_recipe(table.headings, saved) if saved else propose(table.headings, first, kind.targets)
    chosen = settings.get("columns") or {}
    known = {target.name for target in kind.targets}
    taken = {target for target in chosen.values() if target}
    result = []
    for heading, proposal in zip(table.headings, proposals, strict=True):
        if heading.letter in chosen:
            target = chosen[heading.letter]
            proposal = Proposal(
                heading.place, target if target in known else None, 1.0, *_CHOSEN, heading_unit(heading.name)
            )
        elif proposal.target in taken:
            proposal = proposal._replace(target=None)
        result.append(proposal)
    return result


def reading(table: Table) -> dict[str, Any]:
    """How the file was read."""
    return {
        "format": table.format, "encoding": table.encoding, "sheet": table.sheet, "crs": table.crs,
        "sheets": [{"name": s.name, "rows": s.rows, "columns": s.columns} for s in table.sheets],
        "header_row": table.header_row, "header_rows": table.header_rows, "notes": table.notes,
        "row_estimate": table.row_estimate,
    }  # fmt: skip


def described(table: Table, proposals: Sequence[Proposal], first: Sequence[Row]) -> list[dict[str, Any]]:
    """The columns as the page shows them."""
    return [
        {
            "letter": heading.letter, "heading": heading.name, "target": proposal.target,
            "confidence": round(proposal.confidence, 2), "reason_ja": proposal.reason_ja,
            "reason_en": proposal.reason_en, "unit": proposal.unit, "samples": _samples(first, heading.place),
        }
        for heading, proposal in zip(table.headings, proposals, strict=True)
    ]  # fmt: skip


def _samples(first: Sequence[Row], place: int) -> list[str]:
    cells = (row.cells[place] for row in first)
    return [shown(cell)[:60] for cell in islice((cell for cell in cells if cell not in (None, "")), 3)]


_POSITION_TARGETS = (
    {"latitude", "longitude"}, {"plane_x", "plane_y"}, {"address"}, {"town"}, {"block"}, {"geometry"}, {"latitude"}, {"longitude"},
)  # fmt: skip


def missing_columns(kind: ListKind, proposals: Sequence[Proposal], *, has_geometry: bool) -> list[dict[str, str]]:
    """Columns without which no row can be taken."""
    mapped = {proposal.target for proposal in proposals}
    labels = {target.name: (target.ja, target.en) for target in kind.targets}
    missing = [
        {
            "target": name,
            "ja": f"「{labels[name][0]}」の列が見つかりません",
            "en": f"No column of {labels[name][1]!r} was found",
        }
        for name in kind.required
        if name not in mapped
    ]
    if not (has_geometry or any(needed <= mapped for needed in _POSITION_TARGETS)):
        missing.append(
            {
                "target": "latitude", "ja": "緯度・経度の列も、所在地の列も見つかりません",
                "en": "No columns of latitude and longitude, nor of an address, were found",
            }
        )  # fmt: skip
    return missing


def judged_columns(kind: ListKind, table: Table, proposals: Sequence[Proposal]) -> list[Column]:
    """The columns with what converts their cells."""
    targets = {target.name: target for target in kind.targets}
    return [
        Column(heading, p.target, converter(targets[p.target], p.unit) if p.target else None)
        for heading, p in zip(table.headings, proposals, strict=True)
    ]


def _told(evidence: Evidence) -> dict[str, Any]:
    return {
        "notes": [list(note) for note in evidence.notes], "datum_suspected": evidence.tokyo_datum_suspected,
        "datum": evidence.frame.datum, "zone": evidence.frame.zone, "offset_east_m": evidence.offset_east_m,
        "offset_north_m": evidence.offset_north_m, "compared_rows": evidence.compared_rows,
    }  # fmt: skip


def _judge_all(judge: Judge, rows: Iterator[Row], table: Table, send: Send) -> None:
    kept: Counter[Level] = Counter()
    while batch := list(islice(rows, BATCH_ROWS)):
        is_first = judge.tally.rows == 0
        judged = judge.judge(batch)
        if is_first:
            send({"report": {"preview": {"columns": shown_columns(judge, judged.preview), "rows": judged.preview}}})
        send({"rows": judge.tally.rows, "total": table.row_estimate}, b"".join(judged.lines))
        if shown_now := list(_within_bounds(judged.findings, judge.tally.rules, kept)):
            lines = (orjson.dumps(finding._asdict()) + b"\n" for finding in shown_now)
            send({"findings": len(shown_now)}, b"".join(lines))


def _within_bounds(findings: Sequence[Finding], rules: Mapping[str, Rule], kept: Counter[Level]) -> Iterator[Finding]:
    for finding in findings:
        level = rules[finding.rule].level
        if kept[level] < FINDINGS_KEPT:
            kept[level] += 1
            yield finding


def shown_columns(judge: Judge, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The fields the preview has values for, in the register's order."""
    used = {name for row in rows for name in row["values"]}
    fields = (judge.kind.id_field, *judge.kind.fields)
    return [{"name": field.name, "ja": field.ja, "en": field.en} for field in fields if field.name in used]


def summary(judge: Judge, table: Table) -> dict[str, Any]:
    """Counts and groups; `spared` are ids of rows in error, which are not missing from the list."""
    tally = judge.tally
    counts = {
        "rows": tally.rows, "good_rows": tally.rows - tally.error_rows, "error_rows": tally.error_rows,
        "errors": tally.of_level(Level.ERROR), "warnings": tally.of_level(Level.WARNING), "mended": tally.of_level(Level.MENDED),
    }  # fmt: skip
    return {"counts": counts, "groups": tally.groups(), "spared": tally.spared, "reading": reading(table)}


def _nothing_judged(rows: int) -> dict[str, Any]:
    counts = dict.fromkeys(("good_rows", "errors", "warnings", "mended"), 0)
    return {"counts": {"rows": rows, "error_rows": rows, **counts}, "groups": [], "spared": []}


def _lint(path: Path, table: Table) -> dict[str, Any]:
    from app.tabular.machine_readable import examine as examine_form

    report = examine_form(
        path, table.format, sheet=table.sheet, header_row=table.header_row, header_rows=table.header_rows,
        encoding=table.encoding,
    )  # fmt: skip
    return report.as_json()


def write_workbook(arguments: dict[str, Any], send: Send) -> None:
    """Write the sender's workbook back and send its bytes.

    Raises: Unreadable.
    """
    from app.tabular.error_sheet import Summary
    from app.tabular.workbook_back import write_back

    read, counts = arguments["reading"], arguments["counts"]
    words = {
        g["rule"]: Rule(g["rule"], Level(g["level"]), g["ja"], g["en"], g["repair_ja"], g["repair_en"])
        for g in arguments["groups"]
    }
    said = Path(arguments["findings"]).read_bytes().splitlines()
    out = Path("workbook.xlsx")
    write_back(
        Path(arguments["path"]), read["format"], sheet=read["sheet"], header_row=read["header_row"],
        header_rows=read["header_rows"], encoding=read["encoding"],
        findings=(Finding(**orjson.loads(line)) for line in said), rules=words, out=out,
        import_id=arguments["import_id"], summary=Summary(counts["rows"], counts["good_rows"]),
        number_fields=arguments["number_fields"],
    )  # fmt: skip
    with out.open("rb") as file:
        while piece := file.read(1 << 20):
            send({"piece": len(piece)}, piece)
