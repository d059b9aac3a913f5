"""The application: wiring only."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import GZipMiddleware

from app import health, problem_answers
from app.accounts.actor import Transactions
from app.accounts.anchor import keep_anchoring
from app.accounts.auth import SESSION_COOKIE
from app.accounts.me_router import router as me_router
from app.accounts.router import router as accounts_router
from app.admission import Admission
from app.applications.application_router import router as applications_router
from app.applications.case_router import router as cases_router
from app.applications.offices.router import router as offices_router
from app.applications.outbox.router import router as notices_router
from app.applications.statistics.case_facts import FactKeeper
from app.applications.statistics.router import router as statistics_router
from app.assets.lists import ASSETS
from app.config import Settings, get_settings
from app.coverage.router import router as coverage_router
from app.db import make_app_engine, make_private_pool, make_read_pool
from app.edge import Edge, configure_logs
from app.lists.router import imports_router
from app.memory import keep_freed_memory
from app.ogc.audience import Audiences
from app.ogc.collections import BUILT_IN, Collection
from app.ogc.collections_file import BadCollectionsFile, read_collections_file
from app.ogc.openapi import describe_api
from app.ogc.reader import Reader
from app.ogc.router import PREFIX, routes
from app.stations.router import router as stations_router
from app.surveys.router import router as surveys_router
from app.web import account_forms
from app.web.account_pages import router as account_router
from app.web.application_edit_pages import router as application_edits_router
from app.web.application_pages import router as application_pages_router
from app.web.audit_pages import router as audit_router
from app.web.board_pages import router as board_router
from app.web.case_pages import router as case_router
from app.web.case_side_pages import router as case_side_router
from app.web.coverage_compare_pages import router as coverage_compare_router
from app.web.coverage_municipality_pages import router as coverage_municipality_router
from app.web.coverage_pages import router as coverage_pages_router
from app.web.coverage_report_pages import router as coverage_report_router
from app.web.hand_over_pages import router as hand_over_router
from app.web.invitation_pages import router as invitation_router
from app.web.list_import_pages import router as list_imports_router
from app.web.list_pages import router as lists_router
from app.web.notice_pages import router as notice_pages_router
from app.web.office_estimate_pages import router as office_estimate_router
from app.web.office_fee_pages import router as office_fee_router
from app.web.office_pages import router as office_router
from app.web.office_window_pages import router as office_window_router
from app.web.organisation_pages import router as organisation_router
from app.web.organisations_pages import router as organisations_router
from app.web.router import router as web_router
from app.web.security_pages import router as security_router
from app.web.sign_in_pages import router as sign_in_router
from app.web.statistics_pages import router as statistics_pages_router
from app.web.survey_pages import router as survey_pages_router
from app.web.together_pages import router as together_router
from app.web.webhook_pages import router as webhook_pages_router
from app.wifi.lists import WIFI

API_ROUTERS = (
    accounts_router, me_router, stations_router, applications_router, cases_router, offices_router, notices_router, statistics_router, imports_router(ASSETS, "asset"), imports_router(WIFI, "wifi"), surveys_router, coverage_router,
)  # fmt: skip
PAGE_ROUTERS = (
    web_router, sign_in_router, invitation_router, account_router, security_router, organisation_router,
    organisations_router, audit_router, lists_router, list_imports_router, application_pages_router, application_edits_router,
    board_router, together_router, case_router, case_side_router, hand_over_router,
    statistics_pages_router, notice_pages_router, webhook_pages_router, office_router, office_fee_router,
    office_estimate_router, office_window_router, coverage_pages_router, survey_pages_router, coverage_municipality_router,
    coverage_compare_router, coverage_report_router,
)  # fmt: skip

VERSION = "0.1.0"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes, middleware and pools."""
    settings = settings or get_settings()
    configure_logs(settings.log_json)
    keep_freed_memory()
    pool, private_pool = make_read_pool(settings), make_private_pool(settings)
    app_engine = make_app_engine(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await pool.open(wait=False)
        await private_pool.open(wait=False)
        anchoring = asyncio.create_task(keep_anchoring(app.state.transactions, settings))
        yield
        anchoring.cancel()
        await pool.close()
        await private_pool.close()
        app_engine.dispose()

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
    app.state.transactions = Transactions(app_engine)
    app.state.facts = FactKeeper(app.state.transactions)
    audiences = Audiences(_collections(settings), Reader(pool), private_pool, VERSION)
    app.router.routes.extend(routes(audiences, settings.public_url))
    app.include_router(health.router)
    for router in (*API_ROUTERS, *PAGE_ROUTERS):
        app.include_router(router)
    account_forms.install(app)
    problem_answers.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=3, thread_minimum_size=32_768)
    app.add_middleware(Admission, settings=settings)
    is_https = (settings.public_url or "").startswith("https:")
    app.add_middleware(Edge, failed=problem_answers.answer_failure, is_https=is_https)
    app.openapi = partial(_whole_api, app, audiences.public.collections)  # type: ignore[method-assign]
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
    paths = {
        PREFIX + ("" if path == "/" else path): {name: {**said, "x-public": True} for name, said in operations.items()}
        for path, operations in ogc["paths"].items()
    }
    components = ogc["components"]
    for kind, entries in own.get("components", {}).items():
        components[kind] = {**components.get(kind, {}), **entries}
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        "token": {"type": "http", "scheme": "bearer"},
    }
    return {
        **ogc,
        "info": {**ogc["info"], "title": app.title},
        "servers": [{"url": "/"}],
        "paths": {**paths, **own["paths"]},
        "components": components,
    }
