"""What is inside a document of a stranger: pages, size, thumbnail, and what may do harm. Runs in the sandbox's child.

Every function sends the facts first and the thumbnail after them, so that a page too hard to draw costs its picture alone.
"""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.applications.documents.refusals import refusal
from app.tabular.table import Unreadable

PAGES = 2_000
PIXELS = 100_000_000  # A0 at 240 dpi; a colour picture of that takes 0.4 to 0.7 GB while it is unpacked
THUMBNAIL_PX = 320
OFFICE_PARTS, OFFICE_BYTES, OFFICE_RATIO, RATIO_FROM_BYTES = 5_000, 500_000_000, 200, 10_000_000
_PART_BYTES = 20_000_000  # of one part that is looked into

Send = Callable[..., None]

_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")  # /Java#53cript is /JavaScript
_END_OF_NAME = rb"(?=[\x00\s()<>\[\]{}/%]|$)"
_ACTS = re.compile(
    rb"/(JavaScript|Launch|SubmitForm|ImportData|Rendition|RichMedia|GoToE|OnInstantiate)"
    + _END_OF_NAME
    + rb"|/URI\s*\(\s*javascript:"
)
_ATTACHES = re.compile(rb"/(EmbeddedFiles?|FileAttachment)" + _END_OF_NAME)
_HIDDEN = re.compile(rb"<script|<html|<\?php", re.IGNORECASE)
_READERS_SEARCH_BYTES = 1024  # within which programs look for the beginning of a PDF


def read_pdf(arguments: dict[str, Any], send: Send) -> None:
    """A PDF, also as pdfium writes it anew: without compressed objects, escaped names and an owner's encryption."""
    import pypdfium2  # type: ignore[import-untyped]
    from pypdfium2 import raw

    written = Path(arguments["path"]).read_bytes()
    if _HIDDEN.search(written[:_READERS_SEARCH_BYTES]):
        raise refusal("two-in-one")
    try:
        document = pypdfium2.PdfDocument(written)
    except pypdfium2.PdfiumError as error:
        needs_password = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise refusal("password" if needs_password else "damaged") from error
    pages = len(document)
    if not pages:
        raise refusal("damaged")
    if pages > PAGES:
        raise Unreadable(
            "too-many-pages",
            f"{pages:,}ページあります。{PAGES:,}ページまでに分けて送ってください。",
            f"The PDF has {pages:,} pages. Send it in parts of at most {PAGES:,}.",
        )
    anew = io.BytesIO()
    document.save(anew, flags=raw.FPDF_REMOVE_SECURITY)
    if document.get_formtype() in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND):
        raise refusal("pdf-active")
    for content in (_NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), written), anew.getvalue()):
        _refuse_active(content)
    send({"pages": pages})
    _send_first_page(document, send)


def _refuse_active(content: bytes) -> None:
    if _ACTS.search(content):
        raise refusal("pdf-active")
    if _ATTACHES.search(content):
        raise refusal("pdf-attachments")


def _send_first_page(document: Any, send: Send) -> None:
    page = document[0]
    scale = min(THUMBNAIL_PX / max(1.0, *page.get_size()), 4.0)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))  # pdfium rounds up
    send({"thumbnail": True}, _png(picture))


def read_image(arguments: dict[str, Any], send: Send) -> None:
    """A picture, unpacked whole once its size is known to be bearable; width and height as it is to be looked at."""
    from PIL import Image, ImageOps

    path = Path(arguments["path"])
    written = path.read_bytes()
    if _HIDDEN.search(written) or b"%PDF-" in written[:_READERS_SEARCH_BYTES]:
        raise refusal("two-in-one")
    Image.MAX_IMAGE_PIXELS = None  # counted here, with words of ours
    with Image.open(io.BytesIO(written), formats=[arguments["format"].upper()]) as picture:
        width, height = picture.size
        _refuse_many_pixels(width * height)
        frames = _frames(picture) if arguments["format"] == "TIFF" else None
        if picture.getexif().get(0x0112) in (5, 6, 7, 8):  # taken with the camera on its side
            width, height = height, width
        picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        small = ImageOps.exif_transpose(picture)
        send({"pages": frames, "width_px": width, "height_px": height})
        send({"thumbnail": True}, _png(small))


def _frames(picture: Any) -> int:
    frames = int(picture.n_frames)
    if frames > PAGES:
        raise refusal("too-large-inside")
    picture.seek(0)
    return frames


def _refuse_many_pixels(pixels: int) -> None:
    if pixels > PIXELS:
        raise Unreadable(
            "too-many-pixels",
            f"画像が大きすぎます（{pixels // 1_000_000:,}メガピクセル）。{PIXELS // 1_000_000}メガピクセル以下に縮小して送ってください。",
            f"The picture is too large ({pixels // 1_000_000:,} megapixels). Make it at most {PIXELS // 1_000_000}.",
        )


def _png(picture: Any) -> bytes:
    """A plain PNG of the pixels alone: no position, no camera, no colour profile of the original."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point(lambda value: value / 256)
    pixels = picture.convert(
        "RGBA" if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info else "RGB"
    )
    plain = Image.new("RGB", pixels.size, "white")
    plain.paste(pixels, mask=pixels if pixels.mode == "RGBA" else None)
    written = io.BytesIO()
    plain.save(written, "PNG", optimize=True)
    return written.getvalue()


_MAIN_PARTS = {
    "XLSX": b"spreadsheetml.sheet.main+xml",
    "DOCX": b"wordprocessingml.document.main+xml",
    "PPTX": b"presentationml.presentation.main+xml",
}
_ACTIVE_PARTS = re.compile(r"vbaproject\.bin$|/macrosheets/|/activex/|/vbadata\.xml$|customui/", re.IGNORECASE)
_FETCHED = re.compile(rb"<[^<>]*Type=\"[^\"]*/(attachedTemplate|oleObject|frame|subDocument)\"[^<>]*>", re.IGNORECASE)
_ON_THE_NET = re.compile(rb"Target=\"\s*(https?|ftps?):", re.IGNORECASE)
_PACKED_STREAM = "\x01Ole10Native".encode("utf-16-le")


def read_office(arguments: dict[str, Any], send: Send) -> None:
    """An XLSX, DOCX or PPTX: nothing but its list of parts, their relations and embedded objects is unpacked."""
    path = Path(arguments["path"])
    if path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0":
        _refuse_ole(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refusal("damaged") from error
    with archive:
        _refuse_bomb(archive, path.stat().st_size)
        types = _part(archive, "[Content_Types].xml")
        if b"macroEnabled" in types or any(_ACTIVE_PARTS.search(name) for name in archive.namelist()):
            raise refusal("macros")
        if _MAIN_PARTS[arguments["format"]] not in types:
            raise Unreadable("another-kind", *_another_kind(types, arguments["format"]))
        for name in archive.namelist():
            if name.lower().endswith(".rels"):
                _refuse_outside(_part(archive, name))
            elif (
                "/embeddings/" in name.lower()
                and name.lower().endswith(".bin")
                and _PACKED_STREAM in _part(archive, name)
            ):
                raise refusal("packed-file")
    send({})


def _refuse_ole(path: Path) -> None:
    import olefile  # type: ignore[import-untyped]

    with olefile.OleFileIO(str(path)) as ole:
        if ole.exists("EncryptedPackage"):
            raise refusal("password")
    raise Unreadable(
        "old-office",
        "古い形式のOffice文書です。新しい形式（.xlsx、.docx、.pptx）かPDFで保存し直して送ってください。",
        "This is an old Office document. Save it as .xlsx, .docx, .pptx or PDF.",
    )


def _refuse_bomb(archive: zipfile.ZipFile, packed: int) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if any(part.flag_bits & 0x1 for part in parts):
        raise refusal("password")
    if (
        len(parts) > OFFICE_PARTS
        or unpacked > OFFICE_BYTES
        or (unpacked > RATIO_FROM_BYTES and unpacked > packed * OFFICE_RATIO)
    ):
        raise refusal("too-large-inside")


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(_PART_BYTES)


def _another_kind(types: bytes, wanted: str) -> tuple[str, str]:
    """What a ZIP is whose name says it is an Office document."""
    found = next((name for name, kind in _MAIN_PARTS.items() if kind in types), None)
    return (
        f"名前は{wanted}の文書ですが、中身は{found or 'ただのZIP'}です。元のソフトで{wanted}として保存し直して送ってください。",
        f"The name says {wanted} but the content is {found or 'a plain ZIP archive'}. Save it as {wanted} and send it again.",
    )


def _refuse_outside(relations: bytes) -> None:
    if any(_ON_THE_NET.search(found[0]) for found in _FETCHED.finditer(relations)):
        raise refusal("outside-content")
