"""The audit trail: nothing changes without a row, and no alteration of the rows stays unseen."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import anchor, audit
from app.accounts.actor import Service
from app.accounts.audit import Verdict
from app.accounts.models import AuditEvent
from app.db import APP_ROLE, READER_ROLE, make_engine
from tests.accounts_world import ROLES, World, events_since, last_event, sessions_kept, settings_of, transactions
from tests.conftest import database, serving
from tests.coverage.one_of_each import add_one_of_each
from tests.policy_examples import example_of
from tests.surveys.policy_cases import SURVEY_LEAVES
from tests.test_policy import TABLE, UNSAFE, Operation, call, in_words

Owner = psycopg.Connection[Any]
COLUMNS = [column.name for column in AuditEvent.__table__.columns]
FULL_ROW = (
    "INSERT INTO audit_event (audit_id, at, person_id, organisation_id, via, address, request_id, action, subject, before,"
    " after, previous_hash, hash)"
)


@pytest.fixture(scope="module")
def chain(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    """A database whose trail has rows with every column filled, and rows with all that may be empty left so."""
    template, world = world_template
    with database(server_url, f"test_audit_{os.getpid()}", template) as url, transactions(url) as db:
        add_one_of_each(url)
        for number in range(4):
            with db.begin(world["carrier_member"].actor) as session:
                audit.record(
                    session, "test.full", f"test:{number}", before={"n": number, "名": "前"}, after={"n": [1.5, None]}
                )
            with db.begin(Service("worker")) as session:
                audit.record(session, "test.bare")
        yield url


@pytest.fixture(scope="module")
def owner(chain: str) -> Iterator[Owner]:
    """The database owner's own connection."""
    with psycopg.connect(chain, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
async def service(chain: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings_of(chain)) as client:
        yield client


@pytest.fixture(autouse=True)
def sessions_stand(owner: Owner) -> Iterator[None]:
    """Some operations end sessions or give them new secrets; the next test finds them as they were."""
    with sessions_kept(owner):
        yield


@pytest.fixture
def forger(chain: str) -> Iterator[Session]:
    """A superuser who puts the triggers out of force; all he does is rolled back after the test."""
    engine = make_engine(settings_of(chain))
    with Session(engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session
        session.rollback()
    engine.dispose()


def verify(url: str, anchors: Any = ()) -> Verdict:
    with transactions(url) as db, db.begin(Service("audit")) as session:
        return audit.verify(session, anchors)


def tamper(forger: Session, statement: str, *values: Any) -> None:
    """Alter the trail."""
    assert forger.connection().exec_driver_sql(statement, values).rowcount != 0, statement


def last_of(forger: Session) -> int:
    """The newest row as the forger sees it."""
    return int(forger.execute(text("SELECT coalesce(max(audit_id), 0) FROM audit_event")).scalar_one())


def full_row(forger: Session) -> int:
    """A row in the middle of the chain with a value in every column."""
    found = "SELECT min(audit_id) FROM audit_event WHERE action = 'test.full' AND subject = 'test:2'"
    return int(forger.execute(text(found)).scalar_one())


def test_an_untouched_chain_is_intact(chain: str, owner: Owner) -> None:
    verdict = verify(chain)
    assert (verdict.bad_row, verdict.rows) == (None, last_event(owner))
    assert verdict.rows > 30


# One byte or bit of each column, of a row that has all of them.
CHANGED: dict[str, list[str]] = {
    "audit_id": ["audit_id + 1000000"],
    "at": ["at + interval '1 microsecond'"],
    "person_id": ["overlay(person_id::text PLACING translate(left(person_id::text, 1), '0123456789abcdef', '123456789abcdef0') FROM 1)::uuid", "NULL"],
    "organisation_id": ["overlay(organisation_id::text PLACING translate(right(organisation_id::text, 1), '0123456789abcdef', '123456789abcdef0') FROM 36)::uuid", "NULL"],
    "via": ["via || 'x'", "overlay(via PLACING 'T' FROM 1)"],
    "address": ["overlay(address PLACING '8' FROM 1)", "NULL", "''"],
    "request_id": ["overlay(request_id PLACING '!' FROM 1)", "NULL", "''"],
    "action": ["overlay(action PLACING 'T' FROM 1)", "action || ' '"],
    "subject": ["overlay(subject PLACING 'T' FROM 1)", "NULL", "''"],
    "before": ["jsonb_set(before, '{n}', '3')", "NULL", "'null'", "before || '{\"名\": \"後\"}'"],
    "after": ["jsonb_set(after, '{n,0}', '1.50')", "NULL", "after - 'n'"],
    "previous_hash": ["set_byte(previous_hash, 0, get_byte(previous_hash, 0) # 1)", "''"],
    "hash": ["set_byte(hash, 31, get_byte(hash, 31) # 128)", "''"],
}  # fmt: skip


def test_every_column_is_tried() -> None:
    assert list(CHANGED) == COLUMNS


@pytest.mark.parametrize(
    ("column", "value"), [(column, value) for column, values in CHANGED.items() for value in values]
)
def test_one_changed_byte_names_its_row(forger: Session, column: str, value: str) -> None:
    row = full_row(forger)
    tamper(forger, f"UPDATE audit_event SET {column} = {value} WHERE audit_id = %s", row)
    verdict = audit.verify(forger)
    # A row whose number was changed is missing where it was: what stands there is the next one.
    assert verdict.bad_row == (row + 1 if column == "audit_id" else row)
    assert verdict.rows == row - 1


def _text_moved_between_columns(forger: Session) -> int:
    row = full_row(forger)
    tamper(forger, "UPDATE audit_event SET action = action || subject, subject = '' WHERE audit_id = %s", row)
    return row


def _first_deleted(forger: Session) -> int:
    tamper(forger, "DELETE FROM audit_event WHERE audit_id = 1")
    return 2


def _middle_deleted(forger: Session) -> int:
    row = full_row(forger)
    tamper(forger, "DELETE FROM audit_event WHERE audit_id = %s", row)
    return row + 1


def _last_deleted(forger: Session) -> int:
    row = last_of(forger)
    tamper(forger, "DELETE FROM audit_event WHERE audit_id = %s", row)
    return row


def _all_deleted(forger: Session) -> int:
    tamper(forger, "DELETE FROM audit_event")
    return 1


def _middle_deleted_and_renumbered(forger: Session) -> int:
    row = full_row(forger)
    tamper(forger, "DELETE FROM audit_event WHERE audit_id = %s", row)
    for later in range(row + 1, last_of(forger) + 1):
        tamper(forger, "UPDATE audit_event SET audit_id = audit_id - 1 WHERE audit_id = %s", later)
    return row


def _forged_row_at_the_end(forger: Session) -> int:
    row = last_of(forger)
    tamper(forger, f"{FULL_ROW} SELECT audit_id + 1, at, person_id, organisation_id, via, address, request_id, 'forged',"
           " subject, before, after, hash, sha256('forged') FROM audit_event WHERE audit_id = %s", row)  # fmt: skip
    return row + 1


def _well_made_row_at_the_end(forger: Session) -> int:
    """Chained as it should be, but not through the trail's own function: the head does not know it."""
    row = last_of(forger)
    tamper(forger, f"{FULL_ROW} SELECT audit_id + 1, at, person_id, organisation_id, via, address, request_id, 'forged',"
           " subject, before, after, hash, '' FROM audit_event WHERE audit_id = %s", row)  # fmt: skip
    tamper(
        forger, "UPDATE audit_event e SET hash = sha256(convert_to(audit_text(e), 'UTF8')) WHERE audit_id = %s", row + 1
    )
    return row + 2


def _two_swapped(forger: Session) -> int:
    row = full_row(forger)
    for before, after in ((row, -1), (row + 1, row), (-1, row + 1)):
        tamper(forger, "UPDATE audit_event SET audit_id = %s WHERE audit_id = %s", after, before)
    return row


def _head_moved(forger: Session) -> int:
    tamper(forger, "UPDATE audit_head SET audit_id = audit_id - 1")
    return last_of(forger) + 1


def _head_changed(forger: Session) -> int:
    tamper(forger, "UPDATE audit_head SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)")
    return last_of(forger) + 1


def _head_deleted(forger: Session) -> int:
    tamper(forger, "DELETE FROM audit_head")
    return last_of(forger) + 1


@pytest.mark.parametrize(
    "alter",
    [_text_moved_between_columns, _first_deleted, _middle_deleted, _last_deleted, _all_deleted,
     _middle_deleted_and_renumbered, _forged_row_at_the_end, _well_made_row_at_the_end, _two_swapped, _head_moved,
     _head_changed, _head_deleted],
)  # fmt: skip
def test_an_altered_chain_names_the_first_bad_row(forger: Session, alter: Callable[[Session], int]) -> None:
    assert audit.verify(forger).bad_row is None
    assert alter(forger) == audit.verify(forger).bad_row


def rewrite(forger: Session) -> None:
    """Change row 3 and chain everything after it anew, head included, as a thorough forger would."""
    tamper(forger, "UPDATE audit_event SET action = 'innocent' WHERE audit_id = 3")
    for row in range(3, last_of(forger) + 1):
        tamper(
            forger,
            "UPDATE audit_event e SET previous_hash = (SELECT hash FROM audit_event WHERE audit_id = e.audit_id - 1)"
            " WHERE audit_id = %s",
            row,
        )
        tamper(
            forger, "UPDATE audit_event e SET hash = sha256(convert_to(audit_text(e), 'UTF8')) WHERE audit_id = %s", row
        )
    tamper(forger, "UPDATE audit_head SET hash = (SELECT hash FROM audit_event ORDER BY audit_id DESC LIMIT 1)")


def test_anchors_catch_a_chain_rewritten_whole(forger: Session, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "anchors.jsonl"
    line = audit.anchor(forger, file)
    assert audit.verify(forger, audit.read_anchors(file)).bad_row is None
    rewrite(forger)
    assert audit.verify(forger).bad_row is None  # within the database nothing contradicts it
    assert audit.verify(forger, audit.read_anchors(file)).bad_row == line["audit_id"]
    # Nor does a second, later anchor of the forged chain cover the first.
    audit.anchor(forger, file)
    assert audit.verify(forger, audit.read_anchors(file)).bad_row == line["audit_id"]


def test_anchors_catch_a_chain_cut_short_with_its_head(forger: Session, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    audit.anchor(forger, file)
    tamper(forger, "DELETE FROM audit_event WHERE audit_id > 10")
    tamper(forger, "UPDATE audit_head SET audit_id = 10, hash = (SELECT hash FROM audit_event WHERE audit_id = 10)")
    assert audit.verify(forger).bad_row is None
    assert audit.verify(forger, audit.read_anchors(file)).bad_row == 11


@pytest.mark.parametrize("role", [None, APP_ROLE, READER_ROLE])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
     "UPDATE audit_event SET action = action WHERE false"],
)  # fmt: skip
def test_the_trail_is_insert_only(chain: str, role: str | None, statement: str) -> None:
    """Also for the tables' owner (None), who would have to put the trigger out of force first."""
    statements = [statement] if role is None else [statement, "ALTER TABLE audit_event DISABLE TRIGGER ALL"]
    for refused in statements:
        with psycopg.connect(chain, options=f"-c role={role}" if role else "") as connection:
            connection.execute("SELECT set_config('app.permissions', '{audit:read,organisations:manage}', true)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)
            connection.rollback()


@pytest.mark.parametrize("role", [APP_ROLE, READER_ROLE])
def test_no_role_writes_rows_past_the_chain(chain: str, role: str) -> None:
    with psycopg.connect(chain, options=f"-c role={role}") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                f"{FULL_ROW} VALUES (999, now(), NULL, NULL, 'x', NULL, NULL, 'x', NULL, NULL, NULL, '', '')"
            )
        connection.rollback()
        if role == READER_ROLE:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT audit_append('x', NULL, NULL, NULL)")


def test_rows_written_at_once_form_one_chain(chain: str, owner: Owner, world: World) -> None:
    before = last_event(owner)

    def write(session: Session, number: int) -> None:
        audit.record(session, "test.many", f"test:{number}")

    async def many() -> None:
        with transactions(chain) as db:

            def one(number: int) -> None:
                with db.begin(world["planner"].actor) as session:
                    write(session, number)
                    write(session, -number)

            await asyncio.gather(*(asyncio.to_thread(one, number) for number in range(40)))

    asyncio.run(many())
    verdict = verify(chain)
    assert (verdict.bad_row, verdict.rows) == (None, before + 80)


def test_what_is_rolled_back_leaves_no_row(chain: str, owner: Owner, world: World) -> None:
    before = last_event(owner)
    with transactions(chain) as db, pytest.raises(ZeroDivisionError), db.begin(world["planner"].actor) as session:
        audit.record(session, "test.never")
        raise ZeroDivisionError
    assert last_event(owner) == before
    assert verify(chain).bad_row is None


_APPLICATIONS = "/api/v1/applications"
_APPLICATION, _SITE = _APPLICATIONS + "/{application_id}", "/api/v1/sites/{site_id}"
# What each changing operation leaves: its action, and whether what was and what is are told (at least).
LEAVES: dict[Operation, tuple[str, set[str]]] = {
    ("PATCH", "/api/v1/me"): ("person.change", {"after"}),
    ("POST", "/api/v1/me/tokens"): ("token.create", {"after"}),
    ("DELETE", "/api/v1/me/tokens/{prefix}"): ("token.revoke", {"before"}),
    ("DELETE", "/api/v1/me/sessions"): ("session.end", {"after"}),
    ("DELETE", "/api/v1/me/sessions/{id}"): ("session.end", {"after"}),
    ("PUT", "/api/v1/me/password"): ("password.change", set()),
    ("PUT", "/api/v1/me/totp"): ("totp.create", set()),
    ("POST", "/api/v1/me/totp/removal"): ("totp.remove", set()),
    ("POST", "/api/v1/me/passkeys"): ("passkey.create", {"after"}),
    ("POST", "/api/v1/me/passkeys/{credential_id}/removal"): ("passkey.remove", {"before"}),
    ("PUT", "/api/v1/me/organisation"): ("session.switch", {"after"}),
    ("POST", "/api/v1/memberships"): ("membership.begin", {"after"}),
    ("DELETE", "/api/v1/memberships/{membership_id}"): ("membership.end", {"before"}),
    ("POST", "/api/v1/invitations"): ("invitation.create", {"after"}),
    ("DELETE", "/api/v1/invitations/{invitation_id}"): ("invitation.revoke", {"before"}),
    ("POST", "/api/v1/organisations"): ("organisation.create", {"after"}),
    ("PUT", "/api/v1/organisations/{organisation_id}"): ("organisation.change", {"before", "after"}),
    ("POST", "/api/v1/organisations/{organisation_id}/invitations"): ("invitation.create", {"after"}),
    ("POST", "/api/v1/planned-stations"): ("plan.create", {"after"}),
    ("PUT", "/api/v1/planned-stations/{plan_id}"): ("plan.change", {"before", "after"}),
    ("DELETE", "/api/v1/planned-stations/{plan_id}"): ("plan.delete", {"before"}),
    ("POST", _APPLICATIONS): ("application.create", {"after"}),
    ("PATCH", _APPLICATION): ("application.change", {"before", "after"}),
    ("DELETE", _APPLICATION): ("application.discard", set()),
    ("POST", f"{_APPLICATION}/clone"): ("application.clone", {"after"}),
    ("POST", f"{_APPLICATION}/submit"): ("site.submit", {"before", "after"}),
    ("POST", f"{_APPLICATION}/sites"): ("application.add-sites", {"after"}),
    ("POST", f"{_APPLICATION}/sites/file"): ("application.add-sites", {"after"}),
    ("DELETE", f"{_APPLICATION}/sites/{{site_id}}"): ("application.remove-site", {"before"}),
    ("PUT", f"{_APPLICATION}/sites/{{site_id}}/plan"): ("site.change_plan", {"after"}),
    ("POST", f"{_APPLICATION}/sites/{{site_id}}/transitions"): ("site.discard", {"before", "after"}),
    ("POST", f"{_SITE}/transitions"): ("site.discard", {"before", "after"}),
    ("POST", f"{_SITE}/comments"): ("site.comment", {"after"}),
    ("PUT", f"{_SITE}/assignment"): ("site.assign", {"before", "after"}),
    ("PUT", f"{_SITE}/office"): ("site.delegate", {"before", "after"}),
    ("PUT", "/api/v1/reservation-caps"): ("cap.put", {"after"}),
    ("POST", f"{_SITE}/reviews"): ("site.ask_review", {"after"}),
    ("POST", f"{_SITE}/reviews/answer"): ("site.answer_review", {"after"}),
    ("POST", f"{_SITE}/sharing-answer"): ("site.answer_sharing", {"after"}),
    ("POST", f"{_SITE}/documents"): ("document.add", {"after"}),
    ("DELETE", "/api/v1/documents/{document_id}"): ("document.withdraw", {"before"}),
    ("POST", "/api/v1/asset-corrections/{feedback_id}"): ("asset.correct", {"after"}),
    ("POST", "/api/v1/hand-over"): ("window.hand_over", {"before", "after"}),
    ("PUT", "/api/v1/office/procedure"): ("procedure.put", {"after"}),
    ("PUT", "/api/v1/office/closures"): ("closures.put", {"after"}),
    ("PUT", "/api/v1/office/fee-rules"): ("fee_rules.put", {"after"}),
    ("PUT", "/api/v1/routes"): ("route.put", {"after"}),
    ("PUT", "/api/v1/notices/read"): ("notice.read-all", {"after"}),
    ("PUT", "/api/v1/notices/setting"): ("notice.setting", {"before", "after"}),
    ("PUT", "/api/v1/notices/{notice_id}/read"): ("notice.read", set()),
    ("POST", "/api/v1/webhooks"): ("webhook.create", {"after"}),
    ("DELETE", "/api/v1/webhooks/{webhook_id}"): ("webhook.delete", {"before"}),
    ("POST", "/api/v1/webhooks/{webhook_id}/secret"): ("webhook.rotate", {"after"}),
    ("POST", "/api/v1/webhooks/{webhook_id}/test"): ("webhook.test", {"after"}),
    ("POST", "/api/v1/webhook-deliveries/{delivery_id}/retry"): ("webhook.retry", set()),
    ("POST", "/api/v1/webhook-deliveries/{delivery_id}/give-up"): ("webhook.give-up", set()),
    ("POST", "/api/v1/feeds"): ("feed.create", {"after"}),
    ("DELETE", "/api/v1/feeds/{feed_id}"): ("feed.revoke", {"before"}),
    **{
        (method, f"/api/v1/{prefix}-imports{path}"): leaves
        for prefix in ("asset", "wifi")
        for (method, path), leaves in {
            ("POST", ""): ("list.send", {"after"}),
            ("PATCH", "/{import_id}"): ("list.settings", {"before", "after"}),
            ("DELETE", "/{import_id}"): ("list.delete", {"before"}),
            ("POST", "/{import_id}/publish"): ("list.approve", {"after"}),
            ("POST", "/{import_id}/undo"): ("list.ask-undo", {"after"}),
            ("POST", "/recipes"): ("list.recipe", {"after"}),
            ("DELETE", "/recipes/{recipe_id}"): ("list.recipe-delete", {"before"}),
        }.items()
    },
    **SURVEY_LEAVES,
}
# These hand out a challenge; nothing is changed until it comes back.
BEGINNINGS = {("POST", "/api/v1/me/totp"), ("POST", "/api/v1/me/passkeys/options")}
# A question too long for an address.
ASKING = {("POST", "/api/v1/fee-estimates")}
# Of anybody, and nothing is kept that tells who.
ANONYMOUS = {("POST", "/api/v1/resident-reports")}
GUARDED = [operation for operation in TABLE if operation[0] in UNSAFE and operation not in ANONYMOUS]
CHANGING = [operation for operation in GUARDED if operation not in BEGINNINGS | ASKING]
# Staff reading what is not their organisation's own, and not public.
READING_RECORDED: dict[Operation, str] = {("GET", "/api/v1/audit-events"): "audit.read"}


@pytest.mark.parametrize("operation", CHANGING, ids=in_words)
async def test_every_changing_operation_leaves_a_row(
    service: httpx.AsyncClient, owner: Owner, world: World, operation: Operation
) -> None:
    """Who, as whom, from where, by which request, what, to what, before and after. An operation not listed fails."""
    action, told = LEAVES[operation]
    person = world[next(role for role in ROLES if TABLE[operation][role][0] == "2")]
    for headers, via in ((person.session, "session"), (person.token, f"token:{person.token_prefix}")):
        if via != "session" and TABLE[operation]["by_token"] == "403":
            continue
        example = example_of(*operation)(owner, world, person.organisation, person.name)
        before = last_event(owner)
        response = await call(service, operation, example, {**headers, "X-Request-Id": "audited-request"})
        assert response.is_success, response.text
        event, *further = events_since(owner, before)
        # To change how one signs in ends the sessions one had.
        assert {row["action"] for row in further} <= {"session.end"}
        assert (event["action"], event["via"]) == (action, via)
        assert (event["person_id"], event["organisation_id"]) == (
            person.person_id,
            world.organisations[person.organisation],
        )
        assert (event["address"], event["request_id"]) == ("127.0.0.1", "audited-request")
        assert event["subject"].partition(":")[2]
        assert told <= {name for name in ("before", "after") if event[name]}
        assert abs(event["at"] - datetime.now(UTC)) < timedelta(minutes=1)
        assert not set(json.dumps([event["before"], event["after"]]).split('"')) & {
            "secret",
            "token",
            "hash",
            "password",
        }


@pytest.mark.parametrize("operation", sorted(BEGINNINGS), ids=in_words)
async def test_a_beginning_leaves_no_row(
    service: httpx.AsyncClient, owner: Owner, world: World, operation: Operation
) -> None:
    before = last_event(owner)
    example = example_of(*operation)(owner, world, "carrier-a", "carrier_member")
    assert (await call(service, operation, example, world["carrier_member"].session)).status_code == 201
    assert last_event(owner) == before


@pytest.mark.parametrize("operation", GUARDED, ids=in_words)
async def test_a_refused_operation_changes_nothing_and_leaves_no_row(
    service: httpx.AsyncClient, owner: Owner, world: World, operation: Operation
) -> None:
    person = world[next(role for role in ROLES if TABLE[operation][role][0] == "2")]
    example = example_of(*operation)(owner, world, person.organisation, person.name)
    before = last_event(owner)
    for headers in ({}, person.token_without_scope, {"Cookie": person.session["Cookie"]}):
        assert (await call(service, operation, example, headers)).status_code in (401, 403)
    assert last_event(owner) == before


@pytest.mark.parametrize("operation", READING_RECORDED, ids=in_words)
async def test_staff_reading_private_data_leaves_a_row(
    service: httpx.AsyncClient, owner: Owner, world: World, operation: Operation
) -> None:
    person = world[next(role for role in ROLES if TABLE[operation][role][0] == "2")]
    before = last_event(owner)
    response = await service.get(operation[1], params={"action": "plan", "f": "csv"}, headers=person.token)
    assert response.status_code == 200
    (event,) = events_since(owner, before)
    assert (event["action"], event["person_id"]) == (READING_RECORDED[operation], person.person_id)


def test_a_hundred_thousand_rows_are_verified_in_five_seconds(forger: Session) -> None:
    before = last_of(forger)
    _append(forger, 100_000)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        verdict = audit.verify(forger)
        took.append(time.perf_counter() - began)
    print(f"audit verify: {verdict.rows:,} rows in {min(took):.2f} s (of three: {', '.join(f'{s:.2f}' for s in took)})")
    assert (verdict.bad_row, verdict.rows) == (None, before + 100_000)
    assert min(took) < 5.0
    row = before + 99_000
    tamper(forger, "UPDATE audit_event SET after = jsonb_set(after, '{lon}', '139.9') WHERE audit_id = %s", row)
    assert audit.verify(forger).bad_row == row


def _append(forger: Session, many: int) -> None:
    """Rows of the usual size, chained as `audit_append` does, but all at once."""
    number = last_of(forger)
    previous = forger.execute(text("SELECT hash FROM audit_head")).scalar_one().hex()
    before, after = '{"lon": 139.7, "name": "計画局"}', '{"lon": 139.8, "name": "計画局"}'
    who, whom = str(uuid4()), str(uuid4())
    into = f"COPY {FULL_ROW.removeprefix('INSERT INTO ')} FROM STDIN"
    cursor = forger.connection().connection.cursor()
    with cursor.copy(into) as copy:
        for audit_id in range(number + 1, number + many + 1):
            said = ["session", "192.0.2.1", f"{audit_id:016x}", "plan.change", f"plan:{who}", before, after]
            parts = [str(audit_id), "2026-11-21T00:00:00.000000Z", who, whom, *said, previous]
            row_hash = sha256(",".join(f"{len(part.encode())}:{part}" for part in parts).encode()).hexdigest()
            copy.write_row([*parts[:-1], f"\\x{previous}", f"\\x{row_hash}"])
            previous = row_hash
    tamper(forger, "UPDATE audit_head SET audit_id = %s, hash = decode(%s, 'hex')", number + many, previous)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "anchors" / "audit.jsonl"


async def test_the_service_anchors_the_chain_once_a_day(chain: str, elsewhere: Path, owner: Owner) -> None:
    for _ in range(2):
        async with serving(settings_of(chain, audit_anchor_file=elsewhere)) as client:
            for _ in range(100):
                if audit.read_anchors(elsewhere):
                    break
                await asyncio.sleep(0.05)
            assert (await client.get("/healthz")).status_code == 200
    (line,) = audit.read_anchors(elsewhere)
    assert line["audit_id"] == last_event(owner)
    assert verify(chain, [line]).bad_row is None


async def test_a_new_day_gets_a_new_anchor(chain: str, elsewhere: Path) -> None:
    settings = settings_of(chain, audit_anchor_file=elsewhere)
    with transactions(chain) as db:
        assert await anchor.anchor_if_due(db, settings) is not None
        assert await anchor.anchor_if_due(db, settings) is None
        (line,) = audit.read_anchors(elsewhere)
        line["at"] = (datetime.fromisoformat(line["at"]) - timedelta(days=1)).isoformat()
        elsewhere.write_text(json.dumps(line) + "\n")
        assert await anchor.anchor_if_due(db, settings) is not None
    assert len(audit.read_anchors(elsewhere)) == 2


async def test_workers_that_start_together_take_one_anchor(chain: str, elsewhere: Path) -> None:
    settings = settings_of(chain, audit_anchor_file=elsewhere)
    with transactions(chain) as one, transactions(chain) as other:
        taken = await asyncio.gather(*(anchor.anchor_if_due(db, settings) for db in (one, other, one, other)))
    assert len([line for line in taken if line]) == len(audit.read_anchors(elsewhere)) == 1


async def test_a_full_disk_or_a_lost_database_does_not_stop_the_service(chain: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = tmp_path / "file" / "anchors.jsonl"  # its folder is a file
    async with serving(settings_of(chain, audit_anchor_file=nowhere)) as client:
        await asyncio.sleep(0.5)
        assert (await client.get("/readyz")).status_code == 200
    async with serving(settings_of("postgresql://nobody@127.0.0.1:1/none", audit_anchor_file=nowhere)) as client:
        await asyncio.sleep(0.5)
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-11-21T15:04:00+00:00", 1 / 60), ("2026-11-21T15:05:00+00:00", 24), ("2026-11-21T16:05:00+00:00", 23),
     ("2026-12-31T15:00:00+00:00", 5 / 60)],
)  # fmt: skip
def test_anchors_are_due_at_five_past_midnight_in_tokyo(now: str, hours: float) -> None:
    assert anchor.until_due(datetime.fromisoformat(now)) == timedelta(hours=hours)
