"""Findings: every value and row refused or mended, counted, with examples and words that say what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from app.surveys import judging
from app.surveys.carriers import BY_ID
from app.surveys.fields import BY_NAME, NUMBERS, Measured
from app.surveys.judged_rows import Circumstances, inside
from app.surveys.judging import ROW_RULES, VERDICTS, Rule
from app.surveys.recipes import Column, Recipe
from app.surveys.tracks import Tracks
from app.surveys.typed_rows import BITS, CELL, VALUE, quoted

EXAMPLES = 5
_NEEDED = ("at", "lat", "lon", "carrier", "technology")
_SHOWN_SPELLINGS = 20
_POWERS = ("rsrp_dbm", "nr_rsrp_dbm")
_KINDS = {
    "outside": judging.OUT_OF_RANGE,
    "unserved": judging.SIGNAL_WITHOUT_SERVICE,
    "unread": judging.NOT_A_NUMBER,
    "commas": judging.COMMA,
}
# What an example of a refused row shows, by the rule's field.
_SHOWN = {
    "at": "coalesce(at_text, strftime(utc, '%Y-%m-%d %H:%M:%S') || ' UTC')",
    "lat": "coalesce(lat::VARCHAR, '') || ', ' || coalesce(lon::VARCHAR, '')",
    "technology": "mode",
    "carrier": "spelling",
    "neighbour": "NULL::VARCHAR",
}
Finding = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a log was judged by, for telling of it."""

    connection: DuckDBPyConnection
    recipe: Recipe
    columns: Sequence[Column]
    of: Circumstances
    tracks: Tracks
    zone: str


def tell(found: Found) -> list[Finding]:
    """All findings of a judged log: rows refused, values refused, what was mended, notes."""
    found.connection.execute(
        """CREATE TABLE odd AS SELECT row_number, coalesce(d.verdict, j.verdict) AS verdict, outside, unserved, unread,
          commas, coalesce(technology = '3g', false) AS is_3g
        FROM judged j LEFT JOIN doubtful d USING (row_number)
        WHERE j.verdict <> 0 OR d.verdict IS NOT NULL OR outside <> 0 OR unserved <> 0 OR unread <> 0 OR commas <> 0"""
    )
    return [*_rows(found), *_values(found), *_mended(found), *_notes(found)]


def column_findings(columns: Sequence[Column], notes: Sequence[tuple[str, str]]) -> list[Finding]:
    """What opening the file took care of, and the fields no column was found for."""
    told = [_finding(Rule("reading", "note", ja, en), 1) for ja, en in notes]
    have = {column.field for column in columns}
    have |= {"at"} if have & {"date", "time"} else set()
    have |= {"carrier"} if {"mcc", "mnc"} <= have else set()
    for name in _NEEDED:
        if name not in have:
            one = BY_NAME[name]
            rule = Rule(
                "column-missing", "note",
                f"「{one.ja}」の列が見つかりません。あるなら、どの列かを選んでください。",
                f"No column for {one.en} was found. If there is one, say which.",
                name,
            )  # fmt: skip
            told.append(_finding(rule, 1))
    return told


def _finding(rule: Rule, count: int, examples: Sequence[Finding] = (), **words: Any) -> Finding:
    ja, en = words.pop("field_ja", ""), words.pop("field_en", "")
    return {
        "rule": rule.name,
        "level": rule.level,
        "field": words.pop("name", rule.field),
        "count": count,
        "ja": _filled(rule.ja, field=ja, **words),
        "en": _filled(rule.en, field=en, **words),
        "examples": list(examples),
    }


def _filled(words: str, **values: Any) -> str:
    """The words with each {name} given put in; what a file says is never read as a name itself."""
    for name, value in values.items():
        words = words.replace("{" + name + "}", str(value).replace("{", "(").replace("}", ")"))
    return words


def _rows(found: Found) -> Iterator[Finding]:
    counted = found.connection.execute(
        f"SELECT verdict, count(*), min(row_number, {EXAMPLES}) FROM odd WHERE verdict <> 0 GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for verdict, count, rows in counted:
        rule = ROW_RULES[verdict - 1]
        spellings = _unknown_spellings(found) if rule.name == "carrier-unknown" else ("", "")
        told = _finding(rule, count, _row_examples(found, rule, rows), zone=found.zone, spellings=spellings[0])
        if rule.name == "carrier-unknown":
            told["spellings"] = spellings[1]
        yield told


def _row_examples(found: Found, rule: Rule, rows: Sequence[int]) -> list[Finding]:
    shown = _SHOWN[rule.field or "neighbour"]
    values = found.connection.execute(
        f"SELECT row_number, {shown} FROM judged WHERE row_number IN ({_numbers(rows)}) ORDER BY 1"
    ).fetchall()
    return [{"row": row, "value": value, "now": None} for row, value in values]


def _numbers(rows: Sequence[int]) -> str:
    return ", ".join(str(int(row)) for row in rows)


def _unknown_spellings(found: Found) -> tuple[str, list[dict[str, Any]]]:
    """The spellings nobody knows, with how many rows have each: in words, and as data."""
    spellings = found.connection.execute(
        f"""SELECT spelling, count(*) FROM judged WHERE verdict = {VERDICTS["carrier-unknown"]}
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_SHOWN_SPELLINGS}"""
    ).fetchall()
    words = "、".join(f"「{spelling}」{count:,}行" for spelling, count in spellings)
    return words, [{"spelling": spelling, "rows": count} for spelling, count in spellings]


def _values(found: Found) -> Iterator[Finding]:
    """Findings of single values, from the bits of each row."""
    factors = {column.field: column.factor for column in found.columns}
    present = [one for one in NUMBERS if one.name in factors]
    for kind, rule in _KINDS.items():
        for one in present:
            yield from _of_bit(found, kind, rule, one, factors[one.name])


def _of_bit(found: Found, kind: str, rule: Rule, one: Measured, factor: float) -> Iterator[Finding]:
    for condition, used in _split(found, kind, rule, one):
        sql = f"SELECT count(*), min(row_number, {EXAMPLES}) FROM odd WHERE {kind} & {BITS[one.name]} <> 0 AND {condition}"
        count, rows = found.connection.execute(sql).fetchone() or (0, None)
        if count:
            words = {"low": f"{one.low:g}", "high": f"{one.high:g}", "unit": one.unit or ""}
            examples = _value_examples(found, kind, one, factor, rows)
            told = _finding(used, count, examples, name=one.name, field_ja=one.ja, field_en=one.en, **words)
            yield told | ({"source": one.source} if kind == "outside" else {})


def _split(found: Found, kind: str, rule: Rule, one: Measured) -> list[tuple[str, Rule]]:
    """Conditions on `odd` that tell one reason from another, with the rule each is told by."""
    if kind == "unserved":
        return [("NOT is_3g", rule), ("is_3g", judging.SIGNAL_OF_5G_ON_3G)]
    if kind == "outside" and one.name in _POWERS:
        positive = f"(SELECT {found.of.row} FROM typed t WHERE {one.name} >= 0)"
        return [
            (f"row_number NOT IN {positive}", rule),
            (f"row_number IN {positive}", judging.WITHOUT_SIGN),
        ]
    return [("true", rule)]


def _value_examples(found: Found, kind: str, one: Measured, factor: float, rows: Sequence[int]) -> list[Finding]:
    """What stood in the file, and what it was read as where it was mended."""
    if kind in ("unread", "commas"):
        cells = (
            f"list_filter(string_split(texts, {quoted(CELL)}), lambda c: starts_with(c, {quoted(one.name + VALUE)}))"
        )
        value = f"split_part({cells}[1], {quoted(VALUE)}, 2)"
    else:
        value = f"printf('%.6g', {one.name} / {factor!r})"
    row = found.of.row
    values = found.connection.execute(
        f"SELECT {row}, {value}, {one.name} FROM typed t WHERE {row} IN ({_numbers(rows)}) ORDER BY 1"
    ).fetchall()
    return [
        {"row": place, "value": words, "now": f"{number:.7g}" if kind == "commas" and number is not None else None}
        for place, words, number in values
    ]


def _mended(found: Found) -> Iterator[Finding]:
    rows = found.connection.execute(
        "SELECT count(*) FILTER (lat IS NOT NULL), count(*) FILTER (speed_kmh IS NOT NULL) FROM typed"
    ).fetchone() or (0, 0)
    if found.of.swapped:
        yield _finding(judging.SWAPPED, rows[0])
    if found.of.speed_factor > 1:
        yield _finding(judging.SPEED_IN_MS, rows[1])
    if found.of.speed_factor < 1:
        yield _finding(judging.SPEED_IN_KMH, rows[1])
    yield from _carriers(found)
    filled = _count(found, "judged WHERE carrier_filled AND verdict = 0")
    if filled:
        yield _finding(judging.CARRIER_OF_DEVICE, filled)


def _carriers(found: Found) -> Iterator[Finding]:
    """The spellings brought together, where a carrier has one that is not its id or name."""
    names = found.connection.execute(
        """SELECT carrier_id, spelling, count(*) FROM carrier_names c JOIN typed t ON t.carrier = c.spelling
        WHERE carrier_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"""
    ).fetchall()
    other = [(carrier, spelling, n) for carrier, spelling, n in names if spelling not in (carrier, BY_ID[carrier].ja)]
    if not other:
        return
    together: dict[str, list[str]] = {}
    for carrier, spelling, _ in names:
        together.setdefault(carrier, []).append(spelling)
    words = "；".join(
        f"{'・'.join(said[:_SHOWN_SPELLINGS])} → {BY_ID[carrier].ja}" for carrier, said in together.items()
    )
    examples = [{"row": None, "value": spelling, "now": carrier} for carrier, spelling, _ in other[:EXAMPLES]]
    told = _finding(judging.CARRIER_SPELLING, sum(n for _, _, n in other), examples, spellings=words)
    yield {key: said.replace("{count}", str(len(names))) if key in ("ja", "en") else said for key, said in told.items()}


def _marks(found: Found) -> Iterator[Finding]:
    """How many cells of each number said `-`."""
    have = {column.field for column in found.columns}
    present = [one for one in NUMBERS if one.name in have]
    counts = ", ".join(f"count(*) FILTER (marked & {BITS[one.name]} <> 0)" for one in present)
    if not present:
        return
    counted = found.connection.execute(f"SELECT {counts} FROM typed").fetchone() or ()
    for one, count in zip(present, counted, strict=True):
        if count:
            yield _finding(judging.MISSING_MARK, count, name=one.name, field_ja=one.ja, field_en=one.en)


def _notes(found: Found) -> Iterator[Finding]:
    yield from _marks(found)
    local, outside, blank, only_5g = found.connection.execute(
        f"""SELECT count(*) FILTER (is_local), count(*) FILTER (is_taken AND NOT {inside("lat", "lon")}),
          count(*) FILTER (is_taken AND is_blank_none),
          count(*) FILTER (is_taken AND technology = '5g_nsa' AND k.technology_said = '5g')
        FROM (SELECT j.*, j.verdict = 0 AND d.verdict IS NULL AS is_taken FROM judged j LEFT JOIN doubtful d USING (row_number)) j
        LEFT JOIN (SELECT spelling AS word, technology AS technology_said FROM technology_names) k ON k.word = j.mode"""
    ).fetchone() or (0, 0, 0, 0)
    if local:
        yield _finding(judging.LOCAL_TIME, local, zone=found.zone)
    if outside:
        yield _finding(judging.OUTSIDE_JAPAN, outside)
    if blank:
        yield _finding(judging.BLANK_IS_NO_SERVICE, blank, recipe=found.recipe.en)
    if only_5g:
        yield _finding(judging.ONLY_5G, only_5g)
    if not found.of.says_technology:
        yield _finding(judging.GUESSED_4G, _count(found, "judged WHERE verdict = 0"))
    if found.tracks.separate:
        yield _finding(judging.SEPARATE_TRACKS, found.tracks.separate)


def _count(found: Found, rows: str) -> int:
    counted = found.connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
    return int(counted[0]) if counted else 0
