"""Which column of a file that chooses assets means what: by its heading, and ids and positions by their values too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.assets.fields import ID_FIELD
from app.fields import Field
from app.tabular.characters import mend_text, narrow
from app.tabular.heading_words import normalise_heading
from app.tabular.mapping import known_headings, propose
from app.tabular.place_headings import PLACE_TARGETS
from app.tabular.raw_cells import written
from app.tabular.sample_fit import axis_fit, values_of
from app.tabular.table import Cell, Heading, Row, Table
from app.tabular.targets import Target

ASSET_ID = re.compile(r"(\d{6})-([BLS])-(\S.{0,63})")
_SEVERAL = re.compile(r"[、,，;；\s/／|]+")
_LEAST = 0.5  # share of a column's values that look like ids
_SURE = 0.9

_HEIGHT = Field("height_m", "number", "高さ", "Height", unit="m")
TARGETS: tuple[Target, ...] = (
    Target(
        "asset_id", ID_FIELD.ja, ID_FIELD.en, None, ("アセットID", "asset_id"),
        ("資産ID", "アセット番号", "assetid", "アセット", "対象アセット", "候補アセット", "asset", "ID", "番号", "管理番号", "施設番号", "施設ID", "物件番号",
         "整理番号", "No", "No.", "NO", "feature_id"),
    ),
    Target(
        "name", "名称", "Name", None, ("名称", "name"),
        ("施設名", "施設名称", "建物名", "建物名称", "アセット名", "件名", "物件名", "物件名称", "候補地", "候補地名", "設置場所", "場所名", "局名", "基地局名", "名前", "site", "title"),
    ),
    Target(
        "height_m", "高さ", "Height", _HEIGHT, (),
        ("アンテナ高", "アンテナ高さ", "アンテナの高さ", "設置高", "設置高さ", "空中線高", "地上高", "height", "antenna_height", "antenna_height_m"),
        limits=(0.1, 634),
    ),
    Target("note", "備考", "Note", None, ("備考",), ("メモ", "コメント", "摘要", "特記事項", "要望", "note", "notes", "remarks", "comment", "memo")),
    Target(
        "desired", "希望時期", "Wanted by", None, ("希望時期",),
        ("希望", "希望四半期", "開設希望時期", "開設時期", "開局希望", "開局時期", "運用開始希望", "運用開始希望時期", "設置希望時期", "予定時期", "desired", "desired_quarter",
         "quarter", "wanted_by"),
    ),
    *(target for target in PLACE_TARGETS if target.name in ("latitude", "longitude", "geometry")),
)  # fmt: skip
KNOWN = known_headings(TARGETS)
# Above such words many lists have a mere running number: there, only values that look like ids count.
_VAGUE = frozenset(
    normalise_heading(word)
    for word in ("ID", "番号", "管理番号", "施設番号", "施設ID", "物件番号", "整理番号", "No", "アセット", "asset")
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that were found: target → heading; `further_ids` are other columns whose values look like ids."""

    of: Mapping[str, Heading]
    further_ids: tuple[Heading, ...] = ()

    def cell(self, row: Row, target: str) -> Cell:
        """The cell of a target in a row; None where there is no such column."""
        heading = self.of.get(target)
        return row.cells[heading.place] if heading and heading.place < len(row.cells) else None

    def letter(self, target: str) -> str | None:
        """The letter of a target's column."""
        return self.of[target].letter if target in self.of else None

    @property
    def has_position(self) -> bool:
        """Whether positions are written in the cells."""
        return "geometry" in self.of or {"latitude", "longitude"} <= set(self.of)


def find_columns(table: Table, samples: Sequence[Row]) -> Columns:
    """What each column means, told by headings first and by values where they say more."""
    by_place = {heading.place: heading for heading in table.headings}
    found = {
        proposal.target: by_place[proposal.place]
        for proposal in propose(table.headings, samples, TARGETS)
        if proposal.target
    }
    shares = {heading.place: id_share(samples, heading.place) for heading in table.headings}
    best = max(shares, key=lambda place: shares[place], default=None)
    if best is not None and shares[best] >= _LEAST:
        found = {target: heading for target, heading in found.items() if heading.place != best}
        found["asset_id"] = by_place[best]
    elif "asset_id" in found and normalise_heading(found["asset_id"].name) in _VAGUE:
        del found["asset_id"]
    if not {"latitude", "longitude"} <= set(found) and "geometry" not in found:
        found |= _axes(samples, [h for h in table.headings if h not in found.values()])
    further = (heading for place, heading in by_place.items() if shares[place] >= _LEAST)
    return Columns(found, tuple(heading for heading in further if heading not in found.values()))


def _axes(samples: Sequence[Row], free: Sequence[Heading]) -> dict[str, Heading]:
    """Columns whose values are latitudes and longitudes of Japan, whatever stands above them."""
    found: dict[str, Heading] = {}
    for axis in ("latitude", "longitude"):
        sure = [h for h in free if axis_fit(axis, values_of(samples, h.place)) >= _SURE]
        if len(sure) == 1:
            found[axis] = sure[0]
    return found if len(found) == 2 else {}


def id_share(samples: Sequence[Row], place: int) -> float:
    """The share of a column's values that look like ids of assets."""
    cells = values_of(samples, place)
    return sum(bool(read_ids(cell)) for cell in cells) / len(cells) if cells else 0.0


def is_asset_id(text: str) -> bool:
    """Whether a text is an asset's id, as the register writes it."""
    return ASSET_ID.fullmatch(text) is not None


def read_ids(cell: Cell) -> list[str]:
    """The ids a cell holds, set right in width and case (several may stand in one cell); empty where it holds none."""
    text = id_text(cell)
    if (one := _id(text)) is not None and not _SEVERAL.search(text):
        return [one]
    parts = [_id(part) for part in _SEVERAL.split(text) if part]
    return [part for part in parts if part] if parts and None not in parts else []


def id_text(cell: Cell) -> str:
    """A cell as the text of an id: visible characters of half width."""
    text = mend_text(cell)[0] if isinstance(cell, str) else written(cell)
    return narrow(text).strip().strip("'\"")


def _id(text: str) -> str | None:
    place, _, rest = text.partition("-")
    candidate = f"{place}-{rest[:1].upper()}{rest[1:]}"
    return candidate if is_asset_id(candidate) else None
