"""Which format and language an answer is given in."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.problems import BAD_PARAMETER, NOT_ACCEPTABLE, Problem

LANGUAGES = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Format:
    """A format an answer can take: its `f` value, media type, and what `Accept` may call it besides."""

    name: str
    media_type: str
    aliases: tuple[str, ...] = ()


JSON = Format("json", "application/json")
HTML = Format("html", "text/html", ("application/xhtml+xml",))
GEOJSON = Format("json", "application/geo+json", ("application/json", "application/vnd.geo+json"))
SCHEMA = Format("json", "application/schema+json", ("application/json",))
OPENAPI = Format("json", "application/vnd.oai.openapi+json;version=3.0", ("application/json",))
MVT = Format("mvt", "application/vnd.mapbox-vector-tile", ("application/x-protobuf", "application/octet-stream"))
TILEJSON = Format("tilejson", "application/vnd.mapbox.tile+json", ("application/json",))

STYLE = Format("style", "application/vnd.mapbox.style+json", ("application/json",))


def choose_format(available: tuple[Format, ...], wanted: str | None, accept: str) -> Format:
    """The format asked for by `f`, or else the one `Accept` likes best; the first where neither says.

    Raises Problem: 400 for an unknown `f`, 406 where nothing acceptable is available.
    """
    if wanted is not None:
        for candidate in available:
            if candidate.name == wanted:
                return candidate
        names = ", ".join(candidate.name for candidate in available)
        raise Problem(
            BAD_PARAMETER,
            f"f には {names} のどれかを書いてください。",
            f"f takes one of: {names}.",
            errors=[{"parameter": "f"}],
        )
    return _accepted(available, accept)


@lru_cache(maxsize=512)
def _accepted(available: tuple[Format, ...], accept: str) -> Format:
    ranges = _weighted(accept)
    if not ranges:
        return available[0]
    weight, _, best = max(
        (max((_weight(name, ranges) for name in _names(candidate)), default=0.0), -place, candidate)
        for place, candidate in enumerate(available)
    )
    if weight <= 0:
        types = ", ".join(candidate.media_type for candidate in available)
        raise Problem(
            NOT_ACCEPTABLE,
            f"Accept に合う形式がありません。出せるのは {types} です。",
            f"Nothing available matches Accept; available are {types}.",
        )
    return best


def _names(candidate: Format) -> Iterable[str]:
    return (candidate.media_type.partition(";")[0], *candidate.aliases)


def _weight(name: str, ranges: tuple[tuple[str, float], ...]) -> float:
    family = name.partition("/")[0] + "/*"
    by_range = dict(ranges)
    return next((by_range[key] for key in (name, family, "*/*") if key in by_range), 0.0)


@lru_cache(maxsize=512)
def choose_language(wanted: str | None, accept_language: str) -> str:
    """`ja` or `en`: what `lang` says, or else what `Accept-Language` likes best; Japanese where neither says."""
    if wanted in LANGUAGES:
        return wanted
    best, best_weight = "ja", 0.0
    for tag, weight in _weighted(accept_language):
        language = tag.partition("-")[0]
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weighted(header: str) -> tuple[tuple[str, float], ...]:
    """The items of an `Accept…` header with their weights."""
    items = []
    for part in header.split(","):
        name, *settings = (piece.strip().lower() for piece in part.split(";"))
        if name:
            items.append((name, _quality(settings)))
    return tuple(items)


def _quality(settings: list[str]) -> float:
    for setting in settings:
        if setting.startswith("q="):
            try:
                return min(max(float(setting[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
