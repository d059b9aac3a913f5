"""The application: wiring only."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import GZipMiddleware

from app import health, problem_answers
from app.config import Settings, get_settings
from app.db import make_engine, make_read_pool
from app.edge import Edge, configure_logs
from app.memory import keep_freed_memory
from app.ogc.collections import BUILT_IN, Collection
from app.ogc.collections_file import BadCollectionsFile, read_collections_file
from app.ogc.openapi import describe_api
from app.ogc.reader import Reader
from app.ogc.router import PREFIX, publish
from app.web.router import router as web_router

VERSION = "0.1.0"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes, middleware and pools."""
    settings = settings or get_settings()
    configure_logs(settings.log_json)
    keep_freed_memory()
    pool = make_read_pool(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await pool.open(wait=False)
        yield
        await pool.close()
        app.state.engine.dispose()

    app = FastAPI(
        title="つながる Tsunagaru",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=_telemetry(),
    )
    app.state.settings = settings
    app.state.read_pool = pool
    app.state.engine = make_engine(settings)
    publication, routes = publish(_collections(settings), Reader(pool), settings.public_url, VERSION)
    app.router.routes.extend(routes)
    app.include_router(health.router)
    app.include_router(web_router)
    problem_answers.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=3, thread_minimum_size=32_768)
    app.add_middleware(Edge, failed=problem_answers.answer_failure)
    app.openapi = partial(_whole_api, app, publication.collections)  # type: ignore[method-assign]
    return app


def _telemetry() -> TelemetryConfig:
    """OpenTelemetry where an exporter is configured; else not even the question, which costs a tenth of an answer."""
    wanted = any(name.startswith("OTEL_EXPORTER_") for name in os.environ)
    return {"tracing": wanted, "metrics": wanted, "logs": wanted}


def _collections(settings: Settings) -> tuple[Collection, ...]:
    if settings.collections_file is None:
        return BUILT_IN
    try:
        return (*BUILT_IN, *read_collections_file(settings.collections_file, settings.libpq_url))
    except BadCollectionsFile as error:
        raise SystemExit(f"COLLECTIONS_FILE を読めません / {error}") from None


def _whole_api(app: FastAPI, collections: Mapping[str, Collection]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything: `/ogc` beside what FastAPI knows."""
    ogc, own = describe_api(collections, "ja", VERSION), FastAPI.openapi(app)
    paths = {PREFIX + ("" if path == "/" else path): operations for path, operations in ogc["paths"].items()}
    components = ogc["components"]
    for kind, entries in own.get("components", {}).items():
        components[kind] = {**components.get(kind, {}), **entries}
    return {
        **ogc,
        "info": {**ogc["info"], "title": app.title},
        "servers": [{"url": "/"}],
        "paths": {**paths, **own["paths"]},
        "components": components,
    }
