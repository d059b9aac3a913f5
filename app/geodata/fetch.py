"""Where a source's file is: in GEODATA_DIR, in the cache, or at its official address.

The only module that speaks HTTP to other hosts.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.config import PROJECT_ROOT, Settings
from app.geodata.manifest import Source

CACHE = PROJECT_ROOT / ".local/geodata"
LARGEST_BYTES = 200_000_000
TIMEOUT = httpx.Timeout(20.0, connect=3.0)  # s; a host that cannot be reached is said at once
LONGEST_S = 300.0
RETRY_AFTER_S = 86_400  # with `patient`, an address that failed is left alone for a day


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, and how it came here: folder, cache or download."""

    path: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Address:
    """No file on this machine, but an address to fetch it from."""

    url: str


@dataclass(frozen=True, slots=True)
class Missing:
    """No file, and why."""

    ja: str
    en: str


class _Refused(Exception):
    """What came from the address is not the file."""


def locate(source: Source, settings: Settings, cache: Path = CACHE, patient: bool = False) -> Found | Missing:
    """The file of a source, downloaded if it is nowhere on this machine and the settings allow it.

    With `patient`, an address that failed within a day is not asked again.
    """
    place = whereabouts(source, settings, cache)
    if isinstance(place, Address):
        return _download(source, place.url, cache / source.path, patient)
    return place


def whereabouts(source: Source, settings: Settings, cache: Path = CACHE) -> Found | Address | Missing:
    """Where the file of a source is or could be had, without asking another host."""
    if settings.geodata_dir is not None and (settings.geodata_dir / source.path).is_file():
        return Found(settings.geodata_dir / source.path, "folder")
    cached = cache / source.path
    if cached.is_file():
        return Found(cached, "cache")
    if source.download_url is None:
        return Missing(
            f"GEODATA_DIR に {source.path} がありません。配布元: {source.url}",
            f"{source.path} is not in GEODATA_DIR; published at {source.url}",
        )
    if not settings.geodata_download:
        return Missing(
            "ダウンロードしない設定です（GEODATA_DOWNLOAD）", "downloads are switched off (GEODATA_DOWNLOAD)"
        )
    return Address(source.download_url)


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(source: Source, url: str, target: Path, patient: bool) -> Found | Missing:
    failed = target.with_name(target.name + ".failed")
    if patient and failed.is_file() and time.time() - failed.stat().st_mtime < RETRY_AFTER_S:
        return Missing(f"前回 {url} から取得できませんでした", f"{url} could not be fetched last time")
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _stream(url, part)
        if source.sha256 and sha256_of(part) != source.sha256:
            raise _Refused("ハッシュが台帳と違います / its hash differs from the manifest's")
        part.replace(target)
        failed.unlink(missing_ok=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, _Refused) as error:
        part.unlink(missing_ok=True)
        _remember(failed)
        reason = str(error) or type(error).__name__
        return Missing(f"{url} から取得できません（{reason}）", f"{url} cannot be fetched ({reason})")
    return Found(target, "download")


def _remember(failed: Path) -> None:
    if failed.parent.is_dir():
        failed.touch()


def _stream(url: str, part: Path) -> None:
    began, size = time.monotonic(), 0
    with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=True) as answer, part.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise _Refused(f"{LARGEST_BYTES:,} バイトを超えます / larger than {LARGEST_BYTES:,} bytes")
            if time.monotonic() - began > LONGEST_S:
                raise _Refused(f"{LONGEST_S:.0f} 秒を超えました / took longer than {LONGEST_S:.0f} s")
            file.write(chunk)
