"""A mail server and a receiver of webhooks that note what reaches them, and that can be made to fail."""

import asyncio
import email
import email.policy
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from scripts.machine.cluster import free_port


class MailSink:
    """Mails in the order they came; `refusals` are answered first, one to each mail."""

    def __init__(self, accepting_s: float = 0.0) -> None:
        self.accepting_s = accepting_s  # what it takes to answer that it has a mail
        self.refusals: list[str] = []
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        await asyncio.sleep(self.accepting_s)
        return "250 OK"

    def by_id(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)


@contextmanager
def mail_sink(accepting_s: float = 0.0) -> Iterator[tuple[MailSink, int]]:
    """A sink, and the port it takes mail at while the block runs."""
    sink = MailSink(accepting_s)
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()


@dataclass
class Answer:
    """What a receiver answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_s: float = 0.0


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class HookReceiver:
    """Requests in the order they came; `answer` says what each gets, by how many came before."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.answer: Callable[[int], Answer] = lambda _: Answer()
        self.port = 0
        self.tls_names: list[str | None] = []  # asked for by SNI

    def by_id(self) -> Counter[str]:
        """How often each `webhook-id` came."""
        return Counter(request.headers["webhook-id"] for request in self.requests)


@contextmanager
def hook_receiver(tls: ssl.SSLContext | None = None) -> Iterator[HookReceiver]:
    """A receiver on 127.0.0.1 while the block runs; over TLS with a context."""
    receiver = HookReceiver()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                number = len(receiver.requests)
                receiver.requests.append(Received(self.path, headers, body, time.time()))
            answer = receiver.answer(number)
            time.sleep(answer.after_s)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[assignment,misc]  # who asks may hang up
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: receiver.tls_names.append(name)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
