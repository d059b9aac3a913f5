"""What a file really is, by its first bytes and what it holds; its name is never believed."""

import re
from pathlib import Path

from app.tabular.archives import PASSWORD, members, open_archive, pieces, refuse_declaration
from app.tabular.table import Unreadable

_HEAD_BYTES = 1 << 16

# First bytes of what people send by mistake, and what to call it.
_OTHERS = (
    (b"%PDF", "PDF", "a PDF"),
    (b"\x89PNG", "画像（PNG）", "a picture (PNG)"),
    (b"\xff\xd8\xff", "画像（JPEG）", "a picture (JPEG)"),
    (b"GIF8", "画像（GIF）", "a picture (GIF)"),
    (b"BM", "画像（BMP）", "a picture (BMP)"),
    (b"II*\x00", "画像（TIFF）", "a picture (TIFF)"),
    (b"MM\x00*", "画像（TIFF）", "a picture (TIFF)"),
    (b"MZ", "プログラム", "a program"),
    (b"\x7fELF", "プログラム", "a program"),
    (b"\x1f\x8b", "gzipの書庫", "a gzip archive"),
    (b"7z\xbc\xaf", "7-Zipの書庫", "a 7-Zip archive"),
    (b"Rar!", "RARの書庫", "a RAR archive"),
    (b"{\\rtf", "リッチテキスト", "rich text"),
    (b"PAR1", "Parquet", "Parquet"),
    (b"fgb\x03", "FlatGeobuf", "FlatGeobuf"),
    (b"\x00\x00\x27\x0a", "シェープファイルの一部（.shpだけ）", "a part of a shapefile (.shp alone)"),
)
_KINDS_OF_OLE = (
    ("WordDocument", "Wordの文書", "a Word document"),
    ("PowerPoint Document", "PowerPointの資料", "a PowerPoint presentation"),
    ("__properties_version1.0", "メール", "an e-mail"),
)
_KINDS_OF_ZIP = (
    ("word/document.xml", "Wordの文書", "a Word document"),
    ("ppt/presentation.xml", "PowerPointの資料", "a PowerPoint presentation"),
    ("xl/workbook.bin", "Excelのバイナリ形式（.xlsb）", "a binary Excel workbook (.xlsb)"),
    ("Index/Document.iwa", "Numbersの表", "a Numbers spreadsheet"),
)
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"


def content_of(path: Path) -> str:
    """One of "xlsx", "ods", "xls", "zip", "kmz", "gpkg", "kml", "json", "text".

    Raises: Unreadable that says what the file is where it is none of these, is empty or has a password.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not size or not head.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise Unreadable(
            "empty",
            "ファイルの中身が空です。元のファイルを確かめて、もう一度送ってください。",
            "The file is empty. Check it and send it again.",
        )
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(path)
    if head.startswith(b"\x09\x08") or head.startswith(b"\x09\x04\x06\x00"):
        raise _old_excel()
    if head.startswith(b"SQLite format 3\x00"):
        return _sqlite(head)
    for start, ja, en in _OTHERS:
        if head.startswith(start) and not _reads_as_text(start, head):
            raise not_a_list(ja, en)
    return _text(head)


def _reads_as_text(start: bytes, head: bytes) -> bool:
    """ "BM" and "MZ" may begin a heading."""
    return len(start) == 2 and b"\x00" not in head[:64]


def not_a_list(ja: str, en: str) -> Unreadable:
    return Unreadable(
        "not-a-list",
        f"これは{ja}で、表として読めません。ExcelかCSVで保存し直して送ってください。",
        f"This is {en} and cannot be read as a list. Save the list as Excel or CSV and send that.",
    )


def _zip(path: Path) -> str:
    with open_archive(path) as archive:
        names = set(archive.namelist())
        for name, ja, en in _KINDS_OF_ZIP:
            if name in names:
                raise not_a_list(ja, en)
        if "xl/workbook.xml" in names or any(name.lower() == "xl/workbook.xml" for name in names):
            return "xlsx"
        if "mimetype" in names:
            kind = next(pieces(archive, "mimetype"), b"")
            if kind.strip().startswith(_SPREADSHEET):
                manifest = "META-INF/manifest.xml"
                if manifest in names and any(b":encryption-data" in piece for piece in pieces(archive, manifest)):
                    raise Unreadable(*PASSWORD)
                return "ods"
            raise not_a_list("OpenDocumentの文書", "an OpenDocument text")
        inside = [entry.filename.lower() for entry in members(archive)]
    return "kmz" if "doc.kml" in inside or (len(inside) == 1 and inside[0].endswith(".kml")) else "zip"


def _ole(path: Path) -> str:
    """An XLS, unless it is the wrapping of an encrypted XLSX or another Office file of the time."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as ole:
            streams = {"/".join(parts) for parts in ole.listdir()}
    except Exception as error:
        raise Unreadable(
            "damaged",
            "ファイルが途中で切れているか壊れています。元のソフトで開いて保存し直し、もう一度送ってください。",
            "The file is cut off or damaged. Open it in its own program, save it again, and send it once more.",
        ) from error
    if "EncryptedPackage" in streams:
        raise Unreadable(*PASSWORD)
    if streams & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        if _is_encrypted_xls(path):
            raise Unreadable(*PASSWORD)
        return "xls"
    for name, ja, en in _KINDS_OF_OLE:
        if name in streams:
            raise not_a_list(ja, en)
    raise not_a_list("Excelではない古い形式のファイル", "an old file that is no Excel workbook")


def _is_encrypted_xls(path: Path) -> bool:
    import msoffcrypto  # type: ignore[import-untyped]

    with path.open("rb") as file:
        try:
            return bool(msoffcrypto.OfficeFile(file).is_encrypted())
        except Exception:  # the library's words for damage; the reader will say so in ours
            return False


def _old_excel() -> Unreadable:
    return not_a_list("とても古いExcel（95より前）", "a very old Excel file")


def _sqlite(head: bytes) -> str:
    if head[68:72] in (b"GPKG", b"GP10", b"GP11") or head[68:72] == b"\x00\x00\x00\x00":
        return "gpkg"
    raise not_a_list("GeoPackageではないSQLiteのデータベース", "an SQLite database that is no GeoPackage")


def _text(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    start = start.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body")):
        raise not_a_list("HTML（Webページ）", "HTML (a web page)")
    if start.startswith(b"<"):
        return _xml(start)
    if start.startswith(b"mime-version:") or (start.startswith(b"from: ") and b"\nsubject:" in start):
        raise not_a_list("Webページかメールを保存したもの", "a saved web page or e-mail")
    if re.match(rb"\{\s*[\"}]|\[\s*[\[{\]]", start):
        return "json"
    _refuse_binary(head)
    return "text"


def _xml(start: bytes) -> str:
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise not_a_list("Excel 2003のXML", "Excel 2003 XML")
    if re.search(rb"<html[\s>]", start):
        raise not_a_list("HTML（Webページ）", "HTML (a web page)")
    refuse_declaration(start)
    if re.search(rb"<(\w+:)?kml[\s>]", start) or b"opengis.net/kml" in start:
        return "kml"
    if b"opengis.net/gml" in start or b"citygml" in start:
        raise not_a_list("GML（CityGMLなど）", "GML (CityGML or the like)")
    if start.startswith((b"<?xml", b"<!doctype")) or re.match(rb"<[\w:.-]+[\s/>]", start):
        return "xml"
    return "text"


def _refuse_binary(head: bytes) -> None:
    """NULs on one side are UTF-16; a stray NUL is dirt; many NULs or control characters are no text."""
    head = head[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    utf_16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or min(even, odd) <= max(even, odd) * 0.1
    allowed = even + odd if utf_16 else 0
    controls = sum(byte < 0x20 and byte not in (0x09, 0x0A, 0x0D, 0x0C, 0x1A, 0x1B) for byte in head) - allowed
    if controls > max(4, len(head) * 0.02):
        raise Unreadable(
            "binary",
            "文字のファイルではありません。ExcelかCSVで保存し直して送ってください。",
            "This is not a text file. Save the list as Excel or CSV and send that.",
        )
