"""One valid request for each operation: the one place that knows bodies and how to make what a path names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
import pyotp
from psycopg.types.json import Jsonb

from app.accounts.permissions import ROLES_OF_KIND, Role
from app.accounts.secrets import digest
from tests.accounts_world import (
    ORGANISATIONS,
    PASSWORD,
    World,
    add_colleague,
    add_invitation,
    add_passkey,
    add_plan,
    add_session,
    add_state,
)
from tests.applications.policy_cases import PARTS, MakeParts
from tests.applications.window_cases import add_case, add_feed, add_webhook
from tests.authenticator import new_challenge, registration
from tests.coverage.one_of_each import CELL_ID, GAP_ID, REPORT_ID, ROAD_ID, SURVEY_ID
from tests.surveys.policy_cases import SURVEY_PARTS

Owner = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Example:
    """What to send: values for the path's places, a JSON body, further headers, query parameters."""

    place: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str | None, bytes]] | None = None


# Makes an example whose ids belong to an organisation of the world (and to the person, where they are somebody's own).
Make = Callable[[Owner, World, str, str], Example]

PLAN = {"name": "計画局", "lon": 139.76, "lat": 35.65, "technology": "5g", "asset_id": "W001", "note": "メモ"}
ORGANISATION = {"kind": "carrier", "name": "新しい組織", "name_en": "New"}


def _ordinary_role(organisation: str) -> Role:
    return sorted(ROLES_OF_KIND[ORGANISATIONS[organisation][0]] - {Role.AUDITOR, Role.SYSTEM_ADMIN})[0]


def _plain(body: Any = None, **place: Any) -> Make:
    return lambda _owner, _world, _organisation, _person: Example(place, body)


def _token(owner: Owner, world: World, organisation: str, person: str) -> Example:
    prefix = uuid4().hex[:12]
    owner.execute(
        "INSERT INTO api_token (prefix, secret_hash, person_id, organisation_id, name, scopes, expires_at)"
        " VALUES (%s, '', %s, %s, '試し', '{}', now() + interval '1 day')",
        (prefix, world[person].person_id, world.organisations[organisation]),
    )
    return Example({"prefix": prefix})


def _colleague(owner: Owner, world: World, organisation: str, person: str) -> Example:
    role = _ordinary_role(organisation)
    further = sorted(ROLES_OF_KIND[ORGANISATIONS[organisation][0]] - {Role.AUDITOR, Role.SYSTEM_ADMIN, role})
    person_id, _ = add_colleague(owner, world, organisation, role)
    return Example(body={"person_id": str(person_id), "role": (further or [role])[0]})


def _membership(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example({"membership_id": add_colleague(owner, world, organisation, _ordinary_role(organisation))[1]})


def _invite(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example(body={"email": "new@example.jp", "role": _ordinary_role(organisation)})


def _invitation(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example({"invitation_id": add_invitation(owner, world, organisation, _ordinary_role(organisation))})


def _organisation(body: Any) -> Make:
    def make(owner: Owner, _world: World, _organisation: str, _person: str) -> Example:
        found = owner.execute(
            "INSERT INTO organisation (kind, name) VALUES ('carrier', '試し') RETURNING organisation_id"
        ).fetchone()
        assert found is not None
        return Example({"organisation_id": found[0]}, body)

    return make


def _plan(body: Any = None, **headers: str) -> Make:
    def make(owner: Owner, world: World, organisation: str, _person: str) -> Example:
        if organisation not in world.plans:  # only carriers plan, yet nobody else may find out by trying
            return Example({"plan_id": uuid4()}, body, headers)
        return Example({"plan_id": add_plan(owner, world, organisation, 99)}, body, headers)

    return make


def _further_session(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    return Example({"id": add_session(owner, world, person)})


def _other_sessions(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    add_session(owner, world, person)
    return Example()


def _totp(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    secret = pyotp.random_base32()
    state = add_state(owner, world, person, "totp", {"secret": secret})
    return Example(body={"state": state, "code": pyotp.TOTP(secret).now(), "present_password": PASSWORD})


def _new_passkey(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    challenge = new_challenge()
    state = add_state(owner, world, person, "passkey-new", {"challenge": challenge})
    made = registration(challenge, origin="http://test")
    return Example(body={"state": state, "credential": made, "name": "試し", "present_password": PASSWORD})


def _passkey(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    return Example({"credential_id": add_passkey(owner, world, person)}, {"present_password": PASSWORD})


def _switch(_owner: Owner, world: World, organisation: str, _person: str) -> Example:
    return Example(body={"organisation_id": str(world.organisations[organisation])})


LIST = "番号,名称,緯度,経度\n1,見本会館,35.656,139.748\n".encode()
_REPORT = {
    "reading": {"format": "csv", "encoding": "utf-8", "sheet": None, "header_row": 1, "header_rows": 1},
    "columns": [{"letter": "B", "heading": "名称", "target": "name"}],
    "counts": {"rows": 1, "good_rows": 1, "error_rows": 0, "errors": 0, "warnings": 0, "mended": 0},
    "groups": [],
    "diff": {"new": 1, "changed": 0, "same": 0, "missing": 0, "moved": 0, "in_force": 0, "samples": {}},
}


def add_import(owner: Owner, world: World, kind: str, organisation: str, state: str) -> Any:
    """An import of an organisation's list, put in by the database's owner; its id."""
    published = "2026-04-01T00:00:00Z" if state == "published" else None
    found = owner.execute(
        "INSERT INTO list_import (kind, municipality_code, organisation_id, file_name, file_sha256, file_bytes, state, report,"
        " published_at, settings) VALUES (%s, (SELECT municipality_code FROM organisation WHERE organisation_id = %s), %s,"
        " '一覧.csv', 'x', %s, %s, %s, %s, '{\"retire_missing\": false}') RETURNING import_id",
        (kind, *[world.organisations[organisation]] * 2, len(LIST), state, Jsonb(_REPORT), published),
    ).fetchone()
    assert found is not None
    for part, content in (("file", LIST), ("findings", b"")):
        owner.execute(
            "INSERT INTO list_part (import_id, part, n, content) VALUES (%s, %s, 0, %s)", (found[0], part, content)
        )
    return found[0]


def _import(kind: str, state: str = "examined", body: Any = None) -> Make:
    def make(owner: Owner, world: World, organisation: str, _person: str) -> Example:
        return Example({"import_id": add_import(owner, world, kind, organisation, state)}, body, {"If-Match": "*"})

    return make


def _recipe(kind: str) -> Make:
    def make(owner: Owner, world: World, organisation: str, _person: str) -> Example:
        import_id = add_import(owner, world, kind, organisation, "examined")
        return Example(body={"name": "台帳", "import_id": str(import_id)})

    return make


def _saved_recipe(kind: str) -> Make:
    def make(owner: Owner, world: World, organisation: str, _person: str) -> Example:
        found = owner.execute(
            "INSERT INTO list_recipe (kind, municipality_code, organisation_id, name, settings) VALUES (%s, (SELECT"
            " municipality_code FROM organisation WHERE organisation_id = %s), %s, %s, '{}') RETURNING recipe_id",
            (kind, *[world.organisations[organisation]] * 2, uuid4().hex),
        ).fetchone()
        assert found is not None
        return Example({"recipe_id": found[0]})

    return make


def _upload(_owner: Owner, _world: World, _organisation: str, _person: str) -> Example:
    return Example(files={"file": ("一覧.csv", LIST)})


def _list_commands(prefix: str, kind: str) -> dict[tuple[str, str], Make]:
    at = f"/api/v1/{prefix}-imports"
    one = f"{at}/{{import_id}}"
    return {
        ("GET", f"{at}/template.xlsx"): _plain(),
        ("GET", f"{at}/template.csv"): _plain(),
        ("GET", f"{at}/recipes"): _plain(),
        ("POST", f"{at}/recipes"): _recipe(kind),
        ("DELETE", f"{at}/recipes/{{recipe_id}}"): _saved_recipe(kind),
        ("POST", at): _upload,
        ("GET", at): _plain(),
        ("GET", one): _import(kind),
        ("PATCH", one): _import(kind, body={"leave_out_errors": True}),
        ("DELETE", one): _import(kind),
        ("GET", f"{one}/findings"): _import(kind),
        ("GET", f"{one}/workbook"): _import(kind),
        ("GET", f"{one}/file"): _import(kind),
        ("POST", f"{one}/publish"): _import(kind),
        ("GET", f"{one}/undo"): _import(kind, "published"),
        ("POST", f"{one}/undo"): _import(kind, "published"),
    }


def _notice(owner: Owner, world: World, organisation: str, person: str) -> Example:
    found = owner.execute(
        "INSERT INTO notice (person_id, organisation_id, site_id, n, kind, mail) VALUES (%s, %s, %s, 1, 'refer', 'none')"
        " RETURNING notice_id",
        (world[person].person_id, world.organisations[organisation], add_case(owner, world, carrier=organisation)),
    ).fetchone()
    assert found is not None
    return Example({"notice_id": found[0]})


def _new_webhook(owner: Owner, world: World, organisation: str, _person: str) -> Example:
    owner.execute("DELETE FROM webhook WHERE organisation_id = %s", (world.organisations[organisation],))
    return Example(body={"url": "https://1.1.1.1/hook"})


def _webhook(owner: Owner, world: World, organisation: str, _person: str) -> Example:
    # An address that nothing is sent to: a test tells so at once.
    return Example({"webhook_id": add_webhook(owner, world, f"https://127.0.0.1/{uuid4()}", organisation)})


def _delivery(owner: Owner, world: World, organisation: str, person: str) -> Example:
    hook = _webhook(owner, world, organisation, person).place["webhook_id"]
    found = owner.execute(
        "INSERT INTO webhook_delivery (webhook_id, organisation_id, site_id, n, payload) VALUES (%s, %s, %s, 1, %s)"
        " RETURNING delivery_id",
        (hook, world.organisations[organisation], add_case(owner, world, carrier=organisation),
         Jsonb({"type": "site.refer", "data": {}})),
    ).fetchone()  # fmt: skip
    assert found is not None
    return Example({"delivery_id": found[0]})


def _new_feed(owner: Owner, world: World, _organisation: str, person: str) -> Example:
    owner.execute("DELETE FROM feed WHERE person_id = %s", (world[person].person_id,))
    return Example()


def _feed(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example({"feed_id": digest(add_feed(owner, world, organisation, person)).hex()})


def _read_feed(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example({"secret": add_feed(owner, world, organisation, person)})


def _of_window(make_parts: MakeParts) -> Make:
    return lambda owner, world, organisation, _person: Example(*make_parts(owner, world, organisation))


_ME = "/api/v1/me"
_PLANS = "/api/v1/planned-stations"

COMMANDS: dict[tuple[str, str], Make] = {
    ("GET", _ME): _plain(),
    ("PATCH", _ME): _plain({"language": "ja"}),
    ("GET", f"{_ME}/tokens"): _plain(),
    ("POST", f"{_ME}/tokens"): _plain({"name": "試し", "scopes": ["account:manage"], "days": 1}),
    ("DELETE", f"{_ME}/tokens/{{prefix}}"): _token,
    ("GET", f"{_ME}/sessions"): _plain(),
    ("DELETE", f"{_ME}/sessions"): _other_sessions,
    ("DELETE", f"{_ME}/sessions/{{id}}"): _further_session,
    # The new password is the old one: whoever comes next shows the same.
    ("PUT", f"{_ME}/password"): _plain({"present_password": PASSWORD, "password": PASSWORD}),
    ("POST", f"{_ME}/totp"): _plain(),
    ("PUT", f"{_ME}/totp"): _totp,
    ("POST", f"{_ME}/totp/removal"): _plain({"present_password": PASSWORD}),
    ("GET", f"{_ME}/passkeys"): _plain(),
    ("POST", f"{_ME}/passkeys/options"): _plain(),
    ("POST", f"{_ME}/passkeys"): _new_passkey,
    ("POST", f"{_ME}/passkeys/{{credential_id}}/removal"): _passkey,
    ("GET", f"{_ME}/organisations"): _plain(),
    ("PUT", f"{_ME}/organisation"): _switch,
    ("GET", "/api/v1/people"): _plain(),
    ("POST", "/api/v1/memberships"): _colleague,
    ("DELETE", "/api/v1/memberships/{membership_id}"): _membership,
    ("GET", "/api/v1/invitations"): _plain(),
    ("POST", "/api/v1/invitations"): _invite,
    ("DELETE", "/api/v1/invitations/{invitation_id}"): _invitation,
    ("GET", "/api/v1/organisations"): _plain(),
    ("POST", "/api/v1/organisations"): _plain(ORGANISATION),
    ("PUT", "/api/v1/organisations/{organisation_id}"): _organisation(ORGANISATION),
    ("POST", "/api/v1/organisations/{organisation_id}/invitations"): _organisation(
        {"email": "first@example.jp", "role": "carrier_admin"}
    ),
    ("GET", "/api/v1/audit-events"): _plain(),
    ("GET", _PLANS): _plain(),
    ("POST", _PLANS): _plain(PLAN),
    ("GET", f"{_PLANS}/{{plan_id}}"): _plan(),
    ("PUT", f"{_PLANS}/{{plan_id}}"): _plan(PLAN, **{"If-Match": '"1"'}),
    ("DELETE", f"{_PLANS}/{{plan_id}}"): _plan(**{"If-Match": '"1"'}),
    ("GET", "/api/v1/notices"): _plain(),
    ("PUT", "/api/v1/notices/read"): _plain(),
    ("GET", "/api/v1/notices/setting"): _plain(),
    ("PUT", "/api/v1/notices/setting"): _plain({"mail": "digest"}),
    ("PUT", "/api/v1/notices/{notice_id}/read"): _notice,
    ("GET", "/api/v1/webhooks"): _plain(),
    ("POST", "/api/v1/webhooks"): _new_webhook,
    ("DELETE", "/api/v1/webhooks/{webhook_id}"): _webhook,
    ("POST", "/api/v1/webhooks/{webhook_id}/secret"): _webhook,
    ("POST", "/api/v1/webhooks/{webhook_id}/test"): _webhook,
    ("GET", "/api/v1/webhook-deliveries"): _plain(),
    ("POST", "/api/v1/webhook-deliveries/{delivery_id}/retry"): _delivery,
    ("POST", "/api/v1/webhook-deliveries/{delivery_id}/give-up"): _delivery,
    ("GET", "/api/v1/feeds"): _plain(),
    ("POST", "/api/v1/feeds"): _new_feed,
    ("DELETE", "/api/v1/feeds/{feed_id}"): _feed,
    ("GET", "/api/v1/feeds/{secret}/deadlines.ics"): _read_feed,
    ("GET", "/api/v1/feeds/{secret}/events.atom"): _read_feed,
    **{operation: _of_window(parts) for operation, parts in (PARTS | SURVEY_PARTS).items()},
    ("GET", "/api/v1/coverage/builds"): _plain(),
    ("GET", "/api/v1/coverage/cells/{cell_id}"): _plain(cell_id=CELL_ID),
    ("GET", "/api/v1/coverage/disagreements"): _plain(),
    ("GET", "/api/v1/coverage/municipalities/{code}"): _plain(code="13103"),
    ("GET", "/api/v1/coverage/surveys/{survey_id}/table"): _plain(survey_id=SURVEY_ID),
    ("GET", "/api/v1/statistics/{figure}"): _plain(figure="open"),
    ("GET", "/api/v1/statistics/{figure}.csv"): _plain(figure="steps"),
    ("GET", "/api/v1/progress/{figure}"): _plain(figure="on-air"),
    ("GET", "/api/v1/progress/{figure}.csv"): _plain(figure="days"),
    **_list_commands("asset", "assets"),
    **_list_commands("wifi", "wifi"),
}

_READ_PLACES = {
    "collectionId": "assets", "tileMatrix": 13, "tileRow": 3226, "tileCol": 7276, "tileMatrixSetId": "WebMercatorQuad",
}  # fmt: skip
_FEATURES = {
    "assets": "W001", "stations": "S1", "wifi-access-points": "P1", "municipalities": "13103",
    "population-mesh": "533936901", "coverage-cells": CELL_ID, "coverage-history": f"2026-05-01-{CELL_ID}",
    "coverage-gaps": GAP_ID, "survey-roads": ROAD_ID, "resident-reports": REPORT_ID,
}  # fmt: skip


def example_of(method: str, path: str) -> Make:
    """The operation's example. Raises KeyError for an operation nobody wrote one for."""
    if not path.startswith("/ogc"):
        return COMMANDS[method, path]
    if "/planned-stations/items/{featureId}" in path:
        return _own_plan_feature
    feature = next((known for name, known in _FEATURES.items() if f"/{name}/items/" in path), None)
    return _plain(**_READ_PLACES, **({"featureId": feature} if feature else {}))


def _own_plan_feature(owner: Owner, world: World, organisation: str, person: str) -> Example:
    return Example({"featureId": _plan()(owner, world, organisation, person).place["plan_id"]})
