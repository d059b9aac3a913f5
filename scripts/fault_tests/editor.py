"""What an editor's program does with the service, patient while parts of it are away."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from scripts.fault_tests.generated import multipart
from scripts.fault_tests.site import Site

IMPORTS = "/api/v1/asset-imports"
POLL_S = 0.05
CHOICES = '{"retire_missing": true}'
_PIECES = 40  # of a body, so that sending it takes a while


class TooLong(Exception):
    """Something did not happen in time."""


def wait_for(happened: Callable[[], Any], patience_s: float, what: str) -> Any:
    """What `happened` answers first that is true. Raises TooLong."""
    deadline = time.monotonic() + patience_s
    while not (found := happened()):
        if time.monotonic() > deadline:
            raise TooLong(f"{what} did not happen within {patience_s:.0f} s")
        time.sleep(POLL_S)
    return found


class Editor:
    """Sends, publishes, undoes."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request on a connection of its own. Raises httpx.TransportError where the server dies."""
        with self.site.client() as client:
            return client.request(method, IMPORTS + path, **given)

    def send(self, content: bytes, sending_s: float = 0.0) -> str:
        """Send a list over `sending_s`; its import's id. Raises httpx.TransportError."""
        body, media_type = multipart(content, "一覧.csv", settings=CHOICES)
        step = len(body) // _PIECES + 1

        def pieces() -> Any:
            for begin in range(0, len(body), step):
                yield body[begin : begin + step]
                time.sleep(sending_s / _PIECES)

        answer = self.ask(
            "POST", "", content=pieces(), headers={"Content-Type": media_type, "Content-Length": str(len(body))}
        )
        return str(_taken(answer)["import_id"])

    def publish(self, import_id: str) -> httpx.Response:
        """Ask for the publication of an import."""
        return self.ask("POST", f"/{import_id}/publish", headers={"If-Match": "*"})

    def undo(self, import_id: str) -> str:
        """Ask for the undoing; the id of the import that undoes."""
        return str(_taken(self.ask("POST", f"/{import_id}/undo"))["import_id"])

    def read(self, import_id: str) -> dict[str, Any]:
        """An import; nothing while the server is away."""
        try:
            answer = self.ask("GET", f"/{import_id}")
        except httpx.TransportError:
            return {"state": "server away"}
        found: dict[str, Any] = answer.json()
        return found

    def wait_until(self, import_id: str, state: str, patience_s: float = 90) -> dict[str, Any]:
        """The import once it is in that state. Raises TooLong."""

        def reached() -> Any:
            found = self.read(import_id)
            if found.get("state") == "refused":
                raise TooLong(f"refused: {found['refusal']}")
            return found if found.get("state") == state else None

        found: dict[str, Any] = wait_for(reached, patience_s, f"{import_id} {state}")
        return found


def _taken(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != 202:
        raise TooLong(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
