"""Cursors: where the next page starts, opaque to clients."""

import base64
import binascii
import zlib
from dataclasses import dataclass

import orjson

from app.ogc.call import bad_parameter


@dataclass(frozen=True, slots=True)
class Cursor:
    """After the feature of id `after`, or after `offset` features where the order is the client's own.

    `version` and `matched` spare the next page the counting as long as the data stay the same.
    """

    after: str | None = None
    offset: int = 0
    version: str = ""
    matched: int | None = None


START = Cursor()


def write_cursor(cursor: Cursor, collection_id: str, order: str) -> str:
    """The cursor as an opaque text bound to its collection and order."""
    payload = orjson.dumps([cursor.after, cursor.offset, cursor.version, cursor.matched])
    return base64.urlsafe_b64encode(_check(payload, collection_id, order) + payload).rstrip(b"=").decode()


def read_cursor(text: str, collection_id: str, order: str) -> Cursor:
    """The cursor of a `next` link. Raises Problem (400) for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if raw[:4] != _check(raw[4:], collection_id, order):
            raise ValueError
        return Cursor(*orjson.loads(raw[4:]))
    except (ValueError, TypeError, binascii.Error):
        raise bad_parameter(
            "cursor",
            "cursor は同じ条件の next リンクにあるものをそのまま使ってください。",
            "Use the cursor of a next link, unchanged and with the same collection and sortby.",
        ) from None


def _check(payload: bytes, collection_id: str, order: str) -> bytes:
    return zlib.crc32(f"{collection_id}\n{order}\n".encode() + payload).to_bytes(4, "big")
