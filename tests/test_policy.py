"""Every operation × every role, called for real and compared with the checked-in table `policy_table.csv`.

An operation without a line in the table, or without an example to call it with, fails. Every example of a role that
may is answered 2xx. `by_token` is 403 where only a signed-in browser may: a token never makes another, nor changes how
its holder signs in or for whom they act.
"""

import csv
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.accounts.permissions import PERMISSIONS, Permission, Role
from app.accounts.policy_document import operations_of
from app.config import PROJECT_ROOT
from app.main import VERSION
from app.ogc.collections import PLANNED_STATIONS
from app.ogc.openapi import describe_api
from scripts.documents.__main__ import DOCUMENTS
from scripts.documents.permissions import whole_openapi
from tests.accounts_world import MARKERS, ROLES, Headers, World, sessions_kept, settings_of
from tests.conftest import database, serving
from tests.coverage.one_of_each import add_one_of_each
from tests.policy_examples import COMMANDS, Example, example_of

Operation = tuple[str, str]
Owner = psycopg.Connection[Any]

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def _operations() -> dict[Operation, str | None]:
    """Every operation with its permission: the public description, and what carriers are described besides."""
    found = {(method, path): permission for method, path, permission in operations_of(whole_openapi())}
    own = describe_api({PLANNED_STATIONS.id: PLANNED_STATIONS}, "ja", VERSION)["paths"]
    found |= {("GET", "/ogc" + path): "plans:read" for path in own if "planned-stations" in path}
    return found


def _table() -> dict[Operation, dict[str, str]]:
    with (Path(__file__).parent / "policy_table.csv").open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["path"]): row for row in csv.DictReader(file)}


OPERATIONS = _operations()
TABLE = _table()
GUARDED = [operation for operation, permission in OPERATIONS.items() if permission is not None]
# Operations that name something of somebody's: in the path, or a person or organisation in the body.
WITH_ID = [operation for operation in TABLE if TABLE[operation]["other_tenant"] != "-"]


def in_words(operation: Operation) -> str:
    return " ".join(operation)


@pytest.fixture(scope="module")
def policy_url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    with database(server_url, f"test_policy_{os.getpid()}", world_template[0]) as url:
        add_one_of_each(url)
        yield url


@pytest.fixture(scope="module")
async def service(policy_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings_of(policy_url)) as client:
        yield client


@pytest.fixture(scope="module")
def db(policy_url: str) -> Iterator[Owner]:
    with psycopg.connect(policy_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def sessions_stand(db: Owner) -> Iterator[None]:
    """Some operations end sessions or give them new secrets; the next test finds them as they were."""
    with sessions_kept(db):
        yield


async def call(service: httpx.AsyncClient, operation: Operation, example: Example, headers: Headers) -> httpx.Response:
    method, path = operation
    for name, value in example.place.items():
        path = path.replace(f"{{{name}}}", str(value))
    assert "{" not in path, f"no example for {path}"
    sent: dict[str, Any] = {"files": example.files} if example.files else {"json": example.body}
    return await service.request(method, path, headers={**example.headers, **headers}, **sent)


def test_every_operation_has_a_line_in_the_table_and_no_line_is_left_over() -> None:
    assert set(OPERATIONS) == set(TABLE)


def test_every_operation_has_an_example_and_no_example_is_left_over() -> None:
    for operation in OPERATIONS:
        example_of(*operation)
    assert set(COMMANDS) <= set(OPERATIONS)


def test_every_operation_says_its_permission_or_that_it_is_public() -> None:
    for path, item in whole_openapi()["paths"].items():
        for method, said in item.items():
            assert ("x-permission" in said) != (said.get("x-public") is True), (method, path)
            assert ("security" in said) == ("x-permission" in said), (method, path)


@pytest.mark.parametrize("operation", TABLE, ids=in_words)
def test_the_table_says_what_the_roles_may(operation: Operation) -> None:
    """The table is the second entry of a double entry: the first is permissions.py."""
    line, permission = TABLE[operation], OPERATIONS[operation]
    assert line["permission"] == (permission or "public")
    for role in Role:
        may = permission is None or Permission(permission) in PERMISSIONS[role]
        assert (line[role.value][0] == "2") == may, role


@pytest.mark.parametrize("operation", TABLE, ids=in_words)
async def test_every_role(service: httpx.AsyncClient, db: Owner, world: World, operation: Operation) -> None:
    line, make = TABLE[operation], example_of(*operation)
    got: dict[str, str] = {}

    async def ask(column: str, person: str, headers: Headers) -> None:
        example = make(db, world, world[person].organisation, person)
        got[column] = str((await call(service, operation, example, headers)).status_code)

    await ask("anonymous", "carrier_member", {})
    for role in ROLES:
        await ask(role, role, world[role].session)
    # A token stands for its person, as far as its scopes go.
    ranking = next((role for role in ROLES if line[role][0] == "2"), "carrier_member")
    await ask("by_token", ranking, world[ranking].token)
    await ask("token_without_scope", ranking, world[ranking].token_without_scope)
    assert got == {column: line[column] for column in got}


@pytest.mark.parametrize("operation", WITH_ID, ids=in_words)
async def test_ids_of_another_tenant(service: httpx.AsyncClient, db: Owner, world: World, operation: Operation) -> None:
    """404, in the same words as for an id that nobody has; only who manages every organisation may."""
    line, make = TABLE[operation], example_of(*operation)
    for role in (role for role in ROLES if line[role][0] == "2"):
        foreign = make(db, world, "carrier-b", "other_carrier_member")
        nowhere = Example({name: uuid4() for name in foreign.place}, foreign.body, foreign.headers, foreign.files)
        if not foreign.place:  # the id stands in the body
            name = next(name for name in ("person_id", "organisation_id") if name in foreign.body)
            nowhere = Example({}, {**foreign.body, name: str(uuid4())}, foreign.headers)
            if "role" in foreign.body:
                foreign.body["role"] = nowhere.body["role"] = _any_role(world, role)
        of_nobody = await call(service, operation, nowhere, world[role].session)
        of_other = await call(service, operation, foreign, world[role].session)
        assert of_nobody.status_code == 404
        expected = line["other_tenant_by_system_admin"] if role == "system_admin" else line["other_tenant"]
        assert str(of_other.status_code) == expected, role
        if expected == "404":
            assert told(of_other, foreign) == told(of_nobody, nowhere)


def _any_role(world: World, person: str) -> str:
    return {"carrier-a": "carrier_admin", "minato": "owner_reviewer", "bureau": "planner"}[world[person].organisation]


def told(response: httpx.Response, example: Example) -> tuple[dict[str, str], str]:
    """What an answer tells, but for the request's own id and the id that was asked for."""
    text = re.sub(r'"trace_id":"\w+"', "", response.text)
    for value in example.place.values():
        text = text.replace(str(value), "ID")
    assert not any(marker in text for marker in MARKERS.values())
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}, text


@pytest.mark.parametrize("operation", [operation for operation in GUARDED if operation[0] in UNSAFE], ids=in_words)
async def test_a_forged_form_is_refused(
    service: httpx.AsyncClient, db: Owner, world: World, operation: Operation
) -> None:
    """A session's cookie alone, as another site's form would send it, changes nothing."""
    person = next(role for role in ROLES if TABLE[operation][role][0] == "2")
    example = example_of(*operation)(db, world, world[person].organisation, person)
    cookie = {"Cookie": world[person].session["Cookie"]}
    stolen = world["other_carrier_admin" if person != "other_carrier_admin" else "auditor"].session
    for headers in (cookie, {**stolen, **cookie}):
        assert (await call(service, operation, example, headers)).status_code == 403


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_documents_are_up_to_date(name: str) -> None:
    assert (PROJECT_ROOT / name).read_text(encoding="utf-8") == DOCUMENTS[name](), "run scripts/docs"
