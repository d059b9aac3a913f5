"""A mail server that notes which receipts reach it."""

import asyncio
import email
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

from scripts.machine.cluster import free_port

ACCEPTING_S = 0.2  # what a mail server takes to answer that it has a message
_IMPORT = re.compile(r"/lists/[a-z]+/([0-9a-f-]{36})")


class Mailbox:
    """Receipts by import; those of one import that came twice carry the same Message-ID."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._receipts: list[tuple[str, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content)
        found = _IMPORT.search((message.get_payload(decode=True) or b"").decode())
        with self._lock:
            self._receipts.append((found[1] if found else "", message["Message-ID"]))
        await asyncio.sleep(ACCEPTING_S)
        return "250 OK"

    def counts(self) -> Counter[str]:
        """How many receipts came for each import."""
        with self._lock:
            return Counter(import_id for import_id, _ in self._receipts)

    def message_ids(self, import_id: str) -> set[str]:
        """The Message-IDs of an import's receipts."""
        with self._lock:
            return {message_id for found, message_id in self._receipts if found == import_id}


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """A mailbox, and the port it takes mail at while the block runs."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()
