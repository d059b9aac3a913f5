"""What is sent wrongly or with ill intent to `/api/v1`: refused clearly, logged, nothing changed."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from app.accounts.auth import SESSION_COOKIE
from tests.accounts_world import Headers, World, add_invitation, last_event, settings_of
from tests.conftest import database, serving
from tests.coverage.one_of_each import add_one_of_each
from tests.policy_examples import ORGANISATION, PLAN

Owner = psycopg.Connection[Any]
Client = httpx.AsyncClient
API = "/api/v1"


@pytest.fixture(scope="module")
def url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    with database(server_url, f"test_bad_input_{os.getpid()}", world_template[0]) as url:
        add_one_of_each(url)
        yield url


@pytest.fixture(scope="module")
async def service(url: str) -> AsyncIterator[Client]:
    async with serving(settings_of(url)) as client:
        yield client


@pytest.fixture(scope="module")
def owner(url: str) -> Iterator[Owner]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def nothing_changes(owner: Owner) -> Iterator[None]:
    """Every private table holds after the test what it held before, but for when somebody was last seen."""
    before = _state(owner)
    yield
    assert _state(owner) == before


def _state(owner: Owner) -> list[Any]:
    seen = []
    for table in ("person", "membership", "invitation", "organisation", "planned_station", "api_token", "audit_event"):
        rows = owner.execute(
            f"SELECT md5(string_agg((to_jsonb(t) - 'last_used_at')::text, '' ORDER BY t)) FROM {table} t"
        )
        seen.append((table, rows.fetchone()))
    return seen


def assert_clear(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    """A problem that says in words what to do, of one of the statuses."""
    assert response.status_code in statuses, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["title"] and problem["detail"] and problem["trace_id"] == response.headers["x-request-id"]
    assert not {"Traceback", "psycopg", "sqlalchemy", "SELECT"} & set(response.text.split())
    return problem


BAD_TOKENS = {
    "no scheme": "abcdef012345.secret", "empty": "Bearer ", "other scheme": "Basic dXNlcjpwYXNz", "no dot": "Bearer abcdef012345",
    "only dots": "Bearer ...", "oversized": "Bearer " + "a" * 8000, "oversized prefix": f"Bearer {'a' * 150}.x",
    "control": "Bearer abc\tdef", "sql": "Bearer ' OR 1=1 --.x", "unknown": "Bearer abcdef012345." + "A" * 43,
    "json": 'Bearer {"token": 1}', "jwt of alg none": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "latin": "Bearer caf\xe9.x",
    "percent": "Bearer %00.%00", "two": "Bearer a.b, Bearer c.d",
}  # fmt: skip


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("kind", BAD_TOKENS)
async def test_tokens_that_are_none_are_refused(service: Client, kind: str) -> None:
    headers = [(b"authorization", BAD_TOKENS[kind].encode("latin-1"))]
    for path in (f"{API}/me", "/ogc/collections/assets/items?limit=1"):
        response = await service.get(path, headers=headers)
        assert_clear(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("cookie", ["", "x", "a" * 8000, "%00", "' OR 1=1 --", "\xe9", '"quoted"', "a=b"])
async def test_cookies_that_are_none_are_nobody(service: Client, cookie: str) -> None:
    sent = [(b"cookie", f"{SESSION_COOKIE}={cookie}".encode("latin-1"))]
    assert_clear(await service.get(f"{API}/me", headers=sent), 401)
    assert (await service.get("/ogc/collections", headers=sent)).status_code == 200


@pytest.mark.usefixtures("nothing_changes")
async def test_a_wrong_secret_of_a_right_prefix(service: Client, world: World) -> None:
    token = world["carrier_member"].token["Authorization"]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token + "A", token.split(".")[0] + "."):
        assert_clear(await service.get(f"{API}/me", headers={"Authorization": wrong}), 401)


@pytest.mark.parametrize("ending", ["expired", "revoked", "left", "disabled", "contract"])
async def test_what_ended_stands_no_more(url: str, service: Client, world: World, owner: Owner, ending: str) -> None:
    person = world["window_operator"]
    undo = {
        "expired": ("UPDATE api_token SET expires_at = now() + %s WHERE person_id = '{}'", "-1 s", "1 day"),
        "revoked": ("UPDATE api_token SET revoked_at = CASE WHEN %s = 'x' THEN now() END WHERE person_id = '{}'", "x", ""),
        "left": ("UPDATE membership SET ended_at = CASE WHEN %s = 'x' THEN now() END WHERE person_id = '{}'", "x", ""),
        "disabled": ("UPDATE person SET disabled_at = CASE WHEN %s = 'x' THEN now() END WHERE person_id = '{}'", "x", ""),
        "contract": ("UPDATE organisation SET contract_to = %s WHERE kind = 'window' AND '{}' <> ''", "2021-03-31", "2099-03-31"),
    }[ending]  # fmt: skip
    assert (await service.get(f"{API}/me", headers=person.token)).status_code == 200
    owner.execute(undo[0].format(person.person_id), (undo[1],))
    try:
        assert_clear(await service.get(f"{API}/me", headers=person.token), 401)
        if ending not in ("expired", "revoked"):
            assert_clear(await service.get(f"{API}/me", headers=person.session), 401)
    finally:
        owner.execute(undo[0].format(person.person_id), (undo[2],))
    assert (await service.get(f"{API}/me", headers=person.token)).status_code == 200


INJECTED = ["a\r\nBcc: all@example.jp", "a\nX: y", "a\x00b", "a\x1bb", "a\x7fb", "", "   ", "x" * 201]
BAD_ADDRESSES = [
    "a@example.jp\r\nBcc: b@example.jp", "a@example.jp\n", "a b@example.jp", "a@b", "@example.jp", "a@example.jp,b@example.jp",
    "a@example.jp;b@example.jp", "<a@example.jp>", '"a"@example.jp', "a@@example.jp", "a@example.jp\x00", "x" * 250 + "@a.jp", "",
]  # fmt: skip


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("name", INJECTED)
async def test_names_hold_no_control_characters(service: Client, world: World, name: str) -> None:
    admin, member = world["system_admin"].session, world["carrier_member"].session
    for method, path, body, headers in (
        ("PATCH", f"{API}/me", {"name": name}, member),
        ("POST", f"{API}/me/tokens", {"name": name, "scopes": [], "days": 1}, member),
        ("POST", f"{API}/organisations", {**ORGANISATION, "name": name}, admin),
        ("POST", f"{API}/organisations", {**ORGANISATION, "name_en": name}, admin),
        ("POST", f"{API}/planned-stations", {**PLAN, "name": name}, member),
        ("POST", f"{API}/planned-stations", {**PLAN, "asset_id": name}, member),
    ):
        problem = assert_clear(await service.request(method, path, json=body, headers=headers), 422)
        assert problem["errors"][0]["pointer"] in ("/name", "/name_en", "/asset_id")


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("email", BAD_ADDRESSES)
async def test_addresses_that_would_break_mail_headers(service: Client, world: World, email: str) -> None:
    if email == "a@example.jp\n":
        pytest.skip("space round an address is taken off")
    body = {"email": email, "role": "carrier_member"}
    response = await service.post(f"{API}/invitations", json=body, headers=world["carrier_admin"].session)
    assert assert_clear(response, 422)["errors"][0]["pointer"] == "/email"


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    "further",
    [{"role": "system_admin"}, {"roles": ["system_admin"]}, {"organisation_id": "x"}, {"person_id": "x"}, {"is_sample": True},
     {"permissions": ["audit:read"]}, {"password_hash": "x"}, {"disabled_at": None}, {"version": 9}, {"__class__": "x"},
     {"email_verified": True}],
    ids=str,
)  # fmt: skip
async def test_no_role_or_organisation_is_assigned_in_passing(
    service: Client, world: World, owner: Owner, further: dict[str, Any]
) -> None:
    carrier, admin = world["carrier_admin"].session, world["system_admin"].session
    plan = f"{API}/planned-stations/{world.plans['carrier-a'][0]}"
    name = next(iter(further))
    for method, path, body, headers in (
        ("PATCH", f"{API}/me", {"language": "ja"}, carrier),
        ("POST", f"{API}/me/tokens", {"name": "x", "scopes": [], "days": 1}, carrier),
        ("POST", f"{API}/invitations", {"email": "a@example.jp", "role": "carrier_member"}, carrier),
        ("POST", f"{API}/memberships", {"person_id": str(world["carrier_member"].person_id), "role": "carrier_admin"}, carrier),
        ("POST", f"{API}/organisations", ORGANISATION, admin),
        ("POST", f"{API}/planned-stations", PLAN, carrier),
        ("PUT", plan, PLAN, {**carrier, "If-Match": '"1"'}),
    ):  # fmt: skip
        if name in body:
            continue
        problem = assert_clear(await service.request(method, path, json={**body, **further}, headers=headers), 422)
        assert [error["pointer"] for error in problem["errors"]] == [f"/{name}"]


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    "role", ["auditor", "system_admin", "window_operator", "planner", "owner_reviewer", "surveyor"]
)
async def test_an_admin_gives_no_role_beyond_the_organisation(service: Client, world: World, role: str) -> None:
    for person in ("carrier_admin", "organisation_admin"):
        if role in ("planner", "owner_reviewer") and person == "organisation_admin":
            continue  # a municipality has these
        headers = world[person].session
        body = {"email": "a@example.jp", "role": role}
        assert_clear(await service.post(f"{API}/invitations", json=body, headers=headers), 403)
        of = {"person_id": str(world[person].person_id), "role": role}
        assert_clear(await service.post(f"{API}/memberships", json=of, headers=headers), 403)


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("scope", ["audit:read", "organisations:manage", "assets:read-internal", "assets:import"])
async def test_a_token_gets_no_scope_beyond_its_holder(service: Client, world: World, scope: str) -> None:
    body = {"name": "x", "scopes": [scope], "days": 1}
    assert_clear(await service.post(f"{API}/me/tokens", json=body, headers=world["carrier_admin"].session), 403)


WRONG_BODIES: list[tuple[str, str, Any]] = [
    ("carrier_member", "POST /planned-stations", {**PLAN, **wrong})
    for wrong in (
        {"lon": "east"}, {"lon": None}, {"lon": 1e400}, {"lon": -181}, {"lat": 91}, {"lat": [35]}, {"technology": "6g"},
        {"technology": None}, {"name": 5}, {"name": None}, {"note": "x" * 2001}, {"note": "a\x00"}, {"note": {"a": 1}},
        {"name": "\ud800"}, {"asset_id": 5},
    )
] + [
    ("carrier_member", "POST /planned-stations", body) for body in (None, [], [PLAN], "text", 5, True, {})
] + [
    ("carrier_member", "POST /me/tokens", {"name": "x", **wrong})
    for wrong in (
        {"scopes": "all"}, {"scopes": ["root"]}, {"scopes": [None]}, {"scopes": None}, {"scopes": [], "days": 0},
        {"scopes": [], "days": 367}, {"scopes": [], "days": "many"}, {"scopes": [], "days": 10**30}, {"scopes": [], "days": -1},
        {"scopes": [], "days": 1.5}, {"scopes": ["account:manage"] * 1000},
    )
] + [
    ("system_admin", "POST /organisations", {**ORGANISATION, **wrong})
    for wrong in (
        {"kind": "mafia"}, {"kind": None}, {"municipality_code": "1310"}, {"municipality_code": "131030"},
        {"municipality_code": "１３１０３"}, {"contract_from": "yesterday"}, {"contract_from": "2026-13-01"},
        {"contract_from": "2026-04-02", "contract_to": "2026-04-01"}, {"contract_to": "9" * 30}, {"contract_to": 10**30},
    )
] + [
    ("system_admin", "POST /memberships", wrong)
    for wrong in ({"person_id": "x", "role": "auditor"}, {"person_id": 1, "role": "auditor"}, {"role": "auditor"})
] + [("carrier_member", "PATCH /me", wrong) for wrong in ({"language": "fr"}, {"language": 1}, {"name": []})]  # fmt: skip


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(("person", "operation", "body"), WRONG_BODIES, ids=lambda value: ascii(value)[:60])
async def test_bodies_that_do_not_fit_are_422_with_pointers(
    service: Client, world: World, person: str, operation: str, body: Any
) -> None:
    method, path = operation.split()
    sent = json.dumps(body).replace("Infinity", "1e400").encode()
    headers = {**world[person].session, "Content-Type": "application/json"}
    assert_clear(await service.request(method, API + path, content=sent, headers=headers), 422)


async def test_faults_of_a_body_are_told_in_japanese(service: Client, world: World) -> None:
    body = {"title": "x", "plan": {"technology": "6g", "width_mm": 0, "colour": "red"}}
    answer = await service.post(API + "/applications", json=body, headers=world["carrier_member"].session)
    said = {fault["pointer"]: fault["ja"] for fault in answer.json()["errors"]}
    assert said == {
        "/plan/technology": "決まった値のどれかにしてください。",
        "/plan/width_mm": "小さすぎます。",
        "/plan/colour": "知らない項目です。つづりを確かめるか、取り除いてください。",
    }


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"nul", b'{"name": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"\x00", b"name=x"],
    ids=repr,
)
async def test_bodies_that_are_no_json(service: Client, world: World, body: bytes) -> None:
    headers = {**world["carrier_member"].session, "Content-Type": "application/json"}
    assert_clear(await service.post(f"{API}/planned-stations", content=body, headers=headers), 400, 422)


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_forms_of_other_sites_are_no_commands(service: Client, world: World, content_type: str) -> None:
    """What a page can send across sites without asking first is no JSON, though it reads like it."""
    headers = {**world["carrier_member"].session, "Content-Type": content_type}
    response = await service.post(f"{API}/planned-stations", content=json.dumps(PLAN).encode(), headers=headers)
    assert_clear(response, 415, 422)


BAD_PATHS = [
    "/me/tokens/%00", "/me/tokens/" + "a" * 5000, "/me/tokens/%ff", "/me/tokens/..%2f..%2f", "/memberships/1",
    "/memberships/%00", "/invitations/not-an-id", "/planned-stations/00000000-0000-0000-0000-00000000000g",
]  # fmt: skip


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("path", BAD_PATHS, ids=lambda path: path[:40])
async def test_ids_of_no_form_are_not_found(service: Client, world: World, path: str) -> None:
    headers = {**world["carrier_admin"].session, "If-Match": '"1"'}
    assert_clear(
        await service.delete(API + path, headers=headers), *((400,) if "%00" in path and "tokens" in path else (404,))
    )


BAD_QUERIES = [
    "/audit-events?limit=0", "/audit-events?limit=10001", "/audit-events?limit=x", "/audit-events?before=0",
    "/audit-events?before=99999999999999999999999", "/audit-events?person_id=x", "/audit-events?f=xml",
    "/audit-events?action=%00", "/audit-events?subject=%00", "/audit-events?action=" + "x" * 101,
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_QUERIES, ids=lambda path: path[:50])
async def test_query_parameters_that_do_not_fit_are_400(service: Client, world: World, path: str) -> None:
    assert_clear(await service.get(API + path, headers=world["auditor"].token), 400)


@pytest.mark.parametrize(
    "path", ["/planned-stations?limit=1001", "/planned-stations?limit=-1", "/planned-stations?after=1"]
)
async def test_pages_of_plans_that_do_not_fit_are_400(service: Client, world: World, path: str) -> None:
    assert_clear(await service.get(API + path, headers=world["carrier_member"].token), 400)


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    ("if_match", "status"),
    [(None, 428), ('"2"', 412), ("1", 412), ('W/"1"', 412), ('"1" OR 1=1', 412), ("x" * 101, 400)],
)
async def test_changes_without_the_present_version(
    service: Client, world: World, if_match: str | None, status: int
) -> None:
    headers = {**world["carrier_member"].session, **({"If-Match": if_match} if if_match else {})}
    plan = f"{API}/planned-stations/{world.plans['carrier-a'][0]}"
    assert_clear(await service.put(plan, json=PLAN, headers=headers), status)
    assert_clear(await service.delete(plan, headers=headers), status)


@pytest.mark.usefixtures("nothing_changes")
async def test_bodies_beyond_the_limit(service: Client, world: World) -> None:
    """Also where the length is not said, or said wrongly."""
    headers = {**world["carrier_member"].session, "Content-Type": "application/json"}
    many = 40

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(many):
            yield b" " * 65536

    assert_clear(await service.post(f"{API}/planned-stations", content=b" " * (1 << 20) + b"{}", headers=headers), 413)
    assert_clear(await service.post(f"{API}/planned-stations", content=chunks(), headers=headers), 413)
    for length in ("-1", "1e3", "0x10", "9" * 30, "１"):
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        sent.append((b"content-length", length.encode()))
        assert_clear(await service.post(f"{API}/planned-stations", content=b"{}", headers=sent), 413)


async def test_an_invitation_serves_nobody_after_it_was_revoked(service: Client, world: World, owner: Owner) -> None:
    invitation = add_invitation(owner, world, "carrier-a", world["carrier_member"].actor.roles.__iter__().__next__())
    headers = world["carrier_admin"].session
    assert (await service.delete(f"{API}/invitations/{invitation}", headers=headers)).status_code == 204
    before = last_event(owner)
    assert_clear(await service.delete(f"{API}/invitations/{invitation}", headers=headers), 404)
    assert last_event(owner) == before


async def test_rates_are_bounded_by_token_and_by_address(url: str, world: World) -> None:
    one, other = world["carrier_member"].token, world["planner"].token
    async with serving(settings_of(url, commands_per_minute=5)) as client:

        async def statuses(headers: Headers, many: int) -> list[int]:
            return [(await client.get(f"{API}/me", headers=headers)).status_code for _ in range(many)]

        assert await statuses(one, 6) == [200] * 5 + [429]
        refused = await client.get(f"{API}/me", headers=one)
        assert_clear(refused, 429)
        assert refused.headers["retry-after"] == "60"
        assert await statuses(other, 2) == [200, 200]  # another token at the same address goes on
        made_up = [{"Authorization": f"Bearer {number:012x}.x"} for number in range(60)]
        answers = [(await client.get(f"{API}/me", headers=headers)).status_code for headers in made_up]
        assert answers[-1] == 429 and answers.count(401) < 50  # a token for each request does not help
        assert (await client.get("/ogc")).status_code == 200


async def test_sign_ins_from_one_address_are_bounded(url: str) -> None:
    async with serving(settings_of(url, sign_ins_per_minute=3)) as client:
        answers = [(await client.post("/sign-in", data={"email": "a@example.jp"})).status_code for _ in range(5)]
        assert answers[3:] == [429, 429] and 429 not in answers[:3]
        assert (await client.get("/sign-in")).status_code != 429


async def test_a_busy_service_says_so(url: str, world: World) -> None:
    """No connection to be had in time is 503 with Retry-After, never 500."""
    async with serving(settings_of(url, work_pool_size=1)) as client:
        app_engine = client._transport.app.state.transactions._engine  # type: ignore[attr-defined]
        with app_engine.connect():
            response = await client.get(f"{API}/me", headers=world["planner"].token)
        assert_clear(response, 503)
        assert response.headers["retry-after"]
    async with serving(settings_of("postgresql://nobody@127.0.0.1:1/none")) as client:
        response = await client.get(f"{API}/me", headers=world["planner"].token)
        assert_clear(response, 503)
