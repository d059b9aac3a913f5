"""What is let in: bodies of bounded size, and only so many requests from one token or address in a minute.

Counted per worker process; the proxy in front bounds the sum. Reading `/ogc` is not counted here unless the settings say
so: its cost is bounded by the queue for connections and the statement timeout.
"""

import re

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.applications.documents.files import LARGEST_FILE_BYTES
from app.config import Settings
from app.problem_answers import Refused, answer_problem
from app.problems import TOO_LARGE, TOO_MANY, Problem

# Where files come in; their handlers read them piece by piece.
_UPLOADS = ("/api/v1/asset-imports", "/api/v1/wifi-imports", "/lists/", "/cases/", "/api/v1/claimed-areas")
_SURVEY_FILES = re.compile(r"(?:/api/v1)?/surveys/[^/]+/files")
_DOCUMENTS = re.compile(r"(?:/api/v1)?/(?:applications|sites)/(?:.+/)?(?:documents|file)")
_LARGEST_DOCUMENT = LARGEST_FILE_BYTES + (64 << 10)  # with the form around it
_SIGN_IN = ("/sign-in", "/invitations")
_REPORTS = ("/api/v1/resident-reports", "/coverage/report-trouble")
_TOKENS_OF_AN_ADDRESS = 10  # an office's programs behind one address, each with a token of its own
_PREFIX_LENGTH = 12  # of an API token; the secret behind it is never kept, not even as a key


class Admission:
    """ASGI middleware that answers 413 and 429 before anything is read or looked up."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.largest_body, self.largest_upload = settings.largest_body, settings.largest_upload
        self.largest_survey_file = settings.largest_survey_file
        self.limiter = MovingWindowRateLimiter(MemoryStorage())
        self.rates: tuple[tuple[tuple[str, ...], RateLimitItem | None], ...] = (
            (_SIGN_IN, RateLimitItemPerMinute(settings.sign_ins_per_minute)),
            (_REPORTS, RateLimitItemPerMinute(settings.reports_per_minute, namespace="REPORTS")),
            (("/api/",), RateLimitItemPerMinute(settings.commands_per_minute)),
            (("/ogc",), RateLimitItemPerMinute(settings.reads_per_minute) if settings.reads_per_minute else None),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        largest = self._largest(scope["path"])
        problem = _oversized(scope, largest) or await self._too_often(scope)
        if problem is not None:
            await answer_problem(Request(scope), problem)(scope, receive, send)
            return
        await self.app(scope, _counted(receive, largest), send)

    def _largest(self, path: str) -> int:
        if _SURVEY_FILES.fullmatch(path):
            return self.largest_survey_file + (64 << 10)  # with the form around it
        if path.startswith(_UPLOADS):
            return self.largest_upload
        if _DOCUMENTS.fullmatch(path):
            return min(self.largest_upload, _LARGEST_DOCUMENT)
        return self.largest_body

    async def _too_often(self, scope: Scope) -> Problem | None:
        rate = next((rate for prefixes, rate in self.rates if scope["path"].startswith(prefixes)), None)
        if rate is None or (rate in (self.rates[0][1], self.rates[1][1]) and scope["method"] != "POST"):
            return None
        address, token = _who(scope)
        # Whoever makes up tokens does not get a rate for each: an address has a bound over all of them.
        together = RateLimitItemPerMinute(rate.amount * _TOKENS_OF_AN_ADDRESS, namespace=rate.namespace)
        if await self.limiter.hit(rate, address, token) and await self.limiter.hit(together, address, "all"):
            return None
        return Problem(
            TOO_MANY,
            "短い時間に送られた回数が多すぎます。1分ほどおいてから続けてください。",
            "Too many requests in a short time; wait a minute.",
            headers={"Retry-After": "60"},
        )


def _oversized(scope: Scope, largest: int) -> Problem | None:
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return _too_large(largest) if not declared.isdigit() or int(declared) > largest else None


def _counted(receive: Receive, largest: int) -> Receive:
    """A body sent in chunks is counted as it comes."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > largest:
            raise Refused(_too_large(largest))
        return message

    return counted


def _who(scope: Scope) -> tuple[str, str]:
    """The address, and the beginning of the token if there is one."""
    client = scope.get("client")
    sent = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    return (client[0] if client else ""), sent.decode("latin-1").partition(" ")[2][:_PREFIX_LENGTH]


def _too_large(largest: int) -> Problem:
    most = f"{largest >> 20:,} MiB" if largest >= 1 << 20 else f"{largest >> 10:,} KiB"
    return Problem(
        TOO_LARGE,
        f"送られたデータが大きすぎます（上限 {most}）。",
        f"The body is too large (at most {most}).",
    )
