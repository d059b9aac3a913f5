"""Addresses to towns, points to municipalities."""

import csv
import time
from collections import Counter

import numpy
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.territory.places import Places, load_places
from tests.known_places import BUNKYO, OKUTAMA, SETAGAYA, SHINJUKU, SHINJUKU_BOX, TAMA, published_places, small_places

PLACES = small_places()


@pytest.mark.parametrize(
    ("written", "code5", "town", "rest"),
    [
        ("東京都新宿区西新宿2-8-1", SHINJUKU, "西新宿二丁目", "8-1"),
        ("新宿区西新宿２丁目８番１号", SHINJUKU, "西新宿二丁目", "8番1号"),
        ("東京都 新宿区　西新宿二丁目8番1号", SHINJUKU, "西新宿二丁目", "8番1号"),
        ("新宿区西新宿2－8－1", SHINJUKU, "西新宿二丁目", "8-1"),
        ("新宿区西新宿2ー8ー1 都庁", SHINJUKU, "西新宿二丁目", "8-1都庁"),
        ("〒160-0023 東京都新宿区西新宿2", SHINJUKU, "西新宿二丁目", ""),
        ("新宿区西新宿", SHINJUKU, "西新宿", ""),
        ("新宿区西新宿9-1", SHINJUKU, "西新宿", "9-1"),  # no such chome: the town as a whole
        ("新宿区霞ケ丘町10", SHINJUKU, "霞ヶ丘町", "10"),
        ("新宿区霞が丘町10", SHINJUKU, "霞ヶ丘町", "10"),
        ("新宿区住吉1-2", SHINJUKU, "住吉町", "1-2"),
        ("新宿區百人町1", SHINJUKU, "百人町一丁目", ""),
        ("世田谷区船橋11-1", SETAGAYA, "船橋十一丁目", "1"),
        ("世田谷区船橋十一丁目1", SETAGAYA, "船橋十一丁目", "1"),
        ("東京都西多摩郡奥多摩町氷川215-6", OKUTAMA, "氷川", "215-6"),
        ("奥多摩町大字氷川215-6", OKUTAMA, "氷川", "215-6"),
        ("多摩市一之宮1-25-1", TAMA, "一ノ宮一丁目", "25-1"),
        ("多摩市一の宮1-25-1", TAMA, "一ノ宮一丁目", "25-1"),
        ("多摩市落合字下河原1", TAMA, "大字落合", "字下河原1"),
    ],
)
def test_addresses_with_a_known_town(written: str, code5: str, town: str, rest: str) -> None:
    assert PLACES.parse_address(written) == ("東京都", code5, town, rest, "machiaza")


@pytest.mark.parametrize(
    ("written", "code5"),
    [
        ("東京都新宿区", SHINJUKU),
        ("新宿区知らない町1", SHINJUKU),
        ("文京区大塚", BUNKYO),  # its chome reach too far for one point to stand for them
        ("東京都八丈島八丈町三根26", "13401"),
        ("東京都三宅島三宅村坪田", "13381"),
        ("神奈川県横浜市中区日本大通1", "14104"),
        ("北海道札幌市中央区北1条西2丁目", "01101"),
        ("静岡県浜松市中央区元城町103-2", "22138"),
        ("広島県府中市府川町315", "34208"),
        ("東京都府中市宮西町2", "13206"),
        ("大阪府堺市堺区南瓦町3-1", "27141"),
        ("福岡県那珂川市西隈1", "40231"),
        ("奈良県大和郡山市北郡山町", "29203"),
    ],
)
def test_addresses_known_to_the_municipality(written: str, code5: str) -> None:
    address = PLACES.parse_address(written)
    assert (address.municipality_code, address.town, address.level) == (code5, None, "city")


@pytest.mark.parametrize(
    "written", ["", "　", "西新宿2-8-1", "府中市宮西町", "どこか", "東京都", "0", "〒", "郡", "\u202e", "郡" * 5000]
)
def test_addresses_that_name_no_one_municipality(written: str) -> None:
    address = PLACES.parse_address(written)
    assert (address.municipality_code, address.level) == (None, None)
    assert PLACES.locate(address) is None


def test_the_owner_helps_where_no_municipality_is_named() -> None:
    assert PLACES.parse_address("西新宿2-8-1", SHINJUKU).town == "西新宿二丁目"
    assert PLACES.parse_address("西新宿2-8-1", SETAGAYA).municipality_code is None
    assert PLACES.parse_address("府中市宮西町", SHINJUKU).municipality_code == "13206"
    assert PLACES.parse_address("〒160-0023 西新宿2").municipality_code == SHINJUKU
    assert PLACES.parse_address("神奈川県西新宿2-8-1", SHINJUKU).municipality_code is None


def test_a_town_is_located_and_a_municipality_only_as_such() -> None:
    assert PLACES.locate(PLACES.parse_address("新宿区西新宿2-8-1")) == (139.6917, 35.6895, "machiaza")
    middle = PLACES.locate(PLACES.parse_address("新宿区西新宿"))
    assert middle == (pytest.approx(139.6946), pytest.approx(35.689), "machiaza")
    city = PLACES.locate(PLACES.parse_address("新宿区"))
    assert city and city[2] == "city"
    assert PLACES.locate(PLACES.parse_address("神奈川県横浜市中区日本大通1")) is None


def test_postal_codes() -> None:
    assert PLACES.municipality_of_postal_code("1600023") == SHINJUKU
    assert PLACES.municipality_of_postal_code("9999999") is None and PLACES.municipality_of_postal_code("") is None


def test_points_in_municipalities() -> None:
    assert PLACES.municipality_at(139.69, 35.69) == SHINJUKU
    assert PLACES.municipality_at(139.60, 35.60) == SETAGAYA
    assert PLACES.municipality_at(0, 0) is None and PLACES.municipality_at(float("nan"), 35) is None
    many = PLACES.municipalities_at(numpy.array([139.60, 139.69, 141.0]), numpy.array([35.60, 35.69, 35.6]))
    assert many == [SETAGAYA, SHINJUKU, None]


def test_metres_outside() -> None:
    west, south = SHINJUKU_BOX[:2]
    lons, lats = numpy.array([139.70, 139.70, west - 0.01]), numpy.array([35.70, south - 0.01, 35.70])
    distances = PLACES.distance_outside_m(SHINJUKU, lons, lats)
    assert distances[0] == 0
    assert distances[1:] == pytest.approx([1112, 904], rel=0.01)
    assert numpy.isnan(PLACES.distance_outside_m("01101", lons, lats)).all()


def test_the_lookup_travels() -> None:
    there = Places.load(PLACES.dump())
    assert there == PLACES
    assert there.parse_address("新宿区西新宿2-8-1") == PLACES.parse_address("新宿区西新宿2-8-1")
    assert Places.load(Places({}).dump()) == Places({})


def test_loading_from_the_register(sessions: sessionmaker[Session]) -> None:
    """Under the role the service reads as."""
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO data_source (source_id, title_ja, title_en, publisher, licence, credit) VALUES ('s', '', '', '', '', '')"
            )
        )
        session.execute(
            text(
                "INSERT INTO town VALUES ('13104', '西新宿二丁目', 'SRID=4326;POINT(139.69 35.68)', 's'),"
                " ('14104', '日本大通', 'SRID=4326;POINT(139.64 35.44)', 's')"
            )
        )
        session.execute(text("INSERT INTO postal_code VALUES ('1600023', '13104', '西新宿', 's')"))
    with sessions.begin() as session:
        session.execute(text("SET LOCAL ROLE tsunagaru_app"))
        everything, tokyo = load_places(session), load_places(session, {"13"})
    assert set(everything.towns) == {"13104", "14104"} and set(tokyo.towns) == {"13104"}
    assert everything.boundaries == {}
    found = everything.parse_address("新宿区西新宿2-8-1")
    assert everything.locate(found) == (139.69, 35.68, "machiaza")
    assert everything.locate(everything.parse_address("新宿区")) is None
    assert everything.municipality_of_postal_code("1600023") == SHINJUKU


@pytest.mark.realdata
def test_published_addresses_and_points() -> None:
    places = published_places()
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    assert folder
    with (folder / "public_facilities_tokyo/tokyo_public_facilities.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = [row for row in csv.DictReader(file) if row["address"]]
    places.parse_address("新宿区")
    began = time.perf_counter()
    located = [places.locate(places.parse_address(row["address"])) for row in rows]
    seconds = (time.perf_counter() - began) / len(rows) * 15_000
    levels = Counter(found[2] if found else None for found in located)
    print(
        f"{levels['machiaza'] / len(rows):.1%} of {len(rows):,} addresses located to the town, 15,000 in {seconds:.2f} s"
    )
    assert levels["machiaza"] / len(rows) > 0.98
    assert seconds < 3
    off = [
        numpy.hypot((found[0] - float(row["lon"])) * 90_300, (found[1] - float(row["lat"])) * 111_000)
        for row, found in zip(rows, located, strict=True)
        if found and found[2] == "machiaza"
    ]
    print("off by (median, 95 %) in m:", numpy.percentile(off, [50, 95]).round())
    assert numpy.median(off) < 250
    lons, lats = (numpy.tile([float(row[axis]) for row in rows], 160) for axis in ("lon", "lat"))
    began = time.perf_counter()
    codes = places.municipalities_at(lons, lats)
    assert time.perf_counter() - began < 10
    assert sum(code is None for code in codes[: len(rows)]) < 10
