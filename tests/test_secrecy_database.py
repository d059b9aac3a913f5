"""The lock behind the doors: what the database's roles can read by themselves, whatever the service asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from app.accounts.actor import CONTEXT, Service, context_values
from app.db import APP_ROLE, READER_ROLE, make_private_pool
from app.ogc.audience import ActingReader
from app.ogc.reader import text as as_text
from app.ogc.sql import Sql
from tests.accounts_world import HIDDEN_VALUES, MARKERS, World, settings_of, transactions

Connection = psycopg.Connection[Any]

ROLES = (APP_ROLE, READER_ROLE, "tsunagaru_statistics")
# Everybody may read these: the published register, where it comes from, and PostGIS's own lists.
PUBLIC = {
    *(f"ogc.{name}" for name in (
        "assets", "assets_clusters", "stations", "wifi_access_points", "municipalities", "population_mesh", "source_counts",
        "coverage_cells", "coverage_history", "coverage_gaps", "survey_roads", "resident_reports",
    )),
    "public.data_version", "public.data_source", "public.alembic_version", "public.town", "public.postal_code",
    "public.spatial_ref_sys", "public.geometry_columns", "public.geography_columns",
}  # fmt: skip
# Where things are and which ids are taken: public as well, but only the application has a use for it.
FOR_LISTS = {"public.municipality", "public.asset_ids", "public.access_point_ids"}
# How the window works, for whoever works with it: procedures, closures, routes, fees, caps. Nothing of anybody's cases.
SETTINGS = {f"public.{name}" for name in (
    "procedure", "organisation_procedure", "office_closure", "asset_route", "fee_rule", "reservation_cap",
)}  # fmt: skip
# What was computed for everybody, as the API tells it; what residents met.
COVERAGE = {
    "ogc.coverage_builds", "ogc.coverage_municipalities", "ogc.survey_shares", "ogc.claimed_areas", "public.resident_report",
}  # fmt: skip
QUEUE = {f"jobs.procrastinate_{name}" for name in ("jobs", "workers", "periodic_defers", "events")}
# Figures of cases: empty for whoever may not read figures.
FIGURES = {
    f"stat.{name}"
    for name in ("cases", "endings", "first_on_air", "offices", "removals", "reservations", "steps")
}  # fmt: skip
PRIVATE_VIEWS = FIGURES | {
    "ogc.assets_carrier",
    "ogc.assets_internal",
    "ogc.planned_stations",
    "ogc.coverage_cells_whole",
    "ogc.coverage_history_whole",
    "ogc.coverage_gaps_whole",
    "ogc.survey_roads_whole",
    "ogc.survey_shares_whole",
    "public.measurement_in_force",
    "public.station_lives",
}
PRIVATE_TABLES = {
    "access_point", "api_token", "application", "asset", "asset_feedback", "audit_event", "audit_head", "claimed_area",
    "coverage_build", "coverage_cell", "coverage_gap", "coverage_municipality", "document",
    "document_content", "feed", "idempotency_key", "identity", "invitation", "list_import", "list_part", "list_recipe",
    "measurement", "membership", "notice", "notice_setting", "organisation", "passkey", "person", "planned_station", "review",
    "sharing_offer", "sign_in_failure", "sign_in_state", "site", "site_event", "slot_reservation", "survey", "survey_file", "survey_file_part", "survey_road", "user_session", "webhook",
    "webhook_delivery",
}  # fmt: skip


@contextmanager
def as_role(url: str, role: str, **context: str) -> Iterator[Connection]:
    """A raw connection under a role, with settings of the context for its one transaction."""
    with psycopg.connect(url, options=f"-c role={role}") as connection:
        for name, value in context.items():
            connection.execute("SELECT set_config(%s, %s, true)", (f"app.{name}", value))
        yield connection


def context_of(world: World, person: str) -> dict[str, str]:
    values = context_values(world[person].actor)
    return {name.removeprefix("app."): value for name, value in zip(CONTEXT, values, strict=True)}


def relations(connection: Connection) -> list[str]:
    """Every table and view outside the system's own schemas."""
    rows = connection.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    )
    return [row[0] for row in rows]


def readable(connection: Connection, role: str) -> set[str]:
    """The relations of which a role may read at least one column."""
    return {
        name
        for name in relations(connection)
        if (
            connection.execute("SELECT has_any_column_privilege(%s, %s, 'SELECT')", (role, name)).fetchone() or [False]
        )[0]
    }


def count(connection: Connection, relation: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*relation.split("."))))
    return int((found.fetchone() or [0])[0])


def rows_as_text(connection: Connection, relation: str) -> str:
    statement = sql.SQL("SELECT coalesce(string_agg(row_to_json(t)::text, E'\n'), '') FROM {} t")
    return str(connection.execute(statement.format(sql.Identifier(*relation.split(".")))).fetchone())


def test_every_relation_is_known_to_be_public_or_private(owner: Connection) -> None:
    """A new table must be put on one of the lists of this test before a role may read it."""
    private = {f"public.{name}" for name in PRIVATE_TABLES}
    assert readable(owner, APP_ROLE) == PUBLIC | FOR_LISTS | SETTINGS | COVERAGE | PRIVATE_VIEWS | QUEUE | private
    assert readable(owner, READER_ROLE) == PUBLIC | {"stat.planned_stations"}


def test_the_application_without_context_reads_nothing_private(world_url: str, owner: Connection) -> None:
    with as_role(world_url, APP_ROLE) as connection:
        for relation in sorted(readable(owner, APP_ROLE) - PUBLIC - FOR_LISTS - SETTINGS - COVERAGE):
            assert count(connection, relation) == 0, relation


@pytest.mark.parametrize("role", ROLES)
def test_private_tables_refuse_and_change_nothing_without_context(world_url: str, owner: Connection, role: str) -> None:
    before = {name: count(owner, f"public.{name}") for name in PRIVATE_TABLES}
    for name in PRIVATE_TABLES:
        for statement in (f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE", f"INSERT INTO {name} DEFAULT VALUES"):
            with as_role(world_url, role) as connection:
                try:
                    assert connection.execute(statement).rowcount == 0
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.NotNullViolation):
                    connection.rollback()
    assert {name: count(owner, f"public.{name}") for name in PRIVATE_TABLES} == before


@pytest.mark.parametrize(
    ("person", "stranger"),
    [("carrier_member", "carrier-b"), ("carrier_admin", "carrier-b"), ("other_carrier_admin", "carrier-a"),
     ("window_operator", "carrier-a"), ("municipal_editor", "hinohara"), ("organisation_admin", "hinohara"),
     ("planner", "minato"), ("surveyor", "bureau")],
)  # fmt: skip
def test_in_one_tenants_context_no_row_of_another_shows(
    world_url: str, owner: Connection, world: World, person: str, stranger: str
) -> None:
    strangers = [someone for someone in world.people.values() if someone.organisation == stranger]
    secret = [str(world.organisations[stranger]), *(str(plan) for plan in world.plans.get(stranger, []))]
    secret += [str(someone.person_id) for someone in strangers] + [someone.token_prefix for someone in strangers]
    secret += [MARKERS[stranger]] if stranger in MARKERS else []
    with as_role(world_url, APP_ROLE, **context_of(world, person)) as connection:
        # Offices are named beside figures; carriers never are.
        told = readable(owner, APP_ROLE) - ({"stat.offices"} if person == "planner" else set())
        seen = {relation: rows_as_text(connection, relation) for relation in told}
    assert [(relation, word) for relation, rows in seen.items() for word in secret if word in rows] == []
    assert str(world[person].person_id) in seen["public.person"]


def test_only_carriers_see_plans_and_only_their_own(world_url: str, world: World) -> None:
    for person, someone in world.people.items():
        with as_role(world_url, APP_ROLE, **context_of(world, person)) as connection:
            plans = {row[0] for row in connection.execute("SELECT planned_station_id FROM planned_station")}
        assert plans == set(world.plans.get(someone.organisation, [])), person


def test_no_context_reaches_the_fields_of_others(world_url: str, world: World) -> None:
    """Views of further fields answer by the context alone, whatever relation is asked."""
    expected = {"carrier_member": (30, 0), "planner": (30, 30), "surveyor": (0, 0), "auditor": (0, 0)}
    for person, numbers in expected.items():
        with as_role(world_url, APP_ROLE, **context_of(world, person)) as connection:
            assert (count(connection, "ogc.assets_carrier"), count(connection, "ogc.assets_internal")) == numbers
            assert count(connection, "public.asset") == 0, "the register itself is read by owners of lists alone"
    for role in set(ROLES) - {APP_ROLE}:
        with as_role(world_url, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT contact FROM public.asset")
    with as_role(world_url, READER_ROLE) as connection:
        for relation in ("ogc.assets", "ogc.assets_clusters"):
            rows = rows_as_text(connection, relation)
            assert not [value for value in HIDDEN_VALUES.values() if isinstance(value, str) and value in rows]


def test_a_tenant_cannot_write_into_another(world_url: str, world: World, owner: Connection) -> None:
    theirs, mine = world.organisations["carrier-b"], world.organisations["carrier-a"]
    someone = world["other_carrier_member"]
    attempts = {
        "INSERT INTO planned_station (organisation_id, name, technology, geom) VALUES"
        " (%(theirs)s, 'x', '5g', ST_SetSRID(ST_MakePoint(139, 35), 4326))": None,
        "UPDATE planned_station SET organisation_id = %(theirs)s": None,
        "UPDATE planned_station SET name = 'x' WHERE organisation_id = %(theirs)s": 0,
        "DELETE FROM planned_station WHERE organisation_id = %(theirs)s": 0,
        "INSERT INTO membership (person_id, organisation_id, role) VALUES (%(me)s, %(theirs)s, 'carrier_admin')": None,
        "INSERT INTO membership (person_id, organisation_id, role) VALUES (%(me)s, %(mine)s, 'system_admin')": None,
        "UPDATE membership SET role = 'system_admin' WHERE person_id = %(me)s": None,
        "UPDATE membership SET ended_at = now() WHERE organisation_id = %(theirs)s": 0,
        "UPDATE person SET email = 'x@example.jp' WHERE person_id = %(them)s": 0,
        "INSERT INTO api_token (prefix, secret_hash, person_id, organisation_id, name, scopes, expires_at)"
        " VALUES ('x', '', %(them)s, %(theirs)s, 'x', '{}', now())": None,
        "INSERT INTO user_session (session_hash, person_id, method, csrf_secret, browser_hash, address, user_agent)"
        " VALUES ('x', %(them)s, 'x', '', '', '192.0.2.1', '')": None,
        "UPDATE organisation SET name = 'x' WHERE organisation_id = %(mine)s": 0,
        "UPDATE audit_event SET action = 'x'": None,
        "DELETE FROM audit_event": None,
        "UPDATE audit_head SET audit_id = 0": None,
    }
    bound = {"theirs": theirs, "mine": mine, "me": world["carrier_admin"].person_id, "them": someone.person_id}
    for statement, changed in attempts.items():
        with as_role(world_url, APP_ROLE, **context_of(world, "carrier_admin")) as connection:
            if changed is None:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement, bound)
                connection.rollback()
            else:
                assert connection.execute(statement, bound).rowcount == changed, statement


def test_every_private_table_forces_row_level_security(owner: Connection) -> None:
    rows = owner.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND relname = ANY (%s)",
        (list(PRIVATE_TABLES),),
    ).fetchall()
    assert {name for name, *_ in rows} == PRIVATE_TABLES
    assert [name for name, enabled, forced in rows if not (enabled and forced)] == []


def test_whatever_belongs_to_somebody_is_private(owner: Connection) -> None:
    """A table with a column of a person or an organisation is on the list above; whose a published list is, all may know."""
    rows = owner.execute(
        "SELECT DISTINCT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE' AND column_name IN ('person_id', 'organisation_id', 'email', 'secret_hash')"
    )
    assert {row[0] for row in rows} <= PRIVATE_TABLES | {"data_source"} | {
        name.removeprefix("public.") for name in SETTINGS
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_roles_own_nothing_and_bypass_nothing(owner: Connection, role: str) -> None:
    (oid, *rights) = owner.execute(
        "SELECT oid, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin FROM pg_roles"
        " WHERE rolname = %s",
        (role,),
    ).fetchone() or [None]
    assert rights == [False] * 6
    owned = owner.execute("SELECT relname FROM pg_class WHERE relowner = %s AND relkind <> 'i'", (oid,)).fetchall()
    figures = {"planned_stations", *(name.removeprefix("stat.") for name in FIGURES)}
    assert {row[0] for row in owned} == (figures if role == "tsunagaru_statistics" else set())
    assert owner.execute("SELECT 1 FROM pg_auth_members WHERE member = %s", (oid,)).fetchall() == []
    for schema in ("public", "ogc", "stat"):
        assert owner.execute("SELECT has_schema_privilege(%s, %s, 'CREATE')", (role, schema)).fetchone() == (False,)


def test_the_application_runs_under_its_role(world_url: str) -> None:
    with transactions(world_url) as db, db.begin(Service("sign-in")) as session:
        assert session.execute(text("SELECT current_user")).scalar() == APP_ROLE


def test_the_context_ends_with_its_transaction(world_url: str, world: World) -> None:
    """One pooled connection: after a commit and after a failure nothing of the actor is left on it."""
    with transactions(world_url) as db:
        backends = set()
        for fails in (False, True):
            try:
                with db.begin(world["carrier_member"].actor) as session:
                    assert session.execute(text("SELECT count(*) FROM planned_station")).scalar() == 7
                    backends.add(session.execute(text("SELECT pg_backend_pid()")).scalar())
                    assert not fails
            except AssertionError:
                assert fails
            with db._engine.connect() as raw:
                backends.add(raw.execute(text("SELECT pg_backend_pid()")).scalar())
                left = [raw.execute(text("SELECT current_setting(:n, true)"), {"n": name}).scalar() for name in CONTEXT]
                assert not any(left)
                assert raw.execute(text("SELECT count(*) FROM planned_station")).scalar() == 0
        assert len(backends) == 1


async def test_the_context_of_a_reader_ends_with_its_statement(world_url: str, world: World) -> None:
    how_many = Sql("SELECT count(*)::text FROM public.planned_station", ())
    async with make_private_pool(settings_of(world_url, private_pool_size=1)) as pool:
        for person, many in (("carrier_member", 7), ("other_carrier_member", 4), ("planner", 0)):
            reader = ActingReader(pool, world[person].actor)
            assert as_text((await reader.row(how_many))[0]) == str(many)
            async with pool.connection() as raw:
                cursor = await raw.execute("SELECT count(*) FROM planned_station")
                assert await cursor.fetchone() == (0,)
