"""The few bytes that stand for every document of the sample cases: a page, and a photograph of nothing."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

PHOTOGRAPHS = frozenset({"completion_photos", "restoration_photos", "photo"})
_LINES = ("SAMPLE DOCUMENT", "This file was made up. It stands for a document of a sample case.")


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
    return SampleFile("pdf", "application/pdf", _pdf(), 1, _picture(68, 96))


def _picture(width: int, height: int) -> bytes:
    """A grey field that grows darker downwards, as PNG."""
    image = Image.linear_gradient("L").resize((width, height)).point([200 - n // 3 for n in range(256)])
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _pdf() -> bytes:
    """A page of A4 with two lines, written out by hand: objects, then the table of where they begin."""
    shown = " ".join(f"({line}) Tj 0 -28 Td" for line in _LINES)
    stream = f"BT /F1 16 Tf 72 740 Td {shown} ET"
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
