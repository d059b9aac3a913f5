"""The programmes people open the service with read it: GDAL, OWSLib, ogc-client, QGIS, and the suite ogctests."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pyogrio
import pytest
from owslib.ogcapi.features import Features

from scripts.checks import clients, ogctests
from scripts.machine.browser_packages import ensure_node
from scripts.machine.trial_site import ROOT

pytestmark = pytest.mark.client

TOCHO = "139.69,35.68,139.71,35.70"  # round the metropolitan government building: west, south, east, north
FILTER = "asset_kind = 'building' AND height_m > 10"
IN_BOX = "ST_Intersects(geom, ST_MakeEnvelope(139.69, 35.68, 139.71, 35.70, 4326))"
QGIS_OPERATORS = (
    "advanced-comparison-operators",
    "case-insensitive-comparison",
    "basic-spatial-operators",
    "basic-spatial-functions",
)
TILE = (14, 14549, 6451)  # zoom, column, row: Shinjuku


@dataclass(frozen=True)
class Site:
    """A running service: the address of its landing page, and its database to compare answers with."""

    url: str
    database_url: str

    def ids(self, where: str) -> list[str]:
        with psycopg.connect(self.database_url) as connection:
            query = f'SELECT asset_id FROM ogc.assets WHERE {where} ORDER BY asset_id COLLATE "C"'
            return [asset_id for (asset_id,) in connection.execute(query.encode())]

    def tile_template(self) -> str:
        """The address of the assets' tiles with {z}, {x} and {y}, found by following links as a client does."""
        collection = get(f"{self.url}/collections/assets")
        tilesets = get(link(collection, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"))
        tileset = get(link(tilesets["tilesets"][0], "self"))
        template = link(tileset, "item")
        return template.replace("{tileMatrix}", "{z}").replace("{tileCol}", "{x}").replace("{tileRow}", "{y}")

    def tile_url(self) -> str:
        z, x, y = TILE
        return self.tile_template().format(z=z, x=x, y=y)


def get(url: str) -> Any:
    return httpx.get(url, follow_redirects=True).raise_for_status().json()


def link(document: dict[str, Any], relation: str) -> str:
    href: str = next(link["href"] for link in document["links"] if link["rel"] == relation)
    return href


@pytest.fixture(scope="module")
def site(landing_page: str, database_url: str) -> Site:
    return Site(landing_page, database_url)


def require(present: bool, programme: str) -> None:
    """Skip without the programme, except where every client has to be there."""
    if present:
        return
    if os.environ.get("REQUIRE_CLIENTS"):
        pytest.fail(f"{programme} is not installed")
    pytest.skip(f"{programme} is not installed; scripts/conformance clients installs it")


def test_gdal_lists_the_collections(site: Site) -> None:
    layers = pyogrio.list_layers(f"OAPIF:{site.url}")[:, 0]
    assert {"assets", "stations", "wifi-access-points", "municipalities", "population-mesh"} <= set(layers)


def test_gdal_reads_a_box(site: Site) -> None:
    frame, ids = read_assets(site, bbox=tuple(map(float, TOCHO.split(","))))
    assert ids == site.ids(IN_BOX)
    assert {"asset_kind", "height_m", "municipality", "is_sample", "restrictions"} <= set(frame["fields"])
    assert frame["geometry_type"] is not None


def test_gdal_knows_every_type_before_it_sees_a_value(site: Site) -> None:
    info = pyogrio.read_info(f"OAPIF:{site.url}", layer="assets")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["area_m2"] == types["height_m"] == "OFTReal"
    assert types["floors_above"] == "OFTInteger"
    assert types["restrictions"] == "OFTStringList"
    assert types["source_as_of"] == "OFTDate"
    assert types["updated_at"] == "OFTDateTime"


def test_gdal_filters_by_attribute(site: Site) -> None:
    _, ids = read_assets(site, bbox=tuple(map(float, TOCHO.split(","))), where=FILTER)
    assert ids == site.ids(f"{IN_BOX} AND {FILTER}")
    assert ids


def read_assets(site: Site, **options: Any) -> tuple[dict[str, Any], list[str]]:
    meta, _, _, columns = pyogrio.raw.read(f"OAPIF:{site.url}", layer="assets", **options)
    ids = columns[list(meta["fields"]).index("asset_id")]
    return meta, sorted(ids)


def test_gdal_reads_a_tile_by_address(site: Site) -> None:
    z, x, y = TILE
    ids = read_tile(f"MVT:{site.tile_url()}", X=str(x), Y=str(y), Z=str(z))
    assert ids == site.ids(f"ST_Intersects(geom, ST_Transform(ST_TileEnvelope({z}, {x}, {y}), 4326))")


def test_gdal_reads_a_folder_of_tiles(site: Site, tmp_path: Path) -> None:
    z, x, y = TILE
    template = site.tile_template()
    wanted: set[str] = set()
    for column, row in ((x, y), (x + 1, y)):
        file = tmp_path / str(z) / str(column) / f"{row}.mvt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(httpx.get(template.format(z=z, x=column, y=row)).raise_for_status().content)
        wanted.update(site.ids(f"ST_Intersects(geom, ST_Transform(ST_TileEnvelope({z}, {column}, {row}), 4326))"))
    ids = read_tile(f"MVT:{tmp_path / str(z)}", TILE_EXTENSION="mvt")
    assert set(ids) == wanted


def read_tile(source: str, **options: str) -> list[str]:
    """Ids of the features in a tile or a folder of tiles; the margin round a tile is cut by the driver."""
    meta, _, _, columns = pyogrio.raw.read(source, layer="assets", METADATA_FILE="", CLIP="YES", **options)
    return sorted(columns[list(meta["fields"]).index("asset_id")])


def test_owslib_reads_features(site: Site) -> None:
    features = Features(site.url)
    assert "assets" in features.feature_collections()
    box = list(map(float, TOCHO.split(",")))
    answer = features.collection_items("assets", bbox=box, limit=1000, filter=FILTER)
    ids = [feature["id"] for feature in answer["features"]]
    assert sorted(ids) == site.ids(f"{IN_BOX} AND {FILTER}")
    assert features.collection_item("assets", ids[0])["id"] == ids[0]
    assert "height_m" in features.collection_queryables("assets")["properties"]
    assert features.api()["openapi"].startswith("3.0")


def test_ogc_client_reads_features_and_tiles(site: Site) -> None:
    require((ROOT / "node_modules/@camptocamp/ogc-client").exists(), "@camptocamp/ogc-client")
    seen = run_client([str(ensure_node().folder / "node"), "tests/clients/ogc_client.mjs", site.url, TOCHO])
    assert "assets" in seen["featureCollections"]
    assert "assets" in seen["vectorTileCollections"]
    assert sorted(seen["ids"]) == site.ids(IN_BOX)
    assert seen["itemId"] == seen["ids"][0]
    assert {"asset_kind", "height_m"} <= set(seen["queryables"])
    assert seen["vectorTileFormats"] == ["application/vnd.mapbox-vector-tile"]
    assert seen["supportedTileMatrixSets"] == ["WebMercatorQuad"]
    assert httpx.get(seen["vectorTileset"]).status_code == 200


def test_qgis_opens_features_and_tiles(site: Site) -> None:
    require(clients.has_qgis(), "QGIS")
    z, x, y = TILE
    template = quote(site.tile_template(), safe=":/{}")
    script = ["tests/clients/qgis_layers.py", site.url, TOCHO, FILTER, template, f"{z}/{x}/{y}"]
    seen = run_client([clients.QGIS_PYTHON, *script])
    assert seen["valid"], seen["error"]
    assert {"asset_id", "asset_kind", "height_m"} <= set(seen["fields"])
    assert seen["in_box"] == site.ids(IN_BOX)
    assert seen["filtered"] == site.ids(f"{IN_BOX} AND {FILTER}")
    assert seen["tiles_valid"]
    assert seen["tile_pixels"] > 0


def test_qgis_is_told_that_it_may_filter_on_the_server(site: Site) -> None:
    declared = get(f"{site.url}/conformance")["conformsTo"]
    for name in ("filter", "features-filter"):
        assert f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}" in declared
    for name in ("cql2-text", "basic-cql2", *QGIS_OPERATORS):
        assert f"http://www.opengis.net/spec/cql2/1.0/conf/{name}" in declared


def run_client(command: list[str]) -> Any:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout.strip().splitlines()[-1])


def test_ogctests_pass(site: Site) -> None:
    require((ogctests.VENV / "installed-lock").exists(), "ogctests")
    for scope in ogctests.SCOPES:
        verdict = ogctests.run_scope(scope, site.url)
        assert not verdict.failed, f"{scope}: {verdict.failed}"
        assert verdict.passed >= 4
