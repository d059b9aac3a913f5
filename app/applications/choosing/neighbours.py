"""How far round a site neighbours are explained to, and what its height asks for elsewhere.

The radius of twice the height is a rule of some municipalities; none of Tokyo is known. Hints are no decisions: each
names its source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

HEIGHTS_PER_RADIUS = 2  # 鎌倉市: within twice the height
CONFIRMATION_ABOVE_M = 15.0  # free-standing; 15.0 m itself is not included
RADIO_STRIP_ABOVE_M = 31.0  # top above ground
_HIGHEST_M = 1_000.0  # the tallest structure of Japan has 634 m

KAMAKURA = "鎌倉市 https://www.city.kamakura.kanagawa.jp/soudan/keitai1.html"
_CONFIRMATION = "建築基準法 工作物確認申請（二次資料: https://airfrance599.blogspot.com/2018/06/4.html）"
_RADIO_STRIP = "電波法 伝搬障害防止区域 https://www.soumu.go.jp/soutsu/tohoku/densyo/qa.html"


class Hint(NamedTuple):
    """Something the height of a plan asks for: a stable code, what it is, and whose rule."""

    code: str
    ja: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class NeighbourRule:
    """A municipality's own rule on explaining to neighbours, from `above_m` of height, `days_before` the works (None: not known)."""

    municipality: str
    above_m: float
    days_before: int | None
    covers_conversion: bool | None  # whether 4G to 5G on the same mast counts too
    source: str


NEIGHBOUR_RULES: tuple[NeighbourRule, ...] = (
    NeighbourRule("鎌倉市", 0, 60, True, KAMAKURA),
    NeighbourRule("篠栗町", 15, None, None, "篠栗町 https://j-cast.com/2010/04/12064348.html"),
)


def top_height_m(asset_height_m: float | None, antenna_height_m: float, is_roof: bool) -> float | None:
    """The height of the top above ground (m): a roof's own height counts as well; None where that is unknown.

    `antenna_height_m` is measured from what the antenna stands on: the roof, or the ground.
    Raises: ValueError for heights that cannot be.
    """
    for height_m in (asset_height_m, antenna_height_m):
        if height_m is not None and not (isfinite(height_m) and 0 <= height_m <= _HIGHEST_M):
            raise ValueError(f"no height: {height_m}")
    if not is_roof:
        return antenna_height_m
    return None if asset_height_m is None else asset_height_m + antenna_height_m


def explanation_radius_m(asset_height_m: float | None, antenna_height_m: float, is_roof: bool) -> float | None:
    """How far round the site neighbours are explained to (m): twice the height of the top; None where that is unknown.

    Raises: ValueError for heights that cannot be.
    Source: 鎌倉市 (on a roof, twice the height from the ground to the top).
    """
    top_m = top_height_m(asset_height_m, antenna_height_m, is_roof)
    return None if top_m is None else HEIGHTS_PER_RADIUS * top_m


def height_hints(
    asset_height_m: float | None, antenna_height_m: float, is_roof: bool, is_in_radio_strip: bool | None = None
) -> tuple[Hint, ...]:
    """What the height of a plan asks for elsewhere; `is_in_radio_strip` None: not known.

    Raises: ValueError for heights that cannot be.
    """
    return tuple(
        _hints(top_height_m(asset_height_m, antenna_height_m, is_roof), antenna_height_m, is_roof, is_in_radio_strip)
    )


def _hints(
    top_m: float | None, antenna_height_m: float, is_roof: bool, is_in_radio_strip: bool | None
) -> Iterator[Hint]:
    if top_m is None:
        yield Hint(
            "height-unknown",
            "建物の高さが分からないため、地上からの高さと説明の範囲を計算できません。屋上の高さを確かめてください。",
            "The height of the building is not known: find out the height of its roof.",
            KAMAKURA,
        )
    if not is_roof and antenna_height_m > CONFIRMATION_ABOVE_M:
        yield Hint(
            "structure-confirmation",
            f"自立する工作物が15mを超えます（{antenna_height_m:g}m）。工作物の確認申請が要るか、特定行政庁に確かめてください。",
            f"The free-standing structure exceeds 15 m ({antenna_height_m:g} m): ask the building authority about confirmation.",
            _CONFIRMATION,
        )
    if is_in_radio_strip is not False and top_m is not None and top_m > RADIO_STRIP_ABOVE_M:
        yield _strip_hint(top_m, is_in_radio_strip)


def _strip_hint(top_m: float, is_in_radio_strip: bool | None) -> Hint:
    if is_in_radio_strip:
        ja = (
            f"伝搬障害防止区域にあり、最高部が地上31mを超えます（{top_m:g}m）。工事の前に総合通信局へ届け出てください。"
        )
        en = f"Within a protected radio strip and above 31 m ({top_m:g} m): notify the telecommunications bureau first."
    else:
        ja = f"最高部が地上31mを超えます（{top_m:g}m）。伝搬障害防止区域（両側50m）にあるか確かめ、あれば届け出てください。"
        en = f"The top exceeds 31 m ({top_m:g} m): find out whether it lies in a protected radio strip, and notify if so."
    return Hint("radio-strip", ja, en, _RADIO_STRIP)
