"""Secrets: random ones that are kept as hashes, passwords, time codes, and anti-forgery tokens."""

import hashlib
import hmac
import secrets
import time

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified against when there is no such account, so that the answer takes as long.
_NOBODY = _HASHER.hash(secrets.token_urlsafe())

PASSWORD_MIN, PASSWORD_MAX = 12, 256  # characters; ASVS 5.0 V6.2.1, V6.2.9
TOTP_STEP_S = 30


def new_secret() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """SHA-256 of a random secret: enough for 256 bits of randomness, and quick to look up."""
    return hashlib.sha256(secret.encode()).digest()


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _HASHER.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits, in the same time whether or not there is an account."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def check_totp(secret: str, code: str, last_step: int | None, now: float | None = None) -> int | None:
    """The time step a six-digit code belongs to (±1 step), if it fits and was not used before; else None."""
    now = time.time() if now is None else now
    for step in (int(now // TOTP_STEP_S) + drift for drift in (0, -1, 1)):
        used = last_step is not None and step <= last_step
        if not used and hmac.compare_digest(pyotp.TOTP(secret).at(step * TOTP_STEP_S), code):
            return step
    return None


def csrf_token(csrf_secret: bytes) -> str:
    """The token a session's forms carry."""
    return hmac.new(csrf_secret, b"form", hashlib.sha256).hexdigest()


def check_csrf(csrf_secret: bytes, token: str | None) -> bool:
    """Whether a form carries its session's token."""
    return token is not None and hmac.compare_digest(csrf_token(csrf_secret).encode(), token.encode())
