"""The statements that answer features: data version, GeoJSON text, number and the next page's start in one snapshot."""

from collections.abc import Iterable

from app.geo import CRS84, Crs
from app.ogc.collections import Collection
from app.ogc.cursor import START
from app.ogc.query import Page
from app.ogc.reader import Rows, number
from app.ogc.sql import Sql, fill, joined, quoted
from app.ogc.versions import version_of

COUNTED_UP_TO = 50_000  # features; a larger match is not counted


def page_statement(collection: Collection, page: Page) -> Sql:
    """A row for each feature, one more than the limit if there is a next page, and one row without a feature if none.

    Columns: data version; feature (GeoJSON text); id, on the last row within the limit; number matched, on the row that
    `read_matched` says. Rows and not one text of all: PostgreSQL sends them as it reads them, where putting megabytes
    together first costs it more than all the rest.
    """
    limit = Sql("%s", (page.limit,))
    return fill(
        "SELECT version, feature, CASE WHEN place = {} THEN id::text END, {} FROM (SELECT {} AS version) v"
        " LEFT JOIN (SELECT *, row_number() OVER () AS place FROM ({}) page) placed ON true",
        limit,
        _matched(collection, page),
        version_of(collection),
        _features(collection, page),
    )


def _matched(collection: Collection, page: Page) -> Sql:
    """How many features match on all pages, or NULL where the rows themselves tell.

    A first page that holds everything tells, and so does a page before of the same version: then PostgreSQL never runs
    the counting subquery.
    """
    start = page.start
    counted = _counted(collection, page)
    if start.matched is not None and collection.versioned:
        same = fill("{} = {}", version_of(collection), Sql("%s", (start.version,)))
        counted = fill("CASE WHEN {} THEN {} ELSE {} END", same, Sql("%s", (start.matched,)), counted)
    if start == START:
        return fill("CASE WHEN place > {} THEN {} END", Sql("%s", (page.limit,)), counted)
    return fill("CASE WHEN coalesce(place, 1) = 1 THEN {} END", counted)


def read_matched(page: Page, rows: Rows) -> int | None:
    """The number matched; None where it is too large to be counted."""
    if page.start != START:
        matched = number(rows.value(0, 3))
    elif len(rows) > page.limit:
        matched = number(rows.value(page.limit, 3))
    else:
        matched = 0 if rows.value(0, 1) is None else len(rows)
    return matched if matched <= COUNTED_UP_TO else None


def _counted(collection: Collection, page: Page) -> Sql:
    if not page.where and collection.clusters:
        return Sql(f"(SELECT coalesce(sum(building + land + structure), 0) FROM {collection.clusters} WHERE level = 3)")
    rows = fill("SELECT FROM {}{} LIMIT %s", Sql(collection.relation), _where(page.where)) + Sql(
        "", (COUNTED_UP_TO + 1,)
    )
    return fill("(SELECT count(*) FROM ({}) counted)", rows)


def _where(conditions: Iterable[Sql]) -> Sql:
    return fill(" WHERE {}", joined(" AND ", conditions)) if conditions else Sql("")


def _features(collection: Collection, page: Page) -> Sql:
    """Rows of id and feature (GeoJSON text), one more than the limit, in order."""
    id_column = quoted(collection.id_column)
    conditions = list(page.where)
    if page.start.after is not None:
        conditions.append(Sql(f"{id_column} > %s", (page.start.after,)))
    keys = [f"{quoted(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in page.order]
    tail = Sql(f" ORDER BY {', '.join([*keys, id_column])} LIMIT %s", (page.limit + 1,))
    if page.start.offset:
        tail += Sql(" OFFSET %s", (page.start.offset,))
    where = _where(conditions) + tail
    if collection.feature_column and page.crs is CRS84 and page.properties is None:
        return fill(
            "SELECT {} AS id, {} AS feature FROM {}{}",
            Sql(id_column), Sql(quoted(collection.feature_column)), Sql(collection.relation), where,
        )  # fmt: skip
    rows = fill("SELECT * FROM {}{}", Sql(collection.relation), where)
    return fill("SELECT t.{} AS id, {} AS feature FROM ({}) t, LATERAL (SELECT {}) r",
        Sql(id_column), _rendered(id_column, page.crs), rows, _columns(collection, page.crs, page.properties))  # fmt: skip


def _columns(collection: Collection, crs: Crs, properties: tuple[str, ...] | None) -> Sql:
    names = [field.name for field in collection.fields] if properties is None else list(properties)
    return Sql(", ".join([*("t." + quoted(name) for name in names), _geometry(collection, crs) + ' AS "_geom"']))


def _geometry(collection: Collection, crs: Crs) -> str:
    geom = "t." + quoted(collection.geom_column)
    if "Point" not in collection.geometry_type:
        geom = f"ST_ForcePolygonCCW({geom})"
    if crs.srid != collection.srid:
        geom = f"ST_Transform({geom}, {crs.srid})"
    if crs.northing_first:
        geom = f"ST_FlipCoordinates({geom})"
    return f"ST_SetSRID({geom}, 0)"  # else ST_AsGeoJSON writes a `crs` member, which RFC 7946 took out


def _rendered(id_column: str, crs: Crs) -> Sql:
    # ST_AsGeoJSON of a row starts '{"type": "Feature", "geometry": …' and has no place for the id.
    start = f"""'{{"type": "Feature", "id": ' || to_json(t.{id_column})"""
    return Sql(f"{start} || ',' || substr(ST_AsGeoJSON(r, '_geom', {crs.decimals}), 20)")


def item_statement(collection: Collection, feature_id: str, crs: Crs, properties: tuple[str, ...] | None) -> Sql:
    """version and feature (GeoJSON text)."""
    here = Sql(f"{quoted(collection.id_column)} = %s", (feature_id,))
    page = Page((here,), (), START, 1, crs, properties)
    feature = fill("(SELECT feature FROM ({}) one LIMIT 1)", _features(collection, page))
    return fill("SELECT {}, {}", version_of(collection), feature)
