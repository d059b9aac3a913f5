"""Which encoding a text file has, by a strict ladder: the first that reads every byte of the file.

BOM, ISO-2022-JP by its escapes, UTF-16 by its NULs, UTF-8, then CP932 and EUC-JP. The file is read in pieces, never
whole, and the same pass counts its lines and finds the longest.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.tabular.limits import LINE_BYTES
from app.tabular.table import Unreadable

_PIECE_BYTES = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ESCAPES = re.compile(rb"\x1b(\$[@B]|\$\([@BD]|\([JI])")
# What Python's CP932 lets through though Windows has no character there.
_NO_CHARACTERS = ("\x80", "\xa0", "\uf8f0", "\uf8f1", "\uf8f2", "\uf8f3")
# Encodings of text as Python names them; it knows others that are compressions and escapes.
_CHOOSABLE = re.compile(
    r"utf-(8|8-sig|16|16-le|16-be)|cp932|shift_jis\w*|euc_ji\w+|euc_jp|iso2022_jp\w*|ascii|cp1252|iso8859-1"
)
_KANA = re.compile("[ぁ-んァ-ヶー]")


@dataclass(frozen=True, slots=True)
class Text:
    """What is known of a text file: its encoding as Python names it, and how many lines it has."""

    encoding: str
    lines: int


def detect_encoding(path: Path, chosen: str | None = None) -> Text:
    """The encoding of the file, or the chosen one if it reads the file.

    Raises: Unreadable where no encoding of the ladder reads all of it, a line is endless, or the choice is unknown.
    """
    lines = _count_lines(path)
    if chosen:
        return Text(_chosen(path, chosen), lines)
    head = _head(path)
    encoding = _by_bom(head) or _by_escapes(path, head) or _by_nuls(head)
    if encoding:
        _check(path, encoding)
    return Text(encoding or _by_trial(path), lines)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 16)


def _count_lines(path: Path) -> int:
    lines, unbroken = 0, 0
    for piece in _pieces(path):
        breaks = piece.count(b"\n")
        last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        unbroken = unbroken + len(piece) if last < 0 else len(piece) - last
        if unbroken > LINE_BYTES:
            raise Unreadable(
                "line-too-long",
                f"{lines + 1}行目が長すぎます（3MB以上）。改行のある表の形で保存し直してください。",
                f"Line {lines + 1} is too long (over 3 MB). Save the list with one line for each row.",
            )
        lines += breaks
    return lines + 1


def _by_bom(head: bytes) -> str | None:
    return next((encoding for bom, encoding in _BOMS if head.startswith(bom)), None)


def _by_escapes(path: Path, head: bytes) -> str | None:
    """ISO-2022-JP is all seven bits and shifts by escapes; the first may come late in a file of few Japanese words."""
    if any(byte >= 0x80 for byte in head) or b"\x00" in head:
        return None
    found = any(_ESCAPES.search(piece) for piece in _pieces(path))
    return "iso2022_jp_ext" if found else None


def _by_nuls(head: bytes) -> str | None:
    """UTF-16 without BOM: every separator and digit has a NUL byte, always on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < len(head) * 0.02 or min(even, odd) > max(even, odd) * 0.1:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _check(path: Path, encoding: str) -> None:
    bad = _first_bad_byte(path, encoding)
    if bad is not None:
        raise _mixed(_line_of(path, bad))


def _by_trial(path: Path) -> str:
    bad_bytes = {}
    for encoding in ("utf-8", "cp932", "euc_jp"):
        bad = _first_bad_byte(path, encoding)
        if bad is None:
            return _cp932_or_euc(path) if encoding == "cp932" else encoding
        bad_bytes[encoding] = bad
    is_utf_8 = _has_characters_before(path, bad_bytes["utf-8"])
    raise _mixed(_line_of(path, bad_bytes["utf-8"] if is_utf_8 else max(bad_bytes.values())))


def _has_characters_before(path: Path, position: int) -> bool:
    """Whether UTF-8 read three Japanese characters before it failed: by chance it hardly reads one."""
    with path.open("rb") as file:
        before = file.read(min(position, _PIECE_BYTES)).decode("utf-8", "ignore")
    return len(before) - len(before.encode("ascii", "ignore")) >= 3


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    """Where strict decoding fails, in bytes from the start of the file (near it where a character was cut)."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = 0
    try:
        for piece in _pieces(path):
            text = decoder.decode(piece)
            if encoding == "cp932" and any(character in text for character in _NO_CHARACTERS):
                return done
            done += len(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return done + error.start
    return None


def _cp932_or_euc(path: Path) -> str:
    """Where both read every byte: EUC-JP if its reading has kana or uses bytes that half-width kana never use.

    A file both can read has no byte of 80–9F, so as CP932 it holds half-width kana and rare kanji alone.
    """
    if _first_bad_byte(path, "euc_jp") is not None:
        return "cp932"
    data = bytes(byte for byte in _head(path) if byte >= 0x80)
    if not data:
        return "cp932"
    reading = data.decode("euc_jp", "replace")
    kana = len(_KANA.findall(reading)) / len(reading)
    return "euc_jp" if kana >= 0.05 or max(data) >= 0xE0 else "cp932"


def _line_of(path: Path, position: int) -> int:
    lines = 1
    for piece in _pieces(path):
        lines += piece[: max(0, position)].count(b"\n")
        position -= len(piece)
        if position <= 0:
            break
    return lines


def _chosen(path: Path, chosen: str) -> str:
    try:
        encoding = codecs.lookup(chosen.strip()).name
    except (LookupError, ValueError):
        encoding = ""
    if not _CHOOSABLE.fullmatch(encoding):
        raise Unreadable(
            "unknown-encoding",
            f"文字コード「{chosen[:40]}」はありません。UTF-8、Shift_JIS（CP932）などから選んでください。",
            f"There is no encoding named “{chosen[:40]}”. Choose UTF-8, Shift_JIS (CP932) or another of the list.",
        )
    encoding = {"shift_jis": "cp932", "utf-8": "utf-8-sig"}.get(encoding, encoding)
    bad = _first_bad_byte(path, encoding)
    if bad is not None:
        line = _line_of(path, bad)
        raise Unreadable(
            "wrong-encoding",
            f"選んだ文字コードでは{line}行目が読めません。文字コードの選択を「自動」に戻してください。",
            f"Line {line} cannot be read in the encoding chosen. Set the encoding back to automatic.",
        )
    return encoding


def _mixed(line: int) -> Unreadable:
    return Unreadable(
        "mixed-encoding",
        f"{line}行目に、読めない文字があります。ExcelのCSV UTF-8で保存し直すか、文字コードを選んでください。",
        f"Line {line} holds a character that cannot be read. Save it again as CSV UTF-8, or choose the encoding.",
    )
