"""Every bad log of the issue, and worse, through `survey import`: what the report says, and what reached `measurement`."""

import io
import itertools
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.accounts.actor import Service, Transactions
from app.problems import Problem
from app.surveys import campaigns
from app.surveys.commands import import_file
from app.surveys.schemas import SurveyRequest
from tests.accounts_world import World, transactions
from tests.conftest import database
from tests.surveys.judged import HEAD, drive, text_of

_codes = itertools.count(1)
GNETTRACK = "Timestamp,Longitude,Latitude,Speed,Operatorname,NetworkMode,RSRP,RSRQ,SNR,DL_bitrate,NRxRSRP,NRxRSRQ\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a log: its state, why it was refused, what was found in it, the rows that count."""

    state: str
    refusal: dict[str, Any]
    report: dict[str, Any]
    rows: list[dict[str, Any]]

    def count(self, *levels: str) -> dict[str, int]:
        """Findings of those levels: rule → count."""
        return {one["rule"]: one["count"] for one in self.report["findings"] if one["level"] in levels}

    def told(self, rule: str) -> dict[str, Any]:
        """The one finding of a rule, in both languages, with nothing left to fill in."""
        (one,) = (one for one in self.report["findings"] if one["rule"] == rule)
        assert one["ja"] and one["en"] and "{" not in one["ja"] + one["en"]
        found: dict[str, Any] = one
        return found


class Importer:
    """`survey import` into surveys of one database, a survey for each log."""

    def __init__(self, made: Transactions, owner: psycopg.Connection[dict[str, Any]], folder: Path) -> None:
        self.transactions, self.owner, self.folder = made, owner, folder

    def survey(self) -> str:
        """The code of a new survey."""
        code, day = f"bad-{next(_codes)}", date(2026, 7, 1)
        wanted = SurveyRequest(code=code, title=code, began_on=day, ended_on=day, method="drive")
        who = Service("command-line")
        with self.transactions.begin(who) as session:
            campaigns.make_survey(session, who, wanted.model_dump())
        return code

    def __call__(self, content: bytes | str, name: str = "log.csv", **settings: Any) -> Imported:
        path = self.folder / f"{next(_codes)}-{name}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        code = self.survey()
        report = import_file(self.transactions, path, code, settings)
        path.unlink()
        rows = self.owner.execute(
            "SELECT m.* FROM measurement m JOIN survey USING (survey_id) WHERE code = %s ORDER BY row_number", (code,)
        ).fetchall()
        assert len(rows) == (report["rows_taken"] if report["state"] == "loaded" else 0)
        return Imported(report["state"], report["refusal"], report["report"], rows)


@pytest.fixture(scope="module")
def bring(
    server_url: str, world_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Importer]:
    with (
        database(server_url, f"test_bad_logs_{os.getpid()}", world_template[0]) as url,
        transactions(url) as made,
        psycopg.connect(url, autocommit=True, row_factory=dict_row) as owner,
    ):
        yield Importer(made, owner, tmp_path_factory.mktemp("bad"))


def with_times(*times: str) -> str:
    """A drive whose rows have these times."""
    return text_of([[at, *line[1:]] for at, line in zip(times, drive(len(times)), strict=True)])


def swapped(rows: int) -> list[list[str]]:
    return [[at, lon, lat, *rest] for at, lat, lon, *rest in drive(rows)]


def test_local_time_without_a_zone(bring: Importer) -> None:
    """Explained: read as of Japan, and said so; another zone can be chosen."""
    text = with_times("2026-07-01 10:00:00", "2026/07/01 10:00:01", "2026年7月1日 10時00分02秒")
    log = bring(text)
    assert [row["at"] for row in log.rows] == [datetime(2026, 7, 1, 1, 0, second, tzinfo=UTC) for second in range(3)]
    assert log.told("local-time")["count"] == 3 and "Asia/Tokyo" in log.told("local-time")["ja"]
    assert bring(text, zone="Asia/Seoul").rows[0]["at"] == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert bring(text, zone="Europe/Dublin").rows[0]["at"] == datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_times_of_several_zones_in_one_log(bring: Importer) -> None:
    """Each as it says; those that say nothing are counted."""
    log = bring(
        with_times(
            "2026-07-01T10:00:00+09:00", "2026-07-01T01:00:01Z", "2026-07-01 10:00:02", "2026-07-01 10:00:03 JST"
        )
    )
    assert [row["at"] for row in log.rows] == [datetime(2026, 7, 1, 1, 0, second, tzinfo=UTC) for second in range(4)]
    assert log.told("local-time")["count"] == 1


def test_latitude_and_longitude_swapped(bring: Importer) -> None:
    """Mended where every row is; refused where rows disagree."""
    log = bring(text_of(swapped(5)))
    assert log.count("mended")["swapped"] == 5
    assert (log.rows[0]["lon"], log.rows[0]["lat"]) == (139.1, 35.8)
    mixed = bring(text_of([*swapped(5), *drive(7)[5:]]))
    assert mixed.count("refused-row") == {"position-outside": 5} and len(mixed.rows) == 2
    assert "入れ替わって" in mixed.told("position-outside")["ja"]


def test_zero_zero(bring: Importer) -> None:
    lines = drive(4)
    lines[1][1:3], lines[2][1:3] = ["0", "0"], ["0.0", "0.000000"]
    log = bring(text_of(lines))
    assert log.count("refused-row") == {"position-zero": 2}
    assert [row["row_number"] for row in log.rows] == [2, 5]


def test_gps_jumps(bring: Importer) -> None:
    lines = drive(60)
    lines[30][1], lines[45][2] = "36.5", "140.0"
    log = bring(text_of(lines))
    assert log.count("refused-row") == {"position-jump": 2}
    assert [one["row"] for one in log.told("position-jump")["examples"]] == [32, 47]
    assert max(row["lat"] for row in log.rows) < 35.81 and len(log.rows) == 58


def test_duplicate_timestamps(bring: Importer) -> None:
    """One of each moment stays: with a signal, and the better position; other phones and carriers are no duplicates."""
    lines = drive(3)
    weak = [*lines[1][:6], "", "36"]
    other_phone, other_carrier = [*lines[1]], [*lines[1]]
    other_phone[4], other_carrier[3] = "p2", "KDDI"
    log = bring(text_of([*lines, weak, lines[0], other_phone, other_carrier]))
    assert log.count("refused-row") == {"duplicate-time": 2}
    assert len(log.rows) == 5 and all(row["rsrp_dbm"] == -100 for row in log.rows)


def test_a_carrier_spelt_in_five_ways(bring: Importer) -> None:
    lines = drive(7)
    for line, spelling in zip(
        lines, ["NTT DOCOMO", "ドコモ", "ＮＴＴドコモ", "docomo 5G", "440-10", "どこも", "B社"], strict=True
    ):
        line[3] = spelling
    log = bring(text_of(lines))
    assert {row["carrier"] for row in log.rows} == {"docomo"} and len(log.rows) == 6
    assert "NTTドコモ" in log.told("carrier-spelling")["ja"]
    assert log.told("carrier-unknown")["spellings"] == [{"spelling": "B社", "rows": 1}]
    assert {row["carrier"] for row in bring(text_of(lines), carrier_of={"B社": "kddi"}).rows} == {"docomo", "kddi"}


@pytest.mark.parametrize("code", ["440-99", "441-70", "001-01", "310-260"])
def test_networks_nobody_runs_here(bring: Importer, code: str) -> None:
    """Codes of MVNOs, of tests and of other countries are asked for, never guessed."""
    lines = drive(2)
    lines[1][3] = code
    log = bring(text_of(lines))
    assert log.count("refused-row") == {"carrier-unknown": 1} and len(log.rows) == 1
    assert log.told("carrier-unknown")["spellings"] == [{"spelling": code, "rows": 1}]


@pytest.mark.parametrize(
    ("head", "speed", "rule"),
    [(HEAD, 10, "speed-in-ms"), (HEAD.replace("km/h", "m/s"), 36, "speed-in-kmh"), (HEAD, 36, None)],
)
def test_speeds_in_another_unit_than_said(bring: Importer, head: str, speed: float, rule: str | None) -> None:
    """Mended by the way between the positions: every row drove at 36 km/h."""
    log = bring(text_of(drive(80, speed=speed), head))
    assert {round(row["speed_kmh"], 3) for row in log.rows} == {36.0}
    assert set(log.count("mended")) == ({rule} if rule else set())


def test_five_gigabytes(bring: Importer) -> None:
    """Refused before a byte is taken in, with the way to send it."""
    path, code = bring.folder / "large.csv", bring.survey()
    with path.open("wb") as file:
        file.truncate(5 << 30)  # sparse: takes no room
    with pytest.raises(Problem) as refused:
        import_file(bring.transactions, path, code, {})
    path.unlink()
    assert refused.value.kind.status == 413
    assert "5.0GB" in refused.value.ja and "1GBまで" in refused.value.ja and "日ごとに分けて" in refused.value.ja
    kept = bring.owner.execute(
        "SELECT count(*) AS n FROM survey_file JOIN survey USING (survey_id) WHERE code = %s", (code,)
    )
    assert kept.fetchone() == {"n": 0}


def test_days_that_cannot_be(bring: Importer) -> None:
    """1970, the day GPS began, a year that has not come, and 29 February of a common year; that of a leap year is taken."""
    ahead = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")
    log = bring(
        with_times(
            "1970-01-01T00:00:00Z", "1980-01-06 00:00:00", ahead, "2026-02-29 10:00:00", "2026-07-01", "07/01/2026 10:00:00",
            "2024-02-29 10:00:00",
        )
    )  # fmt: skip
    assert log.count("refused-row") == {"time-outside": 3, "time-unreadable": 3}
    assert [row["at"] for row in log.rows] == [datetime(2024, 2, 29, 1, tzinfo=UTC)]


def test_rows_in_another_country(bring: Importer) -> None:
    """A whole log from abroad is taken, and said; a row of it among rows of Japan is a jump."""
    abroad = [[at, f"{float(lat) + 16:.7f}", "-8.39", *rest] for at, lat, _, *rest in drive(3)]
    log = bring(text_of(abroad))
    assert log.told("outside-japan")["count"] == 3 and len(log.rows) == 3
    mixed = bring(text_of([*abroad[:1], *drive(40)[20:]]))
    assert mixed.count("refused-row", "note") == {"position-jump": 1}


def test_nul_bytes_within_cells(bring: Importer) -> None:
    """A few, as a damaged card writes, are left out of names, which PostgreSQL could not hold; many are no text."""
    text = text_of(drive(3))
    log = bring(text.replace("p1", "p\x001"))
    assert {row["device"] for row in log.rows} == {"p1"} and len(log.rows) == 3
    assert bring(text.replace("p1", "\x00" * 200)).refusal["rule"] == "binary"


def test_signals_that_cannot_be(bring: Importer) -> None:
    """Out of range and without a sign: the value is refused with its reason, the row stays."""
    lines = drive(6)
    for line, dbm in zip(lines, ["-200", "98", "0", "-141", "-42.9", "-43"], strict=True):
        line[6] = dbm
    log = bring(text_of(lines))
    assert log.count("refused-value") == {"out-of-range": 3, "signal-without-sign": 2}
    assert [row["rsrp_dbm"] for row in log.rows] == [None, None, None, None, None, -43]
    assert [one["value"] for one in log.told("out-of-range")["examples"]] == ["-200", "-141", "-42.9"]


def test_marks_of_nothing_and_words_for_numbers(bring: Importer) -> None:
    log = bring(
        GNETTRACK + "2026.07.01_10.00.00,139.1,35.8,0,docomo,LTE,-200,7,-,2500,-,-\n"
        "2026.07.01_10.00.01,139.1,35.8,0,docomo,LTE,weak,2147483647,3,2500,-,-\n"
        "2026.07.01_10.00.02,139.1,35.8,0,docomo,-,-,-,-,0,-,-\n"
    )
    assert log.count("refused-value") == {"out-of-range": 1, "not-a-number": 1}
    assert log.count("note")["blank-is-no-service"] == 1
    assert [row["technology"] for row in log.rows] == ["4g", "4g", "none"]
    assert [row["rsrq_db"] for row in log.rows] == [None, None, None]


def test_commas_for_decimal_points(bring: Importer) -> None:
    log = bring(HEAD.replace(",", ";") + "\n2026-07-01T10:00:00Z;35,8;139,1;ドコモ;p1;4G;-100,5;０\n")
    (row,) = log.rows
    assert (row["lat"], row["lon"], row["rsrp_dbm"], row["speed_kmh"]) == (35.8, 139.1, -100.5, 0)
    assert log.count("mended")["comma-or-wide"] >= 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932", "euc_jp"])
def test_encodings(bring: Importer, encoding: str) -> None:
    lines = drive(3)
    for line in lines:
        line[3], line[4] = "楽天モバイル", "端末①" if encoding != "euc_jp" else "端末一"
    log = bring(text_of(lines).encode(encoding))
    assert [row["carrier"] for row in log.rows] == ["rakuten"] * 3
    assert log.rows[0]["device"] == lines[0][4]


def test_the_wrong_recipe(bring: Importer) -> None:
    """Of a log read as another app's: the dictionary still knows its headings; where not, nothing is taken."""
    log = bring(text_of(drive(3)), recipe="tower-collector")
    assert log.report["recipe"] == "tower-collector" and len(log.rows) == 3
    assert log.rows[0]["rsrp_dbm"] == -100
    odd = bring("a,b,c\n1,2,3\n4,5,6\n", recipe="gnettrack-pro")
    assert (odd.state, odd.refusal["rule"]) == ("refused", "no-known-headings")
    unknown = bring(text_of(drive(3)), recipe="my-app")
    assert (unknown.refusal["rule"], "gnettrack-pro" in unknown.refusal["ja"]) == ("unknown-recipe", True)


def bomb() -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("log.csv", "w", force_zip64=True) as file,
    ):
        file.write(HEAD.encode() + b"\n")
        for _ in range(300):
            file.write(b"0" * (1 << 20))
    return packed.getvalue()


def geopackage_without_a_layer() -> bytes:
    """The frame of a GeoPackage that names a table it does not hold."""
    with sqlite3.connect(":memory:") as made:
        made.execute("PRAGMA application_id = 1196444487")
        made.execute(
            "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,"
            " last_change TEXT, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER)"
        )
        made.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('log', 'features')")
        made.commit()
        return made.serialize()


NO_LOGS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "headings alone": (lambda: HEAD.encode() + b"\n", "log.csv", "no-rows"),
    "blank lines": (lambda: b"\n\n  \n", "log.csv", "empty"),
    "NULs alone": (lambda: bytes(5000), "log.csv", "empty"),
    "1,000 columns": (
        (",".join(f"c{n}" for n in range(1000)) + "\n" + ",".join("1" * 1000) + "\n").encode, "log.csv",
        "too-many-columns",
    ),
    "a zip bomb": (bomb, "log.zip", "archive-too-large"),
    "a GeoPackage without its layer": (geopackage_without_a_layer, "log.gpkg", "damaged"),
    "a PDF": (lambda: b"%PDF-1.7\n" + bytes(100), "log.csv", "not-a-list binary"),
    "a page of an app's help": (lambda: b"<!doctype html><html><body>Login</body></html>", "log.csv", "not-a-list no-headings"),
    "words": ("今日は奥多摩を走りました。\n電波は弱かったです。\n".encode, "log.csv", "no-headings no-known-headings"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_LOGS)
def test_what_is_no_log_is_refused_with_words(bring: Importer, kind: str) -> None:
    make, name, rules = NO_LOGS[kind]
    log = bring(make(), name)
    assert log.state == "refused" and log.refusal["rule"] in rules.split(), log.refusal
    assert log.refusal["ja"] and log.refusal["en"] and not log.rows


def test_an_empty_file(bring: Importer) -> None:
    with pytest.raises(Problem, match="0バイト"):
        bring(b"")
