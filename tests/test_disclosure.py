"""Fields that not everybody may read: in no format, tile, search or sort, and not even as a name."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from app.assets.fields import FIELDS
from app.fields import Disclosure
from app.ogc.collections import MESH_EIGHTH, MESH_HALF, PROVENANCE
from tests.accounts_world import HIDDEN_VALUES, TILE, Headers, World, settings_of
from tests.conftest import database, serving

Client = httpx.AsyncClient
Z, X, Y = TILE
ASSETS = "/ogc/collections/assets"
NOBODYS_FIELD = "no_such_field"

PUBLIC, CARRIER, INTERNAL = (
    {field.name for field in FIELDS if field.disclosure is disclosure} for disclosure in Disclosure
)
# Reader → the fields kept from them. Whoever is signed in without such a right reads as everybody does.
HIDDEN = {
    "nobody": CARRIER | INTERNAL,
    "surveyor": CARRIER | INTERNAL,
    "auditor": CARRIER | INTERNAL,
    "organisation_admin": CARRIER | INTERNAL,
    "system_admin": CARRIER | INTERNAL,
    "carrier_member": INTERNAL,
    "carrier_admin": INTERNAL,
    "window_operator": set(),
    "municipal_editor": set(),
    "planner": set(),
}
CASES = [(reader, name) for reader in ("nobody", "surveyor", "carrier_member") for name in sorted(HIDDEN[reader])]
EVERYWHERE = (
    ASSETS + "/items?limit=100", ASSETS + "/items?limit=100&f=html", ASSETS + "/items/W000", ASSETS + "/items/W000?f=html",
    ASSETS + "/items?limit=100&crs=http://www.opengis.net/def/crs/EPSG/0/6677",
    ASSETS + "/schema", ASSETS + "/schema?f=html", ASSETS + "/queryables", ASSETS + "/queryables?f=html", ASSETS,
    ASSETS + "?f=html", f"{ASSETS}/tiles/WebMercatorQuad/{Z}/{Y}/{X}", f"{ASSETS}/tiles/WebMercatorQuad/16/25813/58209",
    f"/ogc/tiles/WebMercatorQuad/{Z}/{Y}/{X}", ASSETS + "/tiles", ASSETS + "/tiles/WebMercatorQuad",
    ASSETS + "/tiles/WebMercatorQuad?f=tilejson", "/ogc/tiles/WebMercatorQuad?f=tilejson", "/ogc/api", "/ogc/api?f=html",
    "/ogc/collections", "/ogc",
)  # fmt: skip


@pytest.fixture(scope="module")
def url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    with database(server_url, f"test_disclosure_{os.getpid()}", world_template[0]) as url:
        yield url


@pytest.fixture(scope="module")
async def service(url: str) -> AsyncIterator[Client]:
    async with serving(settings_of(url)) as client:
        yield client


def headers_of(world: World, reader: str) -> Headers:
    return {} if reader == "nobody" else world[reader].token


async def get(service: Client, path: str, headers: Headers) -> tuple[int, str]:
    """Status and text, tiles decoded; the request's own id taken out."""
    response = await service.get(path, headers={**headers, "Accept-Encoding": "identity"})
    if "vector-tile" in response.headers.get("content-type", ""):
        return response.status_code, str(mapbox_vector_tile.decode(response.content))
    return response.status_code, response.text.replace(response.headers["x-request-id"], "TRACE")


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def shown_values(text: str) -> list[str]:
    """The hidden values that a text shows; true and false prove nothing."""
    return [name for name, value in HIDDEN_VALUES.items() if not isinstance(value, bool) and str(value) in text]


def test_the_world_hides_a_value_of_each_field() -> None:
    assert set(HIDDEN_VALUES) == CARRIER | INTERNAL


@pytest.mark.parametrize("reader", HIDDEN)
async def test_no_format_shows_a_hidden_field(service: Client, world: World, reader: str) -> None:
    for path in EVERYWHERE:
        status, text = await get(service, path, headers_of(world, reader))
        assert status == 200, (path, text)
        assert words(text) & HIDDEN[reader] == set(), path
        assert [name for name in shown_values(text) if name in HIDDEN[reader]] == [], path


@pytest.mark.parametrize("reader", [reader for reader in HIDDEN if reader not in ("nobody", "surveyor")])
async def test_those_who_may_read_a_field_do(service: Client, world: World, reader: str) -> None:
    may = (CARRIER | INTERNAL) - HIDDEN[reader]
    for path in (ASSETS + "/items?limit=100", ASSETS + "/items/W000", ASSETS + "/schema", ASSETS + "/queryables"):
        _, text = await get(service, path, headers_of(world, reader))
        assert words(text) & (CARRIER | INTERNAL) == may
    for name in may:
        literal = f"'{HIDDEN_VALUES[name]}'" if isinstance(HIDDEN_VALUES[name], str) else HIDDEN_VALUES[name]
        literal = f"DATE('{literal}')" if name.endswith("_on") else literal
        found = await service.get(
            ASSETS + "/items", params={"filter": f"{name} = {literal}"}, headers=headers_of(world, reader)
        )
        assert [feature["id"] for feature in found.json()["features"]] == ["W000"], (name, found.text)


def _asking(name: str) -> list[str]:
    """Every way to ask by a field's name."""
    tile = f"{ASSETS}/tiles/WebMercatorQuad/{Z}/{Y}/{X}"
    as_json = quote(f'{{"op":"isNull","args":[{{"property":"{name}"}}]}}')
    return [
        f"{ASSETS}/items?{name}=1", f"{ASSETS}/items?properties={name}", f"{ASSETS}/items?sortby=-{name}",
        f"{ASSETS}/items?properties=name,{name}", f"{ASSETS}/items?sortby=name,{name}",
        f"{ASSETS}/items?filter={name} IS NULL", f"{ASSETS}/items?filter={name} = 'x'", f"{ASSETS}/items?filter={name} > 1",
        f"{ASSETS}/items?filter-lang=cql2-json&filter={as_json}", f"{ASSETS}/items?filter=name = {name}",
        f"{tile}?{name}=1", f"{tile}?properties={name}", f"{tile}?filter={name} IS NULL", f"{ASSETS}/items/W000?{name}=1",
        f"{ASSETS}/items/W000?properties={name}", f"{ASSETS}/queryables?{name}=1", f"{ASSETS}/items?{name}=1&f=html",
        f"{ASSETS}/items?sortby={name}&lang=en",
    ]  # fmt: skip


@pytest.mark.parametrize(("reader", "name"), CASES)
async def test_asking_by_a_hidden_name_is_as_asking_by_none(
    service: Client, world: World, reader: str, name: str
) -> None:
    """The same status and the same words as for a name that no field has."""
    for hidden, nobodys in zip(_asking(name), _asking(NOBODYS_FIELD), strict=True):
        of_hidden = await get(service, hidden, headers_of(world, reader))
        of_nobodys = await get(service, nobodys, headers_of(world, reader))
        assert of_hidden[0] == of_nobodys[0] == 400, hidden
        assert _unnamed(of_hidden[1], name) == _unnamed(of_nobodys[1], NOBODYS_FIELD), hidden
        assert words(of_hidden[1]) & HIDDEN[reader] <= {name}


@pytest.mark.parametrize(("reader", "name"), CASES)
async def test_errors_suggest_no_hidden_name(service: Client, world: World, reader: str, name: str) -> None:
    for near in {name[:-1], name + "s", name.replace("_", "-"), name.upper()} - {name}:
        for path in _asking(near)[:9]:
            status, text = await get(service, path, headers_of(world, reader))
            assert status == 400, path
            assert words(text) & HIDDEN[reader] == set(), path


def _unnamed(text: str, name: str) -> str:
    """The text without the name, places counted by its length, and the suggestion of a near name (see the next test)."""
    text = re.sub(r"「\w+」ではありませんか。| Did you mean '\w+'\?", "", text)
    return re.sub(r'"(column|offset|position)":\d+', "", text.replace(name, "NAME").replace(quote(name), "NAME"))


async def test_searching_finds_nothing_by_hidden_values(service: Client, world: World) -> None:
    for reader in HIDDEN:
        for value in HIDDEN_VALUES.values():
            if isinstance(value, bool):
                continue
            found = await service.get(ASSETS + "/items", params={"q": str(value)}, headers=headers_of(world, reader))
            assert found.json()["numberMatched"] == 0, (reader, value)


def columns(owner: psycopg.Connection[Any], relation: str) -> set[str]:
    schema, name = relation.split(".")
    rows = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s", (schema, name)
    )
    return {row[0] for row in rows}


def test_the_databases_columns_agree_with_the_fields(owner: psycopg.Connection[Any]) -> None:
    """What is public, for carriers and for staff is said in SQL as in `app/assets/fields.py`."""
    common = {"asset_id", "geom", "updated_at", MESH_HALF.name, MESH_EIGHTH.name, *(field.name for field in PROVENANCE)}
    rendered = {"feature", "search_text"}
    assert columns(owner, "ogc.assets_in_force") == common | PUBLIC
    assert columns(owner, "ogc.assets") == common | PUBLIC | rendered
    assert columns(owner, "ogc.assets_carrier") == common | PUBLIC | rendered | CARRIER
    assert columns(owner, "ogc.assets_internal") == common | PUBLIC | rendered | CARRIER | INTERNAL
    found = owner.execute(
        "SELECT json_object_keys(feature::json -> 'properties') FROM ogc.assets WHERE asset_id = 'W000'"
    )
    assert {row[0] for row in found} <= common | PUBLIC
