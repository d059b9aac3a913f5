"""Valid requests for the operations of surveys, claims and reports: part of `tests/policy_examples.py`."""

import itertools
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import shapely
from psycopg.types.json import Jsonb

from app.clock import today
from tests.accounts_world import World

Owner = psycopg.Connection[Any]
# What an example is made of: values for the path, body, headers, files.
Parts = tuple[dict[str, Any], Any, dict[str, str], dict[str, tuple[str | None, bytes]] | None]
MakeParts = Callable[[Owner, World, str], Parts]
ANY_VERSION = {"If-Match": "*"}
_numbers = itertools.count(1)
_AREA = {
    "type": "Feature",
    "properties": {},
    "geometry": json.loads(shapely.to_geojson(shapely.box(139, 35.7, 139.1, 35.8))),
}


def add_survey(owner: Owner, world: World, organisation: str) -> UUID:
    """An organisation's draft, put in by the database's owner."""
    row = owner.execute(
        "INSERT INTO survey (code, title, began_on, ended_on, method, organisation_id) VALUES (%s, '調査', '2026-04-01',"
        " '2026-04-30', 'drive', %s) RETURNING survey_id",
        (f"policy-{next(_numbers)}", world.organisations[organisation]),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def add_log(owner: Owner, world: World, organisation: str, state: str = "examined") -> dict[str, Any]:
    """A log of a draft, with the survey: values for the path."""
    survey_id, content = add_survey(owner, world, organisation), b"log"
    row = owner.execute(
        "INSERT INTO survey_file (survey_id, file_name, file_sha256, file_bytes, state, rows_taken, settings, report) VALUES"
        " (%s, 'log.csv', %s, %s, %s, 1, %s, '{}') RETURNING file_id",
        (survey_id, f"{next(_numbers):064d}", len(content), state, Jsonb({"device": "Pixel 7"})),
    ).fetchone()
    assert row is not None
    owner.execute("INSERT INTO survey_file_part VALUES (%s, 'file', 0, %s)", (row[0], content))
    return {"survey_id": survey_id, "file_id": row[0]}


def add_claim(owner: Owner, world: World, organisation: str) -> UUID:
    """An organisation's claim."""
    row = owner.execute(
        "INSERT INTO claimed_area (organisation_id, carrier, technology, title, as_of, geom) VALUES (%s, 'docomo', '4g', 'x',"
        " '2026-03-31', ST_Multi(ST_MakeEnvelope(139, 35, 139.1, 35.1, 4326))) RETURNING claim_id",
        (world.organisations[organisation],),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _new(owner: Owner, world: World, organisation: str) -> Parts:
    body = {
        "code": f"new-{next(_numbers)}", "title": "調査", "began_on": "2026-04-01", "ended_on": "2026-04-30", "method": "drive",
    }  # fmt: skip
    return {}, body, {}, None


def _survey(body: Any = None) -> MakeParts:
    return lambda owner, world, organisation: (
        {"survey_id": add_survey(owner, world, organisation)}, body, ANY_VERSION, None,
    )  # fmt: skip


def _loaded(owner: Owner, world: World, organisation: str) -> Parts:
    return {"survey_id": add_log(owner, world, organisation, "loaded")["survey_id"]}, None, ANY_VERSION, None


def _send(owner: Owner, world: World, organisation: str) -> Parts:
    content = f"log {next(_numbers)}".encode()
    return {"survey_id": add_survey(owner, world, organisation)}, None, {}, {"file": ("log.csv", content)}


def _file(body: Any = None) -> MakeParts:
    return lambda owner, world, organisation: (add_log(owner, world, organisation), body, ANY_VERSION, None)


def _claim(owner: Owner, world: World, organisation: str) -> Parts:
    return {"claim_id": add_claim(owner, world, organisation)}, None, ANY_VERSION, None


def _new_claim(owner: Owner, world: World, organisation: str) -> Parts:
    said = {"carrier": "docomo", "technology": "4g", "title": "4Gエリア", "as_of": "2026-03-31"}
    files = {"file": ("area.geojson", json.dumps(_AREA).encode()), "settings": (None, json.dumps(said).encode())}
    return {}, None, {}, files


def _plain(body: Any = None) -> MakeParts:
    return lambda _owner, _world, _organisation: ({}, body, {}, None)


_REPORT = {
    "lon": 139.1, "lat": 35.8, "experienced_on": today().isoformat(), "part_of_day": "day", "trouble": "slow", "place": "indoors",
}  # fmt: skip
_S = "/api/v1/surveys/{survey_id}"
_F = _S + "/files/{file_id}"
SURVEY_PARTS: dict[tuple[str, str], MakeParts] = {
    ("GET", "/api/v1/surveys"): _plain(),
    ("POST", "/api/v1/surveys"): _new,
    ("GET", _S): _survey(),
    ("PATCH", _S): _survey({"title": "改めた名前"}),
    ("POST", f"{_S}/publish"): _loaded,
    ("POST", f"{_S}/withdraw"): _survey(),
    ("GET", f"{_S}/files"): _survey(),
    ("POST", f"{_S}/files"): _send,
    ("GET", _F): _file(),
    ("PATCH", _F): _file({"device": "Xperia"}),
    ("POST", f"{_F}/load"): _file(),
    ("POST", f"{_F}/remove"): _file(),
    ("GET", f"{_F}/original"): _file(),
    ("GET", "/api/v1/claimed-areas"): _plain(),
    ("POST", "/api/v1/claimed-areas"): _new_claim,
    ("GET", "/api/v1/claimed-areas/{claim_id}"): _claim,
    ("POST", "/api/v1/claimed-areas/{claim_id}/withdraw"): _claim,
    ("POST", "/api/v1/resident-reports"): _plain(_REPORT),
}
# What each changing operation leaves in the trail. A resident's report leaves nothing: a row would hold the address.
SURVEY_LEAVES: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("POST", "/api/v1/surveys"): ("survey.make", {"after"}),
    ("PATCH", _S): ("survey.change", {"before", "after"}),
    ("POST", f"{_S}/publish"): ("survey.publish", {"before", "after"}),
    ("POST", f"{_S}/withdraw"): ("survey.withdraw", {"before", "after"}),
    ("POST", f"{_S}/files"): ("survey-file.send", {"after"}),
    ("PATCH", _F): ("survey-file.settings", {"before", "after"}),
    ("POST", f"{_F}/load"): ("survey-file.load", {"before", "after"}),
    ("POST", f"{_F}/remove"): ("survey-file.remove", {"before", "after"}),
    ("POST", "/api/v1/claimed-areas"): ("claim.add", {"after"}),
    ("POST", "/api/v1/claimed-areas/{claim_id}/withdraw"): ("claim.withdraw", {"before"}),
}
