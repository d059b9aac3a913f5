"""Public facilities that evacuation, water and Wi-Fi lists name, as assets of the register.

The lists say neither height nor power nor whether an antenna may be put there: those fields stay empty and the
availability is `unlisted`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.geodata.delimited import Row, read_rows
from app.geodata.manifest import Source
from app.territory.facts import PREFECTURE, TOKYO_CODE6, MunicipalityFacts, facts_by_code, find_in_address

OWNER_TYPES = {"TMG": "metropolitan", "municipality": "municipality", "unknown": "unknown"}
KIND_LETTERS = {"building": "B", "land": "L", "structure": "S"}
SHELTER_TYPE = "指定避難所"  # people stay there for days: a building, whatever its name
OPEN_SPACE_TYPE = "指定緊急避難場所"  # ground, unless its name says building

# The end of a name tells a building from the ground beside it: 「〇〇公園管理事務所」, 「〇〇小学校校庭」.
_GROUND = re.compile(
    r"(公園|広場|ひろば|緑地|緑道|校庭|グラウンド|グランド|運動場|競技場|球場|コート|遊園|庭園|農園|霊園|園庭|墓地|"
    r"河川敷|調節池|駐車場|跡地|空地|一帯|周辺|構内|境内|神社|ゴルフ場?|練習場|パーク|団地|地区|堤防|海岸)$"
)
_BUILDING = re.compile(
    r"(校|小|中|館|センター|ホール|プラザ|所|院|園|大学|学部|キャンパス|寮|舎|会堂|ビル|ホーム|ハウス|施設|タワー|会|"
    r"ターミナル|スクエア|役場|寺|教会|アリーナ|荘|苑|の里|室|F|Ｆ|階|エンシス|事業場|スタジオ)$"
)
_BRACKETED = re.compile(r"[（(［\[](.*?)[）)］\]].*$")
_BLANKS = re.compile(r"[①-⑳\s]")


def read_facilities(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Assets of one source of the merged file, ready for `publish`; `dup_of` names the asset kept for the same place.

    Raises DamagedSource where a row cannot be right.
    """
    ids: dict[str, str] = {}
    assets = []
    ((origin_column, origin),) = source.rows.items()
    for row in read_rows(path, _with_origin(source, origin_column)):
        asset = _asset(row)
        original = row.required("original_id")
        if original in ids:
            row.refuse(f"asset_id {original} が二度現れます", f"asset_id {original} occurs twice")
        ids[original] = asset["asset_id"]
        assets.append((row, asset))
    for row, asset in assets:
        if row.text("origin") == origin:
            yield {**asset, "dup_of": _same_as(row, ids)}


def _with_origin(source: Source, column: str) -> Source:
    return source.model_copy(update={"columns": {**source.columns, column: "origin"}, "rows": {}})


def _same_as(row: Row, ids: dict[str, str]) -> str | None:
    other = row.text("dup_of")
    if other is None:
        return None
    return ids.get(other) or row.refuse(f"dup_of の {other} がありません", f"dup_of {other} is not in the file")


def _asset(row: Row) -> dict[str, Any]:
    name, facility_type, address = row.required("name"), row.required("facility_type"), row.text("address")
    municipality = _municipality(row, address)
    owner_type = OWNER_TYPES.get(row.required("owner_kind")) or row.refuse(
        f"owner_kind の「{row.text('owner_kind')}」は知らない値です", f"unknown owner_kind {row.text('owner_kind')!r}"
    )
    owner = _owner(owner_type, municipality)
    kind, structure_kind = classify(name, facility_type)
    lon, lat = row.lon_lat()
    return {
        # Lists of unknown owners are the metropolis's own, so their ids carry its code.
        "asset_id": f"{owner[0] or TOKYO_CODE6}-{KIND_LETTERS[kind]}-{row.required('source_no')}",
        "asset_kind": kind,
        "structure_kind": structure_kind,
        "facility_type": facility_type,
        "name": name,
        "owner_code": owner[0],
        "owner_type": owner_type,
        "owner_name": owner[1],
        "bureau": (row.text("operator") or "").removeprefix(PREFECTURE) or None
        if owner_type == "metropolitan"
        else None,
        "municipality_code": municipality.code5,
        "municipality": municipality.name,
        "address": address,
        "availability": "unlisted",
        "extra": {"original_id": row.required("original_id"), "operator": row.text("operator")},
        "source_row": row.line,
        "geom": f"SRID=4326;POINT({lon} {lat})",
    }


def _municipality(row: Row, address: str | None) -> MunicipalityFacts:
    """The municipality the address names; the file's own code was found by simplified boundaries."""
    code = row.required("municipality_code")
    listed = facts_by_code().get(code) or row.refuse(
        f"市区町村コード「{code}」は東京都の62区市町村にありません", f"{code!r} is not one of Tokyo's 62 municipalities"
    )
    return (find_in_address(address) if address else None) or listed


def _owner(owner_type: str, municipality: MunicipalityFacts) -> tuple[str | None, str | None]:
    if owner_type == "metropolitan":
        return TOKYO_CODE6, PREFECTURE
    if owner_type == "municipality":
        return municipality.code6, municipality.name
    return None, None


def classify(name: str, facility_type: str) -> tuple[str, str | None]:
    """Asset kind and kind of structure of a listed facility, from its type and the end of its name."""
    if facility_type.startswith("公衆電話"):
        return "structure", "phone_box"
    if name.startswith(("観光案内標識", "デジタルサイネージ")):
        return "structure", "other"
    plain = _BLANKS.sub("", name)
    bracketed = _BRACKETED.search(plain)
    if facility_type == SHELTER_TYPE:
        return "building", None
    if _GROUND.search(_BRACKETED.sub("", plain)) or (bracketed and _GROUND.search(bracketed[1])):
        return "land", None
    is_ground = facility_type == OPEN_SPACE_TYPE and not _BUILDING.search(_BRACKETED.sub("", plain))
    return ("land" if is_ground else "building"), None
