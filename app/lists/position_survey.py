"""What a whole list is written in: swapped columns, a plane rectangular zone, an old datum, told from a sample of rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy

from app.lists import position_rules as rules
from app.lists.datums import ZONES, ZONES_OF_PREFECTURE, Datum, tokyo_offset_m
from app.lists.position_parts import Form, Frame, Numbers, Parts, arrays_of, read_numbers, to_degrees
from app.tabular.findings import Rule
from app.territory.boundaries import M_PER_DEGREE, Floats
from app.territory.places import Places

MOST_ROWS = 2_000
FEWEST_COMPARED = 15  # addresses; fewer say nothing against the 200 m towns' points are off by
NEAR_M = 500.0
MOST_INSIDE = 0.8  # of the rows lie in the municipality under the right zone
# Over Tokyo's municipalities with 15 addresses or more, towns are off by 0-160 m in the median where positions are JGD.
MOST_MISS_M = 200.0
LEAST_NEARER = 0.6  # of the rows lie nearer to where the old datum would put them
Note = tuple[str, str]
_CONVERTED: Note = (
    "旧日本測地系の位置を世界測地系（JGD2011）に直しました（誤差 10 m ほど）。",
    "Positions were converted from the Tokyo Datum to JGD2011 (good to about 10 m).",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the survey found: the frame rows are read in, rules about the list as a whole, and why, in words."""

    rows: int
    frame: Frame
    rules: tuple[Rule, ...] = ()
    notes: tuple[Note, ...] = field(default_factory=tuple)
    swapped_rows: int = 0
    plane_rows: int = 0
    compared_rows: int = 0
    offset_east_m: float | None = None
    offset_north_m: float | None = None

    @property
    def tokyo_datum_suspected(self) -> bool:
        """Whether positions look like the old datum, and nobody has said which it is."""
        return rules.TOKYO_DATUM in self.rules


def survey(
    places: Places,
    owner_code5: str | None,
    sample: Sequence[Parts],
    datum: Datum | None = None,
    zone: int | None = None,
) -> Evidence:
    """Look at up to 2,000 rows; what a person chose stands."""
    sample = sample[:MOST_ROWS]
    numbers = [read_numbers(parts) for parts in sample]
    forms = to_degrees(*arrays_of(numbers), Frame())[2]
    metres = numpy.isin(forms, (Form.PLANE, Form.ZONE_UNKNOWN))
    frame, notes = Frame(datum or "jgd", zone), []
    if metres.any():
        chosen = [one for one, is_metres in zip(numbers, metres, strict=True) if is_metres]
        frame, note = _choose_zone(places, owner_code5, chosen, frame)
        notes.append(note)
    swapped = int((forms == Form.SWAPPED).sum())
    if swapped:
        notes.append(_swapped_note(swapped, len(sample)))
    offset = _offset_from_towns(places, owner_code5, sample, numbers, replace(frame, datum="jgd"))
    said, datum_notes = _judge_datum(offset, datum)
    return Evidence(
        len(sample),
        frame,
        said,
        (*notes, *datum_notes),
        swapped,
        int(metres.sum()),
        offset.rows,
        offset.east_m,
        offset.north_m,
    )


@dataclass(frozen=True, slots=True)
class _Offset:
    """The median of how far positions lie from their addresses' towns, and where the old datum would put it."""

    rows: int
    east_m: float | None = None
    north_m: float | None = None
    old_east_m: float = 0.0
    old_north_m: float = 0.0
    nearer_share: float = 0.0

    @property
    def fits_old_datum(self) -> bool:
        """Near the old datum's offset, and far from none: so for most rows too."""
        if self.east_m is None or self.north_m is None:
            return False
        miss = math.hypot(self.east_m - self.old_east_m, self.north_m - self.old_north_m)
        return miss <= MOST_MISS_M and miss <= self.length_m / 2 and self.nearer_share >= LEAST_NEARER

    @property
    def length_m(self) -> float:
        return math.hypot(self.east_m or 0, self.north_m or 0)


def _offset_from_towns(
    places: Places, owner_code5: str | None, sample: Sequence[Parts], numbers: Sequence[Numbers], frame: Frame
) -> _Offset:
    lons, lats, _ = to_degrees(*arrays_of(numbers), frame)
    within = None if owner_code5 is None or owner_code5.endswith("000") else owner_code5
    pairs = []
    for parts, lon, lat in zip(sample, lons.tolist(), lats.tolist(), strict=True):
        if lon == lon and isinstance(parts.address, str):
            named = f"{parts.prefecture or ''}{parts.municipality or ''}"
            address = parts.address if named in parts.address else named + parts.address
            found = places.locate(places.parse_address(address, within))
            if found and found[2] == "machiaza":
                pairs.append((lon - found[0], lat - found[1], lon, lat))
    if len(pairs) < FEWEST_COMPARED:
        return _Offset(len(pairs))
    return _median_offset(numpy.array(pairs))


def _median_offset(pairs: Floats) -> _Offset:
    lon, lat = numpy.median(pairs[:, 2:], axis=0).tolist()
    metres = pairs[:, :2] * [math.cos(math.radians(lat)) * M_PER_DEGREE, M_PER_DEGREE]
    east, north = numpy.median(metres, axis=0).tolist()
    old = tokyo_offset_m(lon, lat)
    nearer = numpy.hypot(*(metres - old).T) < numpy.hypot(*metres.T)
    return _Offset(len(pairs), east, north, old[0], old[1], float(nearer.mean()))


def _judge_datum(offset: _Offset, datum: Datum | None) -> tuple[tuple[Rule, ...], tuple[Note, ...]]:
    if offset.east_m is None or offset.north_m is None:
        return (), ()
    east, north = _in_words(offset.east_m, offset.north_m)
    old_east, old_north = _in_words(offset.old_east_m, offset.old_north_m)
    ja = (
        f"住所のある {offset.rows:,} 行の位置は、住所の町丁目の代表点から{east[0]}・{north[0]}ずれています（中央値）。"
        f"旧日本測地系の値を世界測地系として読むと、ここでは{old_east[0]}・{old_north[0]}ずれます。"
    )
    en = (
        f"In {offset.rows:,} rows with addresses, positions lie {east[1]} and {north[1]} of their towns (median); "
        f"values of the Tokyo Datum read as JGD would lie {old_east[1]} and {old_north[1]} here."
    )
    if datum is None and offset.fits_old_datum:
        return (rules.TOKYO_DATUM,), ((ja, en),)
    if datum == "tokyo" and not offset.fits_old_datum:
        return (rules.TOKYO_DATUM_DOUBTFUL,), ((ja, en),)
    return (), ((_CONVERTED,) if datum == "tokyo" else ())


def _in_words(east_m: float, north_m: float) -> tuple[Note, Note]:
    return (
        (
            f"{'東' if east_m >= 0 else '西'}へ {abs(east_m):.0f} m",
            f"{abs(east_m):.0f} m {'east' if east_m >= 0 else 'west'}",
        ),
        (
            f"{'北' if north_m >= 0 else '南'}へ {abs(north_m):.0f} m",
            f"{abs(north_m):.0f} m {'north' if north_m >= 0 else 'south'}",
        ),
    )


def _swapped_note(swapped: int, rows: int) -> Note:
    return (
        f"調べた {rows:,} 行のうち {swapped:,} 行で緯度と経度が入れ替わっていました。入れ替えて読みます。",
        f"Latitude and longitude are swapped in {swapped:,} of {rows:,} rows looked at; they are read the right way.",
    )


def _choose_zone(
    places: Places, owner_code5: str | None, numbers: Sequence[Numbers], frame: Frame
) -> tuple[Frame, Note]:
    """The zone and order of axes under which most rows lie where the list's owner is."""
    zones = [frame.zone] if frame.zone else _zones_to_try(owner_code5)
    tries = [Frame(frame.datum, zone, swapped) for zone in zones for swapped in (False, True)]
    shares = [_share_inside(places, owner_code5, numbers, one) for one in tries]
    best = max(range(len(tries)), key=lambda place: shares[place], default=None)
    if best is None or shares[best] < MOST_INSIDE:
        return _unproved_zone(frame, zones)
    chosen, percent = tries[best], round(100 * shares[best])
    order_ja = "X と Y が入れ替わった、" if chosen.plane_swapped else ""
    order_en = " with X and Y swapped" if chosen.plane_swapped else ""
    return chosen, (
        f"{order_ja}平面直角座標の第{chosen.zone}系として読みました（調べた行の {percent} % が区市町村の中に入ります）。",
        f"Read as plane rectangular coordinates of zone {chosen.zone}{order_en}: {percent} % of the rows looked at fall inside.",
    )


def _zones_to_try(owner_code5: str | None) -> Sequence[int]:
    return ZONES_OF_PREFECTURE.get((owner_code5 or "")[:2], tuple(ZONES))


def _unproved_zone(frame: Frame, zones: Sequence[int]) -> tuple[Frame, Note]:
    """A zone nothing speaks for: the person's own, or the prefecture's only one, else none."""
    if len(zones) == 1:
        return Frame(frame.datum, zones[0]), (
            f"平面直角座標の第{zones[0]}系として読みました。位置を地図で確かめてください。",
            f"Read as plane rectangular coordinates of zone {zones[0]}; check the positions on the map.",
        )
    return frame, (
        "平面直角座標のようですが、何系か決められません。「系番号」の列に系の番号（1〜19）を書いてください。",
        "These look like plane rectangular coordinates of an unknown zone; write it (1-19) into a column 系番号.",
    )


def _share_inside(places: Places, owner_code5: str | None, numbers: Sequence[Numbers], frame: Frame) -> float:
    lons, lats, forms = to_degrees(*arrays_of(numbers), frame)
    usable = forms == Form.PLANE
    lons, lats = lons[usable], lats[usable]
    if not len(lons):
        return 0.0
    if owner_code5 in places.boundaries:
        inside = places.distance_outside_m(str(owner_code5), lons, lats) <= NEAR_M
        return float(inside.sum()) / len(numbers)
    return sum(code is not None for code in places.municipalities_at(lons, lats)) / len(numbers)
