"""Valid requests for the operations of applications, cases and offices: part of `tests/policy_examples.py`.

A carrier's example is a draft of its own, which nobody else may know of; window and office get a case that is their turn.
"""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from app.applications.procedure import to_json
from app.applications.standard_procedure import STANDARD
from app.clock import today
from tests.accounts_world import World
from tests.applications.playing import PLAN, png
from tests.applications.window_cases import add_case

Owner = psycopg.Connection[Any]
# What an example is made of: values for the path, body, headers, files.
Parts = tuple[dict[str, Any], Any, dict[str, str], dict[str, tuple[str | None, bytes]] | None]
MakeParts = Callable[[Owner, World, str], Parts]
_numbers = itertools.count(1)
ANY_VERSION = {"If-Match": "*"}


def add_draft(owner: Owner, world: World, carrier: str, asset_id: str = "W001") -> tuple[UUID, UUID]:
    """A complete draft of a carrier's with one site, put in by the database's owner: application_id, site_id."""
    code = f"D{next(_numbers)}"
    owner.execute(
        "INSERT INTO procedure (procedure_id, content) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (STANDARD.procedure_id, json.dumps(to_json(STANDARD))),
    )
    (application_id,) = _one(
        owner,
        "INSERT INTO application (organisation_id, code, title, plan) VALUES (%s, %s, '下書き', %s) RETURNING application_id",
        (world.organisations[carrier], code, json.dumps(PLAN)),
    )
    (site_id,) = _one(
        owner,
        "INSERT INTO site (application_id, organisation_id, carrier_name, code, asset_id, asset, geom, procedure_id) VALUES"
        " (%s, %s, '事業者', %s, %s, %s, ST_SetSRID(ST_MakePoint(139.75, 35.65), 4326), %s) RETURNING site_id",
        (application_id, world.organisations[carrier], f"{code}-001", asset_id, json.dumps({"name": "見本会館"}),
         STANDARD.procedure_id),
    )  # fmt: skip
    return application_id, site_id


def _one(owner: Owner, statement: str, values: Any) -> tuple[Any, ...]:
    found = owner.execute(statement, values).fetchone()
    assert found is not None
    return tuple(found)


def _carrier_of(organisation: str) -> str:
    return organisation if organisation.startswith("carrier-") else "carrier-a"


def _case(owner: Owner, world: World, organisation: str) -> tuple[UUID, UUID]:
    """Application and site on which it is that organisation's turn."""
    if organisation not in ("window", "bureau"):
        return add_draft(owner, world, _carrier_of(organisation))
    site_id = add_case(owner, world, "submitted" if organisation == "window" else "referred")
    return _one(owner, "SELECT application_id FROM site WHERE site_id = %s", (site_id,))[0], site_id


def _plain(body: Any = None) -> MakeParts:
    return lambda _owner, _world, _organisation: ({}, body, {}, None)


def _application(
    body: Any = None, headers: dict[str, str] | None = None, files: dict[str, tuple[str | None, bytes]] | None = None
) -> MakeParts:  # fmt: skip
    def make(owner: Owner, world: World, organisation: str) -> Parts:
        return {"application_id": _case(owner, world, organisation)[0]}, body, headers or {}, files

    return make


def _site(
    body: Any = None, headers: dict[str, str] | None = None, files: dict[str, tuple[str | None, bytes]] | None = None
) -> MakeParts:  # fmt: skip
    def make(owner: Owner, world: World, organisation: str) -> Parts:
        return {"site_id": _case(owner, world, organisation)[1]}, body, headers or {}, files

    return make


def _both(body: Any = None, headers: dict[str, str] | None = None) -> MakeParts:
    def make(owner: Owner, world: World, organisation: str) -> Parts:
        application_id, site_id = _case(owner, world, organisation)
        return {"application_id": application_id, "site_id": site_id}, body, headers or {}, None

    return make


_ACTION_OF = {"window": "accept", "bureau": "waive_survey"}


def _step(make_place: MakeParts) -> MakeParts:
    def make(owner: Owner, world: World, organisation: str) -> Parts:
        place, *_ = make_place(owner, world, organisation)
        return place, {"action": _ACTION_OF.get(organisation, "discard")}, ANY_VERSION, None

    return make


def _ask_review(owner: Owner, world: World, organisation: str) -> Parts:
    offices = [str(world.organisations["hinohara"])]
    due = (today() + timedelta(days=7)).isoformat()
    body = {"organisation_ids": offices, "question": "支障はありますか。", "due_on": due}
    return {"site_id": _case(owner, world, organisation)[1]}, body, {}, None


def _delegate(owner: Owner, world: World, organisation: str) -> Parts:
    if organisation in ("window", "bureau"):
        site_id = add_case(owner, world, "referred")
    else:
        _, site_id = add_draft(owner, world, _carrier_of(organisation))
    return {"site_id": site_id}, {"organisation_id": str(world.organisations["minato"])}, ANY_VERSION, None


def _answer_review(owner: Owner, world: World, organisation: str) -> Parts:
    _, site_id = _case(owner, world, organisation)
    asked = world.organisations["bureau"]
    owner.execute("UPDATE site SET reviewer_organisations = ARRAY[%s] WHERE site_id = %s", (asked, site_id))
    if organisation != "bureau":  # theirs to know nothing of
        owner.execute("UPDATE site SET reviewer_organisations = '{}' WHERE site_id = %s", (site_id,))
    owner.execute(
        "INSERT INTO review (site_id, round, organisation_id, organisation_name, question, due_on) VALUES (%s, 1, %s, '局', '?', %s)",
        (site_id, asked, today()),
    )
    return {"site_id": site_id}, {"answer": "yes"}, {}, None


def _answer_sharing(owner: Owner, world: World, organisation: str) -> Parts:
    _, holder = _case(owner, world, _carrier_of(organisation))
    asker = add_case(owner, world, "sharing_offered", carrier="carrier-b")
    owner.execute("INSERT INTO sharing_offer (site_id, with_site_id) VALUES (%s, %s)", (asker, holder))
    return {"site_id": holder}, {"accepts": False}, {}, None


def add_document(owner: Owner, world: World, organisation: str, site_id: UUID) -> UUID:
    """A picture on a site, put in by the database's owner: its id."""
    content = png()
    (document_id,) = _one(
        owner,
        "INSERT INTO document (application_id, site_id, document_type, version, file_name, media_type, byte_count, sha256,"
        " thumbnail, organisation_id) SELECT application_id, site_id, 'photo', 1, '写真.png', 'image/png', %s, '', %s, %s"
        " FROM site WHERE site_id = %s RETURNING document_id",
        (len(content), content, world.organisations[organisation], site_id),
    )  # fmt: skip
    owner.execute("INSERT INTO document_content (document_id, content) VALUES (%s, %s)", (document_id, content))
    return UUID(str(document_id))


def _document(owner: Owner, world: World, organisation: str) -> Parts:
    _, site_id = _case(owner, world, organisation)
    return {"document_id": add_document(owner, world, organisation, site_id)}, None, {}, None


def _feedback(owner: Owner, world: World, organisation: str) -> Parts:
    _, site_id = _case(owner, world, organisation)
    (feedback_id,) = _one(
        owner,
        "INSERT INTO asset_feedback (site_id, asset_id, field, value) VALUES (%s, 'W001', 'power', '\"none\"') RETURNING feedback_id",
        (site_id,),
    )
    return {"feedback_id": feedback_id}, {"is_confirmed": False}, {}, None


def _hand_over(owner: Owner, _world: World, _organisation: str) -> Parts:
    windows = [
        str(_one(owner, "INSERT INTO organisation (kind, name) VALUES ('window', %s) RETURNING organisation_id", (n,))[0])
        for n in (uuid4().hex, uuid4().hex)
    ]  # fmt: skip
    return {}, {"from_organisation_id": windows[0], "to_organisation_id": windows[1]}, {}, None


def _route(_owner: Owner, world: World, _organisation: str) -> Parts:
    return {}, {"owner_code": "139999", "organisation_id": str(world.organisations["bureau"])}, {}, None


_CHOSEN = "アセットID,名称\nW003,庁舎3\n".encode()
_PICTURE: dict[str, tuple[str | None, bytes]] = {"file": ("写真.png", png()), "document_type": (None, b"photo")}
_A, _S = "/api/v1/applications", "/api/v1/sites/{site_id}"

PARTS: dict[tuple[str, str], MakeParts] = {
    ("GET", _A): _plain(),
    ("POST", _A): _plain({"title": "試し", "plan": PLAN}),
    ("GET", f"{_A}/{{application_id}}"): _application(),
    ("PATCH", f"{_A}/{{application_id}}"): _application({"title": "改めた名"}, ANY_VERSION),
    ("DELETE", f"{_A}/{{application_id}}"): _application(),
    ("POST", f"{_A}/{{application_id}}/clone"): _application(),
    ("POST", f"{_A}/{{application_id}}/submit"): _application(headers=ANY_VERSION),
    ("GET", f"{_A}/{{application_id}}/sites"): _application(),
    ("POST", f"{_A}/{{application_id}}/sites"): _application({"asset_ids": ["W002"]}),
    ("POST", f"{_A}/{{application_id}}/sites/file"): _application(files={"file": ("一覧.csv", _CHOSEN)}),
    ("GET", f"{_A}/{{application_id}}/precheck"): _application(),
    ("DELETE", f"{_A}/{{application_id}}/sites/{{site_id}}"): _both(),
    ("PUT", f"{_A}/{{application_id}}/sites/{{site_id}}/plan"): _both({"plan": {"weight_kg": 30}}, ANY_VERSION),
    ("POST", f"{_A}/{{application_id}}/sites/{{site_id}}/transitions"): _step(_both()),
    ("GET", "/api/v1/sites"): _plain(),
    ("GET", "/api/v1/sites.csv"): _plain(),
    ("GET", "/api/v1/sites.xlsx"): _plain(),
    ("GET", "/api/v1/turns"): _plain(),
    ("GET", "/api/v1/procedure"): _plain(),
    ("GET", _S): _site(),
    ("POST", f"{_S}/transitions"): _step(_site()),
    ("GET", f"{_S}/events"): _site(),
    ("POST", f"{_S}/comments"): _site({"text": "ひとこと"}),
    ("PUT", f"{_S}/assignment"): _site({"person_id": None}, ANY_VERSION),
    ("PUT", f"{_S}/office"): _delegate,
    ("GET", f"{_S}/reviews"): _site(),
    ("POST", f"{_S}/reviews"): _ask_review,
    ("POST", f"{_S}/reviews/answer"): _answer_review,
    ("POST", f"{_S}/sharing-answer"): _answer_sharing,
    ("GET", f"{_S}/documents"): _site(),
    ("POST", f"{_S}/documents"): _site(files=_PICTURE),
    ("GET", f"{_S}/asset-corrections"): _site(),
    ("GET", "/api/v1/documents/{document_id}/file"): _document,
    ("GET", "/api/v1/documents/{document_id}/thumbnail"): _document,
    ("DELETE", "/api/v1/documents/{document_id}"): _document,
    ("POST", "/api/v1/asset-corrections/{feedback_id}"): _feedback,
    ("POST", "/api/v1/hand-over"): _hand_over,
    ("PUT", "/api/v1/office/procedure"): _plain({"limit_days": {"referred": 10}}),
    ("GET", "/api/v1/office/closures"): _plain(),
    ("PUT", "/api/v1/office/closures"): _plain({"closures": [{"day": "2027-05-06", "name": "開庁記念日"}]}),
    ("GET", "/api/v1/office/fee-rules"): _plain(),
    ("PUT", "/api/v1/office/fee-rules"): _plain({"rules": []}),
    ("POST", "/api/v1/fee-estimates"): _plain({"asset_id": "W001"}),
    ("GET", "/api/v1/routes"): _plain(),
    ("PUT", "/api/v1/routes"): _route,
    ("GET", "/api/v1/reservation-caps"): _plain(),
    ("PUT", "/api/v1/reservation-caps"): _plain({"municipality_code": "13103", "most": 25}),
    ("GET", "/api/v1/offices"): _plain(),
}
