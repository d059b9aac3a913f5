"""Segments and meshes as integers: nested exactly, the same in numpy and in the engine, and the codes of JIS X 0410."""

import ibis
import jismesh.utils
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.coverage import segments
from app.coverage.engines import open_duckdb
from app.mesh import mesh_bounds, mesh_code

JISMESH_LEVEL = {1000: 3, 500: 4, 250: 5, 125: 6}
# Source: JIS X 0410 worked out by hand; Chichijima's code starts with 40, not 53.
VECTORS = [
    (139.691711, 35.689487, "53394525", "533945253", "5339452532"),
    (139.767125, 35.681236, "53394611", "533946113", None),
    (139.2820, 34.5297, "51396232", None, None),
    (142.1919, 27.0943, "40425115", None, None),
]
# A segment inside Japan: column from 100 °E, row from the equator.
squares = st.tuples(st.integers(3200 * 22, 3200 * 54 - 1), st.integers(4800 * 20, 4800 * 46 - 1))
within = st.floats(0.01, 0.99)


def one(lon: float, lat: float) -> np.ndarray:
    return segments.segment_ids(np.array([lon]), np.array([lat]))


@pytest.mark.parametrize(("lon", "lat", "third", "half", "quarter"), VECTORS)
def test_known_places(lon: float, lat: float, third: str, half: str | None, quarter: str | None) -> None:
    quarters = segments.quarter_ids(np.array([lon]), np.array([lat]))
    code = segments.quarter_codes(quarters)[0]
    assert code[:8] == third
    assert half is None or segments.half_codes(segments.half_of(quarters)) == [half]
    assert quarter is None or code == quarter


def test_100_000_interior_points_agree_with_jismesh_at_four_levels() -> None:
    rng = np.random.default_rng(6)
    n = 100_000
    lon = 100 + (rng.integers(640 * 22, 640 * 54, n) + rng.uniform(0.01, 0.99, n)) / 640
    lat = (rng.integers(960 * 20, 960 * 46, n) + rng.uniform(0.01, 0.99, n)) / 960
    quarters = segments.quarter_ids(lon, lat)
    theirs = {size: jismesh.utils.to_meshcode(lat, lon, level) for size, level in JISMESH_LEVEL.items()}
    assert segments.quarter_codes(quarters) == [str(code) for code in theirs[250]]
    assert segments.half_codes(segments.half_of(quarters)) == [str(code) for code in theirs[500]]
    assert [code[:8] for code in segments.quarter_codes(quarters)] == [str(code) for code in theirs[1000]]
    some = range(0, n, 50)
    assert [mesh_code(lon[i], lat[i], 125) for i in some] == [str(theirs[125][i]) for i in some]


@settings(max_examples=300, deadline=None)
@given(square=squares, x=within, y=within)
def test_a_segment_lies_in_its_quarter_mesh_and_holds_its_points(square: tuple[int, int], x: float, y: float) -> None:
    lon, lat = 100 + (square[0] + x) / 3200, (square[1] + y) / 4800
    segment = one(lon, lat)
    assert segment == square[1] * 1_000_000 + square[0]
    code = mesh_code(lon, lat, 250)
    assert segments.quarter_codes(segments.quarter_of(segment)) == [code]
    assert segments.quarter_of(segment) == segments.mesh_id(code)
    assert segments.half_of(segments.quarter_of(segment)) == segments.mesh_id(code[:9])
    west, south, east, north = segments.segment_bounds(segment)[0]
    assert west < lon < east and south < lat < north
    assert segments.quarter_bounds(segments.quarter_of(segment))[0] == pytest.approx(mesh_bounds(code), abs=1e-12)
    assert segments.half_bounds(segments.half_of(segments.quarter_of(segment)))[0] == pytest.approx(
        mesh_bounds(code[:9]), abs=1e-12
    )


@settings(max_examples=300, deadline=None)
@given(square=squares)
def test_a_corner_belongs_to_the_square_north_and_east(square: tuple[int, int]) -> None:
    lon, lat = 100 + square[0] / 3200, square[1] / 4800
    assert one(lon, lat) == square[1] * 1_000_000 + square[0]
    assert segments.quarter_codes(segments.quarter_of(one(lon, lat))) == [mesh_code(lon, lat, 250)]


def test_the_engine_computes_the_same() -> None:
    rng = np.random.default_rng(7)
    cols, rows = rng.integers(3200 * 22, 3200 * 54, 20_000), rng.integers(4800 * 20, 4800 * 46, 20_000)
    shift = np.where(rng.random(20_000) < 0.5, 0.0, rng.random(20_000))  # half of them on corners
    lon, lat = 100 + (cols + shift) / 3200, (rows + shift) / 4800
    with open_duckdb() as engine:
        points = engine.arrow(pa.table({"n": np.arange(20_000), "lon": lon, "lat": lat}), "points")
        segment = segments.segment_column(points.lon, points.lat)
        found = points.select("n", segment=segment).order_by("n")
        quarter = found.mutate(
            quarter=segments.quarter_column(found.segment), place=segments.place_column(found.segment)
        )
        computed = engine.run(quarter.order_by("n"))
    ids = segments.segment_ids(lon, lat)
    assert computed["segment"].to_pylist() == ids.tolist()
    assert computed["quarter"].to_pylist() == segments.quarter_of(ids).tolist()
    assert set(computed["place"].to_pylist()) == set(range(100))
    assert computed.schema.field("segment").type == pa.int64() == computed.schema.field("quarter").type
    assert isinstance(segment.type(), ibis.expr.datatypes.Int64)


@pytest.mark.parametrize(
    ("lon", "lat"), [(99.99, 35.0), (180.0, 35.0), (139.0, -0.1), (139.0, 66.7), (float("nan"), 35.0)]
)
def test_where_codes_are_not_defined_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match="mesh code"):
        one(lon, lat)


@pytest.mark.parametrize("bad", ["", "53394525", "533945255", "５３３９４５２５１", "53394525323", "53394525x"])
def test_what_is_no_code_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="code"):
        segments.mesh_id(bad)
