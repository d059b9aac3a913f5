"""Units as written in headings and cells, and what one of them is in the unit a field keeps."""

import unicodedata
from functools import cache

# Per dimension, spellings (NFKC, lower case, no blanks) and what one is worth in the dimension's first unit.
# Tsubo: 400/121 m² (計量法施行法); shaku 10/33 m, ken 60/33 m. Kilogram-force: 9.80665 N (計量単位令).
_FACTORS: dict[str, dict[str, float]] = {
    "m2": {
        "m2": 1, "m^2": 1, "m**2": 1, "sqm": 1, "平方メートル": 1, "平方m": 1, "平米": 1, "へいべい": 1, "平方メーター": 1,
        "坪": 400 / 121, "つぼ": 400 / 121, "tsubo": 400 / 121, "畝": 12000 / 121, "反": 120000 / 121, "町歩": 1200000 / 121,
        "a": 100, "アール": 100, "ha": 10_000, "ヘクタール": 10_000, "km2": 1_000_000, "平方キロメートル": 1_000_000,
        "cm2": 0.0001, "平方センチメートル": 0.0001,
    },
    "m": {
        "m": 1, "メートル": 1, "メーター": 1, "メートル(m)": 1, "cm": 0.01, "センチメートル": 0.01, "センチ": 0.01,
        "mm": 0.001, "ミリメートル": 0.001, "ミリ": 0.001, "km": 1000, "キロメートル": 1000, "キロ": 1000,
        "尺": 10 / 33, "間": 60 / 33, "ft": 0.3048, "フィート": 0.3048,
    },
    "kV.A": {"kva": 1, "キロボルトアンペア": 1, "va": 0.001, "mva": 1000},
    "N/m2": {
        "n/m2": 1, "n/平米": 1, "pa": 1, "kn/m2": 1000, "kpa": 1000, "kg/m2": 9.80665, "kgf/m2": 9.80665, "kg/平米": 9.80665,
        "t/m2": 9806.65, "tf/m2": 9806.65, "t/平米": 9806.65, "トン/平米": 9806.65, "トン/m2": 9806.65, "n/mm2": 1_000_000,
    },
    "kg": {"kg": 1, "キログラム": 1, "キロ": 1, "t": 1000, "トン": 1000, "g": 0.001, "グラム": 0.001},
    "d": {"d": 1, "日": 1, "日間": 1, "日前": 1, "営業日": 1, "営業日前": 1, "days": 1, "day": 1, "週": 7, "週間": 7, "週間前": 7},
    "h": {"h": 1, "時間": 1, "hr": 1, "hours": 1, "hour": 1, "分": 1 / 60, "分間": 1 / 60, "日": 24, "日間": 24},
    "1": {
        "階": 1, "階建": 1, "階建て": 1, "f": 1, "枠": 1, "基": 1, "本": 1, "台": 1, "件": 1, "個": 1, "箇所": 1, "か所": 1,
        "ヶ所": 1, "カ所": 1, "社": 1, "棟": 1, "世帯": 1, "人": 1, "年": 1,
    },
}  # fmt: skip
_KNOWN = frozenset(spelling for spellings in _FACTORS.values() for spelling in spellings)


def fold_unit(text: str) -> str:
    """A unit's spelling without differences of width, case and blanks: ㎡, M², ｍ２ → m2; N／㎡ → n/m2."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace(" ", "").strip(".:：")
    return folded.replace("㍍", "メートル").replace("単位", "").lstrip(":：")


def is_unit(text: str) -> bool:
    """Whether the words are a unit of any dimension."""
    return fold_unit(text) in _KNOWN


@cache
def unit_factor(unit: str, wanted: str | None) -> float | None:
    """What one `unit` is in the UCUM unit a field keeps (None: a bare count); None where it cannot be turned into it."""
    return _FACTORS.get(wanted or "1", {}).get(fold_unit(unit))
