"""Claims: a carrier's own polygons of where it serves, read in a child process, valid, and withdrawn when it says so."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.clock import today
from app.problems import CONFLICT, INVALID, NOT_FOUND, Problem
from app.surveys.campaigns import Row
from app.surveys.carriers import BY_ID, parse_carrier
from app.tabular.limits import Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import ReadOptions, Unreadable

LARGEST_CLAIM_BYTES = 60_000_000  # what the readers of geographic files take
VERTICES = 1_000_000
_LIMITS = Limits(cpu_seconds=60, wait_seconds=90.0)
_COLUMNS = """
  c.claim_id, c.carrier, c.technology, c.title, c.as_of, c.is_public, c.is_sample, c.withdrawn_at, c.version, c.created_at,
  ST_Area(c.geom::geography) / 1e6 AS area_km2,
  ARRAY[ST_XMin(c.geom), ST_YMin(c.geom), ST_XMax(c.geom), ST_YMax(c.geom)] AS bbox
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A claim's area: WKB of a MultiPolygon in EPSG:4326, longitude first; and what was done to the file's shapes."""

    wkb: bytes
    notes: list[dict[str, str]]


def read_shape(file: BinaryIO, name: str) -> Shape:
    """The area of a GeoJSON, GeoPackage, KML or zipped shapefile. Raises Problem: 413, 422 with what is wrong."""
    with tempfile.TemporaryDirectory(prefix="claim-") as folder:
        path = Path(folder) / "claim"
        with path.open("wb") as out:
            while piece := file.read(1 << 20):
                out.write(piece)
        try:
            for header, body in run_in_child(
                "app.surveys.claims:read_in_child", {"path": str(path), "name": name}, _LIMITS
            ):
                if "notes" in header:
                    return Shape(body, header["notes"])
        except Unreadable as reason:
            raise Problem(INVALID, reason.ja, reason.en, members={"rule": reason.rule}) from reason
    raise Problem(INVALID, "ファイルを読めませんでした。", "The file could not be read.")


def read_in_child(arguments: Mapping[str, Any], send: Callable[..., None]) -> None:
    """Read, mend and unite the shapes; runs in the child. Raises: Unreadable."""
    import shapely

    from app.tabular.opening import open_table

    table = open_table(Path(arguments["path"]), arguments["name"], ReadOptions())
    written = [row.geom for row in table.rows if row.geom is not None]
    shapes = [shape for shape in shapely.from_wkb(written) if shapely.get_dimensions(shape) == 2]
    left_out = len(written) - len(shapes)
    if not shapes:
        raise Unreadable(
            "no-polygons",
            "面（ポリゴン）がありません。エリアを面で書いた GeoJSON、GeoPackage か、シェープファイルの ZIP を送ってください。",
            "There is no polygon. Send the area as polygons: GeoJSON, GeoPackage or a zipped shapefile.",
        )
    crossing = int((~shapely.is_valid(shapes)).sum())
    area = shapely.union_all([_polygons(shapely.make_valid(shape)) for shape in shapes])
    _check_area(area)
    send({"notes": [*_notes(left_out, crossing), *({"ja": ja, "en": en} for ja, en in table.notes)]}, _wkb(area))


def _polygons(shape: Any) -> Any:
    """The polygons of what mending made of a shape, without loose lines and points."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all([part for part in parts if shapely.get_dimensions(part) == 2])


def _wkb(area: Any) -> bytes:
    import shapely

    return bytes(shapely.to_wkb(shapely.multipolygons(shapely.get_parts(area))))


def _notes(left_out: int, crossing: int) -> list[dict[str, str]]:
    notes = []
    if left_out:
        notes.append(
            {
                "ja": f"面でない地物{left_out:,}件は除きました。",
                "en": f"{left_out:,} features that are no polygons were left out.",
            }
        )
    if crossing:
        notes.append(
            {
                "ja": f"境界が自分と交わる面{crossing:,}件を直しました。",
                "en": f"{crossing:,} polygons that cross themselves were mended.",
            }
        )
    return notes


def _check_area(area: Any) -> None:
    """Raises: Unreadable outside Japan's degrees, and for more vertices than a map shows."""
    import shapely

    west, south, east, north = area.bounds if not area.is_empty else (0, 0, 0, 0)
    if not (west >= 122 and east <= 154.5 and south >= 20 and north <= 46):
        raise Unreadable(
            "outside-japan",
            "エリアが日本の外にあるか、面積がありません。座標系と、緯度・経度の順を確かめてください。",
            "The area lies outside Japan, or is empty. Check the coordinate system and the order of longitude and latitude.",
        )
    if (vertices := int(shapely.get_num_coordinates(area))) > VERTICES:
        raise Unreadable(
            "too-many-vertices",
            f"頂点が{vertices:,}個あります。{VERTICES:,}個までに簡略化して送ってください。",
            f"There are {vertices:,} vertices; simplify the area to {VERTICES:,} at most.",
        )


def add_claim(session: Session, actor: Actor, wanted: Mapping[str, Any], shape: Shape) -> Row:
    """Keep a claim of the actor's organisation. Raises Problem (422) for another's carrier, or a day to come."""
    _check_carrier(session, actor, wanted["carrier"])
    if wanted["as_of"] > today():
        raise Problem(
            INVALID,
            "時点が先の日付です。",
            "The day lies ahead.",
            errors=[{"pointer": "/as_of", "detail": "in the future"}],
        )
    bound = {
        **wanted,
        "organisation": actor.organisation_id,
        "is_sample": BY_ID[wanted["carrier"]].is_sample,
        "wkb": shape.wkb,
    }
    claim_id: UUID = session.execute(
        text(
            "INSERT INTO claimed_area (organisation_id, carrier, technology, title, as_of, is_public, is_sample, geom) VALUES"
            " (:organisation, :carrier, :technology, :title, :as_of, :is_public, :is_sample, ST_GeomFromWKB(:wkb, 4326))"
            " RETURNING claim_id"
        ),
        bound,
    ).scalar_one()
    audit.record(session, "claim.add", f"claim:{claim_id}", after=dict(wanted))
    return get_claim(session, claim_id)


def _check_carrier(session: Session, actor: Actor, carrier: str) -> None:
    name = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": actor.organisation_id}
    ).scalar_one_or_none()
    own = parse_carrier(name) if name else None
    if own is not None and own != carrier:
        raise Problem(
            INVALID,
            f"ほかの通信事業者のエリアは登録できません。自社（{BY_ID[own].ja}）を選んでください。",
            f"You cannot claim for another carrier; choose your own ({BY_ID[own].en}).",
            errors=[{"pointer": "/carrier", "detail": "another carrier"}],
        )


def get_claim(session: Session, claim_id: UUID, *, for_change: bool = False) -> Row:
    """One claim; `for_change` holds it, and only its carrier's own is found. Raises Problem (404)."""
    held = " FOR NO KEY UPDATE OF c" if for_change else ""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM claimed_area c WHERE c.claim_id = :id{held}"), {"id": claim_id}
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "そのエリアは見つかりません。", "There is no such area.")
    return dict(row._mapping)


def list_claims(session: Session, limit: int) -> list[Row]:
    """The claims this transaction may see, newest first."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM claimed_area c ORDER BY c.created_at DESC, c.claim_id LIMIT :limit"),
        {"limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def withdraw_claim(session: Session, found: Row) -> Row:
    """Let a claim no longer stand. Raises Problem (409) where it is withdrawn already."""
    if found["withdrawn_at"] is not None:
        raise Problem(CONFLICT, "すでに取り下げられています。", "It is withdrawn already.")
    session.execute(
        text("UPDATE claimed_area SET withdrawn_at = now(), version = version + 1 WHERE claim_id = :id"),
        {"id": found["claim_id"]},
    )
    audit.record(session, "claim.withdraw", f"claim:{found['claim_id']}", before={"title": found["title"]})
    return get_claim(session, found["claim_id"])
