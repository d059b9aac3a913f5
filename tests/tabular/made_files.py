"""Files as clerks, programs and attackers make them, for the tests of reading."""

import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from app.tabular.opening import open_table
from app.tabular.table import ReadOptions, Row, Table, Unreadable


def opened(
    path: Path, name: str | None = None, known: frozenset[str] = frozenset(), **options: Any
) -> tuple[Table, list[Row]]:
    """The table of a file and all its rows."""
    table = open_table(path, name or path.name, ReadOptions(**options), known)
    return table, list(table.rows)


def names(table: Table) -> list[str]:
    return [heading.name for heading in table.headings]


def said(table: Table) -> str:
    return " ".join(ja for ja, _ in table.notes)


def why_not(path: Path, name: str | None = None, **options: Any) -> Unreadable:
    """Why the file cannot be read. Fails if it can."""
    try:
        opened(path, name, **options)
    except Unreadable as refusal:
        assert refusal.ja and refusal.en and "Traceback" not in refusal.ja
        return refusal
    raise AssertionError("the file was read")


def text_file(folder: Path, text: str | bytes, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def workbook(
    folder: Path, *sheets: tuple[str, Sequence[Sequence[Any]]], merges: Sequence[str] = (), name: str = "list.xlsx"
) -> Path:
    """An XLSX of named sheets; `merges` are ranges of the first."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    for merged in merges:
        book.worksheets[0].merge_cells(merged)
    path = folder / name
    book.save(path)
    return path


def archive(folder: Path, *members: tuple[str, bytes | str], name: str = "list.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for member, content in members:
            target.writestr(member, content)
    return path


def with_part(path: Path, part: str, change: Any) -> Path:
    """The same archive with one part changed by `change(bytes) -> bytes`; a part that is not there is made from b""."""
    kept = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(kept) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry.filename)
            target.writestr(entry.filename, change(content) if entry.filename == part else content)
        if part not in source.namelist():
            target.writestr(part, change(b""))
    return path


def ods(folder: Path, rows: Sequence[Sequence[str]], name: str = "list.ods") -> Path:
    def cell(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="一覧">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return archive(folder, ("mimetype", kind), ("META-INF/manifest.xml", manifest), ("content.xml", content), name=name)


def ole(folder: Path, streams: Sequence[tuple[str, bytes]], name: str = "list.xls") -> Path:
    """A compound file of the streams, each padded to 4,096 bytes so that no short-stream table is needed."""
    sectors: list[bytes] = []
    table: list[int] = [0xFFFFFFFD]
    entries = [("Root Entry", 5, 0xFFFFFFFE, 0, 1)]
    for place, (title, content) in enumerate(streams, 1):
        padded = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
        start, count = 2 + len(sectors), len(padded) // 512
        sectors += [padded[i : i + 512] for i in range(0, len(padded), 512)]
        entries.append((title, 2, start, len(padded), place + 1 if place < len(streams) else 0xFFFFFFFF))
    table.append(0xFFFFFFFE)  # the directory
    at = 2
    for _, _, _, size, _ in entries[1:]:
        count = size // 512
        table += [at + i + 1 for i in range(count - 1)] + [0xFFFFFFFE]
        at += count
    assert len(table) <= 128 and len(entries) <= 4
    directory = b""
    for title, kind, start, size, sibling in entries:
        written = title.encode("utf-16-le") + b"\0\0"
        right, child = (0xFFFFFFFF, 1) if kind == 5 else (sibling, 0xFFFFFFFF)
        directory += written.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(written), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size
        )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0).ljust(436, b"\xff")
    fat = b"".join(struct.pack("<I", place) for place in table).ljust(512, b"\xff")
    path = folder / name
    path.write_bytes(header + fat + directory.ljust(512, b"\0") + b"".join(sectors))
    return path


def xls(folder: Path, rows: Sequence[Sequence[str | float]], protected: bool = False) -> Path:
    """A BIFF8 workbook of one sheet."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))

    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            place = struct.pack("<HHH", r, c, 0)
            if isinstance(value, str):
                cells += record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            else:
                cells += record(0x203, place + struct.pack("<d", value))
    title = "一覧"
    password = record(0x2F, struct.pack("<HHH", 0, 0x1234, 0x5678)) if protected else b""
    head = begin(5) + password
    length = len(head) + 4 + 8 + 2 * len(title) + 4
    sheet = struct.pack("<IBBBB", length, 0, 0, len(title), 1) + title.encode("utf-16-le")
    content = head + record(0x85, sheet) + record(0x0A, b"") + begin(0x10) + cells + record(0x0A, b"")
    return ole(folder, [("Workbook", content)])
