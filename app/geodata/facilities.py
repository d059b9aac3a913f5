"""Public facilities that evacuation, water and Wi-Fi lists name, as assets of the register.

The lists say neither height nor power nor whether an antenna may be put there: those fields stay empty and the
availability is `unlisted`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.assets.classification import KIND_LETTERS, classify
from app.geodata.delimited import Row, read_rows
from app.geodata.manifest import Source
from app.territory.facts import PREFECTURE, TOKYO_CODE6, MunicipalityFacts, facts_by_code, find_in_address

OWNER_TYPES = {"TMG": "metropolitan", "municipality": "municipality", "unknown": "unknown"}


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
