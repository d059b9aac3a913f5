"""Where things are: boundaries, towns and postal codes in one lookup that travels to a child process.

Degrees are longitude, latitude of EPSG:4326 (JGD2011).
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import numpy
import orjson
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.territory.boundaries import M_PER_DEGREE, Boundary, Floats
from app.territory.localgov import localgov_by_code
from app.territory.place_names import folded, plain

Level = Literal["machiaza", "city"]

_POSTAL = re.compile(r"^〒?(\d{3})-?(\d{4})(?!\d)")
_DISTRICT = re.compile(r"^[^0-9]{1,5}?(?:郡|支庁|島)")
_ISLAND = re.compile(r"^[^0-9]{1,3}?島")
_AZA = re.compile(r"^(?:大字|字)")
_CHOME = re.compile(r"^(\d{1,2})(?=丁目|-|ノ|$)(?:丁目)?")
_LONGEST_NAME = 14
_LONGEST_ADDRESS = 300  # characters; what follows says nothing of the town
_MOST_DISTRICTS = 3  # 東京都八丈島八丈島八丈町 is written indeed
_TOWN_SPREAD_M = 1_000.0


class Address(NamedTuple):
    """An address taken apart; `level` says how far it is understood: to the town, to the municipality, or not at all.

    `prefecture` is None where it is neither written nor follows; `town` is the name as published; `rest` is what
    follows it, in one width.
    """

    prefecture: str | None = None
    municipality_code: str | None = None
    town: str | None = None
    rest: str = ""
    level: Level | None = None


class Town(NamedTuple):
    """A town as published and a point in it."""

    name: str
    lon: float
    lat: float


@dataclass
class Places:
    """Municipalities with boundaries, towns by municipality, postal codes; names of all Japan come with the program."""

    boundaries: Mapping[str, Boundary]
    towns: Mapping[str, Sequence[Town]] = field(default_factory=dict)
    postal_codes: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def dump(self) -> bytes:
        """Everything, for `Places.load` in another process."""
        return orjson.dumps(
            {
                "boundaries": [
                    [b.code5, b.prefecture, b.district, b.name, b.wkb.hex(), b.is_sample]
                    for b in self.boundaries.values()
                ],
                "towns": {code5: [list(town) for town in towns] for code5, towns in self.towns.items()},
                "postal_codes": self.postal_codes,
            }
        )

    @classmethod
    def load(cls, dumped: bytes) -> "Places":
        """What `dump` wrote."""
        said = orjson.loads(dumped)
        boundaries = [
            Boundary(code5, prefecture, district, name, bytes.fromhex(wkb), is_sample)
            for code5, prefecture, district, name, wkb, is_sample in said["boundaries"]
        ]
        return cls(
            {boundary.code5: boundary for boundary in boundaries},
            {code5: [Town(*town) for town in towns] for code5, towns in said["towns"].items()},
            {code: [(code5, town) for code5, town in served] for code, served in said["postal_codes"].items()},
        )

    # Addresses

    def parse_address(self, text: str, within: str | None = None) -> Address:
        """Take an address apart, however it is written; `within` is the municipality meant where none is named."""
        written, postal = _without_postal_code(plain(text[:_LONGEST_ADDRESS]))
        prefecture, left = _without_prefecture(written)
        code5, left = self._without_municipality(prefecture, left, within)
        if code5 is None:
            code5 = self._unnamed_municipality(prefecture, postal, left, within)
        if code5 is None:
            return Address(prefecture, rest=left)
        prefecture = prefecture or localgov_by_code()[code5].prefecture
        town, rest = self._town_of(code5, left)
        if town is None and (island := _ISLAND.match(left)):
            town, rest = self._town_of(code5, left[island.end() :])
        if town is None:
            return Address(prefecture, code5, None, left, "city")
        return Address(prefecture, code5, town, rest, "machiaza")

    def locate(self, address: Address) -> tuple[float, float, Level] | None:
        """A point for an address: its town's, else one inside the municipality (level city: never a site's position)."""
        code5 = address.municipality_code
        if code5 is None:
            return None
        if address.town is not None:
            found = self._points.get((code5, address.town))
            if found:
                return (*found, "machiaza")
        if code5 in self.boundaries:
            point = shapely.point_on_surface(self.boundaries[code5].shape)
            return shapely.get_x(point), shapely.get_y(point), "city"
        return None

    def municipality_of_postal_code(self, code: str) -> str | None:
        """The one municipality a postal code of seven digits belongs to."""
        served = {code5 for code5, _ in self.postal_codes.get(code, ())}
        return served.pop() if len(served) == 1 else None

    def name_of(self, code5: str) -> str:
        """The name of a municipality (or prefecture), for people; its code where it has none."""
        found = localgov_by_code().get(code5)
        return found.name if found else code5

    def _without_municipality(self, prefecture: str | None, left: str, within: str | None) -> tuple[str | None, str]:
        """The municipality the text begins with, with or without its district, and what follows."""
        for start in _starts(left):
            key = folded(left[start : start + _LONGEST_NAME])
            for length in range(len(key), 1, -1):
                codes = _codes_by_name().get(key[:length])
                code5 = self._choose(codes, prefecture, within) if codes else None
                if code5:
                    return code5, left[start + length :]
        return None, left

    def _choose(self, codes: tuple[str, ...], prefecture: str | None, within: str | None) -> str | None:
        """Of municipalities of one name: the prefecture's, else the one meant, the neighbour's, or the only one."""
        if prefecture:
            return next((code for code in codes if localgov_by_code()[code].prefecture == prefecture), None)
        if within in codes:
            return within
        near = [code for code in codes if (within and code[:2] == within[:2]) or (not within and code in self.towns)]
        return near[0] if len(near) == 1 else codes[0] if len(codes) == 1 else None

    def _unnamed_municipality(
        self, prefecture: str | None, postal: str | None, left: str, within: str | None
    ) -> str | None:
        """The municipality of an address that names none: by its postal code, else the one meant if it has the town."""
        by_code = self.municipality_of_postal_code(postal) if postal else None
        if by_code or within is None:
            return by_code
        government = localgov_by_code().get(within)
        if government is None or (prefecture and government.prefecture != prefecture):
            return None
        return within if self._town_of(within, left)[0] else None

    def _town_of(self, code5: str, left: str) -> tuple[str | None, str]:
        """The published name of the town the text begins with, and what follows it."""
        names, left = self._towns_by_key.get(code5, {}), _AZA.sub("", left)
        key = folded(left[:_LONGEST_NAME])
        for length in range(len(key), 0, -1):
            chomes = names.get(key[:length])
            if chomes is None and key[length : length + 1].isdigit():
                chomes = names.get(key[:length] + "町")  # 住吉2-1 for 住吉町2-1
            if chomes is None:
                continue
            found = _CHOME.match(left[length:])
            if found and found[1] in chomes:
                return chomes[found[1]], left[length + found.end() :].removeprefix("-")
            if "" in chomes:
                return chomes[""], left[length:]
        return None, left

    @cached_property
    def _towns_by_key(self) -> dict[str, dict[str, dict[str, str]]]:
        """By municipality and folded name without 丁目: published names by number of the chome, "" for none."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for code5, towns in self.towns.items():
            names = found[code5] = defaultdict(dict)
            for town in towns:
                base, number = _base_and_chome(town.name)
                names[folded(base)].setdefault(number, town.name)
            for base, _ in self._middles(code5):
                names[folded(base)].setdefault("", base)
        return found

    @cached_property
    def _points(self) -> dict[tuple[str, str], tuple[float, float]]:
        """A point by municipality and town."""
        found: dict[tuple[str, str], tuple[float, float]] = {}
        for code5, towns in self.towns.items():
            found |= {(code5, base): middle for base, middle in self._middles(code5)}
            found |= {(code5, town.name): (town.lon, town.lat) for town in towns}
        return found

    def _middles(self, code5: str) -> Iterator[tuple[str, tuple[float, float]]]:
        """Towns known only by their 丁目 and the middle of those, where it says enough."""
        parts: dict[str, list[Town]] = defaultdict(list)
        for town in self.towns[code5]:
            parts[_base_and_chome(town.name)[0]].append(town)
        for base, members in parts.items():
            middle = _middle(members)
            if middle:
                yield base, middle

    # Boundaries

    def municipality_at(self, lon: float, lat: float) -> str | None:
        """The municipality whose outline holds a point."""
        return self.municipalities_at(numpy.array([lon]), numpy.array([lat]))[0]

    def municipalities_at(self, lons: Floats, lats: Floats) -> list[str | None]:
        """The same for many points at once."""
        found = numpy.full(len(lons), -1)
        order = numpy.argsort(lons)
        sorted_lons, sorted_lats = lons[order], lats[order]
        codes = list(self.boundaries)
        for place, boundary in enumerate(self.boundaries.values()):
            west, south, east, north = shapely.bounds(boundary.shape)
            first, last = numpy.searchsorted(sorted_lons, [west, east])
            near = numpy.nonzero((sorted_lats[first:last] >= south) & (sorted_lats[first:last] <= north))[0] + first
            inside = shapely.intersects_xy(boundary.shape, sorted_lons[near], sorted_lats[near])
            found[order[near[inside]]] = place
        return [codes[place] if place >= 0 else None for place in found]

    def distance_outside_m(self, code5: str, lons: Floats, lats: Floats) -> Floats:
        """How far points lie outside a municipality, in m; 0 inside; NaN where its boundary is not known.

        Boundaries may be simplified: what counts as outside is the caller's to say.
        """
        boundary = self.boundaries.get(code5)
        return boundary.distance_m(lons, lats) if boundary else numpy.full(len(lons), numpy.nan)


def load_places(session: Session, prefecture_codes: Collection[str] | None = None) -> Places:
    """The lookup as the database stands; `prefecture_codes` (two digits) keeps it small, None takes all."""
    chosen = {"all": prefecture_codes is None, "codes": list(prefecture_codes or ())}
    where = "WHERE :all OR left(municipality_code, 2) = ANY (:codes) ORDER BY municipality_code"
    boundaries = session.execute(
        text(
            "SELECT municipality_code, prefecture, district, name, ST_AsBinary(geom), is_sample"
            f" FROM ogc.municipalities {where}"
        ),
        chosen,
    )
    towns = session.execute(
        text(f"SELECT municipality_code, name, ST_X(geom), ST_Y(geom) FROM town {where}, name"), chosen
    )
    postal = session.execute(
        text(f"SELECT postal_code, municipality_code, town_name FROM postal_code {where}, postal_code"), chosen
    )
    return Places(
        {row[0]: Boundary(row[0], row[1], row[2], row[3], bytes(row[4]), row[5]) for row in boundaries},
        _grouped((code5, Town(*town)) for code5, *town in towns),
        _grouped((code, (code5, town)) for code, code5, town in postal),
    )


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)


@lru_cache
def _prefectures() -> Mapping[str, str]:
    return {folded(one.name): one.name for one in localgov_by_code().values() if one.kind == "prefecture"}


@lru_cache
def _codes_by_name() -> Mapping[str, tuple[str, ...]]:
    """Codes of municipalities and wards by folded name."""
    found = _grouped((folded(one.name), one.code5) for one in localgov_by_code().values() if one.kind != "prefecture")
    return {name: tuple(codes) for name, codes in found.items()}


def _without_postal_code(written: str) -> tuple[str, str | None]:
    found = _POSTAL.match(written)
    return (written[found.end() :], found[1] + found[2]) if found else (written, None)


def _without_prefecture(written: str) -> tuple[str | None, str]:
    for length in (3, 4):
        name = _prefectures().get(folded(written[:length]))
        if name:
            return name, written[length:]
    return None, written


def _starts(left: str) -> Iterable[int]:
    """Where a municipality's name may begin: at once, or after a district or island."""
    yield 0
    end = 0
    for _ in range(_MOST_DISTRICTS):
        district = _DISTRICT.match(left[end:])
        if district is None:
            return
        end += district.end()
        yield end


def _base_and_chome(name: str) -> tuple[str, str]:
    """`西新宿二丁目` → `西新宿`, `2`; a name without 丁目 has the number ""."""
    name = _AZA.sub("", plain(name))
    found = re.fullmatch(r"(.+?)(\d+)丁目", name)
    return (found[1], found[2]) if found else (name, "")


def _middle(towns: Sequence[Town]) -> tuple[float, float] | None:
    """The middle of a town's 丁目; None where they reach so far that it would say little."""
    lon, lat = sum(town.lon for town in towns) / len(towns), sum(town.lat for town in towns) / len(towns)
    squeeze = math.cos(math.radians(lat))
    reach = max(math.hypot((town.lon - lon) * squeeze, town.lat - lat) for town in towns) * M_PER_DEGREE
    return (lon, lat) if reach <= _TOWN_SPREAD_M else None
