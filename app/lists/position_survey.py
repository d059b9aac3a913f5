"""What a whole list is written in: swapped columns, a plane rectangular zone, an old datum, told from a sample of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy

from app.lists import position_rules as rules
from app.lists.datums import ZONES, ZONES_OF_PREFECTURE, Datum
from app.lists.position_parts import Form, Frame, Numbers, Parts, arrays_of, read_numbers, to_degrees
from app.tabular.findings import Rule
from app.territory.places import Places

MOST_ROWS = 2_000
FEWEST_COMPARED = 15  # addresses; fewer say nothing against the 200 m towns' points are off by
NEAR_M = 500.0
MOST_INSIDE = 0.8  # of the rows lie in the municipality under the right zone
Note = tuple[str, str]


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
    return Evidence(len(sample), frame, (), tuple(notes), swapped, int(metres.sum()))


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
        "平面直角座標のようですが、何系か決められません。系の番号（1〜19）を選んでください。",
        "These look like plane rectangular coordinates of an unknown zone; choose the zone (1-19).",
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
