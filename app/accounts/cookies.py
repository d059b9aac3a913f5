"""Cookies of a browser: the session, and the long-lived secret by which a browser is known again.

Both are `__Host-` cookies: kept only over HTTPS (browsers make an exception for their own machine), sent to this host
alone, out of reach of scripts.
"""

from urllib.parse import urlsplit

from fastapi import Request, Response

from app.accounts.auth import SESSION_COOKIE, client_address
from app.accounts.secrets import new_secret
from app.accounts.sign_in import Browser

BROWSER_COOKIE = "__Host-browser"
BROWSER_AGE_S = 400 * 24 * 3600  # the longest browsers keep a cookie
_SECRET_LENGTH = range(40, 64)  # characters of our own secrets; anything else is not ours


def browser_of(request: Request) -> Browser:
    """The browser that asks; one that brings no secret gets a new one (`keep_browser` sends it)."""
    held = request.cookies.get(BROWSER_COOKIE, "")
    known = len(held) in _SECRET_LENGTH and held.isascii()
    if not known and not hasattr(request.state, "browser_secret"):
        request.state.browser_secret = new_secret()
    return Browser(
        address=client_address(request),
        user_agent=request.headers.get("user-agent", ""),
        secret=held if known else request.state.browser_secret,
    )


def keep_browser(response: Response, browser: Browser) -> None:
    """Let the browser keep its secret, from now for 400 days."""
    _set(response, BROWSER_COOKIE, browser.secret, BROWSER_AGE_S)


def keep_session(response: Response, secret: str) -> None:
    """Let the browser hold the session until it closes; the server ends it earlier."""
    _set(response, SESSION_COOKIE, secret, None)


def drop_session(response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _set(response: Response, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax")


def origin_of(request: Request) -> str:
    """The origin people reach the service at: as set, or as this request came."""
    configured: str | None = request.app.state.settings.public_url
    if configured:
        parts = urlsplit(configured)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{request.url.scheme}://{request.url.netloc}"


def is_local_path(path: str) -> bool:
    """Whether an address to go on to lies in this service; nothing that a browser could read as another host."""
    plain = path.isprintable() and "\\" not in path and len(path) <= 2000
    return plain and path.startswith("/") and not path.startswith("//") and not urlsplit(path).netloc


def local_path(path: str | None, otherwise: str = "/") -> str:
    """The path to go on to, if it lies in this service."""
    return path if path and is_local_path(path) else otherwise
