"""The window in tests: a service on the world with assets of a bureau and of a municipality, and everybody who plays."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from app.accounts.permissions import Role
from app.worker import work_off
from tests.accounts_world import World, settings_of
from tests.applications.playing import Window, add_office_assets, add_player

Work = Callable[[], Awaitable[None]]


@pytest.fixture
def work(world_url: str) -> Work:
    """Does the jobs that wait."""

    async def run() -> None:
        await asyncio.wait_for(work_off(settings_of(world_url)), 60)

    return run


@pytest.fixture
def played(world_url: str, world: World, owner: psycopg.Connection[Any]) -> Iterator[World]:
    """The world with assets that offices answer for, and reviewers of two further offices; gone from it afterwards."""
    add_office_assets(world_url, owner, world)
    people = dict(world.people)
    add_player(world_url, world, "minato_reviewer", "minato", Role.OWNER_REVIEWER)
    add_player(world_url, world, "hinohara_reviewer", "hinohara", Role.OWNER_REVIEWER)
    yield world
    world.people.clear()
    world.people.update(people)


@pytest.fixture
def window(world_client: httpx.AsyncClient, played: World, owner: psycopg.Connection[Any]) -> Window:
    """What the parties do with the window."""
    return Window(world_client, played, owner)
