"""A small world of organisations and people for tests of who may do what: two carriers, everybody else once."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url

from app.accounts import sessions, tokens
from app.accounts.actor import Actor, Service, Transactions
from app.accounts.auth import CSRF_HEADER, SESSION_COOKIE
from app.accounts.cookies import BROWSER_COOKIE
from app.accounts.organisations import create_organisation
from app.accounts.people import add_membership, create_person
from app.accounts.permissions import OrganisationKind, Permission, Role
from app.accounts.secrets import csrf_token, digest, hash_password, new_secret
from app.assets.models import asset
from app.config import Settings
from app.db import make_app_engine, make_engine, make_sessions
from app.stations.models import station
from app.territory.sources import record_source
from app.versioned import publish
from app.wifi.models import access_point

_K, _R = OrganisationKind, Role
Headers = dict[str, str]

ORGANISATIONS: dict[str, tuple[OrganisationKind, dict[str, Any]]] = {
    "carrier-a": (_K.CARRIER, {}),
    "carrier-b": (_K.CARRIER, {}),
    "window": (_K.WINDOW, {"contract_from": date(2020, 4, 1), "contract_to": date(2099, 3, 31)}),
    "bureau": (_K.BUREAU, {}),
    "minato": (_K.MUNICIPALITY, {"municipality_code": "13103"}),
    "hinohara": (_K.MUNICIPALITY, {"municipality_code": "13307"}),
    "surveyor": (_K.SURVEYOR, {}),
}
# Who stands for a role: person → (organisation, role).
PEOPLE: dict[str, tuple[str, Role]] = {
    "carrier_member": ("carrier-a", _R.CARRIER_MEMBER),
    "carrier_admin": ("carrier-a", _R.CARRIER_ADMIN),
    "window_operator": ("window", _R.WINDOW_OPERATOR),
    "owner_reviewer": ("bureau", _R.OWNER_REVIEWER),
    "municipal_editor": ("minato", _R.MUNICIPAL_EDITOR),
    "planner": ("hinohara", _R.PLANNER),
    "surveyor": ("surveyor", _R.SURVEYOR),
    "organisation_admin": ("minato", _R.ORGANISATION_ADMIN),
    "auditor": ("bureau", _R.AUDITOR),
    "system_admin": ("bureau", _R.SYSTEM_ADMIN),
    # Further people, beside the one of each role.
    "other_carrier_member": ("carrier-b", _R.CARRIER_MEMBER),
    "other_carrier_admin": ("carrier-b", _R.CARRIER_ADMIN),
    "other_municipal_editor": ("hinohara", _R.MUNICIPAL_EDITOR),
    "second_municipal_editor": ("minato", _R.MUNICIPAL_EDITOR),
}
ROLES = tuple(role.value for role in Role)
PASSWORD = "みんなの 合言葉 は ひとつ"  # everybody's, so that it is hashed once

# What each carrier plans: words and places that nothing else in the world has.
TILE = (13, 7276, 3226)  # zoom, column, row: 139.746–139.790° E, 35.640–35.675° N
PLAN_PLACES = {"carrier-a": (139.750, 35.650), "carrier-b": (139.770, 35.660), "carrier-c": (139.760, 35.655)}
MARKERS = {"carrier-a": "アルファ極秘", "carrier-b": "ブラボー極秘", "carrier-c": "チャーリー極秘"}
PLANS_EACH = {"carrier-a": 7, "carrier-b": 4}


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the world with ways in that are open already."""

    name: str
    organisation: str
    person_id: uuid.UUID
    membership_id: uuid.UUID
    actor: Actor
    session: Headers  # cookie and anti-forgery token
    token: Headers  # every scope the role has
    token_without_scope: Headers
    token_prefix: str


@dataclass(slots=True)
class World:
    """What stands in the template; ids and secrets are the same in every clone of it."""

    organisations: dict[str, uuid.UUID] = field(default_factory=dict)
    people: dict[str, Someone] = field(default_factory=dict)
    plans: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    def __getitem__(self, person: str) -> Someone:
        return self.people[person]


def settings_of(url: str, **changes: Any) -> Settings:
    """Settings under which nothing but what a test is about slows or stops it."""
    often = dict.fromkeys(("commands_per_minute", "sign_ins_per_minute", "reports_per_minute"), 1_000_000)
    free: dict[str, Any] = {**often, "basemap_url": ""}
    return Settings(database_url=url, **{**free, **changes})


@contextmanager
def transactions(url: str) -> Iterator[Transactions]:
    """The application's transactions on a database."""
    engine = make_app_engine(settings_of(url))
    yield Transactions(engine)
    engine.dispose()


def build_world(url: str) -> World:
    """Fill a migrated database."""
    world, password_hash = World(), hash_password(PASSWORD)
    _publish_assets(url)
    with transactions(url) as db:
        with db.begin(Service("command-line")) as session:
            for key, (kind, further) in ORGANISATIONS.items():
                world.organisations[key] = _add_organisation(session, key, kind, further)
        for name, (organisation, role) in PEOPLE.items():
            world.people[name] = _add_person(
                db, name, organisation, world.organisations[organisation], role, password_hash
            )
    with psycopg.connect(url) as owner:
        owner.execute(GROUND)
        for carrier, many in PLANS_EACH.items():
            world.plans[carrier] = [add_plan(owner, world, carrier, n) for n in range(many)]
    return world


def _add_organisation(session: Session, key: str, kind: OrganisationKind, further: dict[str, Any]) -> uuid.UUID:
    empty = {"municipality_code": None, "contract_from": None, "contract_to": None}
    fields = {"kind": kind.value, "name": f"組織 {key}", "name_en": key, **empty, **further}
    organisation_id: uuid.UUID = create_organisation(session, fields)["organisation_id"]
    return organisation_id


def browser_secret(name: str) -> str:
    """What the browser of somebody of the world is known by."""
    return f"{name:_<43}"


def _add_person(
    db: Transactions, name: str, organisation: str, organisation_id: uuid.UUID, role: Role, password_hash: str
) -> Someone:
    service, browser = Service("sign-in", "192.0.2.1"), browser_secret(name)
    with db.begin(service) as session:
        person_id = create_person(session, email=f"{name}@example.jp", name=f"人 {name}", password_hash=password_hash)
        membership_id = add_membership(session, person_id, organisation_id, role)
        secret = sessions.start(
            session, person_id, method="password", address="192.0.2.1", user_agent=_FIRST, browser=browser
        )
        signed_in = sessions.find_session(session, secret, address="192.0.2.1", request_id="world")
    assert signed_in is not None and signed_in.csrf_secret is not None
    with db.begin(signed_in.actor) as session:
        scopes = sorted(signed_in.actor.permissions)
        made = tokens.create_token(session, signed_in.actor, name="全部", scopes=scopes, days=30)
        bare = tokens.create_token(session, signed_in.actor, name="なし", scopes=[], days=30)
    cookies = f"{SESSION_COOKIE}={secret}; {BROWSER_COOKIE}={browser}"
    cookie = {"Cookie": cookies, CSRF_HEADER: csrf_token(signed_in.csrf_secret)}
    return Someone(
        name, organisation, person_id, membership_id, signed_in.actor, cookie, _bearer(made["token"]),
        _bearer(bare["token"]), made["prefix"],
    )  # fmt: skip


def _bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


_FIRST = "test"  # what the browsers of the world's own sessions say they are


@contextmanager
def sessions_kept(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """The world's sessions stand after the block as before it, also where it ended them or gave them new secrets."""
    query = "SELECT session_hash, csrf_secret, person_id FROM user_session WHERE user_agent = %s"
    before = owner.execute(query, (_FIRST,)).fetchall()
    yield
    owner.cursor().executemany(
        "UPDATE user_session SET session_hash = %s, csrf_secret = %s, ended_at = NULL"
        " WHERE person_id = %s AND user_agent = %s",
        [(*row, _FIRST) for row in before],
    )


def token_with(db: Transactions, someone: Someone, *scopes: Permission) -> Headers:
    """A further token of somebody, limited to these scopes."""
    with db.begin(someone.actor) as session:
        return _bearer(tokens.create_token(session, someone.actor, name="一部", scopes=list(scopes), days=1)["token"])


def add_plan(owner: psycopg.Connection[Any], world: World, carrier: str, number: int) -> uuid.UUID:
    """A carrier's planned station, put in by the database's owner."""
    lon, lat = PLAN_PLACES[carrier]
    found = owner.execute(
        "INSERT INTO planned_station (organisation_id, name, asset_id, technology, note, geom) VALUES"
        " (%s, %s, %s, '5g', %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) RETURNING planned_station_id",
        (world.organisations[carrier], f"{MARKERS[carrier]}局{number}", f"{MARKERS[carrier]}-A{number}",
         f"{MARKERS[carrier]}メモ", lon + number * 1e-4, lat),
    ).fetchone()  # fmt: skip
    assert found is not None
    plan_id: uuid.UUID = found[0]
    return plan_id


def add_invitation(owner: psycopg.Connection[Any], world: World, organisation: str, role: Role) -> uuid.UUID:
    """An open invitation, put in by the database's owner."""
    by = next(person for person in world.people.values() if person.organisation == organisation)
    found = owner.execute(
        "INSERT INTO invitation (token_hash, organisation_id, email, role, invited_by, expires_at)"
        " VALUES (sha256(gen_random_uuid()::text::bytea), %s, 'guest@example.jp', %s, %s, now() + interval '1 day')"
        " RETURNING invitation_id",
        (world.organisations[organisation], role.value, by.person_id),
    ).fetchone()
    assert found is not None
    invitation_id: uuid.UUID = found[0]
    return invitation_id


def add_colleague(owner: psycopg.Connection[Any], world: World, organisation: str, role: Role) -> tuple[Any, Any]:
    """A further person with a membership, put in by the database's owner: person_id, membership_id."""
    found = owner.execute(
        "WITH p AS (INSERT INTO person (email, name) VALUES (gen_random_uuid() || '@example.jp', '同僚') RETURNING person_id)"
        " INSERT INTO membership (person_id, organisation_id, role) SELECT person_id, %s, %s FROM p"
        " RETURNING person_id, membership_id",
        (world.organisations[organisation], role.value),
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def add_session(owner: psycopg.Connection[Any], world: World, person: str) -> str:
    """A further browser somebody is signed in with, put in by the database's owner: its id."""
    found = owner.execute(
        "INSERT INTO user_session (session_hash, person_id, organisation_id, method, csrf_secret, browser_hash, address,"
        " user_agent) VALUES (sha256(gen_random_uuid()::text::bytea), %s, %s, 'password', '', '', '192.0.2.2', 'further')"
        " RETURNING encode(session_hash, 'hex')",
        (world[person].person_id, world.organisations[world[person].organisation]),
    ).fetchone()
    assert found is not None
    return str(found[0])


def add_passkey(owner: psycopg.Connection[Any], world: World, person: str) -> str:
    """A passkey of somebody, put in by the database's owner: its id."""
    credential_id = uuid.uuid4().bytes
    owner.execute(
        "INSERT INTO passkey (credential_id, person_id, public_key, sign_count, name) VALUES (%s, %s, '', 0, '試し')",
        (credential_id, world[person].person_id),
    )
    return bytes_to_base64url(credential_id)


def add_state(owner: psycopg.Connection[Any], world: World, person: str, kind: str, content: dict[str, Any]) -> str:
    """Something somebody's browser began (`sign_in_state`), put in by the database's owner: the state to send."""
    state = new_secret()
    owner.execute(
        "INSERT INTO sign_in_state (state_hash, browser_hash, kind, content, expires_at)"
        " VALUES (%s, %s, %s, %s, now() + interval '5 minutes')",
        (digest(state), digest(browser_secret(person)), kind,
         Jsonb({"person": str(world[person].person_id), **content})),
    )  # fmt: skip
    return state


# A value of each field that not everybody may read, found nowhere else in the world.
HIDDEN_VALUES: dict[str, Any] = {
    "property_no": "ZAISAN-88173",
    "power_spare_kva": 48271.5,
    "contact": "内線 93651 ひみつ係",
    "carry_in": "裏門ひみつ通路から",
    "has_drawings": True,
    "structural_check_on": date(2007, 9, 23),
    "is_unmetered": False,
}


# One municipality round everything, and one row of each further collection.
GROUND = """
INSERT INTO municipality (municipality_code, localgov_code, prefecture, name, name_kana, name_en, region, geom, source_id)
VALUES ('13103', '131032', '東京都', '港区', 'みなとく', 'Minato', 'ward',
  ST_Multi(ST_MakeEnvelope(139.7, 35.6, 139.8, 35.7, 4326)), 'world');
INSERT INTO population_mesh (mesh_half, population, census_year, geom, source_id)
VALUES ('533936901', 10, 2020, ST_MakeEnvelope(139.75, 35.6583, 139.75625, 35.6625, 4326), 'world')
"""


def _publish_assets(url: str) -> None:
    """Thirty buildings round the places carriers plan at; one with everything that is not for everybody."""
    rows = [
        {
            "asset_id": f"W{number:03d}",
            "asset_kind": "building",
            "name": f"庁舎{number}",
            "municipality_code": "13103",
            "geom": f"SRID=4326;POINT({139.75 + number * 1e-3} {35.65})",
            **(HIDDEN_VALUES if number == 0 else {}),
        }
        for number in range(30)
    ]
    source = {"source_id": "world", "title_ja": "試験", "title_en": "test", "publisher": "試験", "licence": "CC0"}
    engine = make_engine(settings_of(url))
    with make_sessions(engine).begin() as session:
        record_source(session, {**source, "credit": "試験"})
        publish(session, asset, "world", rows)
        place = "SRID=4326;POINT(139.75 35.65)"
        publish(session, station, "world", [{"station_id": "S1", "status": "on_air", "geom": place}])
        publish(session, access_point, "world", [{"access_point_id": "P1", "name": "試験", "geom": place}])
    engine.dispose()


def events_since(owner: psycopg.Connection[Any], audit_id: int) -> list[dict[str, Any]]:
    """Rows of the audit trail after one, as the database's owner reads them."""
    cursor = owner.execute("SELECT * FROM audit_event WHERE audit_id > %s ORDER BY audit_id", (audit_id,))
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def last_event(owner: psycopg.Connection[Any]) -> int:
    """The audit_id of the newest row; 0 where there is none."""
    found = owner.execute("SELECT coalesce(max(audit_id), 0) FROM audit_event").fetchone()
    assert found is not None
    return int(found[0])
