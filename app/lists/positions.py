"""Where each row of a list is: coordinates in any spelling, else its address, checked against its municipality."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy

from app.lists import position_rules as rules
from app.lists.datums import Datum
from app.lists.near_duplicates import NearDuplicates
from app.lists.position_parts import Form, Frame, Numbers, Parts, PlaceColumns, arrays_of, read_numbers, to_degrees
from app.lists.position_shapes import Shape, read_shape
from app.lists.position_survey import Evidence, survey
from app.tabular.findings import Finding, Level, Rule
from app.tabular.table import Cell
from app.territory.boundaries import Floats
from app.territory.localgov import find_localgov, parse_code
from app.territory.places import Address, Places

# Boundaries are simplified, and sites stand on piers and reclaimed land: of 6,387 published facilities of Tokyo 22 lie
# more than 50 m outside the municipality of their address, and one (a slip of 4.8 km) more than 500 m.
EDGE_M = 50.0
OUTSIDE_M = 500.0
FEWEST_DECIMALS = 4
_DECIMALS = 8  # of degrees: 1 mm
_SHOWN = 200  # characters of a cell, in a finding
RULES = rules.RULES

_FORM_RULES: dict[int, Rule] = {
    Form.SWAPPED: rules.SWAPPED,
    Form.COMPACT: rules.DMS,
    Form.POINT_LOST: rules.POINT_LOST,
    Form.PLANE: rules.PLANE,
    Form.ZONE_UNKNOWN: rules.PLANE_ZONE,
    Form.PLACEHOLDER: rules.PLACEHOLDER,
    Form.OUTSIDE: rules.OUTSIDE_JAPAN,
}
_ERRORS = {rule.id for rule in rules.RULES if rule.level is Level.ERROR}


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What a person chose: the datum of the numbers, the zone of plane coordinates; Wi-Fi takes points only."""

    datum: Datum | None = None
    zone: int | None = None
    points_only: bool = False


class Placed(NamedTuple):
    """Where a row is: degrees of EPSG:4326 to 8 decimals, geometry as EWKT or hex EWKB; all None after an error.

    `geocode_level` is the row's own, or machiaza where the address gave the position; `municipality_code` has five
    digits.
    """

    lon: float | None
    lat: float | None
    geometry: str | None
    geocode_level: str | None
    municipality_code: str | None
    findings: tuple[Finding, ...] = ()


class _Draft:
    """A row while it is being placed."""

    __slots__ = ("address", "code5", "findings", "from_address", "lat", "lon", "numbers", "parts", "shape")

    def __init__(self, parts: Parts, numbers: Numbers) -> None:
        self.parts, self.numbers = parts, numbers
        self.lon = self.lat = float("nan")
        self.code5: str | None = None
        self.address: Address | None = None
        self.from_address = False
        self.shape: Shape | None = None
        self.findings: list[Finding] = []


class Positions:
    """Places the rows of one list; `evidence` says what the whole list is written in.

    `owner_code5` is the municipality (or prefecture, 13000) whose list it is, `sample` up to 2,000 of its rows.
    """

    def __init__(
        self,
        places: Places,
        owner_code5: str | None,
        columns: PlaceColumns,
        sample: Sequence[Parts],
        options: PlaceOptions = PlaceOptions(),
    ) -> None:
        self._places, self._columns, self._options = places, columns, options
        self._owner = None if owner_code5 is None or owner_code5.endswith("000") else owner_code5
        self.evidence: Evidence = survey(places, owner_code5, sample, options.datum, options.zone)
        self._frame: Frame = self.evidence.frame
        self._named: dict[tuple[object, ...], str | None] = {}
        self._seen = NearDuplicates()
        self._owner_names = self._names_of_owner()

    def place(self, parts: Parts) -> Placed:
        """Place one row."""
        return self.place_all([parts])[0]

    def place_all(self, batch: Sequence[Parts]) -> list[Placed]:
        """Place rows, in their order; a few thousand at a time are fastest."""
        drafts = [_Draft(parts, read_numbers(parts)) for parts in batch]
        lons, lats, forms = to_degrees(*arrays_of([draft.numbers for draft in drafts]), self._frame)
        rounded = numpy.round(lons, _DECIMALS).tolist(), numpy.round(lats, _DECIMALS).tolist()
        for draft, lon, lat, form in zip(drafts, *rounded, forms.tolist(), strict=True):
            draft.lon, draft.lat = lon, lat
            if draft.parts.geom is not None:
                self._take_shape(draft)
            elif form != Form.DEGREES or draft.numbers.rule is not None or draft.numbers.decimals < FEWEST_DECIMALS:
                self._say_form(draft, form)
            self._name_municipality(draft)
            if draft.lon != draft.lon:
                self._take_address(draft)
            elif draft.parts.geocode_level == "city":
                self._say(draft, rules.CITY_LEVEL_GIVEN, "lat", mended=False)
        placed = [draft for draft in drafts if draft.lon == draft.lon]
        if placed:
            self._check_municipalities(placed)
            self._find_duplicates(placed)
        return [self._result(draft) for draft in drafts]

    # What the cells say

    def _say_form(self, draft: _Draft, form: int) -> None:
        numbers = draft.numbers
        if numbers.rule is not None:
            self._say(draft, numbers.rule, numbers.part)
        if form in (Form.DEGREES, Form.SWAPPED) and numbers.decimals < FEWEST_DECIMALS:
            self._say(draft, rules.COARSE, numbers.part, mended=False)
        if form > Form.DEGREES:
            rule = _FORM_RULES[form]
            if rule is rules.PLANE and self._frame.plane_swapped:
                rule = rules.PLANE_SWAPPED
            self._say(draft, rule, numbers.part)

    def _take_shape(self, draft: _Draft) -> None:
        assert draft.parts.geom is not None
        shape = read_shape(draft.parts.geom, points_only=self._options.points_only)
        for rule in shape.rules:
            draft.findings.append(Finding(draft.parts.number, None, None, rule.id, shape.kind))
        if shape.lon is not None and shape.lat is not None:
            draft.shape, draft.lon, draft.lat = shape, round(shape.lon, _DECIMALS), round(shape.lat, _DECIMALS)

    def _say(self, draft: _Draft, rule: Rule, part: str, *, mended: bool = True) -> None:
        """Record a rule about coordinates: the cells as written, and what they were read as."""
        parts = draft.parts
        is_read = mended and draft.lon == draft.lon
        if part == "lat" and is_read and rule.level is Level.MENDED and self._columns.lon is not None:
            # Each of the two cells gets its own number, so that the list handed back can be sent again as it is.
            for name, cell, degrees in (("lat", parts.lat, draft.lat), ("lon", parts.lon, draft.lon)):
                self._find(draft, rule, name, _shown(cell), f"{round(degrees, 8)}")
            return
        pair = (parts.x, parts.y) if part == "x" else (parts.lat, parts.lon)
        if part in ("position", "lon"):
            pair = (parts.position if part == "position" else parts.lon, None)
        value = ", ".join(_shown(cell) for cell in pair if cell not in (None, ""))
        # Metres of a plane cannot be mended into degrees in their own columns.
        read = f"{draft.lat:.6f}, {draft.lon:.6f}" if is_read and part != "x" else None
        self._find(draft, rule, part, value, read)

    def _find(self, draft: _Draft, rule: Rule, part: str, value: str, mended: str | None) -> None:
        letter = self._columns.letter(part, "lat", "x")
        draft.findings.append(Finding(draft.parts.number, letter, part, rule.id, value, mended))

    # Municipality and address

    def _names_of_owner(self) -> tuple[str, ...]:
        """How most addresses of the owner begin: these need no taking apart."""
        government = find_localgov(self._owner) if self._owner else None
        return (f"{government.prefecture}{government.name}", government.name) if government else ()

    def _name_municipality(self, draft: _Draft) -> None:
        """The municipality a row means: its address's, else the one its name or code says, else the owner."""
        parts = draft.parts
        named = self._named_in_cells(parts)
        address = parts.address
        if not isinstance(address, str) or not address:
            draft.code5 = named or self._owner
        elif named in (None, self._owner) and address.startswith(self._owner_names):
            draft.code5 = self._owner
        else:
            draft.address = self._parse(parts, address, named)
            code5 = draft.address.municipality_code
            draft.code5 = code5 or named or self._owner
            if code5 and named and code5 != named and not _is_part_of(self._places, code5, named):
                said = f"{address}（{self._places.name_of(named)}）"
                self._note(draft, rules.ADDRESS_DIFFERS, "address", said)

    def _named_in_cells(self, parts: Parts) -> str | None:
        key = (parts.prefecture, parts.municipality, parts.municipality_code)
        if key not in self._named:
            if len(self._named) > 10_000:
                self._named.clear()
            self._named[key] = self._read_named(parts)
        return self._named[key]

    def _read_named(self, parts: Parts) -> str | None:
        code5 = parse_code(parts.municipality_code).value
        if isinstance(parts.municipality, str) and parts.municipality:
            written = f"{parts.prefecture or ''}{parts.municipality}"
            found = self._places.parse_address(written, self._owner or code5).municipality_code
            if found:
                return found
        return None if code5 is None or code5.endswith("000") else str(code5)

    def _parse(self, parts: Parts, address: str, named: str | None) -> Address:
        if parts.postal_code is not None and not address.startswith("〒"):
            address = f"〒{parts.postal_code} {address}"
        return self._places.parse_address(address, named or self._owner)

    def _take_address(self, draft: _Draft) -> None:
        """Put a row without coordinates on the point of its address's town, or say why not."""
        if any(finding.rule in _ERRORS for finding in draft.findings):
            return
        address = draft.parts.address
        if not isinstance(address, str) or not address.strip():
            self._note(draft, rules.MISSING, "lat", "")
            return
        parsed = draft.address or self._parse(draft.parts, address, draft.code5)
        found = self._places.locate(parsed)
        if found is None or found[2] != "machiaza":
            named = parsed.municipality_code or draft.code5
            self._note(draft, rules.CITY_LEVEL if named else rules.ADDRESS_UNKNOWN, "address", address)
            return
        draft.lon, draft.lat, draft.from_address = round(found[0], _DECIMALS), round(found[1], _DECIMALS), True
        self._note(draft, rules.FROM_ADDRESS, "address", address, f"{parsed.town}（{draft.lat:.6f}, {draft.lon:.6f}）")

    def _note(self, draft: _Draft, rule: Rule, part: str, value: str, mended: str | None = None) -> None:
        letter = self._columns.letter(part, "position", "x", "address")
        draft.findings.append(Finding(draft.parts.number, letter, part, rule.id, value[:_SHOWN], mended))

    def _check_municipalities(self, drafts: Sequence[_Draft]) -> None:
        """Compare positions with the municipality meant, or find it where none is."""
        by_code: dict[str | None, list[_Draft]] = defaultdict(list)
        for draft in drafts:
            by_code[draft.code5].append(draft)
        for code5, members in by_code.items():
            if code5 is None or code5 not in self._places.boundaries:
                self._find_municipalities(code5, members)
                continue
            is_sample = self._places.boundaries[code5].is_sample
            distances = self._places.distance_outside_m(code5, *_lon_lat(members))
            for place in numpy.nonzero(distances > EDGE_M)[0].tolist():
                self._say_outside(members[place], code5, float(distances[place]), is_sample)

    def _find_municipalities(self, code5: str | None, members: Sequence[_Draft]) -> None:
        """Where rows lie that name no municipality, or one without a known boundary."""
        for draft, found in zip(members, self._places.municipalities_at(*_lon_lat(members)), strict=True):
            if code5 is None:
                draft.code5 = found
            elif found is not None and not self._places.boundaries[found].is_sample:
                where = f"{self._places.name_of(code5)}ではなく{self._places.name_of(found)}"
                self._note(draft, rules.OUTSIDE, "lat", f"{draft.lat:.6f}, {draft.lon:.6f}（{where}）")

    def _say_outside(self, draft: _Draft, code5: str, distance_m: float, is_sample: bool) -> None:
        far = f"{distance_m / 1000:.1f} km" if distance_m >= 1000 else f"{distance_m:.0f} m"
        value = f"{draft.lat:.6f}, {draft.lon:.6f}（{self._places.name_of(code5)}の外に {far}）"
        beyond = rules.OUTSIDE_SAMPLE if is_sample else rules.OUTSIDE
        self._note(draft, beyond if distance_m > OUTSIDE_M else rules.NEAR_EDGE, "lat", value)

    def _find_duplicates(self, drafts: Sequence[_Draft]) -> None:
        named = [draft for draft in drafts if isinstance(draft.parts.name, str) and not draft.from_address]
        if not named:
            return
        names = [str(draft.parts.name).strip() for draft in named]
        found = self._seen.find(names, *_lon_lat(named), [draft.parts.number for draft in named])
        for place, earlier in found.items():
            self._note(named[place], rules.DUPLICATE, "name", f"{names[place]}（{earlier} 行目と同じ）")

    def _result(self, draft: _Draft) -> Placed:
        findings = tuple(draft.findings) if draft.findings else ()
        if draft.lon != draft.lon or (findings and any(finding.rule in _ERRORS for finding in findings)):
            return Placed(None, None, None, None, draft.code5, findings)
        lon, lat = draft.lon, draft.lat
        geometry = (draft.shape and draft.shape.ewkb) or f"SRID=4326;POINT({lon} {lat})"
        level = "machiaza" if draft.from_address else draft.parts.geocode_level
        return Placed(lon, lat, geometry, level, draft.code5, findings)


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)[:_SHOWN]


def _lon_lat(drafts: Sequence[_Draft]) -> tuple[Floats, Floats]:
    return numpy.array([draft.lon for draft in drafts]), numpy.array([draft.lat for draft in drafts])


def _is_part_of(places: Places, code5: str, named: str) -> bool:
    """Whether one is a ward of the other, a designated city."""
    first, second = places.name_of(code5), places.name_of(named)
    return code5[:2] == named[:2] and (first.startswith(second) or second.startswith(first))
