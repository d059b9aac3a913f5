"""The sample register: invented assets with the published counts, the same rows on every run and machine."""

from collections.abc import Iterator
from random import Random
from typing import Any

from app.demo import attributes
from app.demo import vocabulary as words
from app.demo.counts import SHINJUKU, metropolitan_counts, municipal_counts
from app.demo.places import NISHI_SHINJUKU, LonLat, inside, rectangle, scatter
from app.territory.facts import PREFECTURE, TOKYO_CODE6, MunicipalityFacts, facts_by_code

SEED = "tsunagaru sample register 1"
POLYGON_SHARE = 1 / 3  # of the parcels
GEOCODED = {"building": ("rooftop", "rooftop", "residential"), "land": ("residential", "block")}
LARGEST_HALF_DIAGONAL_M = 80  # of a parcel of 8,000 m²

Asset = dict[str, Any]


def sample_rng(name: str) -> Random:
    """The random numbers of one sample row: adding a row moves no other."""
    return Random(f"{SEED}:{name}")  # noqa: S311 - invented data, not secrets


def metropolitan_assets() -> list[Asset]:
    """The 15,377 sample assets of the metropolis."""
    owner = {"owner_code": TOKYO_CODE6, "owner_type": "metropolitan", "owner_name": PREFECTURE}
    kinds = {"building": words.METROPOLITAN_BUILDINGS, "land": words.METROPOLITAN_LANDS}
    counts = metropolitan_counts()
    places = [(facts, kind, counts[facts.code5][kind]) for kind in kinds for facts in facts_by_code().values()]
    assets: list[Asset] = []
    numbers = {"building": 0, "land": 0}
    for facts, kind, count in places:
        for nth in range(1, count + 1):
            numbers[kind] += 1
            assets.append(_grounded(owner, facts, kind, kinds[kind], numbers[kind], nth))
    assets.extend(_structures(owner, facts_by_code()[SHINJUKU]))
    return assets


def municipal_assets() -> list[Asset]:
    """The 1,574 sample assets of five municipalities."""
    kinds = {"building": words.MUNICIPAL_BUILDINGS, "land": words.MUNICIPAL_LANDS}
    assets: list[Asset] = []
    for code, counts in municipal_counts().items():
        facts = facts_by_code()[code]
        owner = {"owner_code": facts.code6, "owner_type": "municipality", "owner_name": facts.name}
        for kind, count in counts.items():
            assets.extend(_grounded(owner, facts, kind, kinds[kind], nth, nth) for nth in range(1, count + 1))
    return assets


def _grounded(
    owner: Asset,
    facts: MunicipalityFacts,
    kind: str,
    facilities: tuple[words.Facility, ...],
    number: int,
    nth: int,
) -> Asset:
    """A building or parcel; `number` runs through the owner's assets of that kind, `nth` through the municipality."""
    asset_id = f"{owner['owner_code']}-{'B' if kind == 'building' else 'L'}-S{number:05d}"
    rng = sample_rng(asset_id)
    fitting = [facility for facility in facilities if facts.region in facility.regions]
    facility = rng.choices(fitting, [facility.weight for facility in fitting])[0]
    make = attributes.building if kind == "building" else attributes.land
    about = make(rng, facility, facts.region)
    centre = scatter(rng, facts, LARGEST_HALF_DIAGONAL_M if kind == "land" else 0)
    is_polygon = kind == "land" and rng.random() < POLYGON_SHARE
    return {
        "asset_id": asset_id,
        "asset_kind": kind,
        "facility_type": _municipal(facility.ja, facts),
        **_names(_municipal(facility.ja, facts), facility.kana, facility.en, facts, nth),
        **owner,
        **_located(rng, facts, facility.bureau),
        **attributes.common(rng, kind, facts, facility.sensitive, facility.bureau),
        **about,
        "slots_used": 0,
        "geocode_level": "surveyed" if is_polygon else rng.choice(GEOCODED[kind]),
        "geom": _polygon(rectangle(rng, centre, about["area_m2"])) if is_polygon else _point(centre),
        "position": centre,
    }


def _structures(owner: Asset, facts: MunicipalityFacts) -> Iterator[Asset]:
    number = 0
    for kind in words.STRUCTURE_TYPES:
        for nth in range(1, kind.count + 1):
            number += 1
            asset_id = f"{TOKYO_CODE6}-S-S{number:05d}"
            rng = sample_rng(asset_id)
            place = inside(rng, NISHI_SHINJUKU)
            yield {
                "asset_id": asset_id,
                "asset_kind": "structure",
                "structure_kind": kind.kind,
                "facility_type": kind.ja,
                **_names(kind.ja, kind.kana, kind.en, facts, nth),
                **owner,
                **_located(rng, facts, kind.bureau),
                **attributes.common(rng, "structure", facts, None, kind.bureau),
                **attributes.structure(rng, kind),
                "zoning": "商業地域",
                "slots_used": 0,
                "geocode_level": "surveyed",
                "geom": _point(place),
                "position": place,
            }


def _municipal(facility: str, facts: MunicipalityFacts) -> str:
    """区民館 is 市民館 in a city."""
    return facility.replace("区", facts.name[-1]) if facility.startswith("区") else facility


def _names(ja: str, kana: str, en: str, facts: MunicipalityFacts, nth: int) -> Asset:
    town_ja, town_en = facts.name[:-1], facts.romaji.rsplit(" ", 1)[0]
    return {
        "name": f"サンプル {town_ja}第{nth}{ja}",
        "name_kana": f"サンプル {facts.kana} {nth} {kana}",
        "name_en": f"Sample {town_en} {en} No. {nth}",
    }


def _located(rng: Random, facts: MunicipalityFacts, bureau: str) -> Asset:
    block = f"{rng.randint(1, 8)}丁目{rng.randint(1, 30)}番{rng.randint(1, 20)}号"
    return {
        "bureau": bureau,
        "property_no": f"S{rng.randrange(10**8):08d}",
        "municipality_code": facts.code5,
        "municipality": facts.name,
        "address": f"{PREFECTURE}{_county(facts)}{facts.name}サンプル{block}",
        "contact": f"サンプル窓口（{bureau}）",
    }


def _county(facts: MunicipalityFacts) -> str:
    return facts.district if facts.district and facts.district.endswith("郡") else ""


def _point(place: LonLat) -> str:
    return f"SRID=4326;POINT({place[0]:.6f} {place[1]:.6f})"


def _polygon(ring: list[LonLat]) -> str:
    return f"SRID=4326;POLYGON(({','.join(f'{lon:.6f} {lat:.6f}' for lon, lat in ring)}))"
