"""OGC API Features Part 3: the standard's own abstract tests (annex A), asked of every collection over HTTP."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.client

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
COLLECTIONS = ("assets", "stations", "wifi-access-points", "municipalities", "population-mesh")
SCHEMAS = ("https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema")
LANGUAGES = ("cql2-text", "cql2-json")


@dataclass(frozen=True)
class Resource:
    """A filterable resource: its collection, its queryables, and one page of its features."""

    url: str
    queryables: dict[str, Any]
    features: list[dict[str, Any]]
    matched: int

    @property
    def spatial(self) -> str:
        """The spatial queryable's name."""
        properties = self.queryables["properties"].items()
        return next(name for name, schema in properties if schema.get("format", "").startswith("geometry-"))

    def samples(self) -> dict[str, Any]:
        """A value that occurs, for each queryable with one value at a time."""
        found = {}
        for name, schema in self.queryables["properties"].items():
            values = [feature["properties"].get(name) for feature in self.features]
            value = next((value for value in values if value is not None), None)
            if value is not None and schema.get("type") != "array" and schema.get("format") != "date-time":
                found[name] = value
        return found


def get(url: str, /, **parameters: str) -> httpx.Response:
    return httpx.get(url, params=parameters, headers={"Accept": "application/geo+json"}, timeout=30)


@pytest.fixture(scope="module", params=COLLECTIONS)
def resource(landing_page: str, request: pytest.FixtureRequest) -> Resource:
    url = f"{landing_page}/collections/{request.param}"
    page = get(f"{url}/items", limit="50").raise_for_status().json()
    queryables = httpx.get(f"{url}/queryables").raise_for_status().json()
    return Resource(f"{url}/items", queryables, page["features"], page["numberMatched"])


def test_conformance_names_the_classes(landing_page: str) -> None:
    declared = httpx.get(f"{landing_page}/conformance").json()["conformsTo"]
    for name in ("queryables", "queryables-query-parameters", "filter", "features-filter"):
        assert f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}" in declared


def test_every_resource_links_its_queryables(resource: Resource) -> None:
    answer = httpx.head(resource.url)
    if answer.status_code == 405:
        answer = httpx.get(resource.url)
    assert answer.status_code == 200
    assert answer.links[QUERYABLES]["url"] == resource.queryables["$id"]


def test_queryables_are_a_schema(resource: Resource) -> None:
    uri = resource.queryables["$id"]
    answer = httpx.get(uri, headers={"Accept": "application/schema+json"})
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert resource.queryables["$schema"] in SCHEMAS
    assert resource.queryables["type"] == "object"
    assert resource.queryables["properties"]
    for schema in resource.queryables["properties"].values():
        assert "type" in schema or schema["format"].startswith("geometry-")


def test_queryables_are_query_parameters(resource: Resource) -> None:
    for name, value in resource.samples().items():
        answer = get(resource.url, **{name: literal(value).strip("'")})
        assert answer.status_code == 200, answer.text
        features = answer.json()["features"]
        assert features
        assert all(feature["properties"][name] == value for feature in features)


def test_a_value_of_another_type_is_refused(resource: Resource) -> None:
    for name, schema in resource.queryables["properties"].items():
        if schema.get("type") in ("integer", "number", "boolean") or schema.get("format") in ("date", "date-time"):
            assert get(resource.url, **{name: "invalid-value"}).status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_filters_hold_for_every_feature(resource: Resource, language: str) -> None:
    for name, value in resource.samples().items():
        answer = get(resource.url, **{"filter-lang": language, "filter": equals(name, value, language)})
        assert answer.status_code == 200, answer.text
        assert answer.json()["numberMatched"] <= resource.matched
        assert all(feature["properties"][name] == value for feature in answer.json()["features"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invalid_filter_is_refused(resource: Resource, language: str) -> None:
    for invalid in ("{", "name = ", '{"op": "=", "args": [1]}', "this_is_not_a_queryable = 1"):
        assert get(resource.url, **{"filter-lang": language, "filter": invalid}).status_code == 400


def test_text_is_the_default_language(resource: Resource) -> None:
    name, value = next(iter(resource.samples().items()))
    by_default = get(resource.url, filter=equals(name, value, "cql2-text")).json()
    named = get(resource.url, **{"filter-lang": "cql2-text", "filter": equals(name, value, "cql2-text")}).json()
    assert by_default["features"] == named["features"]


def test_unknown_queryables_are_refused_where_the_schema_says_so(resource: Resource) -> None:
    assert resource.queryables["additionalProperties"] is False
    assert get(resource.url, filter="this_is_not_a_queryable = 1").status_code == 400


def test_spatial_filters_assume_wgs84(resource: Resource, landing_page: str) -> None:
    west, south, east, north = httpx.get(resource.url.removesuffix("/items")).json()["extent"]["spatial"]["bbox"][0]
    answer = get(resource.url, filter=f"S_INTERSECTS({resource.spatial}, BBOX({west}, {south}, {east}, {north}))")
    assert answer.status_code == 200, answer.text
    assert answer.json()["numberMatched"] == resource.matched
    outside = f"S_INTERSECTS({resource.spatial}, BBOX(1000000, 1000000, 2000000, 2000000))"
    assert get(resource.url, filter=outside).status_code == 400


def equals(name: str, value: Any, language: str) -> str:
    """`name = value` in either encoding of CQL2."""
    if language == "cql2-json":
        wrapped = {"date": value} if is_date(value) else value
        return json.dumps({"op": "=", "args": [{"property": name}, wrapped]})
    return f"{name} = DATE({literal(value)})" if is_date(value) else f"{name} = {literal(value)}"


def literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:5] == value[7:8] == "-"
