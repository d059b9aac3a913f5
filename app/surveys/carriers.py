"""The four carriers of Japan and the four of sample data, and every usual spelling of their names.

Brands that run on a carrier's own network count as that carrier (UQ mobile, Y!mobile). MVNOs such as IIJmio or mineo
do not tell whose network served and are asked for.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier: its stable id, names, network codes (MCC-MNC, 総務省 電気通信番号) and spellings."""

    carrier_id: str
    ja: str
    en: str
    is_sample: bool = False
    networks: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


_KDDI_NETWORKS = (*(f"440-{n}" for n in range(50, 57)), *(f"440-{n}" for n in range(70, 80)), "440-88", "440-89")
CARRIERS: tuple[Carrier, ...] = (
    Carrier(
        "docomo", "NTTドコモ", "NTT DOCOMO", False, ("440-10",),
        ("ドコモ", "docomo", "NTT docomo", "NTTDOCOMO", "NTTドコモ", "株式会社NTTドコモ", "エヌ・ティ・ティ・ドコモ", "NTT", "DCM",
         "NTT DOCOMO, INC.", "JP DOCOMO", "DOCOMO JP", "ahamo", "アハモ", "irumo", "eximo", "どこも", "dcm-docomo", "D社"),
    ),
    Carrier(
        "kddi", "KDDI", "KDDI", False, _KDDI_NETWORKS,
        ("KDDI", "au", "エーユー", "ケイディーディーアイ", "ケーディーディーアイ", "KDDI株式会社", "au by KDDI", "au(KDDI)", "KDDI(au)", "au KDDI",
         "KDDI au", "KDDI Corporation", "沖縄セルラー", "沖縄セルラー電話", "KDDI/沖縄セルラー", "KDDI沖縄セルラー", "Okinawa Cellular",
         "UQ", "UQ mobile", "UQモバイル", "povo", "ポヴォ", "えーゆー", "JP KDDI"),
    ),
    Carrier(
        "softbank", "ソフトバンク", "SoftBank", False,
        ("440-20", "440-21", "440-00", "440-101", "441-00", "441-01"),
        ("ソフトバンク", "SoftBank", "SB", "SBM", "ソフトバンク株式会社", "ソフトバンクモバイル", "SoftBank Mobile", "SoftBank Corp.",
         "SoftBank Corp", "Y!mobile", "Ymobile", "ワイモバイル", "ワイモバ", "LINEMO", "ラインモ", "そふとばんく", "JP SoftBank", "WCP"),
    ),
    Carrier(
        "rakuten", "楽天モバイル", "Rakuten Mobile", False, ("440-11",),
        ("楽天", "楽天モバイル", "楽天モバイル株式会社", "Rakuten", "Rakuten Mobile", "Rakuten Mobile, Inc.", "RMobile", "R-Mobile", "RM",
         "ラクテン", "ラクテンモバイル", "らくてん", "楽天mobile", "楽天MNO", "JP Rakuten", "Rakuten JP"),
    ),
    *(
        Carrier(
            f"sample-{letter.lower()}", f"通信事業者{letter}", f"Carrier {letter}", True, (),
            (f"sample-{letter}", f"sample {letter}", f"事業者{letter}", f"見本事業者{letter}"),
        )
        for letter in "ABCD"
    ),
)  # fmt: skip
BY_ID = {one.carrier_id: one for one in CARRIERS}
REAL = tuple(one.carrier_id for one in CARRIERS if not one.is_sample)
SAMPLE = tuple(one.carrier_id for one in CARRIERS if one.is_sample)
_MARKS = re.compile(r"[\s\-‐−–—_.,・:;/|()\[\]{}「」'\"!&+]+")
_TAILS = ("株", "coltd", "inc", "5gsa", "5gnsa", "5g", "4g", "lte", "volte", "3g")
_PLMN = re.compile(r"(44[01])[\s\-_/:]*(\d{2,3})")


def _bare(words: str) -> str:
    return (
        _MARKS.sub("", unicodedata.normalize("NFKC", words[:200]).casefold())
        .replace("株式会社", "")
        .replace("(株)", "")
    )


_BY_SPELLING = {
    _bare(spelling): one.carrier_id for one in CARRIERS for spelling in (one.carrier_id, one.ja, one.en, *one.spellings)
}
_BY_NETWORK = {network.replace("-", ""): one.carrier_id for one in CARRIERS for network in one.networks}


@lru_cache(maxsize=10_000)
def parse_carrier(words: str) -> str | None:
    """The id of the carrier a spelling or network code names, None where it names none for certain.

    ＮＴＴドコモ, docomo 5G, 440-10, 44010 → docomo.
    """
    if match := _PLMN.fullmatch(unicodedata.normalize("NFKC", words[:40]).strip()):
        return _BY_NETWORK.get(match[1] + match[2]) or _BY_NETWORK.get(match[1] + match[2].lstrip("0").zfill(2))
    bare = _bare(words)
    if bare in _BY_SPELLING:
        return _BY_SPELLING[bare]
    for tail in _TAILS:
        if bare.endswith(tail) and bare[: -len(tail)] in _BY_SPELLING:
            return _BY_SPELLING[bare[: -len(tail)]]
    return None
