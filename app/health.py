"""What watchers ask: is the process alive, can it answer, how has it answered."""

import ipaddress
import os
from functools import lru_cache
from typing import Any

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from psycopg_pool import PoolTimeout, TooManyRequests
from starlette.responses import JSONResponse, Response

from app.config import PROJECT_ROOT
from app.db import reading
from app.problems import NOT_FOUND, Problem

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers; nothing is asked of the database."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The service can answer: the database does, and holds the present tables. 503 says what is missing."""
    missing = await _missing(request.app.state.read_pool)
    if missing is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "missing": missing}, 503, {"Retry-After": "5"})


@lru_cache
def _head() -> str | None:
    """The migration this code was written for."""
    return ScriptDirectory.from_config(Config(PROJECT_ROOT / "alembic.ini")).get_current_head()


async def _missing(pool: Any) -> str | None:
    try:
        async with reading(pool) as connection:
            cursor = await connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
            (migrated,) = await cursor.fetchone() or (False,)
            if not migrated:
                return "database is not migrated: python -m app migrate"
            cursor = await connection.execute("SELECT version_num FROM public.alembic_version")
            (version,) = await cursor.fetchone() or (None,)
    except (psycopg.Error, PoolTimeout, TooManyRequests):
        return "database does not answer"
    if version == _head():
        return None
    return f"database is at migration {version}, the code at {_head()}: python -m app migrate"


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics, for the networks of METRICS_FROM alone."""
    if not _may_watch(request):
        raise Problem(NOT_FOUND, "ここには何もありません。", "There is nothing here.")
    registry = None
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry) if registry else generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _may_watch(request: Request) -> bool:
    # Behind a proxy every peer looks local: what was forwarded comes from outside.
    if request.client is None or {"x-forwarded-for", "forwarded"} & set(request.headers):
        return False
    networks = request.app.state.settings.metrics_from
    try:
        peer = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return any(peer in ipaddress.ip_network(network.strip()) for network in networks.split(","))
