"""Whether what somebody means to change is still what they read: ETag and If-Match."""

from collections.abc import Mapping
from typing import Any

from app.problems import PRECONDITION_REQUIRED, Problem


def etag(found: Mapping[str, Any]) -> str:
    """The strong ETag of a thing with a `version`."""
    return f'"{found["version"]}"'


def require_match(found: Mapping[str, Any], if_match: str | None, stale: Problem) -> None:
    """Raises Problem: 428 without `If-Match`, `stale` where somebody changed the thing since it was read."""
    if if_match is None:
        raise Problem(
            PRECONDITION_REQUIRED,
            "読んだときの ETag を If-Match に付けてください。ほかの人の変更を消さないためです。",
            "Send the ETag you read as If-Match, so that nobody's change is lost.",
        )
    if if_match.strip() not in ("*", etag(found)):
        raise stale
