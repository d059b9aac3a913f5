"""Evidence, figures, builds, disagreements and the survey's table over `/api/v1/coverage`; rules that hold for any input."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.ops import unary_union

from app.accounts.actor import Transactions
from app.coverage.build import build
from app.coverage.gaps import ROW, label_neighbours
from app.coverage.profiles import get_profile
from app.coverage.survey_table import PARTS, per_cent, table_row
from app.db import make_worker_engine
from tests.accounts_world import World, settings_of
from tests.conftest import database, serving
from tests.coverage.driven import Drive, add_survey, lay_ground

API = "/api/v1/coverage"
CLAIM = """
INSERT INTO claimed_area (organisation_id, carrier, technology, title, as_of, geom) VALUES (%s, 'docomo', '4g', 'x', '2026-01-01',
  ST_Multi(ST_MakeEnvelope(139.0, 35.8, 139.0078, 35.82, 4326)))
"""
FOUR = ("docomo", "kddi", "softbank", "rakuten")
# 東京都 2022-06-30 to 07-08, as published: 圏内, 5G, 4G, 3G, 圏外.
PUBLISHED = {
    "全体": (99.9, 7.0, 92.9, 0.0, 0.1),
    "福生市": (100.0, 50.0, 50.0, 0.0, 0.0),
    "檜原村": (100.0, 0.0, 100.0, 0.0, 0.0),
    "奥多摩町": (99.2, 1.2, 98.0, 0.0, 0.8),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_table_comes_back(name: str) -> None:
    _, five, four, three, none = PUBLISHED[name]
    row = table_row(name, {"5g": five, "4g": four, "3g": three, "none": none})
    assert (row["served"], *(row[part] for part in PARTS)) == PUBLISHED[name]


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4))
def test_shares_of_a_table_sum(amounts: list[float]) -> None:
    shares = per_cent(dict(zip(PARTS, amounts, strict=True)))
    assert sum(round(share * 10) for share in shares.values()) == (1000 if sum(amounts) else 0)
    assert all(share >= 0 for share in shares.values())
    if amounts[3]:
        assert shares["none"] >= 0.1


def test_what_has_no_service_never_rounds_away() -> None:
    row = table_row("x", {"4g": 99_999, "none": 1})
    assert (row["served"], row["none"]) == (99.9, 0.1)


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1))
def test_neighbours_share_an_edge(places: set[tuple[int, int]]) -> None:
    ordered = sorted(places, key=hash)
    labels = label_neighbours(
        np.array([17_000 * ROW + 12_000 + row * ROW + col for row, col in ordered], dtype=np.int64)
    )
    area = 0.0
    for label in set(labels.tolist()):
        shape = unary_union(
            [box(col, row, col + 1, row + 1) for (row, col), of in zip(ordered, labels, strict=True) if of == label]
        )
        assert shape.geom_type == "Polygon"  # hangs together, and not by a corner alone
        area += shape.area
    assert area == len(places)
    for n, (row, col) in enumerate(ordered):
        for beside in ((row, col + 1), (row + 1, col)):
            if beside in places:
                assert labels[n] == labels[ordered.index(beside)]


def test_cells_at_the_end_of_a_row_have_no_neighbour_in_the_next() -> None:
    assert len(set(label_neighbours(np.array([ROW + 3, ROW + 5, 2 * ROW + 4], dtype=np.int64)).tolist())) == 3


@dataclass(frozen=True)
class Built:
    """A database with two surveys, and a cell of docomo's gap in the west."""

    url: str
    west: UUID
    east: UUID
    gap_code: str


@pytest.fixture(scope="module")
def built(
    server_url: str, world_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Two surveys, the western private; docomo claims the west and no more."""
    template, world = world_template
    with (
        database(server_url, f"test_asked_{os.getpid()}", template) as url,
        psycopg.connect(url, autocommit=True) as owner,
    ):
        lay_ground(owner)
        drives = [Drive(c, 1, 0, 3, None, "none") for c in FOUR]
        west = add_survey(owner, drives, code="west", municipalities=["13901"], carriers_public=False)
        east = add_survey(owner, [Drive(c, 1, 9, 12, -80) for c in FOUR], code="east", municipalities=["13902"])
        owner.execute(CLAIM, (world.organisations["carrier-a"],))
        settings = settings_of(url, survey_folder=tmp_path_factory.mktemp("surveys"))
        engine = make_worker_engine(settings)
        for day in (date(2026, 5, 31), date(2026, 6, 30)):
            build(Transactions(engine), settings, get_profile("tmg-4g-outdoor-1"), day, "duckdb")
        engine.dispose()
        row = owner.execute(
            "SELECT mesh_code FROM coverage_cell WHERE carrier = 'docomo' AND level = 'quarter' AND state = 'gap'"
        ).fetchone()
        assert row is not None
        yield Built(url, west, east, row[0])


@pytest.fixture
async def client(built: Built) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings_of(built.url)) as client:
        yield client


def token(world: World, person: str = "planner") -> dict[str, str]:
    return dict(world[person].token)


async def test_evidence_of_a_cell(client: httpx.AsyncClient, world: World, built: Built) -> None:
    together, own = (f"{API}/cells/{built.gap_code}-{carrier}-tmg-4g-outdoor-1" for carrier in ("all", "docomo"))
    said = (await client.get(together)).json()
    assert (said["state"], said["carriers_gap"], said["reason"]) == ("gap", 4, "no_carrier")
    assert said["reason_ja"] and said["profile"]["threshold_dbm"] == -110 and said["surveys"] == []  # a private one
    assert (await client.get(own)).status_code == 404
    assert (await client.get(own, headers=token(world, "carrier_member"))).status_code == 404
    whole = (await client.get(own, headers=token(world))).json()
    assert (
        whole["samples"] == 40
        and sum(whole["histogram"]) >= 10
        and [one["code"] for one in whole["surveys"]] == ["west"]
    )
    before = (await client.get(f"{own}?as_of=2026-05-31", headers=token(world))).json()
    assert (before["state"], before["samples"]) == ("unknown", 0)
    for bad in ("cells/no-such", "cells/%00", f"cells/{'9' * 200}", "municipalities/1", "municipalities/99999"):
        assert (await client.get(f"{API}/{bad}")).status_code in (404, 422), bad


async def test_figures_of_a_municipality(client: httpx.AsyncClient, world: World) -> None:
    public = (await client.get(f"{API}/municipalities/13901")).json()
    assert [one["carrier"] for one in public["figures"]] == ["all"]
    (together,) = public["figures"]
    assert sum(together["area_share"].values()) == pytest.approx(1, abs=1e-12)
    assert together["road_share"] == {"gap": 1.0, "unknown": 0.0} and together["area_share"]["gap"] == pytest.approx(
        3 / 64, rel=1e-3
    )
    whole = (await client.get(f"{API}/municipalities/13901", headers=token(world))).json()
    assert len(whole["figures"]) == 5


async def test_builds_are_listed(client: httpx.AsyncClient) -> None:
    builds = (await client.get(f"{API}/builds")).json()
    assert [(one["as_of"], one["is_latest"], one["engine"]) for one in builds] == [
        ("2026-06-30", True, "duckdb"), ("2026-05-31", False, "duckdb"),
    ]  # fmt: skip


async def test_claims_are_held_against_measurements(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.get(f"{API}/disagreements")).status_code == 401
    assert (await client.get(f"{API}/disagreements", headers=token(world, "carrier_member"))).status_code == 403
    found = (await client.get(f"{API}/disagreements", headers=token(world))).json()["features"]
    kinds = sorted(one["properties"]["disagreement"] for one in found)
    # The claim ends half way through the third cell: not more than half of it is claimed.
    assert kinds == ["claimed_but_gap"] * 2 + ["covered_not_claimed"] * 3
    assert {one["properties"]["carrier"] for one in found} == {"docomo"}
    east = await client.get(
        f"{API}/disagreements?bbox=139.026,35.8,139.05,35.82&kind=claimed_but_gap", headers=token(world)
    )
    assert east.json()["features"] == []
    for bad in ("bbox=1,2", "kind=x", "carrier=%00"):
        assert (await client.get(f"{API}/disagreements?{bad}", headers=token(world))).status_code in (400, 422)


async def test_the_survey_s_table(client: httpx.AsyncClient, world: World, built: Built) -> None:
    table = (await client.get(f"{API}/surveys/{built.east}/table", headers=token(world))).json()
    assert [(row["name"], row["served"], row["4g"], row["none"]) for row in table] == [
        ("全体", 100, 100, 0),
        ("東村", 100, 100, 0),
    ]
    west = (await client.get(f"{API}/surveys/{built.west}/table?carrier=kddi", headers=token(world))).json()
    assert [(row["name"], row["served"], row["none"]) for row in west] == [("全体", 0, 100), ("西村", 0, 100)]
    assert (await client.get(f"{API}/surveys/{built.west}/table")).status_code == 401
