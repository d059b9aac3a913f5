"""Claims: a carrier's own polygons, from several formats, valid, within Japan, seen by who may."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy
import psycopg
import pyogrio
import pytest
import shapely

from tests.surveys.conftest import Surveys

Owner = psycopg.Connection[Any]
SQUARE = shapely.box(139.0, 35.7, 139.1, 35.8)
SETTINGS = {"carrier": "docomo", "technology": "4g", "title": "4Gエリア", "as_of": "2026-03-31"}


def geojson(*shapes: Any) -> bytes:
    """Shapes as a FeatureCollection."""
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))} for shape in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def written(folder: Path, driver: str, shape: Any, crs: str = "EPSG:6668") -> bytes:
    """A shape as GDAL writes it; a shapefile as ZIP."""
    path = folder / ("area.gpkg" if driver == "GPKG" else "area.shp")
    geometry, fields = [shapely.to_wkb(shape)], ["name"]
    pyogrio.raw.write(
        path, geometry, [numpy.array(["a"], dtype=object)], fields, driver=driver, geometry_type="Polygon", crs=crs
    )
    if driver == "GPKG":
        return path.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in folder.glob("area.*"):
            archive.write(part, part.name)
    return out.getvalue()


async def send(
    surveys: Surveys, content: bytes, person: str = "carrier_member", name: str = "area", **changes: Any
) -> Any:
    data = {"settings": json.dumps({**SETTINGS, **changes})}
    return await surveys.ask("POST", "claimed-areas", person, files={"file": (name, content)}, data=data)


async def test_the_same_area_from_three_formats(surveys: Surveys, tmp_path: Path, owner: Owner) -> None:
    for content in (geojson(SQUARE), written(tmp_path, "GPKG", SQUARE), written(tmp_path, "ESRI Shapefile", SQUARE)):
        made = await send(surveys, content)
        assert made.status_code == 201, made.text
        assert made.json()["bbox"] == pytest.approx([139.0, 35.7, 139.1, 35.8], abs=1e-7)
    found = owner.execute(
        "SELECT bool_and(ST_IsValid(geom)), max(ST_Area(geom)), count(*) FROM claimed_area"
    ).fetchone()
    assert found == (True, pytest.approx(0.01), 3)


async def test_crossing_shapes_are_mended_and_lines_left_out(surveys: Surveys, owner: Owner) -> None:
    bow = shapely.Polygon([(139, 35), (139.2, 35.2), (139.2, 35), (139, 35.2)])
    made = await send(
        surveys, geojson(bow, shapely.LineString([(139, 35), (140, 36)]), shapely.box(139.1, 35, 139.3, 35.1))
    )
    assert made.status_code == 201, made.text
    assert len(made.json()["notes"]) == 2
    assert owner.execute("SELECT ST_IsValid(geom) FROM claimed_area").fetchone() == (True,)


@pytest.mark.parametrize(
    "content",
    [
        geojson(shapely.Point(139, 35)), geojson(shapely.box(35.7, 39.0, 35.8, 39.1)), geojson(), b"", b"{", b"%PDF-1.7",
        geojson(shapely.box(-180, -90, 180, 90)),
    ],
    ids=["points", "swapped", "none", "empty", "cut off", "pdf", "the world"],
)  # fmt: skip
async def test_what_is_no_area_is_refused_with_words(surveys: Surveys, content: bytes, owner: Owner) -> None:
    answer = await send(surveys, content)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert owner.execute("SELECT count(*) FROM claimed_area").fetchone() == (0,)


@pytest.mark.parametrize(
    "changes", [{"carrier": "x"}, {"technology": "3g"}, {"as_of": "2999-01-01"}, {"is_sample": True}]
)
async def test_what_is_said_of_it_is_checked(surveys: Surveys, changes: dict[str, Any]) -> None:
    assert (await send(surveys, geojson(SQUARE), **changes)).status_code == 422


async def test_nobody_claims_for_another_carrier(surveys: Surveys, owner: Owner) -> None:
    owner.execute("UPDATE organisation SET name = '楽天モバイル株式会社' WHERE name = '組織 carrier-a'")
    assert (await send(surveys, geojson(SQUARE))).status_code == 422
    assert (await send(surveys, geojson(SQUARE), carrier="rakuten")).status_code == 201


async def test_a_claim_is_its_carriers_and_withdrawn_by_it(surveys: Surveys, owner: Owner) -> None:
    claim = (await send(surveys, geojson(SQUARE))).json()["claim_id"]
    assert (await surveys.ask("GET", f"claimed-areas/{claim}", "other_carrier_member")).status_code == 404
    assert (await surveys.ask("POST", f"claimed-areas/{claim}/withdraw", "other_carrier_member")).status_code == 404
    assert (await surveys.ask("GET", "claimed-areas", "other_carrier_member")).json() == []
    assert (await surveys.ask("GET", "claimed-areas", "planner")).status_code == 403
    withdrawn = await surveys.ask("POST", f"claimed-areas/{claim}/withdraw", "carrier_admin")
    assert withdrawn.status_code == 200
    assert withdrawn.json()["withdrawn_at"]
    assert (await surveys.ask("POST", f"claimed-areas/{claim}/withdraw", "carrier_admin")).status_code == 409
