"""Published CSV as rows that know their line: decoding, header, column count, and the values cells hold."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NoReturn

from app.geodata.damage import DamagedSource
from app.geodata.manifest import Source

JAPAN = (122.0, 20.0, 154.0, 46.0)  # west, south, east, north in degrees; a position outside is an error of the file


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: its cells by field, and the line it starts on."""

    file: str
    line: int
    cells: dict[str, str]

    def text(self, field: str) -> str | None:
        """The cell without surrounding blanks; None where it is empty."""
        return self.cells[field].strip() or None

    def required(self, field: str) -> str:
        """The cell; raises DamagedSource where it is empty."""
        return self.text(field) or self.refuse(f"「{field}」が空です", f"{field} is empty")

    def number(self, field: str) -> float:
        """The cell as a finite number."""
        try:
            value = float(self.required(field))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.refuse(f"「{self.cells[field]}」は数ではありません", f"{self.cells[field]!r} is not a number")
        return value

    def lon_lat(self) -> tuple[float, float]:
        """Longitude and latitude in degrees, inside Japan."""
        lon, lat = self.number("lon"), self.number("lat")
        west, south, east, north = JAPAN
        if not (west <= lon <= east and south <= lat <= north):
            self.refuse(
                f"緯度 {lat}・経度 {lon} は日本（北緯20〜46度、東経122〜154度）の外です",
                f"latitude {lat}, longitude {lon} lies outside Japan (20-46 N, 122-154 E)",
            )
        return lon, lat

    def day(self, field: str) -> date:
        """The cell as a date written 2024/9/1 or 2024-09-01."""
        text = self.required(field)
        try:
            year, month, day = (int(part) for part in text.replace("/", "-").split("-"))
            return date(year, month, day)
        except ValueError:
            self.refuse(f"「{text}」は日付ではありません（例 2024/9/1）", f"{text!r} is not a date such as 2024/9/1")

    def refuse(self, ja: str, en: str) -> NoReturn:
        """Raise DamagedSource pointing at this row."""
        raise DamagedSource(self.file, self.line, ja, en)


def read_rows(path: Path, source: Source) -> Iterator[Row]:
    """The rows of a CSV in the manifest's columns, blank lines left out.

    Raises DamagedSource at an undecodable byte, a missing column, a row of another length, an unended last line.
    """
    records = _records(path.name, _decode(path, source.encoding))
    line, header = next(records, (1, []))
    if not source.header:
        records = chain([(line, header)], records)
        header = [str(number) for number in range(1, len(header) + 1)]
    missing = [column for column in (*source.columns, *source.rows) if column not in header]
    if missing:
        names = "、".join(missing)
        raise DamagedSource(path.name, line, f"見出し「{names}」がありません", f"the header lacks {', '.join(missing)}")
    places = {field: header.index(column) for column, field in source.columns.items()}
    count = 0
    for line, cells in records:
        if len(cells) != len(header):
            raise DamagedSource(
                path.name,
                line,
                f"列が {len(cells)} 個です（見出しは {len(header)} 個）",
                f"{len(cells)} columns where the header has {len(header)}",
            )
        count += 1
        yield Row(path.name, line, {field: cells[place] for field, place in places.items()})
    if count < source.min_rows:
        raise too_few(path.name, count, source.min_rows)


def too_few(name: str, count: int, least: int) -> DamagedSource:
    """The refusal of a file that ends early."""
    return DamagedSource(
        name,
        None,
        f"{count} 行しかありません（少なくとも {least} 行のはずです）。取得し直してください",
        f"only {count} rows where at least {least} belong; fetch it again",
    )


def _decode(path: Path, encoding: str) -> str:
    content = path.read_bytes()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DamagedSource(
            path.name, line, f"{encoding} として読めないバイトがあります", f"a byte is not {encoding}"
        ) from error
    lines = text.count("\n")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DamagedSource(path.name, line, "NUL 文字があります", "a NUL character")
    if not text.endswith("\n"):
        raise DamagedSource(
            path.name, lines + 1, "最後の行が途中で切れています。取得し直してください", "cut short; fetch it again"
        )
    return text


def _records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DamagedSource(name, line, f"CSV として読めません（{error}）", f"not CSV ({error})") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
