"""ZIP archives, XLSX and ODS among them: what they hold, and whether it is safe to unpack it."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.tabular.limits import ARCHIVE_BYTES, ARCHIVE_ENTRIES, ARCHIVE_RATIO, ARCHIVE_RATIO_FROM_BYTES
from app.tabular.table import Unreadable

_PIECE_BYTES = 1 << 20
_OVERLAP = 4096
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_DECLARATION = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C|E\x00?N\x00?T)", re.IGNORECASE)  # UTF-16
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

PASSWORD = (
    "password",
    "パスワードが付いています。外して保存し直し、もう一度送ってください。",
    "The file is protected by a password. Save it without one and send it again.",
)


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, its directory checked before anything is unpacked.

    Raises: Unreadable("archive-too-large"), ("password"), ("damaged").
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise damaged_archive() from error
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, path.stat().st_size)
    if (
        len(entries) > ARCHIVE_ENTRIES
        or unpacked > ARCHIVE_BYTES
        or (unpacked > ARCHIVE_RATIO_FROM_BYTES and unpacked > packed * ARCHIVE_RATIO)
    ):
        raise Unreadable(
            "archive-too-large",
            f"展開すると大きすぎるファイルです（{unpacked // 1_000_000:,}MB、{len(entries):,}個）。必要な表だけにして送ってください。",
            f"The file is too large when unpacked ({unpacked // 1_000_000:,} MB, {len(entries):,} parts). "
            "Send only the list that is needed.",
        )
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable(*PASSWORD)
    return archive


def damaged_archive() -> Unreadable:
    return Unreadable(
        "damaged",
        "ファイルが途中で切れているか壊れています。元のソフトで開いて保存し直し、もう一度送ってください。",
        "The file is cut off or damaged. Open it in its own program, save it again, and send it once more.",
    )


def pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member unpacked piece by piece; zipfile itself stops at the size the directory declares."""
    try:
        with archive.open(name) as member:
            while piece := member.read(_PIECE_BYTES):
                yield piece
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise damaged_archive() from error
    except Exception as error:
        if type(error).__module__ in ("zlib", "_lzma", "lzma"):
            raise damaged_archive() from error
        raise


def overlapping(parts: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Pieces that begin with the end of the one before, so that a search misses nothing, and that end's length."""
    kept = b""
    for part in parts:
        yield kept + part, len(kept)
        kept = (kept + part)[-_OVERLAP:]


def refuse_declarations(parts: Iterator[bytes]) -> None:
    """Raises: Unreadable("xml-entities") where XML declares a document type or entities: no list needs them."""
    for piece, _ in overlapping(parts):
        refuse_declaration(piece)


def refuse_declaration(piece: bytes) -> None:
    """The same for a piece of XML. Looking for "<!" first costs a tenth of the pattern."""
    if (b"<!" in piece and _DECLARATION.search(piece)) or (b"\x00" in piece and _WIDE_DECLARATION.search(piece)):
        raise _xml_entities()


def _xml_entities() -> Unreadable:
    return Unreadable(
        "xml-entities",
        "ファイルの中に、外部の内容を取り込む指定（DTD）があります。安全のため読めません。元のソフトで保存し直してください。",
        "The file holds a declaration (DTD) that may take in outside content. Save it again in its own program.",
    )


def member_name(entry: zipfile.ZipInfo) -> str:
    """The name of a member; ZIP files made in Windows write Japanese in CP932 and do not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("cp932")
    except UnicodeError:
        return entry.filename


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive in its own order, without folders and what operating systems leave behind."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not any(junk in entry.filename for junk in _JUNK)
        and not PurePosixPath(entry.filename).name.startswith("._")
    ]


def unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> Path:
    """Write a member to `target`, a name of ours: names in an archive are never used as paths."""
    with target.open("wb") as file:
        for piece in pieces(archive, entry.filename):
            file.write(piece)
    return target
