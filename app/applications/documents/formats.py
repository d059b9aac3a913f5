"""The kinds of file a case takes, and what the first bytes of a file say it is; its name is never believed."""

import re
from dataclasses import dataclass

HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is taken. `family` is how its first bytes begin: office files are ZIP archives inside."""

    name: str
    family: str
    extensions: tuple[str, ...]
    media_type: str


_OFFICE = "application/vnd.openxmlformats-officedocument."
FORMATS = (
    Format("PDF", "pdf", ("pdf",), "application/pdf"),
    Format("JPEG", "jpeg", ("jpg", "jpeg"), "image/jpeg"),
    Format("PNG", "png", ("png",), "image/png"),
    Format("TIFF", "tiff", ("tif", "tiff"), "image/tiff"),
    Format("WebP", "webp", ("webp",), "image/webp"),
    Format("XLSX", "zip", ("xlsx",), f"{_OFFICE}spreadsheetml.sheet"),
    Format("DOCX", "zip", ("docx",), f"{_OFFICE}wordprocessingml.document"),
    Format("PPTX", "zip", ("pptx",), f"{_OFFICE}presentationml.presentation"),
    Format("DXF", "dxf", ("dxf",), "image/vnd.dxf"),
    Format("DWG", "dwg", ("dwg",), "image/vnd.dwg"),
)
BY_EXTENSION = {extension: format for format in FORMATS for extension in format.extensions}
NAMES = "、".join(format.name for format in FORMATS)
NAMES_EN = ", ".join(format.name for format in FORMATS)

_STARTS = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"AutoCAD Binary DXF\r\n\x1a\x00", "dxf"),
)
_DWG = re.compile(rb"AC10(0[2-9]|1[0-9]|2[0-9]|3[0-9])")
_DXF = re.compile(rb"\s*(999\r?\n[^\r\n]*\r?\n\s*)*0\r?\n\s*SECTION\r?\n")
_MARKUP = re.compile(rb"<!doctype|<html|<head|<body|<script|<svg|<\?php|<\?xml|<!--", re.IGNORECASE)

# What people send instead, and what to call it.
FOREIGN = {
    "zip": ("ZIPの書庫", "a ZIP archive"),
    "ole": ("古い形式のOffice文書かパスワード付きの文書", "an old or encrypted Office document"),
    "markup": ("HTMLかXML（Webページなど）", "HTML or XML (a web page or the like)"),
    "program": ("プログラム", "a program"),
    "script": ("スクリプト", "a script"),
    "archive": ("書庫（圧縮ファイル）", "an archive"),
    "heic": ("HEICかAVIFの画像", "a HEIC or AVIF picture"),
    "picture": ("ほかの形式の画像", "a picture of another format"),
    "rtf": ("リッチテキスト", "rich text"),
}
_FOREIGN_STARTS = (
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"#!", "script"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"{\\rtf", "rtf"),
)


def family_of(head: bytes) -> str:
    """What the first bytes say: the family of a `Format`, a key of FOREIGN, or "" for what nobody knows."""
    for start, family in _STARTS + _FOREIGN_STARTS:
        if head.startswith(start):
            return family
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heic"
    if _DWG.match(head):
        return "dwg"
    words = head.removeprefix(b"\xef\xbb\xbf")
    if _DXF.match(words) and b"\x00" not in words:
        return "dxf"
    return "markup" if _MARKUP.match(words.lstrip()) else ""


def name_of_family(family: str) -> tuple[str, str]:
    """The family in Japanese and English, for a sentence that says what a file is."""
    if family in FOREIGN and family != "zip":
        return FOREIGN[family]
    names = [format.name for format in FORMATS if format.family == family]
    if len(names) == 1:
        return names[0], names[0]
    return FOREIGN.get(family, ("別の形式", "something else"))
