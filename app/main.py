"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.config import Settings, get_settings
from app.db import make_read_pool
from app.ogc.call import Publication
from app.ogc.collections import BUILT_IN
from app.ogc.reader import Reader
from app.ogc.router import routes
from app.web.router import router as web_router


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes, middleware and pools."""
    settings = settings or get_settings()
    pool = make_read_pool(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await pool.open(wait=False)
        yield
        await pool.close()

    app = FastAPI(title="つながる Tsunagaru", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.settings, app.state.read_pool = settings, pool
    publication = Publication({collection.id: collection for collection in BUILT_IN}, Reader(pool), build="0")
    app.router.routes.extend(routes(publication, settings.public_url))
    app.include_router(web_router)
    return app
