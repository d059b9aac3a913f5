"""Lists in tests: a service on the world with people, and a worker that does what waits."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.worker import work_off
from tests.accounts_world import World, settings_of

Work = Callable[[], Awaitable[None]]
HEADINGS = ["番号", "名称", "所在地", "緯度", "経度", "高さ（m）", "構造", "建築年", "電源"]


def row(number: int, **changes: str) -> list[str]:
    """A row of a list of 港区 without a fault."""
    cells = {
        "番号": str(number), "名称": f"見本会館{number}", "所在地": f"東京都港区芝公園{number % 4 + 1}丁目5-{number}",
        "緯度": f"{35.6560 + number * 1e-4:.6f}", "経度": f"{139.7480 + number * 1e-4:.6f}", "高さ（m）": "12.5", "構造": "RC",
        "建築年": "1999", "電源": "あり",
    }  # fmt: skip
    return list({**cells, **changes}.values())


def as_csv(rows: list[list[str]], headings: list[str] = HEADINGS, encoding: str = "utf-8-sig") -> bytes:
    """Rows as a file."""
    out = io.StringIO()
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def work(world_url: str) -> Work:
    """Does the jobs that wait."""

    async def run() -> None:
        await asyncio.wait_for(work_off(settings_of(world_url)), 60)

    return run


class Lists:
    """What a municipal editor does with the service."""

    def __init__(self, client: httpx.AsyncClient, world: World, work: Work) -> None:
        self.client, self.world, self.work = client, world, work

    async def send(
        self,
        content: bytes,
        name: str = "一覧.csv",
        person: str = "municipal_editor",
        prefix: str = "asset",
        **fields: str,
    ) -> httpx.Response:
        """Send a file; the answer of the service."""
        return await self.client.post(
            f"/api/v1/{prefix}-imports",
            headers=self.world[person].session,
            files={"file": (name, content)},
            data=fields,
        )

    async def examine(
        self,
        content: bytes,
        name: str = "一覧.csv",
        person: str = "municipal_editor",
        prefix: str = "asset",
        **fields: str,
    ) -> dict[str, Any]:
        """Send a file and read the import once the worker is done."""
        sent = await self.send(content, name, person, prefix, **fields)
        assert sent.status_code == 202, sent.text
        await self.work()
        return await self.read(sent.json()["import_id"], person, prefix)

    async def read(self, import_id: str, person: str = "municipal_editor", prefix: str = "asset") -> dict[str, Any]:
        """One import."""
        response = await self.client.get(f"/api/v1/{prefix}-imports/{import_id}", headers=self.world[person].session)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def act(
        self, import_id: str, verb: str, person: str = "municipal_editor", prefix: str = "asset"
    ) -> httpx.Response:
        """Publish or undo; the answer of the service."""
        headers = {**self.world[person].session, "If-Match": "*"}
        return await self.client.post(f"/api/v1/{prefix}-imports/{import_id}/{verb}", headers=headers)

    async def publish(self, content: bytes, **fields: str) -> dict[str, Any]:
        """Send, publish, and read the import in force."""
        found = await self.examine(content, **fields)
        asked = await self.act(found["import_id"], "publish")
        assert asked.status_code == 202, asked.text
        await self.work()
        return await self.read(found["import_id"])

    async def names(self) -> dict[str, str]:
        """Names of 港区's own assets everybody reads, by id."""
        found = await self.client.get("/ogc/collections/assets/items?limit=1000&filter=asset_id LIKE '131032-%'")
        return {feature["id"]: feature["properties"]["name"] for feature in found.json()["features"]}


@pytest.fixture
async def lists(world_client: httpx.AsyncClient, world: World, work: Work) -> Lists:
    return Lists(world_client, world, work)
