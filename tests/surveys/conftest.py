"""Surveys in tests: a service on the world with people, a worker that does what waits, logs of the plain template."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.accounts.actor import Transactions
from app.config import Settings
from app.worker import work_off
from tests.accounts_world import World, settings_of, transactions

Work = Callable[[], Awaitable[None]]
SURVEY = {
    "code": "okutama-1", "title": "奥多摩町の走行調査", "municipality_codes": ["13308"], "began_on": "2026-04-01",
    "ended_on": "2026-04-30", "method": "drive", "devices": ["Pixel 7"],
}  # fmt: skip
HEADINGS = "日時,緯度,経度,通信事業者,通信方式,RSRP"


def log(rows: int = 3, dbm: float = -90.0, day: str = "2026-04-02") -> bytes:
    """A log of a drive in 奥多摩, a row each second."""
    lines = [
        f"{day}T{9 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}+09:00,{35.80 + n * 1e-4:.5f},{139.10 + n * 1e-4:.5f},NTTドコモ,4G,{dbm}"
        for n in range(rows)
    ]
    return ("\n".join([HEADINGS, *lines]) + "\n").encode("utf-8-sig")


class Surveys:
    """What a surveyor does with the service."""

    def __init__(self, client: httpx.AsyncClient, world: World, work: Work) -> None:
        self.client, self.world, self.work = client, world, work

    async def ask(self, method: str, path: str, person: str = "planner", **sent: Any) -> httpx.Response:
        """A request under `/api/v1` as somebody, with any `If-Match` unless told."""
        headers = {**self.world[person].session, "If-Match": "*", **sent.pop("headers", {})}
        return await self.client.request(method, f"/api/v1/{path}", headers=headers, **sent)

    async def make(self, person: str = "planner", **changes: Any) -> str:
        """The id of a new survey."""
        made = await self.ask("POST", "surveys", person, json={**SURVEY, **changes})
        assert made.status_code == 201, made.text
        return str(made.json()["survey_id"])

    async def send(
        self, survey: str, content: bytes, name: str = "log.csv", person: str = "planner", **data: str
    ) -> Any:
        """Send a file; the answer of the service."""
        return await self.ask("POST", f"surveys/{survey}/files", person, files={"file": (name, content)}, data=data)

    async def examine(self, survey: str, content: bytes, **data: str) -> dict[str, Any]:
        """Send a log, and read it once the worker is done."""
        sent = await self.send(survey, content, **data)
        assert sent.status_code == 202, sent.text
        await self.work()
        return await self.file(survey, sent.json()["file_id"])

    async def file(self, survey: str, file_id: str, person: str = "planner") -> dict[str, Any]:
        """One file."""
        found = await self.ask("GET", f"surveys/{survey}/files/{file_id}", person)
        assert found.status_code == 200, found.text
        read: dict[str, Any] = found.json()
        return read

    async def load(self, survey: str, content: bytes) -> dict[str, Any]:
        """Send a log, load it, and read it once the worker is done."""
        examined = await self.examine(survey, content)
        assert examined["state"] == "examined", examined
        asked = await self.ask("POST", f"surveys/{survey}/files/{examined['file_id']}/load")
        assert asked.status_code == 202, asked.text
        await self.work()
        return await self.file(survey, examined["file_id"])


@pytest.fixture
def survey_settings(world_url: str, tmp_path: Path) -> Settings:
    """Settings whose Parquet lies in the test's own folder."""
    return settings_of(world_url, survey_folder=tmp_path / "surveys")


@pytest.fixture
def work(survey_settings: Settings) -> Work:
    """Does the jobs that wait."""

    async def run() -> None:
        await asyncio.wait_for(work_off(survey_settings), 60)

    return run


@pytest.fixture
async def surveys(world_client: httpx.AsyncClient, world: World, work: Work) -> Surveys:
    return Surveys(world_client, world, work)


@pytest.fixture
def db(world_url: str) -> Iterator[Transactions]:
    """The application's transactions."""
    with transactions(world_url) as made:
        yield made


def count(owner: psycopg.Connection[Any], statement: str, *values: Any) -> int:
    """The number a statement answers, past every policy."""
    found = owner.execute(statement, values).fetchone()  # type: ignore[call-overload]
    assert found is not None
    return int(found[0])
