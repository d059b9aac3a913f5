"""The outermost layer of every request: its id, cross-origin headers, what is logged and counted, the last-resort 500."""

import logging
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from prometheus_client import Counter, Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("tsunagaru_requests_total", "Answers by operation and status", ["operation", "status"])
SECONDS = Histogram(
    "tsunagaru_request_seconds",
    "Time to the last byte by operation",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Anybody's page may read the public data, whatever the answer.
_CROSS_ORIGIN = {
    b"access-control-allow-origin": b"*",
    b"access-control-expose-headers": b"Link, ETag, Content-Crs, Content-Language, Retry-After, X-Request-Id",
    b"cross-origin-resource-policy": b"cross-origin",
}
# Where an answer says nothing itself: nothing is guessed, framed, sent on or shared with windows of other sites.
_CLOSED = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"strict-origin-when-cross-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
# A file's own policy would bind the worker made from it, which has to fetch tiles: the page's policy is enough.
_OF_FILES = {b"content-security-policy": b"frame-ancestors 'none'"}
_ONLY_HTTPS = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}
_PREFLIGHT = {
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, If-None-Match, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}

Failed = Callable[[Scope], Response]


def configure_logs(as_json: bool) -> None:
    """Structured lines on standard error: JSON for machines, or coloured for a terminal."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer(serializer=_json) if as_json else structlog.dev.ConsoleRenderer()
    processors = [*(shared if as_json else shared[:-1]), renderer]
    structlog.configure(
        processors=processors,
        logger_factory=structlog.PrintLoggerFactory(file=sys.__stderr__),
        cache_logger_on_first_use=True,
    )
    # What libraries say goes the same way: the pool that lost its database, the server that could not bind.
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=repr).decode()


log = structlog.get_logger()


class Edge:
    """ASGI middleware round everything else."""

    def __init__(self, app: ASGIApp, failed: Failed, is_https: bool = False) -> None:
        self.app = app
        self.failed = failed
        self.is_https = is_https  # whatever the proxy in front speaks to us

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = scope["request_id"] = _request_id(scope)
        added = self._headers(scope)
        status = 0
        size = 0

        async def send_marked(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *((name, value) for name, value in added.items() if name not in said),
                ]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._answer(scope, receive, send_marked)
        except Exception:
            log.exception("failed", request_id=request_id, path=_told_path(scope))
            if status:
                raise  # the answer had begun: all that is left is to cut it off
            await self.failed(scope)(scope, receive, send_marked)
        finally:
            _note(scope, status, size, time.perf_counter() - started)

    def _headers(self, scope: Scope) -> dict[bytes, bytes]:
        """The headers an answer gets unless it brings its own."""
        headers = dict(_CLOSED)
        path: str = scope["path"]
        if path == "/ogc" or path.startswith("/ogc/"):
            headers |= _CROSS_ORIGIN
        elif path.startswith("/static/"):
            headers |= _OF_FILES
        elif path.startswith("/api/"):
            headers[b"cache-control"] = b"no-store"
        if self.is_https or scope["scheme"] == "https":
            headers |= _ONLY_HTTPS
        return headers

    def _answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["method"] == "OPTIONS" and scope["path"].startswith("/ogc"):
            return Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
        return self.app(scope, receive, send)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return os.urandom(8).hex()


_BEFORE_SECRETS = ("/invitations/", "/api/v1/feeds/")


def _told_path(scope: Scope) -> str:
    """The path as logs may tell it: what follows these is a secret."""
    path: str = scope["path"]
    return next((f"{before}…" for before in _BEFORE_SECRETS if path.startswith(before)), path)


def _note(scope: Scope, status: int, size: int, seconds: float) -> None:
    operation = scope.get("operation") or getattr(scope.get("route"), "name", "none")
    REQUESTS.labels(operation, str(status)).inc()
    SECONDS.labels(operation).observe(seconds)
    log.info(
        "request",
        request_id=scope["request_id"],
        method=scope["method"],
        path=_told_path(scope),
        operation=operation,
        status=status,
        bytes=size,
        ms=round(seconds * 1000, 2),
    )
