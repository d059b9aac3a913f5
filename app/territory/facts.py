"""What is known of Tokyo's 62 municipalities without any file from outside: codes, names, offices, where people live.

Source: tokyo62.csv beside this module: names by 全国地方公共団体コード, populations of the 2020 census (rounded), offices
after localgovjp (CC0), areas and inscribed circles computed by scripts/municipality-facts.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).parent / "tokyo62.csv"
TOKYO_CODE6 = "130001"
PREFECTURE = "東京都"


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on land inside one municipality: centre in degrees, radius in km."""

    lon: float
    lat: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class MunicipalityFacts:
    """One municipality; `region` is ward, tama or island; `circles` lie inside it with a margin, on inhabited land."""

    code5: str
    code6: str
    name: str
    kana: str
    romaji: str
    region: str
    district: str | None
    office_lon: float
    office_lat: float
    area_km2: float
    population: int
    circles: tuple[Circle, ...]


@lru_cache
def facts_by_code() -> MappingProxyType[str, MunicipalityFacts]:
    """The 62 by five-digit code, in the order of their codes."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["code5"]: _read(row) for row in csv.DictReader(file)})


def find_in_address(address: str) -> MunicipalityFacts | None:
    """The municipality an address of Tokyo names (`東京都江東区亀戸…`, `西多摩郡奥多摩町…`), if it names one."""
    place = address.replace(" ", "").replace("\u3000", "").removeprefix(PREFECTURE)
    for facts in facts_by_code().values():
        if place.startswith(facts.name) or (facts.district and place.startswith(facts.district + facts.name)):
            return facts
    return None


def _read(row: dict[str, str]) -> MunicipalityFacts:
    return MunicipalityFacts(
        row["code5"],
        row["code6"],
        row["name"],
        row["kana"],
        row["romaji"],
        row["region"],
        row["district"] or None,
        float(row["office_lon"]),
        float(row["office_lat"]),
        float(row["area_km2"]),
        int(row["population"]),
        tuple(Circle(*(float(number) for number in circle.split(","))) for circle in row["circles"].split()),
    )
