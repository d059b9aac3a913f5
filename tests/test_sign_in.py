"""Sign-in at the database: throttling that locks nobody out, codes and invitations that serve once, sessions that end."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import joining, people, secrets, sessions, sign_in, throttle, tokens
from app.accounts.actor import Actor, Service, Transactions
from app.accounts.cookies import is_local_path, local_path
from app.accounts.passwords import check_new_password
from app.accounts.permissions import OrganisationKind, Permission, Role
from app.accounts.sessions import SignedIn
from app.accounts.sign_in import Browser
from app.config import Settings
from app.db import make_app_engine, make_engine
from app.demo.people import DOMAIN, add_demo_people
from app.problems import Problem

SERVICE = Service("sign-in", "192.0.2.1", "test")
HOME = Browser("192.0.2.1", "test", "a-browser-secret-of-forty-three-characters-x")
ELSEWHERE = replace(HOME, address="198.51.100.7", secret="another-browser-secret-forty-three-characters")


@dataclass
class Accounts:
    """Demo people, transactions under the application's role, and an engine that passes row-level security."""

    db: Transactions
    owner: Engine
    passwords: dict[str, str]

    def sign_in(self, account: str, browser: Browser = HOME, password: str | None = None) -> UUID | None:
        with self.db.begin(SERVICE) as session:
            return sign_in.check_first_factor(
                session, browser, f"{account}@{DOMAIN}", self.passwords[account] if password is None else password
            )

    def fail(self, account: str, times: int, browser: Browser = HOME) -> None:
        for _ in range(times):
            assert self.sign_in(account, browser, "wrong") is None

    def enter(self, account: str, browser: Browser = HOME) -> str:
        person_id = self.person(account)
        with self.db.begin(SERVICE) as session:
            return sign_in.enter(session, browser, person_id, "password")

    def person(self, account: str) -> UUID:
        return self.one("SELECT person_id FROM person WHERE email = :email", email=f"{account}@{DOMAIN}")

    def find(self, secret: str) -> SignedIn | None:
        with self.db.begin(SERVICE) as session:
            return sessions.find_session(session, secret, address="192.0.2.1", request_id="test")

    def actor(self, account: str) -> Actor:
        found = self.find(self.enter(account))
        assert found is not None
        return found.actor

    def one(self, statement: str, **bound: Any) -> Any:
        """The only value of a statement as the owner, committed."""
        with self.owner.begin() as connection:
            return connection.execute(text(statement), bound).scalar_one()


@pytest.fixture
def accounts(settings: Settings, tmp_path: Path) -> Iterator[Accounts]:
    settings = settings.model_copy(update={"demo_accounts_file": tmp_path / "people.txt"})
    add_demo_people(settings, lambda _: None)
    lines = [line.split("\t") for line in settings.demo_accounts_file.read_text().splitlines() if "@" in line]
    owner, app = make_engine(settings), make_app_engine(settings)
    yield Accounts(Transactions(app), owner, {address.partition("@")[0]: password for address, password, *_ in lines})
    owner.dispose()
    app.dispose()


def test_the_right_password_lets_in_and_a_wrong_one_does_not(accounts: Accounts) -> None:
    assert accounts.sign_in("planner") == accounts.person("planner")
    assert accounts.sign_in("planner", password="wrong") is None
    assert accounts.sign_in("planner", password=accounts.passwords["auditor"]) is None


def test_five_failures_hold_that_pair_of_account_and_address_back_and_nobody_else(accounts: Accounts) -> None:
    accounts.fail("planner", throttle.PER_ACCOUNT_AND_ADDRESS)
    with pytest.raises(Problem) as held:
        accounts.sign_in("planner")
    assert held.value.kind.status == 429 and int(held.value.headers["Retry-After"]) > 0
    assert accounts.sign_in("planner", ELSEWHERE) is not None
    assert accounts.sign_in("auditor") is not None


def test_the_hold_ends_after_a_quarter_of_an_hour(accounts: Accounts) -> None:
    accounts.fail("planner", throttle.PER_ACCOUNT_AND_ADDRESS)
    accounts.one(
        "WITH moved AS (UPDATE sign_in_failure SET at = at - interval '16 minutes' RETURNING 1) SELECT count(*) FROM moved"
    )
    assert accounts.sign_in("planner") is not None


def test_a_guesser_with_many_addresses_never_locks_a_known_browser_out(accounts: Accounts) -> None:
    accounts.enter("planner", HOME)
    for number in range(throttle.PER_ACCOUNT_FROM_UNKNOWN_BROWSERS):
        accounts.fail("planner", 1, replace(ELSEWHERE, address=f"203.0.113.{number}"))
    with pytest.raises(Problem):
        accounts.sign_in("planner", replace(ELSEWHERE, address="198.51.100.99"))
    assert accounts.sign_in("planner", HOME) is not None


def test_one_address_cannot_try_many_accounts(accounts: Accounts) -> None:
    for number in range(throttle.PER_ADDRESS):
        with accounts.db.begin(SERVICE) as session:
            assert sign_in.check_first_factor(session, HOME, f"nobody-{number}@example.jp", "wrong") is None
    with pytest.raises(Problem):
        accounts.sign_in("planner")


def test_an_unknown_account_costs_the_same_hashing(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password_hash.rsplit("$", 2)[0])  # algorithm and cost
            return hasher.verify(password_hash, password)

    hasher = secrets._HASHER
    monkeypatch.setattr(secrets, "_HASHER", Counting())
    assert accounts.sign_in("planner", password="wrong") is None
    with accounts.db.begin(SERVICE) as session:
        assert sign_in.check_first_factor(session, HOME, "nobody@example.jp", "wrong") is None
    assert len(verified) == 2 and verified[0] == verified[1]
    assert verified[0].startswith("$argon2id$")


def test_a_time_code_serves_once(accounts: Accounts) -> None:
    secret = pyotp.random_base32()
    accounts.one(
        "UPDATE person SET totp_secret = :secret WHERE person_id = :id RETURNING 1",
        secret=secret,
        id=accounts.person("planner"),
    )
    code = pyotp.TOTP(secret).now()
    with accounts.db.begin(SERVICE) as session:
        assert sign_in.needs_code(session, accounts.person("planner"))
        assert sign_in.check_second_factor(session, HOME, accounts.person("planner"), code)
    with accounts.db.begin(SERVICE) as session:
        assert not sign_in.check_second_factor(session, HOME, accounts.person("planner"), code)


def test_two_browsers_with_the_same_code_at_once(accounts: Accounts) -> None:
    secret = pyotp.random_base32()
    person = accounts.person("planner")
    accounts.one("UPDATE person SET totp_secret = :secret WHERE person_id = :id RETURNING 1", secret=secret, id=person)
    code = pyotp.TOTP(secret).now()

    def use(session: Session) -> bool:
        return sign_in.check_second_factor(session, HOME, person, code)

    assert sorted(at_once(accounts, use, use)) == [False, True]


def test_codes_are_throttled_too(accounts: Accounts) -> None:
    person = accounts.person("planner")
    accounts.one(
        "UPDATE person SET totp_secret = :secret WHERE person_id = :id RETURNING 1",
        secret=pyotp.random_base32(),
        id=person,
    )
    for _ in range(throttle.PER_ACCOUNT_AND_ADDRESS):
        with accounts.db.begin(SERVICE) as session:
            assert not sign_in.check_second_factor(session, HOME, person, "000000")
    with pytest.raises(Problem), accounts.db.begin(SERVICE) as session:
        sign_in.check_second_factor(session, HOME, person, "000000")


def test_a_session_lapses_after_sixty_idle_minutes(accounts: Accounts) -> None:
    secret = accounts.enter("planner")
    move(accounts, secret, "last_seen_at = now() - interval '59 minutes'")
    assert accounts.find(secret) is not None  # and is seen again, so that the hour begins anew
    move(accounts, secret, "last_seen_at = now() - interval '61 minutes'")
    assert accounts.find(secret) is None


def test_a_session_ends_twelve_hours_after_sign_in_however_busy(accounts: Accounts) -> None:
    secret = accounts.enter("planner")
    accounts.one(
        "WITH m AS (UPDATE membership SET since = since - interval '1 day' RETURNING 1) SELECT count(*) FROM m"
    )
    move(accounts, secret, "created_at = now() - interval '11 hours 59 minutes'")
    assert accounts.find(secret) is not None
    move(accounts, secret, "created_at = now() - interval '12 hours 1 minute'")
    assert accounts.find(secret) is None


def move(accounts: Accounts, secret: str, change: str) -> None:
    accounts.one(
        f"UPDATE user_session SET {change} WHERE session_hash = :hash RETURNING 1", hash=secrets.digest(secret)
    )


def test_leaving_ends_sessions_and_tokens_at_once(accounts: Accounts) -> None:
    secret, actor = accounts.enter("carrier-a"), accounts.actor("carrier-a")
    with accounts.db.begin(actor) as session:
        token = tokens.create_token(session, actor, name="t", scopes=[Permission.PLANS_READ], days=1)["token"]
    assert find_token(accounts, token) is not None
    admin = accounts.actor("carrier-a-admin")
    membership = accounts.one("SELECT membership_id FROM membership WHERE person_id = :id", id=actor.person_id)
    with accounts.db.begin(admin) as session:
        people.end_membership(session, membership)
    assert accounts.find(secret) is None
    assert find_token(accounts, token) is None
    with pytest.raises(Problem) as refused:
        accounts.enter("carrier-a")
    assert refused.value.kind.status == 403


def find_token(accounts: Accounts, token: str) -> SignedIn | None:
    with accounts.db.begin(SERVICE) as session:
        return sessions.find_token(session, token, address="192.0.2.1", request_id="test")


def test_an_admin_of_another_organisation_ends_nothing(accounts: Accounts) -> None:
    membership = accounts.one(
        "SELECT membership_id FROM membership WHERE person_id = :id", id=accounts.person("carrier-a")
    )
    with pytest.raises(Problem) as refused, accounts.db.begin(accounts.actor("carrier-b-admin")) as session:
        people.end_membership(session, membership)
    assert refused.value.kind.status == 404


def test_acting_for_another_organisation_changes_the_secret_but_not_the_limit(accounts: Accounts) -> None:
    secret, person = accounts.enter("planner"), accounts.person("planner")
    move(accounts, secret, "created_at = created_at + interval '1 second'")
    begun = accounts.one("SELECT created_at FROM user_session WHERE session_hash = :hash", hash=secrets.digest(secret))
    before = accounts.find(secret)
    assert before is not None
    with accounts.db.begin(before.actor) as session:
        other = next(
            row
            for row in sessions.list_acting(session, person)
            if row["organisation_id"] != before.actor.organisation_id
        )
        new = sessions.act_for(session, person, secret, other["organisation_id"])
    after = accounts.find(new)
    assert accounts.find(secret) is None
    assert after is not None and after.actor.organisation_id == other["organisation_id"]
    assert after.csrf_secret != before.csrf_secret
    assert (
        accounts.one("SELECT created_at FROM user_session WHERE session_hash = :hash", hash=secrets.digest(new))
        == begun
    )


def test_nobody_acts_for_an_organisation_they_are_not_in(accounts: Accounts) -> None:
    secret, actor = accounts.enter("planner"), accounts.actor("carrier-b")
    person = accounts.person("planner")
    with pytest.raises(Problem) as refused, accounts.db.begin(accounts.actor("planner")) as session:
        sessions.act_for(session, person, secret, actor.organisation_id)
    assert refused.value.kind.status == 404


def test_signing_in_again_ends_the_session_the_browser_held(accounts: Accounts) -> None:
    old, person = accounts.enter("planner"), accounts.person("planner")
    with accounts.db.begin(SERVICE) as session:
        new = joining.complete(session, HOME, person, "password", replaces=old)
    assert new != old and accounts.find(old) is None and accounts.find(new) is not None


def test_two_who_accept_one_invitation_at_once_make_one_membership(accounts: Accounts) -> None:
    secret = invite(accounts, "new@example.jp")

    def join(session: Session) -> bool:
        person_id = joining.join_with_password(session, secret, name="新人", password="four plain words here")
        joining.complete(session, HOME, person_id, "password", invitation=secret)
        return True

    assert sorted(at_once(accounts, join, join), key=str) == [404, True]
    assert (
        accounts.one("SELECT count(*) FROM membership JOIN person USING (person_id) WHERE email = 'new@example.jp'")
        == 1
    )


def test_an_expired_or_foreign_invitation_changes_nothing(accounts: Accounts) -> None:
    secret = invite(accounts, "new@example.jp")
    person = accounts.person("planner")
    with pytest.raises(Problem) as foreign, accounts.db.begin(SERVICE) as session:
        joining.complete(session, HOME, person, "password", invitation=secret)
    assert foreign.value.kind.status == 403
    accounts.one("UPDATE invitation SET expires_at = now() - interval '1 second' RETURNING 1")
    with pytest.raises(Problem) as expired, accounts.db.begin(SERVICE) as session:
        joining.join_with_password(session, secret, name="新人", password="four plain words here")
    assert expired.value.kind.status == 404
    assert accounts.one("SELECT count(*) FROM person WHERE email = 'new@example.jp'") == 0


def invite(accounts: Accounts, email: str) -> str:
    admin = accounts.actor("carrier-a-admin")
    with accounts.db.begin(admin) as session:
        _, secret = people.invite(
            session, admin, organisation_id=admin.organisation_id, kind=OrganisationKind.CARRIER, email=email,
            role=Role.CARRIER_MEMBER,
        )  # fmt: skip
    return secret


def at_once(accounts: Accounts, *acts: Any) -> list[Any]:
    """What each act, in a transaction of its own, answers when they begin together; a refusal is its status."""
    together, answers = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        together.wait()
        try:
            with accounts.db.begin(SERVICE) as session:
                answers.append(act(session))
        except Problem as problem:
            answers.append(problem.kind.status)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_state_serves_the_browser_that_began_it_once(accounts: Accounts) -> None:
    with accounts.db.begin(SERVICE) as session:
        state = sign_in.keep_state(session, HOME, "oidc", {"next": "/"})
    for browser, kind in ((ELSEWHERE, "oidc"), (HOME, "passkey")):
        with pytest.raises(Problem), accounts.db.begin(SERVICE) as session:
            sign_in.take_state(session, browser, kind, state)
    with accounts.db.begin(SERVICE) as session:
        assert sign_in.take_state(session, HOME, "oidc", state) == {"next": "/"}
    with pytest.raises(Problem), accounts.db.begin(SERVICE) as session:
        sign_in.take_state(session, HOME, "oidc", state)


@pytest.mark.parametrize(
    "password",
    [
        "short", "elevenchars", "123456789012", "Password1234", "aaaaaaaaaaaaaaa", "abcabcabcabcabc", "aabbaabbaabb",
        "taro@example.jp", "Yamada Taro 1", "tsunagaru2026", "x" * 300,
    ],
)  # fmt: skip
def test_passwords_that_are_easily_guessed_are_refused(password: str) -> None:
    with pytest.raises(Problem) as refused:
        check_new_password(password, email="taro@example.jp", name="Yamada Taro")
    assert refused.value.kind.status == 422


@pytest.mark.parametrize(
    "password", ["four plain words here", "桜の木の下に自転車が三台", "tR9#kk2!mmZ_ ", "🦊🦊🐢 crossing 東京"]
)
def test_any_characters_make_a_password(password: str) -> None:
    check_new_password(password, email="taro@example.jp", name="山田 太郎")


@pytest.mark.parametrize(
    "path",
    [
        "//host", "///host", "/\\host", "\\\\host", "https://host", "http:/host", "javascript:alert(1)", "/a\r\nSet-Cookie: x",
        "/a\tb", "/\x00", " /account", "", "account", "/" + "a" * 3000, "/\u2028//host", "@host", "/../..//host\\",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_host(path: str) -> None:
    assert not is_local_path(path)
    assert local_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/account", "/?q=港区&filter=a%3D1", "/organisations/1#x", "/a//b"])
def test_local_paths_are_gone_on_to(path: str) -> None:
    assert local_path(path) == path
