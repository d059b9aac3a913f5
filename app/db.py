"""The database: one driver (psycopg 3), an engine for work and a pool for reading."""

import select
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection
from psycopg.abc import RV, PQGen
from psycopg.waiting import READY_R, WAIT_R
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.config import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


# Group roles of the database, made by the migrations; neither owns a table nor bypasses row-level security.
APP_ROLE = "tsunagaru_app"
READER_ROLE = "tsunagaru_reader"
STATISTICS_ROLE = "tsunagaru_statistics"


def make_engine(settings: Settings) -> Engine:
    """The owner's engine: migrations and the command line's loading."""
    return create_engine(settings.sqlalchemy_url, pool_pre_ping=True, connect_args={"application_name": "tsunagaru"})


def make_app_engine(settings: Settings) -> Engine:
    """The application's engine, under the role that row-level security binds."""
    options = f"-c role={APP_ROLE} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000 -c jit=off"
    return create_engine(
        settings.app_sqlalchemy_url,
        pool_pre_ping=True,
        pool_size=settings.work_pool_size,
        max_overflow=0,
        pool_timeout=2.0,  # s; a request that finds no connection in this time is answered 503
        connect_args={"application_name": "tsunagaru-app", "options": options},
    )


def make_worker_engine(settings: Settings) -> Engine:
    """The worker's engine under the same role; a million rows take their time."""
    return create_engine(
        settings.app_sqlalchemy_url,
        pool_pre_ping=True,
        pool_size=4,
        connect_args={"application_name": "tsunagaru-worker", "options": f"-c role={APP_ROLE} -c jit=off"},
    )


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions for `with sessions.begin() as session:`, the only way to write."""
    return sessionmaker(engine, expire_on_commit=False)


class ReadConnection(AsyncConnection[Any]):
    """A connection that takes a long answer in as it arrives.

    PostgreSQL sends 8 kB at a time, and a turn of the event loop for each costs more than all other work on a megabyte.
    """

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:  # noqa: ASYNC109  psycopg's own
        return await super().wait(_drained(gen, self.fileno()), interval, timeout)


DRAINED_AT_ONCE = 64  # reads before other requests get their turn
DRAIN_WAIT_MS = 1


def _drained(gen: PQGen[RV], fileno: int) -> PQGen[RV]:
    """`gen`, with the rest of an answer that has begun read without going back to the event loop for each piece."""
    arriving = select.poll()
    arriving.register(fileno, select.POLLIN)
    try:
        wanted = next(gen)
        while True:
            wanted = gen.send((yield wanted))
            for _ in range(DRAINED_AT_ONCE):
                if wanted != WAIT_R or not arriving.poll(DRAIN_WAIT_MS):
                    break
                wanted = gen.send(READY_R)
    except StopIteration as done:
        value: RV = done.value
        return value


async def _configure_reader(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


def make_read_pool(settings: Settings) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A pool of read-only connections for what `/ogc` publishes to everybody, closed until opened."""
    return _make_pool(settings, READER_ROLE, settings.read_pool_size)


def make_private_pool(settings: Settings) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """The same for signed-in readers, whose transactions tell the database who asks."""
    return _make_pool(settings, APP_ROLE, settings.private_pool_size)


def _make_pool(settings: Settings, role: str, size: int) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """Statements see one snapshot each (autocommit), are cancelled after `read_timeout_s`, and are planned with their
    values known: a box of one street and a box of all Tokyo want different plans.
    """
    options = (
        f"-c role={role} -c statement_timeout={int(settings.read_timeout_s * 1000)}"
        " -c default_transaction_read_only=on -c plan_cache_mode=force_custom_plan -c jit=off"
        " -c max_parallel_workers_per_gather=0 -c search_path=ogc,public -c timezone=UTC"
    )
    return AsyncConnectionPool(
        settings.app_libpq_url,
        connection_class=ReadConnection,
        min_size=min(2, size),
        max_size=size,
        timeout=1.5,  # s; a request that finds no connection in this time is answered 503
        reconnect_timeout=3.0,  # s; then the pool waits for the next request instead of ever longer pauses
        max_waiting=size * 10,
        kwargs={"options": options, "application_name": f"{role}-read"},
        configure=_configure_reader,
        reset=None,
        open=False,
    )


@asynccontextmanager
async def reading(pool: AsyncConnectionPool[AsyncConnection[Any]]) -> "AsyncIterator[AsyncConnection[Any]]":
    """One reading connection, given back afterwards."""
    async with pool.connection() as connection:
        yield connection
