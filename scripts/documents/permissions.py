"""`docs/permissions.md`: the policy and every operation of the API, without a database."""

import asyncio
from typing import Any

import httpx

from app.accounts.policy_document import document, operations_of
from app.config import Settings
from app.main import create_app


def permissions_document() -> str:
    """The whole policy as Markdown."""
    return document(operations_of(whole_openapi()))


def whole_openapi() -> dict[str, Any]:
    """`/openapi.json` as the service with its own collections answers it; no database is asked."""
    app = create_app(Settings(_env_file=None, database_url="postgresql://nobody@127.0.0.1:1/none"))  # type: ignore[call-arg]

    async def read() -> dict[str, Any]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            content: dict[str, Any] = (await client.get("/openapi.json")).raise_for_status().json()
            return content

    return asyncio.run(read())
