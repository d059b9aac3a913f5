"""The few bytes that stand for every document of the sample cases: a page, and a photograph of nothing."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from PIL import Image

PHOTOGRAPHS = frozenset({"completion_photos", "restoration_photos", "photo"})
_TITLE = "SAMPLE"
_LINE = "This file was made up. It stands for a document of a sample case."


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file as it is kept: its ending, type, bytes, number of pages and thumbnail (PNG)."""

    ending: str
    media_type: str
    content: bytes
    pages: int | None
    thumbnail: bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def sample_file(document_type: str) -> SampleFile:
    """The file that stands for a document of that type."""
    return _photograph() if document_type in PHOTOGRAPHS else _page()


@lru_cache
def _photograph() -> SampleFile:
    return SampleFile("png", "image/png", _picture(320, 240), None, _picture(96, 72))


@lru_cache
def _page() -> SampleFile:
    content = _pdf()
    with pdfium.PdfDocument(content) as document:
        thumbnail = _png(document[0].render(scale=96 / 842).to_pil())
    return SampleFile("pdf", "application/pdf", content, 1, thumbnail)


def _picture(width: int, height: int) -> bytes:
    """A grey field that grows darker downwards, as PNG."""
    return _png(Image.linear_gradient("L").resize((width, height)).point([200 - n // 3 for n in range(256)]))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _pdf() -> bytes:
    """A page of A4 with a title and a line, written out by hand: objects, then the table of where they begin."""
    stream = f"BT /F1 96 Tf 72 660 Td ({_TITLE}) Tj /F1 13 Tf 0 -60 Td ({_LINE}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, starts = b"%PDF-1.4\n", []
    for number, said in enumerate(objects, start=1):
        starts.append(len(body))
        body += f"{number} 0 obj\n{said}\nendobj\n".encode("ascii")
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    count = len(objects) + 1
    return body + (
        f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("ascii")
