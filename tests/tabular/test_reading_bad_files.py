"""Files made to harm, or simply wrong: each ends in clear words, soon, and without memory."""

import contextlib
import io
import random
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import msoffcrypto
import msoffcrypto.format.ooxml
import pytest

from app.tabular.limits import Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable
from tests.tabular.made_files import archive, ods, ole, opened, said, text_file, with_part, workbook, xls
from tests.tabular.test_reading_geographic import shapefile, written

ROWS = [["名称", "緯度", "経度"], ["都庁", 35.6, 139.6], ["東京駅", 35.7, 139.7]]
CSV = "名称,緯度,経度\n都庁,35.6,139.6\n東京駅,35.7,139.7\n"
SHEET = "xl/worksheets/sheet1.xml"


def refused_in_child(path: Path, name: str = "list.csv") -> Unreadable:
    """Why the child refuses the file, having made sure that it took under 5 s of processor time and us hardly any memory."""
    before, began = resident_bytes(), children_seconds()
    with pytest.raises(Unreadable) as raised:
        list(run_in_child("tests.tabular.child_functions:read", {"path": str(path), "name": name}, Limits()))
    assert children_seconds() - began < 5
    assert resident_bytes() - before < 10_000_000
    assert raised.value.ja and raised.value.en
    return raised.value


def children_seconds() -> float:
    """Processor time of children that have ended: other work on the machine does not lengthen it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def zip_bomb(folder: Path) -> Path:
    return archive(folder, ("list.csv", CSV), ("zeros.csv", b"0" * 205_000_000))


def zip_that_lies(folder: Path) -> Path:
    """A ZIP whose directory says 100 bytes where there are 250 MB."""
    path = archive(folder, ("list.csv", b"0,0,0\n" * 35_000_000))
    data = path.read_bytes()
    size = (210_000_000).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    return path


def many_members(folder: Path) -> Path:
    return archive(folder, *[(f"{n}.csv", b"a,b\n") for n in range(1100)])


def nested_zip(folder: Path) -> Path:
    inner = archive(folder, ("list.csv", CSV), name="inner.zip").read_bytes()
    return archive(folder, ("inner.zip", inner))


def nested_zip_as_csv(folder: Path) -> Path:
    inner = archive(folder, ("list.csv", CSV), name="inner.zip").read_bytes()
    return archive(folder, ("list.csv", inner))


def xlsx_bomb(folder: Path) -> Path:
    return with_part(workbook(folder, ("一覧", ROWS)), SHEET, lambda xml: xml + b" " * 205_000_000)


def sparse(folder: Path) -> Path:
    """A1 and XFD1048576."""
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return with_sheet_data(folder, rows, b'ref="A1:XFD1048576"')


def sparse_in_hiding(folder: Path) -> Path:
    """The same with a dimension that lies, single quotes, a prefix, and cells out of order."""
    rows = b"<row r='1'><c r='XFD1'><v>1</v></c><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c><c r='A1048576'><v>1</v></c></row>"
    return with_sheet_data(folder, rows, b'ref="A1:C3"')


def wide_sheet(folder: Path) -> Path:
    cells = b"".join(b'<c r="%s1"><v>1</v></c>' % letters(n) for n in range(1, 16_385))
    return with_sheet_data(folder, b'<row r="1">' + cells + b"</row>", b'ref="A1:C3"')


def letters(number: int) -> bytes:
    text = b""
    while number:
        number, rest = divmod(number - 1, 26)
        text = bytes([65 + rest]) + text
    return text


def with_sheet_data(folder: Path, rows: bytes, dimension: bytes) -> Path:
    xml = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension '
        + dimension + b"/><sheetData>" + rows + b"</sheetData></worksheet>"
    )  # fmt: skip
    return with_part(workbook(folder, ("一覧", ROWS)), SHEET, lambda _: xml)


def many_columns(folder: Path) -> Path:
    return text_file(folder, ",".join(["a"] * 1_000_000) + "\n" + ",".join(["1"] * 1_000_000) + "\n")


def four_hundred_columns(folder: Path) -> Path:
    return text_file(folder, (",".join(f"列{n}" for n in range(400)) + "\n") * 3)


DOCTYPE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip
KML = b'<?xml version="1.0"?>%s<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&e;</name></Placemark></Document></kml>'


def kml_with_entity(folder: Path) -> Path:
    return text_file(folder, KML % DOCTYPE, name="list.kml")


def kml_with_laughs(folder: Path) -> Path:
    return text_file(folder, KML % (b" " * 5000 + LAUGHS), name="list.kml")


def declared(part: str, doctype: bytes, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        def change(xml: bytes) -> bytes:
            start, body = (b'<?xml version="1.0"?>', xml) if not xml.startswith(b"<?xml") else xml.split(b"?>", 1)
            return (start.rstrip(b"?>") + b"?>" + doctype + body).decode().encode(encoding)

        return with_part(workbook(folder, ("一覧", ROWS)), part, change)

    return make


def encrypted_xlsx(folder: Path) -> Path:
    office = msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(workbook(folder, ("一覧", ROWS)).read_bytes()))
    path = folder / "secret.xlsx"
    with path.open("wb") as file:
        office.encrypt("password", file)
    return path


def encrypted_xls(folder: Path) -> Path:
    return xls(folder, ROWS, protected=True)  # type: ignore[arg-type]


def encrypted_zip(folder: Path) -> Path:
    path = archive(folder, ("list.csv", CSV))
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    return path


def huge_cell(folder: Path) -> Path:
    return text_file(folder, CSV + f'"{"あ" * 40_000}",35,139\n')


def one_endless_line(folder: Path) -> Path:
    return text_file(folder, b"a," * 50_000_000)


def endless_quote(folder: Path) -> Path:
    return text_file(folder, CSV + '"' + "x,1,2\n" * 1_000_000)


def deep_geojson(folder: Path) -> Path:
    deep = '{"a":' * 200_000 + "1" + "}" * 200_000
    return text_file(folder, '{"type":"FeatureCollection","features":[' + deep + "]}", name="list.geojson")


def only_nuls(folder: Path) -> Path:
    return text_file(folder, bytes(100_000))


def random_bytes(folder: Path) -> Path:
    return text_file(folder, bytes(range(256)) * 1000)


def ods_bomb(folder: Path) -> Path:
    """One cell repeated over a sheet of Excel's greatest size."""
    return with_part(ods(folder, [["a"]]), "content.xml", lambda xml: xml.replace(b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16384" ').replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">'))  # fmt: skip


def encrypted_ods(folder: Path) -> Path:
    secret = b'<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'
    change = lambda xml: xml.replace(b"</manifest:manifest>", secret)  # noqa: E731
    return with_part(ods(folder, [["a"]]), "META-INF/manifest.xml", change)


def one_text_in_many_cells(folder: Path) -> Path:
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 100_000))
    strings = (
        b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"x" * 32_000
        + b"</t></si></sst>"
    )
    return with_part(with_sheet_data(folder, rows, b'ref="A1:A99999"'), "xl/sharedStrings.xml", lambda _: strings)


def rows_without_end(folder: Path) -> Path:
    return with_sheet_data(folder, b"<row " * 400_000, b'ref="A1:C3"')


def cut_xlsx(folder: Path) -> Path:
    path = workbook(folder, ("一覧", ROWS))
    path.write_bytes(path.read_bytes()[:3000])
    return path


def broken_sheet(folder: Path) -> Path:
    return with_part(workbook(folder, ("一覧", ROWS)), SHEET, lambda xml: xml[: len(xml) // 2] + b"<<<&&&")


def missing_sheet(folder: Path) -> Path:
    path = workbook(folder, ("一覧", ROWS))
    kept = {n: zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist() if n != SHEET}
    return archive(folder, *kept.items(), name="list.xlsx")


def starting_with(start: bytes) -> Callable[[Path], Path]:
    return lambda folder: text_file(folder, start + b"\0\1\2\3" * 100)


@pytest.mark.parametrize(
    ("make", "rules"),
    [
        (zip_bomb, "archive-too-large"),
        (zip_that_lies, "damaged archive-too-large"),
        (many_members, "archive-too-large"),
        (nested_zip, "nested-archive"),
        (nested_zip_as_csv, "nested-archive"),
        (xlsx_bomb, "archive-too-large"),
        (sparse, "too-many-columns too-many-rows"),
        (sparse_in_hiding, "too-many-columns too-many-rows too-much-memory"),
        (wide_sheet, "too-many-columns"),
        (many_columns, "too-many-columns"),
        (four_hundred_columns, "too-many-columns"),
        (kml_with_entity, "xml-entities"),
        (kml_with_laughs, "xml-entities"),
        (declared(SHEET, DOCTYPE), "xml-entities"),
        (declared("xl/workbook.xml", LAUGHS), "xml-entities"),
        (declared("[Content_Types].xml", DOCTYPE), "xml-entities"),
        (declared("xl/styles.xml", DOCTYPE, "utf-16"), "xml-entities"),
        (encrypted_xlsx, "password"),
        (encrypted_xls, "password"),
        (encrypted_zip, "password"),
        (huge_cell, "cell-too-long"),
        (one_endless_line, "line-too-long"),
        (endless_quote, "lost-quote cell-too-long"),
        (deep_geojson, "damaged"),
        (lambda folder: text_file(folder, b""), "empty"),
        (lambda folder: text_file(folder, b"\xef\xbb\xbf\r\n  \r\n"), "empty"),
        (lambda folder: workbook(folder, ("空", [])), "empty"),
        (only_nuls, "empty"),
        (random_bytes, "binary mixed-encoding"),
        (ods_bomb, "too-much-memory too-many-rows too-many-columns"),
        (encrypted_ods, "password"),
        (one_text_in_many_cells, "too-much-memory"),
        (rows_without_end, "damaged empty"),
        (cut_xlsx, "damaged"),
        (broken_sheet, "damaged"),
        (missing_sheet, "damaged"),
        (starting_with(b"%PDF-1.7\n"), "not-a-list"),
        (starting_with(b"\x89PNG\r\n\x1a\n"), "not-a-list"),
        (starting_with(b"\xff\xd8\xff\xe0"), "not-a-list"),
        (starting_with(b"MZ\x90\0\3\0"), "not-a-list"),
        (starting_with(b"\x7fELF\2"), "not-a-list"),
        (starting_with(b"7z\xbc\xaf\x27\x1c"), "not-a-list"),
        (starting_with(b"Rar!\x1a\7"), "not-a-list"),
        (starting_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "damaged"),
        (lambda folder: ole(folder, [("WordDocument", b"x")]), "not-a-list"),
        (
            lambda folder: text_file(folder, "<html><table><tr><td>a</td></tr></table></html>", name="list.xls"),
            "not-a-list",
        ),
        (lambda folder: text_file(folder, '<?xml version="1.0"?><rss></rss>'), "not-a-list"),
        (lambda folder: archive(folder, ("[Content_Types].xml", b""), ("word/document.xml", b"")), "not-a-list"),
        (lambda folder: archive(folder, ("memo.docx", b"x"), ("photo.jpg", b"x")), "no-list-inside"),
        (archive, "no-list-inside"),
    ],
)
def test_ends_in_clear_words(tmp_path: Path, make: Callable[[Path], Path], rules: str) -> None:
    refusal = refused_in_child(make(tmp_path))
    assert refusal.rule in rules.split(), (refusal.rule, refusal.ja)


@pytest.mark.parametrize(("name", "form"), [("list.csv", "xlsx"), ("list.xls", "xlsx"), ("list", "xlsx")])
def test_a_workbook_under_another_name_is_read(tmp_path: Path, name: str, form: str) -> None:
    table, rows = opened(workbook(tmp_path, ("一覧", ROWS), name=name), name)
    assert table.format == form and len(rows) == 2 and ("名前は" in said(table)) == (name != "list")


def test_a_csv_under_a_workbooks_name_is_read(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, CSV, "cp932", "list.xlsx"))
    assert table.format == "csv" and len(rows) == 2 and "CSV" in said(table)


def test_a_zip_served_as_csv_is_read(tmp_path: Path) -> None:
    members = ("__MACOSX/._x.csv", b"\0"), ("XXXXXXXX.csv", CSV.encode("cp932")), ("other.tsv", b"a\tb\n1\t2\n")
    path = archive(tmp_path, *members, name="list.csv")
    path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", "施設一覧".encode("cp932")))
    table, rows = opened(path)
    assert (table.sheet, table.encoding, len(rows)) == ("施設一覧.csv", "cp932", 2)
    assert [sheet.name for sheet in table.sheets] == ["施設一覧.csv", "other.tsv"]
    assert opened(path, sheet="other.tsv")[0].format == "tsv"


def test_sheets_of_a_workbook_in_a_zip(tmp_path: Path) -> None:
    book = workbook(tmp_path, ("一覧", ROWS), ("別", ROWS)).read_bytes()
    path = archive(tmp_path, ("a.xlsx", book), ("b.csv", CSV))
    table, _ = opened(path)
    assert [sheet.name for sheet in table.sheets] == [
        "a.xlsx!一覧",
        "a.xlsx!別",
        "b.csv",
    ] and table.sheet == "a.xlsx!一覧"
    assert opened(path, sheet="a.xlsx!別")[0].sheet == "a.xlsx!別"


def test_a_gigabyte_of_address_space_is_enough_for_every_format(tmp_path: Path) -> None:
    geographic = written(tmp_path / "list.gpkg", "GPKG", crs="EPSG:30169", points=[(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)])
    made = (
        workbook(tmp_path, ("一覧", ROWS)),
        text_file(tmp_path, CSV),
        xls(tmp_path, ROWS),
        shapefile(tmp_path, "list"),
    )  # type: ignore[arg-type]
    for path in (*made, geographic, ods(tmp_path, [["名称", "住所"], ["都庁", "新宿区"], ["東京駅", "千代田区"]])):
        (seen, _), (end, _) = run_in_child("tests.tabular.child_functions:read", {"path": str(path)}, Limits())
        assert seen["count"] in (2, 3) and end["max_rss_bytes"] < 150_000_000, path


def test_damage_anywhere_is_told_and_never_breaks_the_reader(tmp_path: Path) -> None:
    whole = (
        workbook(tmp_path, ("一覧", ROWS)),
        ods(tmp_path, [["名称", "住所"], ["都庁", "新宿区"]]),
        shapefile(tmp_path, "list"),
        text_file(tmp_path, CSV, "cp932", "b.csv"),
        text_file(tmp_path, KML % b"", name="list.kml"),
    )
    chance = random.Random(4)
    for path in whole:
        content = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(content)
            for _ in range(chance.choice((1, 3, 10))):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            with contextlib.suppress(Unreadable):
                opened(text_file(tmp_path, bytes(damaged), name="damaged"), path.name)
