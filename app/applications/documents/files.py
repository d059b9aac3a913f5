"""What an uploaded document truly is: its kind by its content, its hash, its pages, a thumbnail; or why it is not taken.

Bytes come from strangers, so they are read in the child of `tabular/sandbox.py`. Refused rather than marked: whatever
runs, fetches or hides something when somebody at an office opens it. Macros inside DWG cannot be told and are not.
"""

import hashlib
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from app.applications.documents.formats import (
    BY_EXTENSION,
    HEAD_BYTES,
    Format,
    family_of,
    name_of_family,
)
from app.applications.documents.refusals import WORDS, refusal
from app.problems import INVALID, TOO_LARGE, Problem
from app.tabular.limits import MIB, Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable

LARGEST_FILE_BYTES = 50 * MIB
NAME_BYTES = 255

_LIMITS = Limits(memory_bytes=1024 * MIB, cpu_seconds=30, wait_seconds=90.0, body_bytes=4 * MIB)
_READERS = {"pdf": "read_pdf", "zip": "read_office"} | dict.fromkeys(("jpeg", "png", "tiff", "webp"), "read_image")
_FACTS = ("pages", "width_px", "height_px")
_PNG = b"\x89PNG\r\n\x1a\n"
_EXHAUSTED = ("too-much-memory", "too-slow", "damaged")  # the sandbox's own words speak of lists
_REFUSED_EXTENSIONS = {
    "archive": ("zip", "7z", "rar", "gz", "tgz", "tar", "lzh", "cab", "jar"),
    "heic": ("heic", "heif", "avif"),
    "macros": ("xlsm", "docm", "pptm", "xlsb", "xltm", "dotm", "potm", "xlam", "ppsm"),
    "old-office": ("xls", "doc", "ppt", "rtf"),
}
_RULE_OF_EXTENSION = {extension: rule for rule, known in _REFUSED_EXTENSIONS.items() for extension in known}


Png = bytes


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """A document that may be taken. `extension` is the one of its name, which fits the content; sizes as looked at."""

    name: str
    media_type: str
    extension: str
    bytes: int
    sha256: str
    pages: int | None = None  # of PDF and TIFF
    width_px: int | None = None
    height_px: int | None = None
    thumbnail_png: Png | None = None  # at most 320 px; none for Office and CAD, or for a page too hard to draw


def examine(content: Path | bytes, file_name: str) -> ExaminedFile:
    """Tell what a document is, and refuse one that lies, is locked, runs something, or is too large to be looked at.

    Raises: Problem(INVALID), or Problem(TOO_LARGE) from 50 MiB; its `errors` name the rule.
    """
    name = safe_name(file_name)
    try:
        with _as_path(content) as path:
            return _examined(path, name)
    except Unreadable as reason:
        raise _problem(reason, name) from reason


def safe_name(file_name: str) -> str:
    """A name to keep and to show: no folder, no character that hides or turns others, at most 255 bytes of UTF-8."""
    if any(unicodedata.combining(character) for character in file_name):
        file_name = unicodedata.normalize("NFC", file_name)  # macOS takes が apart
    last = re.split(r"[/\\]", file_name)[-1]
    shown = "".join(
        " " if unicodedata.category(character) == "Zs" else character for character in last if _shows(character)
    )
    cleaned = re.sub(r'[<>:"|?*]', "_", shown).strip(" .")
    if PurePosixPath(cleaned).stem.upper() in _DEVICES:
        cleaned = f"_{cleaned}"
    return _shortened(cleaned) or "file"


_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def _shows(character: str) -> bool:
    """Not: controls, turns of direction and other formats, lone surrogates, private and unassigned places."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _shortened(name: str) -> str:
    """The beginning of a long name, with its extension."""
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        stem, dot, extension = name, "", ""
    room = NAME_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + extension


@contextmanager
def _as_path(content: Path | bytes) -> Iterator[Path]:
    if isinstance(content, Path):
        yield content
        return
    with tempfile.NamedTemporaryFile(prefix="document-") as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


def _examined(path: Path, name: str) -> ExaminedFile:
    extension = PurePosixPath(name.lower()).suffix.removeprefix(".")
    known = _format(extension)
    size_bytes = path.stat().st_size
    _refuse_size(size_bytes)
    with path.open("rb") as file:
        family = family_of(file.read(HEAD_BYTES))
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _refuse_another_kind(known, family, extension)
    if family not in ("zip", "ole") and zipfile.is_zipfile(path):
        raise refusal("two-in-one")
    facts, thumbnail = _inside(path, known)
    return ExaminedFile(name, known.media_type, extension, size_bytes, sha256, **facts, thumbnail_png=thumbnail)


def _format(extension: str) -> Format:
    if extension in BY_EXTENSION:
        return BY_EXTENSION[extension]
    raise refusal(_RULE_OF_EXTENSION.get(extension, "kind"))


def _refuse_size(size_bytes: int) -> None:
    if not size_bytes:
        raise refusal("empty")
    if size_bytes > LARGEST_FILE_BYTES:
        raise Problem(
            TOO_LARGE,
            f"ファイルが大きすぎます（{size_bytes / MIB:,.0f}MB）。{LARGEST_FILE_BYTES // MIB}MB以下に縮小するか、分けて送ってください。",
            f"The file is too large ({size_bytes / MIB:,.0f} MB). Make it at most {LARGEST_FILE_BYTES // MIB} MB or send it in parts.",
        )


def _refuse_another_kind(known: Format, family: str, extension: str) -> None:
    if family == known.family or (family == "ole" and known.family == "zip"):  # encrypted Office documents are OLE
        return
    ja, en = name_of_family(family)
    raise Unreadable(
        "another-kind",
        f"名前は.{extension}ですが、中身は{ja}です。元のソフトで{known.name}として保存し直して送ってください。",
        f"The name says .{extension} but the content is {en}. Save it as {known.name} in its own program and send it again.",
    )


def _inside(path: Path, known: Format) -> tuple[dict[str, int | None], Png | None]:
    """What the child says, and the thumbnail; a child that fails after it told the facts costs the thumbnail alone."""
    facts: dict[str, int | None] | None = None
    reader = _READERS.get(known.family)
    if reader is None:
        return {}, None
    arguments = {"path": str(path.absolute()), "format": known.name}
    try:
        for header, body in run_in_child(f"app.applications.documents.reading:{reader}", arguments, _LIMITS):
            if header.get("thumbnail"):
                return facts or {}, body if body.startswith(_PNG) else None
            facts = facts if facts is not None else {name: _number(header.get(name)) for name in _FACTS}
    except Unreadable as reason:
        if facts is None or reason.rule not in _EXHAUSTED:
            raise
    return facts or {}, None


def _number(value: Any) -> int | None:
    """A child that a document has taken over may say anything."""
    return value if type(value) is int and 0 <= value < 1 << 31 else None


def _problem(reason: Unreadable, name: str) -> Problem:
    ja, en = WORDS[reason.rule] if reason.rule in _EXHAUSTED else (reason.ja, reason.en)
    said = {"field": "file", "rule": reason.rule, "file": name, "ja": ja, "en": en}
    return Problem(INVALID, f"「{name}」: {ja}", f"{name}: {en}", errors=[said])
