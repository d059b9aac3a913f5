"""Spellings of carriers and technologies, and headings of the dictionary."""

import pytest

from app.surveys.carriers import BY_ID, CARRIERS, REAL, SAMPLE, parse_carrier
from app.surveys.fields import FIELDS, factor_of, field_of
from app.surveys.technologies import parse_technology


@pytest.mark.parametrize(
    ("words", "carrier"),
    [
        ("ＮＴＴドコモ", "docomo"), ("docomo", "docomo"), ("NTT DOCOMO", "docomo"), ("NTT DOCOMO, INC.", "docomo"),
        ("エヌ・ティ・ティ・ドコモ", "docomo"), ("docomo 5G", "docomo"), ("440-10", "docomo"), ("44010", "docomo"),
        ("au", "kddi"), ("ａｕ", "kddi"), ("ｴｰﾕｰ", "kddi"), ("KDDI株式会社", "kddi"), ("au(KDDI)", "kddi"), ("44051", "kddi"),
        ("沖縄セルラー", "kddi"), ("SoftBank", "softbank"), ("ソフトバンク(株)", "softbank"), ("ｿﾌﾄﾊﾞﾝｸ", "softbank"),
        ("Y!mobile", "softbank"), ("440 20", "softbank"), ("楽天", "rakuten"), ("Rakuten Mobile", "rakuten"), ("44011", "rakuten"),
        ("通信事業者Ａ", "sample-a"), ("Carrier D", "sample-d"), ("sample-b", "sample-b"),
        ("B", None), ("IIJmio", None), ("mineo", None), ("", None), ("272-05", None), ("440-5", None), ("Vodafone IE", None),
    ],
)  # fmt: skip
def test_a_carrier_is_known_by_every_usual_spelling_and_by_none_else(words: str, carrier: str | None) -> None:
    assert parse_carrier(words) == carrier


def test_every_spelling_names_one_carrier_alone() -> None:
    for one in CARRIERS:
        for words in (one.carrier_id, one.ja, one.en, *one.spellings, *one.networks):
            assert parse_carrier(words) == one.carrier_id, words
    assert len(REAL) == len(SAMPLE) == 4
    assert set(BY_ID) == {*REAL, *SAMPLE}


@pytest.mark.parametrize(
    ("words", "technology"),
    [
        ("LTE", "4g"), ("LTE-A", "4g"), ("4G", "4g"), ("5G", "5g"), ("NR SA", "5g_sa"), ("5G NSA", "5g_nsa"), ("EN-DC", "5g_nsa"),
        ("HSPA+", "3g"), ("UMTS", "3g"), ("No Service", "none"), ("圏外", "none"), ("OUT_OF_SERVICE", "none"), ("GSM", "2g"),
        ("WiFi", "wifi"), ("-", ""), ("", ""), ("Klingon", None),
    ],
)  # fmt: skip
def test_technologies(words: str, technology: str | None) -> None:
    assert parse_technology(words) == technology


@pytest.mark.parametrize(
    ("heading", "field", "factor"),
    [
        ("速度（m/s）", "speed_kmh", 3.6), ("移動速度 [km/h]", "speed_kmh", 1), ("下り速度(kbps)", "downlink_mbps", 0.001),
        ("5GのRSRP（dBm）", "nr_rsrp_dbm", None), ("RSRP", "rsrp_dbm", None), ("緯度", "lat", None), ("測定日時", "at", None),
        ("キャリア", "carrier", None), ("Favourite colour", None, None),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str | None, factor: float | None) -> None:
    assert field_of(heading) == field
    assert field is None or factor_of(heading, field) == factor


def test_every_bounded_field_says_whose_bounds_they_are() -> None:
    for one in FIELDS:
        if one.low is not None and one.name not in ("lat", "lon"):
            assert one.source, one.name
