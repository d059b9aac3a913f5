"""Files of the same field that hold no measurements: told by their headings, or by a first row without headings.

Stations and sums over an area say nothing of what a phone received at a place and time, so they are refused with a way on.
Sources: OpenCelliD wiki “Menu map view” and “Database format”; mozilla/ichnaea docs/import_export.rst; teamookla/ookla-open-data
README; mroczis/netmonster-web src/Pages/Docs/UserAboutNtm.elm (NTM).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.tabular.table import Cell, Unreadable


@dataclass(frozen=True, slots=True)
class NotALog:
    """A kind of file, the headings that tell it, and what to do instead."""

    marks: tuple[str, ...]
    ja: str
    en: str
    way_ja: str
    way_en: str


_OWN_LOG = (
    "測定の記録（1行に1回の測定）を書き出して送ってください。",
    "Export the log itself, one row for each measurement.",
)
_STATIONS = (
    "基地局の一覧（OpenCelliD、Mozilla など。位置も電波の値も、多くの測定から平均したもの）",
    "a list of cells (OpenCelliD, Mozilla), whose position and signal are averaged from many measurements",
    *_OWN_LOG,
)
_NTM = NotALog(
    (),
    "NetMonster の基地局一覧（.ntm）",
    "a list of cells of NetMonster (.ntm)",
    "NetMonster の書き出しに電波の値は入りません。G-NetTrack Pro か Tower Collector で測った記録を送ってください。",
    "What NetMonster exports has no signal. Send a log of G-NetTrack Pro or Tower Collector.",
)
_BY_HEADINGS = (
    NotALog(("mcc", "range", "samples", "changeable"), *_STATIONS),
    NotALog(("radio", "mcc", "net", "area", "cell", "range", "samples"), *_STATIONS),
    NotALog(
        ("avgdkbps", "avgukbps", "tests"),
        "区画ごとの平均速度（Ookla の公開データ）",
        "speeds averaged over tiles (Ookla open data)",
        "Speedtest アプリの「結果」から、測定ごとの記録（CSV）を書き出して送ってください。",
        "Export the results themselves (CSV) from the Speedtest app.",
    ),
)
_GENERATION = re.compile(r"2G|3G|4G|5G|CD2?", re.IGNORECASE)
_RADIO = re.compile(r"GSM|UMTS|LTE|NR|CDMA|NBIOT", re.IGNORECASE)
_COUNTRY = re.compile(r"\d{3}")
_CELL_COLUMNS = (
    14  # radio, mcc, net, area, cell, unit, lon, lat, range, samples, changeable, created, updated, averageSignal
)
_NTM_COLUMNS = range(10, 13)


def refuse_headings(words: set[str]) -> None:
    """Raises: Unreadable("no-measurements") where normalised headings are those of such a file."""
    found = next((one for one in _BY_HEADINGS if words.issuperset(one.marks)), None)
    if found is not None:
        raise _refusal(found)


def refuse_first_row(cells: Sequence[Cell]) -> None:
    """The same for files that come without headings: NTM, and OpenCelliD's files of one country."""
    words = [str(cell or "").strip() for cell in cells]
    if len(words) < min(_NTM_COLUMNS) or not _COUNTRY.fullmatch(words[1]):
        return
    if _GENERATION.fullmatch(words[0]) and len(words) in _NTM_COLUMNS:
        raise _refusal(_NTM)
    if _RADIO.fullmatch(words[0]) and len(words) == _CELL_COLUMNS:
        raise _refusal(_BY_HEADINGS[0])


def _refusal(found: NotALog) -> Unreadable:
    return Unreadable(
        "no-measurements",
        f"これは{found.ja}で、どこでいつ何が測れたかの記録ではありません。{found.way_ja}",
        f"This is {found.en}, not a log of what was measured where and when. {found.way_en}",
    )
