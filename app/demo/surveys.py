"""Loading the sample surveys: seven municipalities with a known truth, once, beside whatever is measured."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import numpy
import pyarrow as pa
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts import audit
from app.accounts.actor import Service, tell_database
from app.clock import add_months, today
from app.db import APP_ROLE
from app.demo.case_records import Row
from app.demo.case_tables import insert_rows, put_stations
from app.demo.load import CREDIT, LICENCE
from app.demo.people import DOMAIN, ORGANISATIONS
from app.demo.sample_drives import phones_on
from app.demo.sample_roads import ground_of
from app.demo.sample_signal import (
    FILLED,
    FILLED_BY,
    MUNICIPALITIES,
    SAMPLE_OF,
    Signal,
    Site,
    Truth,
    signal_of,
    truth_of,
)
from app.demo.survey_campaigns import CAMPAIGNS, OPENED_MONTHS_AGO, file_id, file_row, survey_row
from app.demo.survey_neighbours import claimed_rows, report_rows
from app.surveys.loading import analyse, copy_rows
from app.territory.facts import facts_by_code
from app.territory.sources import lock_loading, record_source

Say = Callable[[str], None]
SURVEYED_STATIONS = "sample-survey-stations"  # opened between two sample surveys
REGISTER = "sample-stations"


def load_demo_surveys(sessions: sessionmaker[Session], say: Say, on: date | None = None) -> bool:
    """Add the sample surveys once, and tell whether that was now; nothing where there are any."""
    began = time.monotonic()
    on = on or today()
    with sessions.begin() as session:
        lock_loading(session)
        if session.execute(text("SELECT EXISTS (SELECT FROM survey WHERE is_sample)")).scalar_one():
            return False
        tell_database(session, Service("command-line"))
        counts = _load(session, on)
        audit.record(session, "demo.surveys", after=counts)
    say(
        f"  サンプルの調査 / sample surveys: {counts['survey']} 件、{counts['measurement']:,} 行"
        f"（{time.monotonic() - began:.1f} s）"
    )
    return True


def truth_in(session: Session, code5: str, on: date | None = None) -> Truth:
    """The truth the sample surveys of a municipality were made of, on a day: what states are compared with."""
    return truth_of(_read_signals(session, (code5,))[code5], on or today())


def _load(session: Session, on: date) -> dict[str, int]:
    opened_on = add_months(on, -OPENED_MONTHS_AGO)
    signals = _read_signals(session, MUNICIPALITIES, opened_on)
    _put_opened(session, signals, opened_on)
    session.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    insert_rows(session, "survey", [survey_row(campaign, on, _owner(session)) for campaign in CAMPAIGNS])
    files = list(_drive_all(session, signals, on))
    claims = list(claimed_rows(signals, on, _carriers(session)))
    reports = list(report_rows(signals, on))
    for table, rows in (("survey_file", files), ("claimed_area", claims), ("resident_report", reports)):
        insert_rows(session, table, rows)
    for campaign in CAMPAIGNS:
        analyse(session, campaign.survey_id)
    session.execute(text("RESET ROLE"))
    session.execute(text("ANALYZE survey, survey_file"))
    return {
        "survey": len(CAMPAIGNS), "survey_file": len(files), "measurement": sum(row["rows_taken"] for row in files),
        "claimed_area": len(claims), "resident_report": len(reports),
    }  # fmt: skip


def _drive_all(session: Session, signals: Mapping[str, Signal], on: date) -> Iterator[Row]:
    """Copy the rows of every survey; answer the rows of its files. Drives are made while others are copied."""
    driven = [(campaign, drive) for campaign in CAMPAIGNS for drive in campaign.drives(on)]
    with ThreadPoolExecutor(1) as maker:
        following = [maker.submit(phones_on, signals[campaign.code5], drive) for campaign, drive in driven]
        for (campaign, drive), made in zip(driven, following, strict=True):
            for carrier, rows in made.result().items():
                numbers = pa.array(numpy.arange(1, rows.num_rows + 1, dtype=numpy.int32))
                copy_rows(
                    session,
                    campaign.survey_id,
                    file_id(campaign, drive, carrier),
                    rows.add_column(0, "row_number", numbers),
                )
                yield file_row(campaign, drive, carrier, rows, on)


_BOUNDARIES = (
    "SELECT municipality_code, ST_AsBinary(geom) AS wkb FROM municipality WHERE municipality_code = ANY (:codes)"
)
_STATIONS = """
SELECT municipality_code, source_id, carrier, technology, on_air_on, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM station
WHERE municipality_code = ANY (:codes) AND source_id IN (:register, :surveyed) AND valid_to IS NULL AND status = 'on_air'
ORDER BY station_id
"""


def _read_signals(session: Session, codes: Sequence[str], opened_on: date | None = None) -> dict[str, Signal]:
    """The signal of municipalities over the boundaries and sample stations there are.

    `opened_on`: the stations opened between two surveys are not on the map yet, and will be of that day.
    """
    found = session.execute(text(_BOUNDARIES), {"codes": list(codes)})
    boundaries = {row.municipality_code: shapely.from_wkb(bytes(row.wkb)) for row in found}
    bound = {"codes": list(codes), "register": REGISTER, "surveyed": SURVEYED_STATIONS}
    stations = session.execute(text(_STATIONS), bound).all()
    signals = {}
    for code5 in codes:
        ground = ground_of(code5, boundaries.get(code5))
        here = [row for row in stations if row.municipality_code == code5]
        dated = next((row.on_air_on for row in here if row.source_id == SURVEYED_STATIONS), opened_on)
        known = [row for row in here if row.source_id == REGISTER]
        places = ground.metres(numpy.array([[row.lon, row.lat] for row in known]).reshape(-1, 2))
        sites = [
            Site(x, y, SAMPLE_OF[row.carrier], technology)
            for row, (x, y) in zip(known, places.tolist(), strict=True)
            for technology in sorted({"4g", row.technology})
        ]
        signals[code5] = signal_of(ground, sites, dated)
    return signals


def _put_opened(session: Session, signals: Mapping[str, Signal], opened_on: date) -> None:
    """The stations that were built where nothing was heard, onto the map."""
    rows = []
    names = {sample: name for name, sample in SAMPLE_OF.items()}
    for code5 in FILLED:
        signal, facts = signals[code5], facts_by_code()[code5]
        assert signal.filled is not None
        lon, lat = signal.ground.degrees(signal.filled[None, :])[0].round(6).tolist()
        rows += [
            {
                "station_id": f"BS-V{code5}-{n}", "name": f"サンプル {facts.name}調査後整備 {names[carrier]}基地局",
                "carrier": names[carrier], "technology": "4g", "bands": ["B1", "B18"], "antenna_height_m": 15.0,
                "azimuths_deg": "0,120,240", "is_shared": False, "status": "on_air", "on_air_on": opened_on.isoformat(),
                "municipality_code": code5, "municipality": facts.name,
                "geom": {"type": "Point", "coordinates": [lon, lat]},
            }
            for n, carrier in enumerate(FILLED_BY, start=1)
        ]  # fmt: skip
    record_source(
        session,
        {
            "source_id": SURVEYED_STATIONS, "title_ja": "調査のあとに整備された基地局（サンプル）",
            "title_en": "Base stations built after a survey (sample)", "publisher": CREDIT, "licence": LICENCE,
            "credit": CREDIT, "as_of": opened_on, "is_sample": True,
        },
    )  # fmt: skip
    put_stations(session, SURVEYED_STATIONS, rows)


def _owner(session: Session) -> dict[str, UUID | None]:
    """The sample survey company and its surveyor, where they are there."""
    row = session.execute(
        text(
            "SELECT (SELECT organisation_id FROM organisation WHERE is_sample AND name = :name) AS organisation_id,"
            " (SELECT person_id FROM person WHERE is_sample AND email = :email) AS person_id"
        ),
        {"name": ORGANISATIONS["surveyor"][1], "email": f"surveyor@{DOMAIN}"},
    ).one()
    return dict(row._mapping)


def _carriers(session: Session) -> dict[str, UUID]:
    """The sample carriers' organisations by the ids surveys know them by."""
    rows = session.execute(text("SELECT name, organisation_id FROM organisation WHERE is_sample")).all()
    by_name = {row.name: row.organisation_id for row in rows}
    return {
        f"sample-{letter}": by_name[ORGANISATIONS[f"carrier-{letter}"][1]]
        for letter in "abcd"
        if ORGANISATIONS[f"carrier-{letter}"][1] in by_name
    }
