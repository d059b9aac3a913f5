"""Databases for tests: each a clone of a migrated template on the server TEST_DATABASE_URL names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.config import PROJECT_ROOT, Settings
from app.db import make_engine, make_sessions


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
