"""The application: wiring only."""

from fastapi import FastAPI


def create_app() -> FastAPI:
    """The service with its routes, middleware and pools."""
    return FastAPI(title="つながる Tsunagaru")
