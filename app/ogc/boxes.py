"""The `bbox` parameter as a condition."""

from app.geo import CRS84, Bbox, Crs, degrees_of_mercator, within_reach
from app.ogc.collections import Collection
from app.ogc.sql import Sql, fill, joined, quoted

_PRECISION_DEG = 2e-5  # the index keeps single precision: at 180° that is 1.5e-5°


def in_box(collection: Collection, box: Bbox, crs: Crs = CRS84) -> Sql:
    """The features that meet a box.

    The index answers with boxes rounded to single precision; only what lies at the edge is asked exactly, for
    ST_Intersects on every row costs more than all the rest.
    """
    geom = Sql(quoted(collection.geom_column))
    if crs.srid == 3857 and collection.srid == 4326:
        return in_box(collection, degrees_of_mercator(box))
    if crs.srid in (6677, 6682):
        box = within_reach(box)
    parts = [_in_part(geom, part, crs.srid, collection.srid) for part in box.parts()]
    return fill("({})", joined(" OR ", parts))


def _in_part(geom: Sql, box: Bbox, srid: int, storage_srid: int) -> Sql:
    envelope = Sql("ST_MakeEnvelope(%s, %s, %s, %s, %s)", (box.west, box.south, box.east, box.north, srid))
    if srid != storage_srid:
        # Edges that are straight in the client's system are curves in ours: follow them with 16 points each.
        width = max(box.east - box.west, box.north - box.south) / 16 or 1.0
        area = fill("ST_Transform(ST_Segmentize({}, %s), %s)", envelope)
        area = Sql(area.text, (*envelope.values, width, storage_srid))
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, area, geom, area)
    if storage_srid != 4326:
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, envelope, geom, envelope)
    inner = Sql(
        "ST_MakeEnvelope(%s, %s, %s, %s, 4326)",
        (box.west + _PRECISION_DEG, box.south + _PRECISION_DEG, box.east - _PRECISION_DEG, box.north - _PRECISION_DEG),
    )
    if box.east - box.west <= 2 * _PRECISION_DEG or box.north - box.south <= 2 * _PRECISION_DEG:
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, envelope, geom, envelope)
    return fill("({} && {} AND ({} @ {} OR ST_Intersects({}, {})))", geom, envelope, geom, inner, geom, envelope)
