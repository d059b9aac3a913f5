"""What reading cell values leaves out of an XLSX: merged cells, formulas, objects, what is hidden, custom properties.

Read straight from the parts of the archive, sheet data as a stream, so that size costs time and not memory. A document
type declaration is refused: no Office program writes one, and entities are how small files become large.
"""

import codecs
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from app.tabular.table import Unreadable, column_letter

SMALL_PART_BYTES = 4 * 1024 * 1024  # relationships, drawings, properties
_HEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Prefixed names (<x:c>) are as valid as plain ones, and some programs write them.
_FORMULA = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3}[0-9]+)"[^>]*>\s*<(?:\w+:)?f[\s/>]')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\s(?=[^>]*?\bhidden="(?:1|true)")(?:[^>]*?\s)?r="([0-9]+)"')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\s(?=[^>]*?\bhidden="(?:1|true)")[^>]*>')
_BOUND = re.compile(rb'\b(min|max)="([0-9]+)"')


@dataclass(slots=True)
class SheetFacts:
    """What one sheet holds besides values; places as A1 references, rows from 1, columns by letter."""

    merged: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)


def sheet_facts(path: Path, sheet: str | None) -> SheetFacts:
    """The facts of a sheet by name (None: the first).

    Raises: Unreadable (`broken-workbook`, `xml-dtd`).
    """
    try:
        with ZipFile(path) as archive:
            part = _sheet_part(archive, sheet)
            facts = SheetFacts()
            with archive.open(part) as stream:
                for piece in _pieces(stream):
                    _gather(piece, facts)
            facts.objects = list(_objects(archive, part))
            return facts
    except (BadZipFile, KeyError, ElementTree.ParseError, UnicodeDecodeError, NotImplementedError, EOFError) as error:
        raise _broken() from error


def custom_property(path: Path, name: str) -> str | None:
    """The text of a custom document property of an XLSX, None where the file has none or is no such archive."""
    try:
        with ZipFile(path) as archive:
            root = small_part(archive, "docProps/custom.xml")
    except (BadZipFile, KeyError, ElementTree.ParseError, Unreadable, OSError, NotImplementedError, EOFError):
        return None
    for each in root:
        if each.get("name") == name:
            return "".join(each.itertext()).strip() or None
    return None


def refuse_document_types(path: Path) -> None:
    """Look at the head of each XML part, where a document type declaration has its only place.

    Raises: Unreadable (`xml-dtd`, `broken-workbook`).
    """
    try:
        with ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith((".xml", ".rels", ".vml")):
                    with archive.open(name) as stream:
                        _refuse_dtd(stream.read(_HEAD_BYTES))
    except (BadZipFile, NotImplementedError, EOFError) as error:
        raise _broken() from error


def small_part(archive: ZipFile, name: str) -> ElementTree.Element:
    """A small XML part of an archive, parsed.

    Raises: Unreadable (`xml-dtd`, `broken-workbook`); KeyError where there is no such part.
    """
    with archive.open(name) as stream:
        data = stream.read(SMALL_PART_BYTES + 1)
    if len(data) > SMALL_PART_BYTES:
        raise _broken()
    _refuse_dtd(data)
    return ElementTree.fromstring(data)  # noqa: S314 - no DTD, so no entities, and of limited size


def _refuse_dtd(data: bytes) -> None:
    # Without its zero bytes UTF-16 reads like ASCII here.
    if b"<!DOCTYPE" in data or b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise Unreadable(
            "xml-dtd",
            "Excelが作らない宣言(DTD)を含むため、安全のため開きません。Excelで開いて「名前を付けて保存」してください。",
            "The file holds a declaration (DTD) Excel never writes. Open it in Excel and save it anew.",
        )


def _broken() -> Unreadable:
    return Unreadable(
        "broken-workbook",
        "ブックが壊れているようです。Excelで開いて「名前を付けて保存」してから、もう一度お送りください。",
        "The workbook seems to be broken. Open it in Excel, save it anew and send it again.",
    )


def _sheet_part(archive: ZipFile, sheet: str | None) -> str:
    workbook = _relations(archive, "").get("officeDocument", {})
    home = next(iter(workbook.values()), "xl/workbook.xml")
    targets = {key: part for parts in _relations(archive, home).values() for key, part in parts.items()}
    for each in small_part(archive, home).iter():
        if each.tag.rpartition("}")[2] == "sheet" and sheet in (None, each.get("name")):
            key = next((value for name, value in each.items() if name.endswith("}id")), "")
            return targets[key]
    raise KeyError(sheet)


def _relations(archive: ZipFile, part: str) -> dict[str, dict[str, str]]:
    """Parts a part points to: kind of relation → relation id → name in the archive."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in archive.NameToInfo:
        return {}
    found: dict[str, dict[str, str]] = {}
    for each in small_part(archive, relations):
        if each.get("TargetMode") != "External":
            kind = each.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/")
            found.setdefault(kind, {})[each.get("Id", "")] = target
    return found


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The XML of a sheet in pieces that never cut a row or an element in two."""
    rest = b""
    source = _as_utf8(stream)
    while chunk := source.read(_CHUNK_BYTES):
        rest += chunk
        cut = max(rest.rfind(b"row>"), rest.rfind(b"<") if len(rest) > 8 * _CHUNK_BYTES else -1)
        if cut > 0:
            _refuse_dtd_in_text(rest[:cut])
            yield rest[:cut]
            rest = rest[cut:]
    _refuse_dtd_in_text(rest)
    yield rest


def _refuse_dtd_in_text(piece: bytes) -> None:
    if b"<!DOCTYPE" in piece:
        _refuse_dtd(piece)


def _as_utf8(stream: IO[bytes]) -> IO[bytes] | codecs.StreamRecoder:
    head = stream.read(2)
    stream.seek(0)
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return codecs.EncodedFile(stream, "utf-8", "utf-16")
    return stream


def _gather(piece: bytes, facts: SheetFacts) -> None:
    if b"f>" in piece or b"<f " in piece or b":f " in piece or b"f/>" in piece:
        facts.formulas += [place.decode() for place in _FORMULA.findall(piece)]
    if b"mergeCell" in piece:
        facts.merged += [place.decode() for place in _MERGED.findall(piece)]
    if b"hidden=" in piece:
        facts.hidden_rows += [int(number) for number in _HIDDEN_ROW.findall(piece)]
        for column in _HIDDEN_COLUMN.findall(piece):
            facts.hidden_columns += _column_letters(dict(_BOUND.findall(column)))


def _column_letters(bounds: dict[bytes, bytes]) -> list[str]:
    first, last = int(bounds.get(b"min", b"1")), int(bounds.get(b"max", b"0"))
    return [column_letter(place - 1) for place in range(first, min(last, first + 255) + 1)]


def _objects(archive: ZipFile, sheet_part: str) -> Iterator[str]:
    """The upper left cell of each picture, chart and shape; comments, which hold no data of the table, are left out."""
    for drawing in _relations(archive, sheet_part).get("drawing", {}).values():
        for anchor in small_part(archive, drawing):
            kind = anchor.tag.rpartition("}")[2]
            if kind.endswith("Anchor"):
                yield _anchor_place(anchor)


def _anchor_place(anchor: ElementTree.Element) -> str:
    start = {each.tag.rpartition("}")[2]: each.text or "" for each in anchor.iterfind("{*}from/{*}*")}
    if not start.get("col", "").isdigit() or not start.get("row", "").isdigit():
        return "A1"  # placed in absolute lengths, not at a cell
    return f"{column_letter(int(start['col']))}{int(start['row']) + 1}"
