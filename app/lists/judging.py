"""Judging rows: cells to values, where the row is, what follows, whose it is; the row as it will be stored, or why not."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2s
from typing import Any

from app.copy_text import copy_line
from app.fields import Field
from app.lists import rules
from app.lists.kinds import ListKind, Owner, Values
from app.lists.position_parts import Parts
from app.lists.position_rules import CITY_LEVEL_GIVEN
from app.lists.positions import RULES as POSITION_RULES
from app.lists.positions import Placed, Positions
from app.lists.whereabouts import TARGET_OF_PART
from app.tabular.findings import Finding, Level, Outcome, Rule
from app.tabular.table import Cell, Heading, Row
from app.territory.localgov import localgov_by_code, parse_code

BATCH_ROWS = 5_000
PREVIEW_ROWS = 50
_EXTRA_CHARACTERS = 500  # of each cell no field takes
_NUMBER_CHARACTERS = 80
_POSITION_RULES = {rule.id: rule for rule in POSITION_RULES}
_NUMBER_TARGETS = ("source_no", "property_no", "real_estate_id")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its heading, the target it is mapped to, and what converts its cells (None: kept aside)."""

    heading: Heading
    target: str | None
    convert: Callable[[Cell], Outcome] | None


@dataclass(slots=True)
class Tally:
    """What was said so far: counts of rows and findings, samples by rule, ids seen."""

    rows: int = 0
    error_rows: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Finding]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    spared: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def note(self, finding: Finding, rule: Rule) -> None:
        """Count a finding."""
        self.by_rule[rule.id] += 1
        self.rules[rule.id] = rule
        first = self.first.setdefault(rule.id, [])
        if len(first) < rules.GROUP_SAMPLES:
            first.append(finding)

    def of_level(self, level: Level) -> int:
        """How many findings weigh so."""
        return sum(count for rule, count in self.by_rule.items() if self.rules[rule].level is level)

    def groups(self) -> list[dict[str, Any]]:
        """Findings by repair: errors first, then warnings, then what was mended, each by count."""
        order = list(Level)
        known = sorted(self.by_rule.items(), key=lambda item: (order.index(self.rules[item[0]].level), -item[1]))
        return [rules.group(self.rules[rule], count, self.first[rule]) for rule, count in known]


@dataclass(slots=True)
class Judged:
    """A batch after judgement: lines for the register, findings in the order of the file, rows to show."""

    lines: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)


class Judge:
    """Judges the rows of one file, batch by batch."""

    def __init__(
        self,
        kind: ListKind,
        owner: Owner,
        columns: Sequence[Column],
        positions: Positions,
        parts: Callable[[Row], Parts],
        stored: Sequence[str],
    ) -> None:
        self.kind, self.owner, self.positions, self.parts, self.stored = kind, owner, positions, parts, stored
        self.tally = Tally()
        fields = self._fields = kind.field_by_name
        id_name = kind.id_field.name
        self._values = [c for c in columns if c.target in fields]
        self._aside = [c for c in columns if c.target is None]
        self._numbers = [c for name in (id_name, *_NUMBER_TARGETS) for c in columns if c.target == name]
        self._codes = [c for c in columns if c.target == "localgov_code"]
        self._letters = {c.target: c.heading.letter for c in columns if c.target}
        self._names = localgov_by_code()

    def judge(self, batch: Sequence[Row]) -> Judged:
        """The batch judged; the tally grows."""
        judged = Judged()
        parts = [self.parts(row) for row in batch]
        for row, said, placed in zip(batch, parts, self.positions.place_all(parts), strict=True):
            self._judge_row(row, said, placed, judged)
        self.tally.rows += len(batch)
        return judged

    def _judge_row(self, row: Row, parts: Parts, placed: Placed, judged: Judged) -> None:
        said: list[tuple[Finding, Rule]] = []
        values: Values = {}
        for column in self._values:
            cell = row.cells[column.heading.place]
            if cell is None or cell == "":
                continue
            outcome = column.convert(cell)  # type: ignore[misc]
            if outcome.value is not None:
                values[column.target] = outcome.value  # type: ignore[index]
            if outcome.rule is not None:
                said.append((_finding(row, column, cell, outcome, self._fields), outcome.rule))
        for finding in placed.findings:
            said.append(
                (
                    finding._replace(field=TARGET_OF_PART.get(finding.field or "", finding.field)),
                    _POSITION_RULES[finding.rule],
                )
            )
        for name in self.kind.required:
            if name not in values:
                said.append((self._of_field(row, name, None), rules.MISSING_VALUE))
        self._check_owner(row, said)
        if "address" not in self._letters and isinstance(parts.address, str) and parts.address:
            # Joined of its parts, which have columns of their own.
            values["address"] = parts.address
        self._settle(row, values, placed, said, judged)

    def _settle(
        self, row: Row, values: Values, placed: Placed, said: list[tuple[Finding, Rule]], judged: Judged
    ) -> None:
        if values.get("name") is not None:
            self.kind.complete(values, self.owner)
            self._add_place(row, values, placed, said)
            self._add_id(row, values, placed, said)
        is_wrong = any(rule.level is Level.ERROR for _, rule in said)
        if len(judged.preview) + self.tally.rows < PREVIEW_ROWS:
            judged.preview.append(self._shown(row, values, said))
        for finding, rule in said:
            self.tally.note(finding, rule)
            judged.findings.append(finding)
        if is_wrong:
            self.tally.error_rows += 1
            if (id := values.get(self.kind.id_field.name)) is not None:
                self.tally.spared.append(id)
            return
        values["geom"] = placed.geometry
        values["source_row"] = row.number
        if self._aside and (extra := self._extra(row)):
            values["extra"] = extra
        judged.lines.append(copy_line(self.stored, values))

    def _check_owner(self, row: Row, said: list[tuple[Finding, Rule]]) -> None:
        """A list holds its owner's own things; a code of somebody else's is looked at."""
        for column in self._codes:
            cell = row.cells[column.heading.place]
            if cell is None or cell == "":
                continue
            outcome = parse_code(cell)
            if outcome.rule is not None:
                said.append((_finding(row, column, cell, outcome, self._fields), outcome.rule))
            if outcome.value is not None and self.owner.code5 not in (None, outcome.value):
                said.append(
                    (_finding(row, column, cell, Outcome(None, rules.FOREIGN_OWNER), self._fields), rules.FOREIGN_OWNER)
                )

    def _add_place(self, row: Row, values: Values, placed: Placed, said: list[tuple[Finding, Rule]]) -> None:
        code5 = placed.municipality_code or self.owner.code5
        if code5 and (found := self._names.get(code5)):
            values["municipality_code"], values["municipality"] = code5, found.name
        if placed.geocode_level and "geocode_level" in self._fields:
            values["geocode_level"] = placed.geocode_level  # the row's own speaks of a position it does not have
        elif values.get("geocode_level") == "city":
            too_coarse = self._of_field(row, "geocode_level", "city")._replace(rule=CITY_LEVEL_GIVEN.id)
            said.append((too_coarse, CITY_LEVEL_GIVEN))

    def _add_id(self, row: Row, values: Values, placed: Placed, said: list[tuple[Finding, Rule]]) -> None:
        number = self._number(row)
        prefix = f"{self.owner.id_prefix}-{self.kind.letter(values)}-"
        repeated = rules.DUPLICATE_ID
        if number is None:
            number, repeated = _hidden("h", _key(values, placed)), rules.DUPLICATE_ROW
            if self._numbers:
                letter = self._numbers[0].heading.letter
                said.append((Finding(row.number, letter, None, rules.NUMBER_MADE.id, None), rules.NUMBER_MADE))
        id = number if number.startswith(self.owner.id_prefix + "-") else prefix + number
        values[self.kind.id_field.name] = id
        if id in self.tally.ids:
            by_number = repeated is rules.DUPLICATE_ID
            letter = self._numbers[0].heading.letter if by_number else self._letters["name"]
            value = number if by_number else str(values["name"])
            said.append((Finding(row.number, letter, None, repeated.id, value), repeated))
        self.tally.ids.add(id)

    def _number(self, row: Row) -> str | None:
        for column in self._numbers:
            value = column.convert(row.cells[column.heading.place]).value  # type: ignore[misc]
            if value is not None and (plain := "".join(str(value).split())):
                # Ids are public and the ledger's numbers are not: theirs tell nothing but stay the same.
                return _hidden("p", plain) if column.target == "property_no" else plain[:_NUMBER_CHARACTERS]
        return None

    def _extra(self, row: Row) -> dict[str, str]:
        return {
            column.heading.name or column.heading.letter: shown(cell)[:_EXTRA_CHARACTERS]
            for column in self._aside
            if (cell := row.cells[column.heading.place]) is not None and cell != ""
        }

    def _of_field(self, row: Row, name: str, value: str | None) -> Finding:
        return Finding(row.number, self._letters.get(name), name, rules.MISSING_VALUE.id, value)

    def _shown(self, row: Row, values: Values, said: Iterable[tuple[Finding, Rule]]) -> dict[str, Any]:
        fields = self._fields
        order = list(Level)
        marks: dict[str, str] = {}
        for finding, rule in said:
            name = finding.field or "row"
            if name not in marks or order.index(rule.level) < order.index(Level(marks[name])):
                marks[name] = rule.level.value
        return {
            "row": row.number,
            "values": {
                name: _label(fields, name, value)
                for name, value in values.items()
                if name in fields or name == self.kind.id_field.name
            },
            "marks": marks,
        }


def _key(values: Values, placed: Placed) -> str:
    """What tells things without a number apart: the name and the address, or else the place to about 10 m."""
    if values.get("address") or placed.lon is None or placed.lat is None:
        return f"{values['name']}|{values.get('address') or ''}"
    return f"{values['name']}|{placed.lon:.4f},{placed.lat:.4f}"


def _hidden(letter: str, key: str) -> str:
    return letter + blake2s(key.encode(), digest_size=5).hexdigest()


def _finding(row: Row, column: Column, cell: Cell, outcome: Outcome, fields: Mapping[str, Field]) -> Finding:
    assert outcome.rule is not None
    given = outcome.value is not None and outcome.rule.level is not Level.ERROR
    mended = _label(fields, column.target or "", outcome.value) if given else None
    return Finding(row.number, column.heading.letter, column.target, outcome.rule.id, shown(cell), mended)


def _label(fields: Mapping[str, Field], name: str, value: Any) -> str:
    known = fields.get(name)
    if known is not None and known.values and value in known.values:
        return str(known.values[value][0])
    return shown(value)


def shown(value: Any) -> str:
    """A cell or value as people read it."""
    if isinstance(value, bool):
        return "有" if value else "無"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return str(value)
