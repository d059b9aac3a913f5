"""When the database is slow, busy or gone: 503 with Retry-After, soon, and back by itself; 500 tells nothing of the inside."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from app.config import Settings
from tests.conftest import serving

STATIONS = "/ogc/collections/stations/items"


@contextmanager
def locked(url: str) -> Iterator[None]:
    """The stations held by somebody else while the block runs."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE station IN ACCESS EXCLUSIVE MODE")
        yield


def stop_readers(server_url: str, url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (url.rpartition("/")[2],),
        )


def allow_connections(server_url: str, url: str, allowed: bool) -> None:
    with psycopg.connect(server_url, autocommit=True) as server:
        name = sql.Identifier(url.rpartition("/")[2])
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, sql.Literal(allowed)))


def assert_unavailable(response: httpx.Response, kind: str) -> None:
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["type"] == f"/problems/{kind}"


async def test_a_statement_that_takes_too_long(own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url, read_timeout_s=0.3)) as client:
        assert (await client.get(STATIONS)).status_code == 200
        with locked(own_database_url):
            assert_unavailable(await client.get(STATIONS), "too-slow")
        assert (await client.get(STATIONS)).status_code == 200


async def test_no_connection_left(own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url, read_pool_size=1)) as client:
        assert (await client.get(STATIONS)).status_code == 200
        with locked(own_database_url):
            first = asyncio.create_task(client.get(STATIONS))
            await asyncio.sleep(0.2)
            started = time.perf_counter()
            crowd = await asyncio.gather(*(client.get(STATIONS) for _ in range(20)))
            assert time.perf_counter() - started < 2
            for response in crowd:
                assert_unavailable(response, "busy")
        assert (await first).status_code == 200


async def test_lost_connections_are_replaced_unnoticed(server_url: str, own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url)) as client:
        await asyncio.gather(*(client.get(STATIONS) for _ in range(8)))
        stop_readers(server_url, own_database_url)
        assert {(await client.get(STATIONS)).status_code for _ in range(8)} == {200}


async def test_the_database_goes_and_comes_back(server_url: str, own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url)) as client:
        assert (await client.get(STATIONS)).status_code == 200
        allow_connections(server_url, own_database_url, False)
        stop_readers(server_url, own_database_url)
        started = time.perf_counter()
        assert_unavailable(await client.get(STATIONS), "unavailable")
        assert time.perf_counter() - started < 2
        assert (await client.get("/ogc/collections")).status_code == 200
        assert (await client.get("/healthz")).status_code == 200
        missing = await client.get("/readyz")
        assert (missing.status_code, missing.json()["missing"]) == (503, "database does not answer")
        await asyncio.sleep(4)  # long enough for the pool to give up
        allow_connections(server_url, own_database_url, True)
        back = time.perf_counter()
        while (await client.get(STATIONS)).status_code != 200:
            assert time.perf_counter() - back < 10
            await asyncio.sleep(0.2)
        assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_a_start_without_a_database() -> None:
    async with serving(Settings(database_url="postgresql://nobody@127.0.0.1:9/none")) as client:
        assert_unavailable(await client.get(STATIONS), "unavailable")
        assert (await client.get("/ogc")).status_code == 200


async def test_a_database_that_is_not_migrated(server_url: str, own_database_url: str) -> None:
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    async with serving(Settings(database_url=own_database_url)) as client:
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert "migrate" in response.json()["missing"]


async def test_a_failure_of_ours_says_nothing_of_the_inside(
    own_database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("DROP VIEW ogc.stations")
    async with serving(Settings(database_url=own_database_url)) as client:
        response = await client.get(STATIONS)
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == "*"
    assert "stations" not in response.text
    problem: dict[str, Any] = response.json()
    assert problem["type"] == "/problems/internal"
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    failed = next(line for line in logged if line["event"] == "failed")
    assert failed["request_id"] == problem["trace_id"] == response.headers["x-request-id"]
    assert "ogc.stations" in failed["exception"]
