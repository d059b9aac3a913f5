"""Grid codes: our Python, our SQL and jismesh agree; edges fall to the cell north and east."""

from collections.abc import Iterator
from typing import Any

import jismesh.utils
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.config import Settings
from app.mesh import LEVELS, mesh_bounds, mesh_code

JISMESH_LEVEL = {1000: 3, 500: 4, 250: 5, 125: 6}
# Source: JIS X 0410 worked out by hand for four places; Chichijima's code starts with 40, not 53.
VECTORS = [
    (139.691711, 35.689487, "53394525", "533945253", "5339452532"),
    (139.767125, 35.681236, "53394611", "533946113", None),
    (139.2820, 34.5297, "51396232", None, None),
    (142.1919, 27.0943, "40425115", None, None),
]

# Column from 100°E and row from the equator, inside Japan (jismesh drops a zero west of 110°E).
eighths = st.tuples(st.integers(640 * 22, 640 * 54 - 1), st.integers(960 * 20, 960 * 46 - 1))
within = st.floats(0.01, 0.99)
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(settings: Settings) -> Iterator[Connection]:
    with psycopg.connect(settings.libpq_url, autocommit=True) as connection:
        yield connection


def sql_codes(connection: Connection, lon: float, lat: float) -> dict[int, str]:
    point = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"
    query = f"SELECT size, jis_mesh({point}, size) FROM unnest(%(sizes)s::int[]) AS size"
    return dict(connection.execute(query, {"lon": lon, "lat": lat, "sizes": list(LEVELS)}).fetchall())


@pytest.mark.parametrize(("lon", "lat", "third", "half", "quarter"), VECTORS)
def test_known_places(
    lon: float, lat: float, third: str, half: str | None, quarter: str | None, connection: Connection
) -> None:
    expected = {1000: third, 500: half, 250: quarter}
    for size, code in expected.items():
        if code:
            assert mesh_code(lon, lat, size) == code
            assert sql_codes(connection, lon, lat)[size] == code


@quick
@given(cell=eighths, x=within, y=within)
def test_three_implementations_agree_inside_cells(
    connection: Connection, cell: tuple[int, int], x: float, y: float
) -> None:
    lon, lat = 100 + (cell[0] + x) / 640, (cell[1] + y) / 960
    ours = {size: mesh_code(lon, lat, size) for size in LEVELS}
    assert sql_codes(connection, lon, lat) == ours
    assert {size: str(jismesh.utils.to_meshcode(lat, lon, JISMESH_LEVEL[size])) for size in LEVELS} == ours


@quick
@given(cell=eighths)
def test_a_corner_belongs_to_the_cell_north_and_east(connection: Connection, cell: tuple[int, int]) -> None:
    lon, lat = 100 + cell[0] / 640, cell[1] / 960
    ours = {size: mesh_code(lon, lat, size) for size in LEVELS}
    inside = {size: mesh_code(lon + 0.5 / 640, lat + 0.5 / 960, size) for size in LEVELS}
    assert ours == inside
    assert sql_codes(connection, lon, lat) == ours


@quick
@given(cell=eighths, size=st.sampled_from(list(LEVELS)))
def test_bounds_hold_the_points_of_their_code(cell: tuple[int, int], size: int) -> None:
    lon, lat = 100 + (cell[0] + 0.5) / 640, (cell[1] + 0.5) / 960
    west, south, east, north = mesh_bounds(mesh_code(lon, lat, size))
    assert west < lon < east and south < lat < north
    assert mesh_code((west + east) / 2, (south + north) / 2, size) == mesh_code(lon, lat, size)
    assert (east - west, north - south) == pytest.approx((size / 80_000, size / 120_000))


def test_sql_gives_nothing_where_codes_are_not_defined(connection: Connection) -> None:
    assert set(sql_codes(connection, 99.9, 35.0).values()) == {None}
    assert set(sql_codes(connection, 139.0, 66.7).values()) == {None}


@pytest.mark.parametrize("bad", ["", "5339", "53394525x", "533945255", "５３３９４５２５", "533945250"])
def test_what_is_no_code_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"mesh code|digits"):
        mesh_bounds(bad)


def test_a_polygon_takes_the_code_of_a_point_inside_it(connection: Connection) -> None:
    ring = "POLYGON((139.69 35.689, 139.6902 35.689, 139.6902 35.6892, 139.69 35.6892, 139.69 35.689))"
    code = connection.execute("SELECT jis_mesh(ST_GeomFromText(%s, 4326), 125)", [ring]).fetchone()
    assert code == (mesh_code(139.6901, 35.6891, 125),)
