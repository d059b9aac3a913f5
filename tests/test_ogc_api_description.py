"""The API's description: valid, frozen in the repository, and true."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from app.config import PROJECT_ROOT
from app.ogc.collections import BUILT_IN

FROZEN = Path(__file__).with_name("openapi.json")


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()


async def test_openapi_30_is_valid_and_stands_alone(client: httpx.AsyncClient) -> None:
    response = await client.get("/ogc/api")
    assert response.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = response.json()
    assert document["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(document).validate()
    assert all(reference.startswith("#/") for reference in references(document))
    assert document["servers"] == [{"url": "http://test/ogc"}]
    assert (await client.get("/ogc/api")).content == response.content


async def test_openapi_31_is_the_one_in_the_repository(client: httpx.AsyncClient) -> None:
    """Whoever changes the API sees it in the diff: `python -m app openapi > tests/openapi.json`."""
    document = (await client.get("/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()
    assert document == json.loads(FROZEN.read_text("utf-8"))


async def test_both_languages(client: httpx.AsyncClient) -> None:
    japanese = (await client.get("/ogc/api", params={"lang": "ja"})).json()
    english = (await client.get("/ogc/api", params={"lang": "en"})).json()
    assert japanese["info"]["title"] != english["info"]["title"]
    assert japanese["paths"].keys() == english["paths"].keys()
    assert all(
        parameter["description"].isascii() or "–" in parameter["description"]
        for methods in english["paths"].values()
        for parameter in methods["get"]["parameters"]
    )


async def test_every_operation_of_the_description_answers(client: httpx.AsyncClient) -> None:
    document = (await client.get("/ogc/api")).json()
    for path in document["paths"]:
        place = path.replace("{collectionId}", "stations").replace("{tileMatrixSetId}", "WebMercatorQuad")
        place = place.replace("{tileMatrix}", "9").replace("{tileRow}", "201").replace("{tileCol}", "454")
        if "{featureId}" in place:
            page = (await client.get("/ogc" + place.partition("/{featureId}")[0], params={"limit": 1})).json()
            place = place.replace("{featureId}", str(page["features"][0]["id"]))
        assert (await client.get("/ogc" + place)).status_code in (200, 204), path


async def test_every_queryable_is_a_declared_parameter(client: httpx.AsyncClient) -> None:
    document = (await client.get("/ogc/api")).json()
    for collection in BUILT_IN:
        operation = document["paths"][f"/collections/{collection.id}/items"]["get"]
        declared = {parameter["name"] for parameter in operation["parameters"]}
        queryables = (await client.get(f"/ogc/collections/{collection.id}/queryables")).json()["properties"]
        assert set(queryables) - {collection.geom_column} <= declared


@pytest.mark.client
def test_schemathesis_finds_nothing(landing_page: str, tmp_path: Path) -> None:
    """All checks of an outside tester, on every operation, for as long as a test may take."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{landing_page}/api", "--url", landing_page),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "5"),
        *("--generation-deterministic", "--request-timeout", "10", "--no-color"),
    ]
    (tmp_path / "schemathesis.toml").write_text((PROJECT_ROOT / "schemathesis.toml").read_text())
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-5000:]
