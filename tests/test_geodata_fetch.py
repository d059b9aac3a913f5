"""Where files come from: the folder, the cache, the publisher's address, or nowhere."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.config import Settings
from app.geodata import fetch
from app.geodata.fetch import Address, Found, Missing, locate, whereabouts
from app.geodata.manifest import Source
from tests.published_files import source, write


class Publisher(BaseHTTPRequestHandler):
    """A publisher's server: whole files, short ones, none."""

    content = b"grid500m,pop\n533945253,1027.0\n"
    asked: list[str] = []  # noqa: RUF012 - shared on purpose

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/gone.csv":
            self.send_error(404)
            return
        if self.path == "/moved.csv":
            self.send_response(302)
            self.send_header("Location", "/mesh.csv")
            self.end_headers()
            return
        self.send_response(200)
        promised = len(self.content) + (1000 if self.path == "/short.csv" else 0)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    Publisher.asked.clear()
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestFetching:
    def settings(self, folder: Path | None, download: bool = True) -> Settings:
        return Settings(database_url="postgresql://nowhere/none", geodata_dir=folder, geodata_download=download)

    def entry(self, url: str | None, **changes: Any) -> Source:
        return source("estat-population-mesh", download_url=url, **changes)

    def test_the_folder_comes_first(self, tmp_path: Path, publisher: str) -> None:
        entry = self.entry(publisher + "/mesh.csv")
        path = write(tmp_path / "folder", entry, "grid500m,pop")
        found = locate(entry, self.settings(tmp_path / "folder"), tmp_path / "cache")
        assert found == Found(path, "folder") and not Publisher.asked

    @pytest.mark.parametrize("name", ["/mesh.csv", "/moved.csv"])
    def test_a_download_is_kept(self, tmp_path: Path, publisher: str, name: str) -> None:
        entry, settings = self.entry(publisher + name), self.settings(None)
        assert whereabouts(entry, settings, tmp_path) == Address(publisher + name)
        found = locate(entry, settings, tmp_path)
        assert found == Found(tmp_path / entry.path, "download")
        assert found.path.read_bytes() == Publisher.content
        Publisher.asked.clear()
        assert locate(entry, settings, tmp_path) == Found(tmp_path / entry.path, "cache")
        assert not Publisher.asked

    @pytest.mark.parametrize(
        ("name", "changes", "reason"),
        [
            ("/gone.csv", {}, "404"),
            ("/short.csv", {}, "incomplete|peer closed"),
            ("/mesh.csv", {"sha256": "0" * 64}, "ハッシュ"),
        ],
    )
    def test_what_is_not_the_file_is_not_kept(
        self, tmp_path: Path, publisher: str, name: str, changes: dict[str, str], reason: str
    ) -> None:
        entry = self.entry(publisher + name, **changes)
        missing = locate(entry, self.settings(None), tmp_path)
        assert isinstance(missing, Missing)
        assert not list(tmp_path.rglob("*.part"))
        assert publisher in missing.ja and any(word in missing.ja for word in reason.split("|"))
        assert not (tmp_path / entry.path).exists()

    def test_a_file_without_end_is_given_up(
        self, tmp_path: Path, publisher: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch, "LARGEST_BYTES", 10)
        missing = locate(self.entry(publisher + "/mesh.csv"), self.settings(None), tmp_path)
        assert isinstance(missing, Missing) and "10 バイト" in missing.ja

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9/mesh.csv", "http://no-such-host.invalid/mesh.csv", "nonsense"])
    def test_a_host_that_cannot_be_reached_is_said_soon_and_not_asked_again(self, tmp_path: Path, url: str) -> None:
        began = time.monotonic()
        assert isinstance(locate(self.entry(url), self.settings(None), tmp_path), Missing)
        assert time.monotonic() - began < 5
        again = locate(self.entry(url), self.settings(None), tmp_path, patient=True)
        assert isinstance(again, Missing) and "前回" in again.ja

    def test_downloads_can_be_switched_off(self, tmp_path: Path, publisher: str) -> None:
        missing = locate(self.entry(publisher + "/mesh.csv"), self.settings(None, download=False), tmp_path)
        assert isinstance(missing, Missing) and "GEODATA_DOWNLOAD" in missing.ja and not Publisher.asked

    def test_without_an_address_the_publisher_is_named(self, tmp_path: Path) -> None:
        missing = locate(self.entry(None), self.settings(tmp_path), tmp_path)
        assert isinstance(missing, Missing) and "https://www.e-stat.go.jp/gis" in missing.ja
