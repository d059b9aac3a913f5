"""Databases for tests: each a clone of a migrated template on the server TEST_DATABASE_URL names."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.config import PROJECT_ROOT, Settings
from app.db import make_engine, make_sessions
from app.demo.load import load_demo
from app.main import create_app
from scripts.machine.trial_site import our_server
from tests.accounts_world import World, build_world, settings_of
from tests.coverage.one_of_each import add_one_of_each

# The services that tests start note no audit chain's head beside the installation's own.
os.environ.setdefault("AUDIT_ANCHOR_FILE", os.devnull)


@pytest.fixture(scope="session")
def server_url() -> str:
    """A PostgreSQL with PostGIS where databases may be made and dropped; scripts/test brings one."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.fail("TEST_DATABASE_URL がありません。scripts/test を使ってください / run scripts/test")
    return url


def url_of(server_url: str, name: str) -> str:
    """The address of another database on the same server."""
    return server_url.rpartition("/")[0] + "/" + name


@contextmanager
def database(server_url: str, name: str, template: str = "template1") -> Iterator[str]:
    """A database of that name while the block runs, cloned from a template."""
    with psycopg.connect(server_url, autocommit=True) as server:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield url_of(server_url, name)
        finally:
            server.execute(drop)


@pytest.fixture(scope="session")
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database with every migration and no rows; nobody may stay connected to it."""
    name = f"test_migrated_{os.getpid()}"
    with database(server_url, name) as url:
        engine = create_engine(Settings(database_url=url).sqlalchemy_url)
        with engine.connect() as connection:
            config = Config(PROJECT_ROOT / "alembic.ini")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        engine.dispose()
        yield name


@pytest.fixture
def settings(server_url: str, migrated_template: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an installation with an empty register, no folder of published data and no downloads."""
    with database(server_url, f"test_register_{os.getpid()}", migrated_template) as url:
        yield Settings(database_url=url, geodata_dir=tmp_path / "geodata", geodata_download=False)


@pytest.fixture
def sessions(settings: Settings) -> Iterator[sessionmaker[Session]]:
    """Sessions on the empty register."""
    engine = make_engine(settings)
    yield make_sessions(engine)
    engine.dispose()


MESH_CELLS = """
INSERT INTO population_mesh (mesh_half, population, census_year, geom, source_id)
SELECT jis_mesh(ST_Centroid(cell), 500), 100 * (x + y), 2020, cell, 'sample-assets'
FROM generate_series(0, 9) x, generate_series(0, 9) y,
  LATERAL (SELECT ST_MakeEnvelope(139.6875 + x / 160.0, 35.6666666 + y / 240.0,
                                  139.69375 + x / 160.0, 35.6708333 + y / 240.0, 4326) AS cell) placed
"""


@pytest.fixture(scope="session")
def sample_template(server_url: str, migrated_template: str) -> Iterator[str]:
    """The name of a database with the sample register and some population mesh; nobody may stay connected to it."""
    name = f"test_sample_{os.getpid()}"
    with database(server_url, name, migrated_template) as url:
        engine = make_engine(Settings(database_url=url))
        load_demo(make_sessions(engine), lambda _: None)
        engine.dispose()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(MESH_CELLS)
            connection.execute("VACUUM ANALYZE")
        yield name


@pytest.fixture(scope="session")
def database_url(server_url: str, sample_template: str) -> Iterator[str]:
    """A database with the sample register, for reading."""
    with database(server_url, f"test_reading_{os.getpid()}", sample_template) as url:
        add_one_of_each(url)
        yield url


@pytest.fixture
def own_database_url(server_url: str, sample_template: str) -> Iterator[str]:
    """A database with the sample register that one test may change."""
    with database(server_url, f"test_own_{os.getpid()}", sample_template) as url:
        add_one_of_each(url)
        yield url


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service with these settings, in this process, while the block runs."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture(scope="session")
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on the sample register."""
    async with serving(Settings(database_url=database_url, basemap_url="")) as client:
        yield client


@pytest.fixture
def reader(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database that `client` shows, to compare answers with."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def world_template(server_url: str, migrated_template: str) -> Iterator[tuple[str, World]]:
    """The name of a database with people of every role, and who they are; nobody may stay connected to it."""
    name = f"test_world_{os.getpid()}"
    with database(server_url, name, migrated_template) as url:
        yield name, build_world(url)


@pytest.fixture
def world(world_template: tuple[str, World]) -> World:
    """Organisations and people with open sessions and tokens; the same in every clone of the template."""
    return world_template[1]


@pytest.fixture
def world_url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    """A database with `world` that one test may change."""
    with database(server_url, f"test_people_{os.getpid()}", world_template[0]) as url:
        yield url


@pytest.fixture
async def world_client(world_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on `world`."""
    async with serving(settings_of(world_url)) as client:
        yield client


@pytest.fixture
def owner(world_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The database owner's own connection to `world`, past every policy."""
    with psycopg.connect(world_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def landing_page(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `/ogc` of a service that runs as a process of its own, for clients that speak HTTP themselves."""
    with our_server(database_url, tmp_path_factory.mktemp("service") / "server.log") as address:
        yield f"{address}/ogc"
