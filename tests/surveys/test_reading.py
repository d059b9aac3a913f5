"""Logs read and judged: what is taken, refused, mended, and in which words it is told."""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import orjson
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.surveys import reading
from app.surveys.judged_rows import ROW_COLUMNS
from app.surveys.log_template import log_template
from app.surveys.reading import LogSettings, examine_log
from app.tabular.table import Unreadable
from tests.surveys.judged import HEAD, drive, found, judge, rows, rules, text_of

GNETTRACK = "Timestamp,Longitude,Latitude,Speed,Operatorname,NetworkMode,RSRP,RSRQ,SNR,DL_bitrate,NRxRSRP,NRxRSRQ"


def test_gnettrack_values_and_their_reasons(tmp_path: Path) -> None:
    log = judge(
        tmp_path,
        GNETTRACK + "\n"
        "2026.07.01_10.00.00,139.1,35.8,0,NTT DOCOMO,LTE,-200,7,3.0,2500,-,-\n"
        "2026.07.01_10.00.01,139.1,35.8,0,docomo,5G,-95,-11,3.0,2500,-101.0,-12.0\n"
        "2026.07.01_10.00.02,139.1,35.8,0,docomo,No Service,-,-,-,0,-,-\n"
        "2026.07.01_10.00.03,139.1,35.8,0,docomo,-,-,-,-,0,-,-\n"
        "2026.07.01_10.00.04,139.1,35.8,0,docomo,LTE,abc,-11,3.0,2500,-,-\n",
    )
    assert log.report["recipe"] == "gnettrack-pro" and log.taken == 5
    assert log.report["technologies"] == {"4g": 2, "none": 2, "5g_nsa": 1}
    assert found(log, "out-of-range", "rsrp_dbm")["examples"] == [{"row": 2, "value": "-200", "now": None}]
    assert "-140" in found(log, "out-of-range", "rsrp_dbm")["ja"]
    assert found(log, "out-of-range", "rsrq_db")["examples"][0]["value"] == "7"
    assert found(log, "not-a-number", "rsrp_dbm")["examples"] == [{"row": 6, "value": "abc", "now": None}]
    assert found(log, "missing-mark", "nr_rsrp_dbm")["count"] == 4
    assert found(log, "blank-is-no-service")["count"] == 1
    first, second, third, *_ = rows(log)
    assert (first["rsrp_dbm"], first["rsrq_db"], first["sinr_db"], first["downlink_mbps"]) == (None, None, 3.0, 2.5)
    # RSRP is that of the anchor, NRxRSRP that of the 5G cell.
    assert (second["technology"], second["rsrp_dbm"], second["nr_rsrp_dbm"]) == ("5g_nsa", -95.0, -101.0)
    assert third["technology"] == "none" and third["rsrp_dbm"] is None
    assert first["at"].isoformat() == "2026-07-01T01:00:00+00:00"
    assert found(log, "local-time")["count"] == 5 and "Asia/Tokyo" in found(log, "local-time")["ja"]
    assert tuple(pq.read_schema(log.rows).names) == ROW_COLUMNS


def test_the_template_reads_itself(tmp_path: Path) -> None:
    log = judge(tmp_path, log_template())
    assert log.report["recipe"] == "plain" and log.taken == 3
    assert log.report["carriers"] == {"docomo": 1, "kddi": 1, "rakuten": 1}
    assert rules(log, "refused-row", "refused-value", "note") == {}
    one = rows(log)[0]
    assert (one["band"], one["device"], one["in_vehicle"], one["external_antenna"]) == ("B1", "端末1", True, False)
    assert (one["accuracy_m"], one["speed_kmh"], one["latency_ms"]) == (5.0, 35.0, 38.0)


def test_cp932_and_semicolons_and_commas_for_points(tmp_path: Path) -> None:
    text = HEAD.replace(",", ";") + "\n2026-07-01T10:00:00Z;35,8;139,1;ドコモ;p1;4G;-100,5;０\n"
    log = judge(tmp_path, text.encode("cp932"))
    assert rows(log)[0]["lat"] == 35.8 and rows(log)[0]["rsrp_dbm"] == -100.5
    assert found(log, "comma-or-wide", "lat")["examples"] == [{"row": 2, "value": "35,8", "now": "35.8"}]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (",35.8,139.1,docomo,p1,4G,-100,", "time-missing"),
        ("01/07/2026 10:00,35.8,139.1,docomo,p1,4G,-100,", "time-unreadable"),
        ("2026-07-01,35.8,139.1,docomo,p1,4G,-100,", "time-unreadable"),
        ("1980-01-06 00:00:00,35.8,139.1,docomo,p1,4G,-100,", "time-outside"),
        ("2099-01-01 00:00:00,35.8,139.1,docomo,p1,4G,-100,", "time-outside"),
        ("2026-07-01 10:00:00,,139.1,docomo,p1,4G,-100,", "position-missing"),
        ("2026-07-01 10:00:00,0,0.0,docomo,p1,4G,-100,", "position-zero"),
        ("2026-07-01 10:00:00,95,200,docomo,p1,4G,-100,", "position-outside"),
        ("2026-07-01 10:00:00,35.8,139.1,,p2,4G,-100,", "carrier-missing"),
        ("2026-07-01 10:00:00,35.8,139.1,B,p1,4G,-100,", "carrier-unknown"),
        ("2026-07-01 10:00:00,35.8,139.1,docomo,p1,-,-100,", "technology-missing"),
        ("2026-07-01 10:00:00,35.8,139.1,docomo,p1,6G,-100,", "technology-unknown"),
        ("2026-07-01 10:00:00,35.8,139.1,docomo,p1,GSM,-100,", "second-generation"),
        ("2026-07-01 10:00:00,35.8,139.1,docomo,p1,WiFi,-100,", "not-cellular"),
    ],
)
def test_a_row_is_refused_by_its_rule(tmp_path: Path, line: str, rule: str) -> None:
    log = judge(tmp_path, f"{HEAD}\n2026-07-01T09:00:00+09:00,35.8,139.1,docomo,p1,4G,-99,10\n{line}\n")
    assert log.taken == 1
    assert rules(log, "refused-row") == {rule: 1}
    assert found(log, rule)["examples"][0]["row"] == 3


def test_unknown_carriers_are_asked_for_and_taken_when_told(tmp_path: Path) -> None:
    lines = drive(6)
    for line, words in zip(lines, ["B", "ＮＴＴドコモ", "440-10", "どこも", "DOCOMO", "B"], strict=True):
        line[3] = words
    log = judge(tmp_path, text_of(lines))
    assert log.report["carriers"] == {"docomo": 4}
    asked = found(log, "carrier-unknown")
    assert asked["spellings"] == [{"spelling": "B", "rows": 2}] and "「B」2行" in asked["ja"]
    assert found(log, "carrier-spelling")["count"] == 4
    told = judge(tmp_path, text_of(lines), carrier_of={"B": "kddi"})
    assert told.report["carriers"] == {"docomo": 4, "kddi": 2}


def test_no_service_rows_without_a_name_get_the_devices_only_carrier(tmp_path: Path) -> None:
    lines = drive(3)
    lines[1][3], lines[1][5], lines[1][6] = "", "圏外", "-125"
    log = judge(tmp_path, text_of(lines))
    assert log.taken == 3 and found(log, "carrier-of-device")["count"] == 1
    assert found(log, "signal-without-service", "rsrp_dbm")["count"] == 1
    assert rows(log)[1]["technology"] == "none" and rows(log)[1]["rsrp_dbm"] is None


def test_local_times_that_do_not_exist_or_exist_twice_are_refused(tmp_path: Path) -> None:
    line = "{},51.9,-8.4,docomo,p1,4G,-100,10"
    times = [
        "2026-03-29 00:59:59",
        "2026-03-29 01:30:00",
        "2026-03-29 02:00:00",
        "2025-10-26 01:30:00",
        "2025-10-26 02:00:00",
    ]
    log = judge(tmp_path, "\n".join([HEAD, *(line.format(t) for t in times)]), zone="Europe/Dublin")
    assert found(log, "time-unclear")["count"] == 2 and "Europe/Dublin" in found(log, "time-unclear")["ja"]
    assert [row["at"].strftime("%m-%d %H:%M") for row in rows(log)] == ["03-29 00:59", "03-29 01:00", "10-26 02:00"]
    assert found(log, "outside-japan")["count"] == 3


def test_swapped_positions_are_mended_only_where_all_agree(tmp_path: Path) -> None:
    lines = [[t, lon, lat, *rest] for t, lat, lon, *rest in drive(5)]
    log = judge(tmp_path, text_of(lines))
    assert log.taken == 5 and found(log, "swapped")["count"] == 5
    assert rows(log)[0]["lat"] == 35.8 and rows(log)[0]["lon"] == 139.1
    mixed = judge(tmp_path, text_of([*lines, *drive(7)[5:]]))
    assert mixed.taken == 2 and found(mixed, "position-outside")["count"] == 5


def test_jumps_and_doubles_are_refused(tmp_path: Path) -> None:
    lines = drive(60)
    lines[30][1] = "36.5"  # one fix far off
    lines[40][2] = lines[41][2] = "139.9"  # two together
    lines.append([*lines[50][:6], "-90", "36"])  # a moment that stands twice
    log = judge(tmp_path, text_of(lines))
    assert rules(log, "refused-row") == {"position-jump": 3, "duplicate-time": 1}
    assert [e["row"] for e in found(log, "position-jump")["examples"]] == [32, 42, 43]
    assert log.taken == 57


def test_two_carriers_of_one_moment_are_no_doubles(tmp_path: Path) -> None:
    lines = drive(3)
    log = judge(tmp_path, text_of([*lines, *([*line[:3], "KDDI", *line[4:]] for line in lines)]))
    assert log.taken == 6


@pytest.mark.parametrize(
    ("head", "speed", "rule"),
    [
        (HEAD, 36, None), (HEAD, 10, "speed-in-ms"),
        (HEAD.replace("km/h", "m/s"), 10, None), (HEAD.replace("km/h", "m/s"), 36, "speed-in-kmh"),
    ],
)  # fmt: skip
def test_the_unit_of_a_speed_is_that_of_the_positions(
    tmp_path: Path, head: str, speed: float, rule: str | None
) -> None:
    log = judge(tmp_path, text_of(drive(80, speed=speed), head))
    assert rows(log)[7]["speed_kmh"] == pytest.approx(36, rel=1e-5)
    assert set(rules(log, "mended")) == ({rule} if rule else set())


def geopackage(path: Path, lines: list[list[str]]) -> bytes:
    """The lines as points with attributes, in Japan's own coordinates (JGD2011)."""
    points = shapely.points([[float(lon), float(lat)] for _, lat, lon, *_ in lines])
    names = ["日時", *HEAD.split(",")[3:]]
    columns = [
        np.array(column, dtype=object) for column in zip(*([at, *rest] for at, _, _, *rest in lines), strict=True)
    ]
    pyogrio.raw.write(
        path, shapely.to_wkb(points), columns, names, driver="GPKG", layer="log", crs="EPSG:6668", geometry_type="Point"
    )
    return path.read_bytes()


def test_a_workbook_geojson_and_geopackage_come_to_the_same(tmp_path: Path) -> None:
    lines = drive(4)
    book = openpyxl.Workbook()
    for line in [HEAD.split(","), *lines]:
        book.active.append(line)  # type: ignore[union-attr]
    book.save(tmp_path / "book.xlsx")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(lon), float(lat)]},
            "properties": dict(zip(HEAD.split(",")[3:], rest, strict=True)) | {"日時": at},
        }
        for at, lat, lon, *rest in lines
    ]
    geojson = orjson.dumps({"type": "FeatureCollection", "features": features})
    logs = [
        judge(tmp_path, text_of(lines)),
        judge(tmp_path, (tmp_path / "book.xlsx").read_bytes(), "log.xlsx"),
        judge(tmp_path, geojson, "log.geojson"),
        judge(tmp_path, geopackage(tmp_path / "made.gpkg", lines), "log.gpkg"),
    ]
    taken = []
    for log in logs:
        assert log.taken == 4, log.report["findings"]
        taken.append([{k: v for k, v in row.items() if k != "row_number"} for row in rows(log)])
    assert taken[0] == taken[1] == taken[2] == taken[3]


def test_blank_lines_keep_the_numbers_of_rows(tmp_path: Path) -> None:
    lines = text_of(drive(2)).splitlines()
    log = judge(tmp_path, "\n".join([lines[0], lines[1], "", "", lines[2], ""]))
    assert [row["row_number"] for row in rows(log)] == [2, 5]


def test_columns_chosen_by_a_person_stand_above_the_words(tmp_path: Path) -> None:
    text = text_of(drive(1), HEAD.replace("RSRP", "謎の値"))
    assert rows(judge(tmp_path, text))[0]["rsrp_dbm"] is None
    log = judge(tmp_path, text, columns={"謎の値": "rsrp_dbm", "端末": None})
    assert rows(log)[0]["rsrp_dbm"] == -100 and rows(log)[0]["device"] is None


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty"),
        (HEAD.encode() + b"\n", "no-rows"),
        (GNETTRACK.encode(), "no-rows"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not-a-list"),
        (bytes(range(32)) * 100, "binary"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "no-known-headings"),
        (b"radio,mcc,net,area,cell,unit,lon,lat,range,samples\nLTE,440,10,1,2,,139.1,35.8,1000,3\n", "no-measurements"),
    ],
)
def test_what_is_no_log_is_refused_with_words(tmp_path: Path, content: bytes, rule: str) -> None:
    with pytest.raises(Unreadable) as refused:
        judge(tmp_path, content)
    assert refused.value.rule == rule and refused.value.ja and refused.value.en


@pytest.mark.parametrize(
    "chosen", [{"zone": "Mars/Base"}, {"carrier": "nobody"}, {"recipe": "none"}, {"columns": {"RSRP": "x"}}]
)
def test_settings_that_do_not_exist_are_refused(tmp_path: Path, chosen: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        judge(tmp_path, text_of(drive(1)), **chosen)


def test_a_log_beyond_the_limit_is_to_be_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.csv"
    with path.open("wb") as file:
        file.truncate(5 * 1024**3)  # sparse: takes no room
    with pytest.raises(Unreadable, match=r"5\.0GB.*日ごとに分けて") as refused:
        examine_log(path, "log.csv", {})
    assert refused.value.rule == "too-large"
    path.unlink()


def test_the_child_reads_as_this_process_does(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text_of(drive(20)))
    log = examine_log(path, "log.csv", LogSettings(zone="Asia/Tokyo"))
    assert log.taken == 20 and log.rows.parent == tmp_path
    assert len(log.report["preview"]) == 20 and log.report["bbox"][0] == 139.1
    assert log.report["period"] == ["2026-07-01T01:00:00Z", "2026-07-01T01:00:19Z"]
    assert orjson.dumps(log.report)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04" + random.Random(1).randbytes(500))
    with pytest.raises(Unreadable):
        examine_log(broken, "broken.xlsx", {})
    assert reading.LOG_BYTES == 1 << 30


REAL = [
    # Counted from the files themselves: rows, rows of a second that has one already, and values out of range.
    ("B_2019.11.26_15.02.50.csv", 3702, 143, {"nr_rsrp_dbm": 13, "nr_rsrq_db": 168}, {"nr_rsrp_dbm": 850, "latency_ms": 3702}),
    ("B_2019.12.16_13.40.04.csv", 2143, 160, {"nr_rsrq_db": 12}, {"nr_rsrp_dbm": 7, "latency_ms": 1985}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "count", "doubles", "outside", "marks"), REAL)
def test_the_real_drive_logs(
    tmp_path: Path, name: str, count: int, doubles: int, outside: dict[str, int], marks: dict[str, int]
) -> None:
    folder = os.environ.get("GEODATA_DIR")
    if not folder or not (source := Path(folder) / "signal_gnettrack_pro" / name).exists():
        pytest.skip("GEODATA_DIR に実測の記録がありません / no real drive logs in GEODATA_DIR")
    unknown = judge(tmp_path, source.read_bytes(), zone="Europe/Dublin")
    assert unknown.taken == 0
    assert rules(unknown, "refused-row") == {"carrier-unknown": count}
    assert found(unknown, "carrier-unknown")["spellings"] == [{"spelling": "B", "rows": count}]
    log = judge(tmp_path, source.read_bytes(), zone="Europe/Dublin", carrier_of={"B": "sample-b"})
    assert log.report["rows"] == count and log.taken == count - doubles
    assert rules(log, "refused-row") == {"duplicate-time": doubles}
    told = {f["field"]: f["count"] for f in log.report["findings"] if f["rule"] == "out-of-range"}
    assert told == outside
    assert {f: found(log, "missing-mark", f)["count"] for f in marks} == marks
    assert found(log, "outside-japan")["count"] == log.taken


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_change_what_is_taken(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines = drive(40)
    for line in lines:
        if chance.random() < 0.1:
            line[1 + chance.randrange(2)] = str(round(chance.uniform(30, 40), 3))
        if chance.random() < 0.2:
            line[6] = chance.choice(["-200", "-", "x", "-90", "-120,5"])
        if chance.random() < 0.1:
            line[5] = chance.choice(["圏外", "5G", "-", "3G"])
    lines += [[*chance.choice(lines)[:6], str(-chance.randrange(60, 130)), "36"] for _ in range(8)]
    shuffled = chance.sample(lines, len(lines))
    first, second = judge(tmp_path, text_of(lines)), None
    taken = sorted(str([v for k, v in row.items() if k != "row_number"]) for row in rows(first))
    second = judge(tmp_path, text_of(shuffled))
    assert sorted(str([v for k, v in row.items() if k != "row_number"]) for row in rows(second)) == taken
    counts = {(f["rule"], f["field"]): f["count"] for f in first.report["findings"]}
    assert {(f["rule"], f["field"]): f["count"] for f in second.report["findings"]} == counts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda b: HEAD.encode() + b"\n" + b)))
def test_random_bytes_raise_nothing_but_unreadable(tmp_path: Path, content: bytes) -> None:
    try:
        log = judge(tmp_path, content)
    except Unreadable as refused:
        assert refused.ja and refused.en
    else:
        assert log.taken <= log.report["rows"]
