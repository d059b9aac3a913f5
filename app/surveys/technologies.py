"""What serves a phone, as the many words of apps and people for it say."""

import re
import unicodedata
from functools import lru_cache

from app.surveys.fields import MISSING

_MARKS = re.compile(r"[\s\-‐−–—_.,・:;/|()\[\]{}「」'\"!＋]+")
_WORDS: dict[str, tuple[str, ...]] = {
    # "5g" alone leaves open whether a 4G anchor carries it; the values of the row tell.
    "5g": ("5g", "nr5g", "第5世代", "5gnr", "sub6", "mmwave", "ミリ波", "cellular5g"),
    "5g_sa": ("5gsa", "nrsa", "nr", "sa", "5gスタンドアローン", "5gスタンドアロン", "standalone5g"),
    "5g_nsa": (
        "5gnsa", "nsa", "endc", "ltenr", "lte+nr", "nrnsa", "lteanchor", "5gノンスタンドアローン", "5gノンスタンドアロン", "lte5g",
        "nonstandalone5g", "ltenrendc", "5gendc", "lteendc",
    ),
    "4g": ("4g", "lte", "ltea", "lteadvanced", "lteca", "4glte", "4g+", "lte+", "volte", "eutran", "第4世代", "fddlte", "tdlte", "axgp", "cellularlte"),
    "3g": (
        "3g", "umts", "wcdma", "w-cdma", "hspa", "hspa+", "hsdpa", "hsupa", "dchspa+", "hspap", "cdma2000", "evdo", "utran",
        "foma", "第3世代", "tdscdma", "evdoa", "evdo0", "cdma",
    ),
    "none": (
        "none", "noservice", "nosignal", "outofservice", "outofcoverage", "oos", "searching", "emergencyonly", "emergency", "limited",
        "limitedservice", "圏外", "サービス外", "未接続", "検索中", "緊急通報のみ", "通信不可", "不感", "なし", "無し", "out", "noconnection",
        "notregistered", "denied", "poweroff",
    ),
    "2g": ("2g", "gsm", "gprs", "edge", "pdc", "1xrtt", "geran", "egprs"),
    "wifi": ("wifi", "wlan", "無線lan", "iwlan", "802.11"),
}  # fmt: skip
_BY_WORD = {_MARKS.sub("", word): kind for kind, words in _WORDS.items() for word in words}
_MISSING = frozenset(MISSING) - {"none", "なし", "無し"}


@lru_cache(maxsize=10_000)
def parse_technology(words: str) -> str | None:
    """One of "5g_sa", "5g_nsa", "5g" (either), "4g", "3g", "none", "2g", "wifi", "" (nothing said); None if unknown."""
    folded = unicodedata.normalize("NFKC", words[:100]).casefold().strip()
    if folded in _MISSING:
        return ""
    return _BY_WORD.get(_MARKS.sub("", folded))
