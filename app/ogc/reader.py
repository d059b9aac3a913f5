"""Reading: one statement, one row, as the bytes PostgreSQL sent."""

from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from app.ogc.cql2 import FILTER_SQLSTATES
from app.ogc.sql import Sql
from app.problems import BAD_FILTER, BUSY, TOO_SLOW, UNAVAILABLE, Problem

RETRY_AFTER_S = "5"


class Reader:
    """The only way `/ogc` asks the database; turns its failures into problems with a way out."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self.pool = pool
        self._busy_connections = 0

    async def row(self, statement: Sql) -> list[bytes | None]:
        """The first row of a statement. Raises as `rows`."""
        rows = await self.rows(statement)
        return [rows.value(0, column) for column in range(rows.columns)]

    async def rows(self, statement: Sql) -> "Rows":
        """What a statement answers.

        Raises Problem: 503 where the answer takes too long or no connection is to be had, 400 where the client's values
        cannot be computed with.
        """
        try:
            return await self._rows(statement)
        except errors.QueryCanceled:
            raise _too_slow() from None
        except (PoolTimeout, TooManyRequests):
            raise (_busy() if self._busy_connections else _unavailable()) from None
        except psycopg.OperationalError:
            raise _unavailable() from None
        except psycopg.Error as error:
            if error.sqlstate in FILTER_SQLSTATES or isinstance(error, errors.DataError):
                raise _not_computable() from None
            raise

    async def _rows(self, statement: Sql) -> "Rows":
        try:
            return await self._ask(statement)
        except psycopg.OperationalError as error:
            if error.sqlstate is not None and not error.sqlstate.startswith("57P"):
                raise
            # The server was restarted under the pool: drop the dead connections and ask once more.
            await self.pool.check()
            return await self._ask(statement)

    async def _ask(self, statement: Sql) -> "Rows":
        async with self.pool.connection() as connection:
            self._busy_connections += 1
            try:
                return await self._execute(connection, statement)
            finally:
                self._busy_connections -= 1

    async def _execute(self, connection: AsyncConnection[Any], statement: Sql) -> "Rows":
        cursor = connection.cursor(binary=True)
        await cursor.execute(statement.text, statement.values)
        return Rows(cursor.pgresult)


class Rows:
    """Rows as libpq holds them, each value the bytes that PostgreSQL sent (binary form; text is UTF-8).

    A loader would decode megabytes of text only for us to encode them again.
    """

    def __init__(self, result: Any) -> None:
        self._result = result
        self.columns: int = result.nfields

    def __len__(self) -> int:
        count: int = self._result.ntuples
        return count

    def value(self, row: int, column: int) -> bytes | None:
        """One value."""
        found: bytes | None = self._result.get_value(row, column)
        return found

    def values(self, column: int, upto: int) -> list[bytes]:
        """The values of a column in the first `upto` rows, without NULLs."""
        get = self._result.get_value
        found = [get(row, column) for row in range(min(upto, len(self)))]
        return found if None not in found else [value for value in found if value is not None]


def number(value: bytes | None) -> int:
    """An integer column."""
    return int.from_bytes(value or b"\0", "big", signed=True)


def text(value: bytes | None) -> str:
    """A text column; empty for NULL."""
    return (value or b"").decode()


def _too_slow() -> Problem:
    return Problem(
        TOO_SLOW,
        "時間内に終わりませんでした。bbox や条件で範囲を狭めるか、limit を小さくしてください。",
        "The answer took too long. Narrow it by bbox or filter, or ask for a smaller limit.",
        headers={"Retry-After": RETRY_AFTER_S},
    )


def _not_computable() -> Problem:
    return Problem(
        BAD_FILTER,
        "filter、bbox、cursor などの値が計算できる範囲を超えています。座標や数の大きさを確かめてください。",
        "A value of filter, bbox or cursor lies outside what can be computed; check coordinates and numbers.",
    )


def _busy() -> Problem:
    return Problem(
        BUSY,
        "いま混み合っています。数秒おいてもう一度お試しください。",
        "The service is busy. Try again in a few seconds.",
        headers={"Retry-After": RETRY_AFTER_S},
    )


def _unavailable() -> Problem:
    return Problem(
        UNAVAILABLE,
        "データベースにつながりません。復旧すればそのまま使えます。しばらくおいてお試しください。",
        "The database cannot be reached. The service recovers by itself; try again later.",
        headers={"Retry-After": RETRY_AFTER_S},
    )
