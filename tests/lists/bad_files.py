"""Files somebody sends by mistake or in malice, each made from nothing."""

import io
import zipfile
from collections.abc import Callable, Iterator

import msoffcrypto.format.ooxml
import openpyxl

from tests.lists.conftest import HEADINGS, as_csv, row

MIB = 1 << 20
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_LAUGHS = "<!DOCTYPE l [<!ENTITY a0 '笑'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
_OUTSIDE = "<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def workbook(rows: list[list[str]]) -> bytes:
    """An honest workbook."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for cells in [list(HEADINGS), *rows]:
        sheet.append(cells)
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # also where it begins with =
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sparse_workbook() -> bytes:
    """Two cells, in the first and in the last corner of the largest sheet there can be."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "名称", "x"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_parts(content: bytes, change: Callable[[str, bytes], bytes], **added: bytes) -> bytes:
    """A ZIP with its parts changed, and others added (`/` is written `__` in their names)."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as changed,
    ):
        for name in given.namelist():
            changed.writestr(name, change(name, given.read(name)))
        for name, part in added.items():
            changed.writestr(name.replace("__", "/"), part)
    return out.getvalue()


def with_entities(doctype: str, entity: str) -> bytes:
    """A workbook whose sheet and strings declare entities, one of them used as a name."""

    def change(name: str, part: bytes) -> bytes:
        if name not in (SHEET, STRINGS):
            return part
        text = part.decode()
        head, _, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
        return f"{head}?>{doctype}{rest.replace('見本会館1', f'&{entity};')}".encode()

    return with_parts(workbook([row(1), row(2)]), change)


def kml(doctype: str, entity: str) -> bytes:
    """A KML with one place whose name is an entity."""
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>{doctype}<kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark>"
        f"<name>&{entity};</name><Point><coordinates>139.748,35.656</coordinates></Point></Placemark></Document></kml>"
    ).encode()


def zipped(name: str, pieces: Iterator[bytes]) -> bytes:
    """A ZIP of one file."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open(name, "w", force_zip64=True) as member,
    ):
        for piece in pieces:
            member.write(piece)
    return out.getvalue()


def zeros(megabytes: int) -> Iterator[bytes]:
    """Nothing, at length."""
    piece = b"0" * MIB
    return (piece for _ in range(megabytes))


def zip_bomb() -> bytes:
    """250 MB in 1 MB."""
    return zipped("一覧.csv", zeros(250))


def workbook_bomb() -> bytes:
    """A workbook with a sheet of 300 MB."""
    grown = b"<row><c><v>1</v></c></row>" * 40_000
    return with_parts(
        workbook([row(1)]), lambda name, part: part.replace(b"<sheetData>", b"<sheetData>" + grown * 300) if name == SHEET else part
    )  # fmt: skip


def nested_zip() -> bytes:
    """A ZIP in a ZIP in a ZIP."""
    inner = zipped("一覧.csv", iter([as_csv([row(1)])]))
    for depth in range(3):
        inner = zipped(f"{depth}.zip", iter([inner]))
    return inner


def locked_workbook() -> bytes:
    """A workbook with a password."""
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(workbook([row(1)]))).encrypt("ひみつ", out)
    return out.getvalue()


def lost_quote() -> bytes:
    """A list of 20,000 rows, one of whose first cells opens a quote that nobody closes."""
    lines = as_csv([row(number) for number in range(1, 20_001)]).decode("utf-8-sig").splitlines()
    lines[3] = lines[3].replace("見本会館", '"見本会館')
    return "\n".join(lines).encode()


def broken_workbook() -> bytes:
    """Half a workbook."""
    content = workbook([row(number) for number in range(1, 200)])
    return content[: len(content) // 2]


# What it is called → the name it is sent under, and its bytes.
REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip bomb": ("一覧.zip", zip_bomb),
    "workbook bomb": ("一覧.xlsx", workbook_bomb),
    "nested zip": ("一覧.zip", nested_zip),
    "sparse workbook": ("一覧.xlsx", sparse_workbook),
    "a million columns": ("一覧.csv", lambda: ",".join(["名称"] * 1_000_000).encode() + b"\n" + b"," * 999_999),
    "entity of a file in a workbook": ("一覧.xlsx", lambda: with_entities(_OUTSIDE, "x")),
    "entity of a file in a KML": ("一覧.kml", lambda: kml(_OUTSIDE, "x")),
    "billion laughs in a workbook": ("一覧.xlsx", lambda: with_entities(_LAUGHS, "a9")),
    "billion laughs in a KML": ("一覧.kml", lambda: kml(_LAUGHS, "a9")),
    "lost quote": ("一覧.csv", lost_quote),
    "PDF as a workbook": ("一覧.xlsx", lambda: b"%PDF-1.7\n" + b"1 0 obj <<>> endobj\n" * 100),
    "picture as CSV": ("一覧.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "half a workbook": ("一覧.xlsx", broken_workbook),
    "password": ("一覧.xlsx", locked_workbook),
    "NUL all over": ("一覧.csv", lambda: b"\0" * 100_000),
    "one line of 5 MB": ("一覧.csv", lambda: b"x" * 5_000_000),
    "nothing but headings": ("一覧.csv", lambda: as_csv([])),
}
# Names that would do something where a spreadsheet took them for more than text.
FORMULAS = ("=cmd|'/C calc'!A0", '=HYPERLINK("http://127.0.0.1/","押す")', "+SUM(1,2)", "@SUM(1)", "-2+3", "=1+1")
