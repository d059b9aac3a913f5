"""Documents made byte by byte: honest ones, and the kinds that lie."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from PIL import Image

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>"


def pdf(catalog: bytes = CATALOG, page: bytes = PAGE, extra: tuple[bytes, ...] = ()) -> bytes:
    """A PDF of one blank page with a plain cross-reference table; `extra` are objects from number 4."""
    objects = (catalog, PAGES, page, *extra)
    body, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def packed_pdf(catalog: bytes = CATALOG, page: bytes = PAGE, extra: tuple[bytes, ...] = ()) -> bytes:
    """The same with all objects in one compressed object stream, where a search of the bytes finds nothing."""
    objects = (catalog, PAGES, page, *extra)
    places, content = [], b""
    for number, written in enumerate(objects, 1):
        places.append(b"%d %d" % (number, len(content)))
        content += written + b" "
    index = b" ".join(places) + b" "
    stream = zlib.compress(index + content)
    holder = len(objects) + 1
    body = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    at_holder = len(body)
    head = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>" % (len(objects), len(index), len(stream))
    body += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (holder, head, stream)
    at_table = len(body)
    rows = [(0, 0, 65535), *((2, holder, place) for place in range(len(objects))), (1, at_holder, 0), (1, at_table, 0)]
    table = zlib.compress(b"".join(bytes([kind]) + a.to_bytes(4) + b.to_bytes(2) for kind, a, b in rows))
    head = b"<</Type/XRef/Size %d/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>" % (len(rows), len(table))
    body += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (holder + 1, head, table)
    return body + b"startxref\n%d\n%%%%EOF\n" % at_table


OFFICE = {
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main"),
    "docx": ("word/document.xml", "wordprocessingml.document.main"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main"),
}
_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'
_OVERRIDE = '<Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s+xml"/>'


def office(form: str, parts: Mapping[str, bytes] | None = None, types: str = "") -> bytes:
    """The least of an XLSX, DOCX or PPTX; `parts` are put in as well, `types` added to its content types."""
    main, kind = OFFICE[form]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES % (_OVERRIDE % (main, kind) + types))
        archive.writestr(main, "<x/>")
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


DXF = b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n  9\r\n$ACADVER\r\n  1\r\nAC1015\r\n  0\r\nENDSEC\r\n  0\r\nEOF\r\n"
DWG = b"AC1032" + bytes(1000)

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def locked_pdf(user_password: bytes, catalog: bytes = CATALOG) -> bytes:
    """A PDF encrypted with 40-bit RC4, the oldest way; an empty user password opens for everybody."""
    identity, rights = b"0123456789abcdef", -4
    padded = (user_password + _PAD)[:32]
    owner = _rc4(md5((b"owner" + _PAD)[:32]).digest()[:5], padded)
    key = md5(padded + owner + rights.to_bytes(4, "little", signed=True) + identity).digest()[:5]
    lock = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>" % (
        owner.hex().encode(),
        _rc4(key, _PAD).hex().encode(),
        rights,
    )
    identities = b"/Encrypt 4 0 R/ID[<%s><%s>]" % (identity.hex().encode(), identity.hex().encode())
    return pdf(catalog, extra=(lock,)).replace(b"/Root 1 0 R", b"/Root 1 0 R" + identities)


def _rc4(key: bytes, content: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    written, i, j = bytearray(), 0, 0
    for byte in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        written.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(written)


def picture(form: str, size: tuple[int, int] = (600, 400), mode: str = "RGB", **options: Any) -> bytes:
    """A picture, red at its left and blue at its right."""
    image = Image.new(mode, size, "red" if mode == "RGB" else 1)
    if mode == "RGB":
        image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def photo_with_position(orientation: int = 1) -> bytes:
    """A JPEG as a telephone makes it: where it was taken, with what, and how it was held."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SecretMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    return picture("JPEG", exif=exif, comment=b"SecretPlace")
