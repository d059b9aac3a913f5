"""Roles of the database, row-level security, and the audit chain.

Three group roles, none of which owns a table or bypasses row-level security:
`tsunagaru_app` does the work, seeing private rows only as the transaction's context (`app.*` settings) allows;
`tsunagaru_reader` reads what is published; `tsunagaru_statistics` owns the views that count private things.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = ("tsunagaru_app", "tsunagaru_reader", "tsunagaru_statistics")

# Roles belong to the whole cluster: another database of it, or whoever set it up, may have made them already.
MAKE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOBYPASSRLS;
  END IF;
  IF NOT pg_has_role(CURRENT_USER, '{role}', 'MEMBER') THEN
    GRANT {role} TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

# Custom settings that ended with their transaction read as '', never as NULL.
CONTEXT = """
CREATE FUNCTION ctx(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.' || name, true), '') $$;
CREATE FUNCTION ctx_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT ctx('person')::uuid $$;
CREATE FUNCTION ctx_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT ctx('organisation')::uuid $$;
CREATE FUNCTION ctx_may(permission text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(permission = ANY (ctx('permissions')::text[]), false) $$;
CREATE FUNCTION ctx_duty(VARIADIC duties text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(ctx('duty') = ANY (duties), false) $$
"""

SERVICE = "ctx_duty('sign-in', 'command-line')"
ALL = "ctx_may('organisations:manage')"
OWN_PEOPLE = "organisation_id = ctx_organisation() AND ctx_may('people:read')"
LEAD_PEOPLE = "organisation_id = ctx_organisation() AND ctx_may('people:manage')"
ORDINARY_ROLE = "role NOT IN ('auditor', 'system_admin')"
MINE = "person_id = ctx_person()"
COLLEAGUE = f"person_id IN (SELECT m.person_id FROM membership m WHERE m.{OWN_PEOPLE})"

# table → (who sees a row, who adds one, who changes one). Nobody deletes, except as said below.
POLICIES: dict[str, tuple[str, str | None, str | None]] = {
    "organisation": (
        f"organisation_id = ctx_organisation() OR {ALL} OR {SERVICE}"
        " OR organisation_id IN (SELECT m.organisation_id FROM membership m WHERE m.person_id = ctx_person())",
        f"{ALL} OR ctx_duty('command-line')",
        f"{ALL} OR ctx_duty('command-line')",
    ),
    "person": (f"{MINE} OR {COLLEAGUE} OR {ALL} OR {SERVICE}", SERVICE, f"{MINE} OR {SERVICE}"),
    "membership": (
        f"{MINE} OR {OWN_PEOPLE} OR {ALL} OR {SERVICE}",
        f"({LEAD_PEOPLE} AND {ORDINARY_ROLE}) OR {ALL} OR {SERVICE}",
        f"({LEAD_PEOPLE} AND {ORDINARY_ROLE}) OR {ALL} OR {SERVICE}",
    ),
    "identity": (f"{MINE} OR {SERVICE}", SERVICE, None),
    "passkey": (f"{MINE} OR {SERVICE}", MINE, f"{MINE} OR {SERVICE}"),
    "user_session": (f"{MINE} OR {SERVICE}", SERVICE, f"{MINE} OR {SERVICE}"),
    "sign_in_state": (SERVICE, SERVICE, None),
    "sign_in_failure": (SERVICE, SERVICE, None),
    "api_token": (
        f"{MINE} OR {LEAD_PEOPLE} OR {SERVICE}",
        f"({MINE} AND organisation_id = ctx_organisation()) OR ctx_duty('command-line')",
        f"{MINE} OR {LEAD_PEOPLE} OR {SERVICE}",
    ),
    "invitation": (
        f"{LEAD_PEOPLE} OR {ALL} OR {SERVICE}",
        f"({LEAD_PEOPLE} AND {ORDINARY_ROLE}) OR {ALL}",
        f"{LEAD_PEOPLE} OR {ALL} OR {SERVICE}",
    ),
    "planned_station": (
        "organisation_id = ctx_organisation() AND ctx_may('plans:read')",
        "organisation_id = ctx_organisation() AND ctx_may('plans:write')",
        "organisation_id = ctx_organisation() AND ctx_may('plans:write')",
    ),
    "audit_event": ("ctx_may('audit:read') OR ctx_duty('audit', 'command-line')", None, None),
    "audit_head": ("ctx_duty('audit', 'command-line')", None, None),
}
DELETABLE = {
    "passkey": MINE,
    "sign_in_state": SERVICE,
    "sign_in_failure": SERVICE,
    "planned_station": "organisation_id = ctx_organisation() AND ctx_may('plans:write')",
}

AUDIT = """
CREATE FUNCTION audit_text(e audit_event) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(coalesce(octet_length(part) || ':' || part, '-'), ',' ORDER BY n)
  FROM unnest(ARRAY[
    e.audit_id::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.person_id::text,
    e.organisation_id::text, e.via, e.address, e.request_id, e.action, e.subject, e.before::text, e.after::text,
    encode(e.previous_hash, 'hex')
  ]) WITH ORDINALITY AS parts(part, n)
$$;

CREATE FUNCTION audit_append(action text, subject text, before jsonb, after jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  last audit_event;
  e audit_event;
BEGIN
  -- Held until commit: links follow commits, and the chain has no gaps.
  PERFORM pg_advisory_xact_lock(hashtext('audit_event'));
  SELECT * INTO last FROM audit_event ORDER BY audit_id DESC LIMIT 1;
  e.audit_id := coalesce(last.audit_id, 0) + 1;
  e.at := clock_timestamp();
  e.person_id := ctx_person();
  e.organisation_id := ctx_organisation();
  e.via := coalesce(ctx('via'), 'unknown');
  e.address := ctx('address');
  e.request_id := ctx('request');
  e.action := action;
  e.subject := subject;
  e.before := before;
  e.after := after;
  e.previous_hash := coalesce(last.hash, sha256('tsunagaru'));
  e.hash := sha256(convert_to(audit_text(e), 'UTF8'));
  INSERT INTO audit_event VALUES (e.*);
  RETURN e.audit_id;
END $$;

-- The head tells when rows are cut off the end. It moves once a transaction, at its end.
CREATE FUNCTION audit_move_head() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.audit_id = (SELECT max(audit_id) FROM audit_event) THEN
    UPDATE audit_head SET audit_id = NEW.audit_id, hash = NEW.hash;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_move_head AFTER INSERT ON audit_event DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION audit_move_head();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_event is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

INSERT INTO audit_head (audit_id, hash) VALUES (0, sha256('tsunagaru'));
REVOKE EXECUTE ON FUNCTION audit_append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append TO tsunagaru_app
"""

# Counts of private things: only of three organisations or more, and only where at least five remain when any one of them
# takes off its own. Everything else is null, also none at all: that nobody plans is news too.
STATISTICS = """
CREATE SCHEMA stat;
CREATE FUNCTION stat.suppressed(total bigint, largest bigint, organisations bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN organisations >= 3 AND total - largest >= 5 THEN total END $$;
CREATE POLICY statistics ON planned_station FOR SELECT TO tsunagaru_statistics USING (true);
GRANT SELECT (geom, organisation_id) ON planned_station TO tsunagaru_statistics;
GRANT SELECT (region, geom) ON municipality TO tsunagaru_statistics;
GRANT USAGE, CREATE ON SCHEMA stat TO tsunagaru_statistics;
CREATE VIEW stat.planned_stations AS
SELECT region, stat.suppressed(sum(n)::bigint, max(n), count(organisation_id)) AS planned_stations
FROM (
  SELECT m.region, p.organisation_id, count(p.geom) AS n
  FROM municipality m LEFT JOIN planned_station p ON ST_Intersects(m.geom, p.geom)
  GROUP BY m.region, p.organisation_id
) by_organisation
GROUP BY region;
ALTER VIEW stat.planned_stations OWNER TO tsunagaru_statistics;
REVOKE CREATE ON SCHEMA stat FROM tsunagaru_statistics;
GRANT USAGE ON SCHEMA stat TO tsunagaru_reader;
GRANT SELECT ON stat.planned_stations TO tsunagaru_reader
"""

PUBLISHED = (
    "assets", "assets_clusters", "stations", "wifi_access_points", "municipalities", "population_mesh", "source_counts",
)  # fmt: skip


def _lock(table: str) -> None:
    see, add, change = POLICIES[table]
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY see ON {table} FOR SELECT TO tsunagaru_app USING ({see})")
    op.execute(f"GRANT SELECT ON {table} TO tsunagaru_app")
    if add:
        op.execute(f"CREATE POLICY add ON {table} FOR INSERT TO tsunagaru_app WITH CHECK ({add})")
        op.execute(f"GRANT INSERT ON {table} TO tsunagaru_app")
    if change:
        op.execute(
            f"CREATE POLICY change ON {table} FOR UPDATE TO tsunagaru_app USING ({change}) WITH CHECK ({change})"
        )
        op.execute(f"GRANT UPDATE ON {table} TO tsunagaru_app")
    if table in DELETABLE:
        op.execute(f"CREATE POLICY remove ON {table} FOR DELETE TO tsunagaru_app USING ({DELETABLE[table]})")
        op.execute(f"GRANT DELETE ON {table} TO tsunagaru_app")


def upgrade() -> None:
    for role in ROLES:
        op.execute(MAKE_ROLE.format(role=role))
    op.execute(CONTEXT)
    op.execute(AUDIT)
    for table in POLICIES:
        _lock(table)
    # The chain's own function runs as the owner, who must pass the forced policies of these two tables.
    op.execute("CREATE POLICY chain ON audit_event TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY chain ON audit_head TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("GRANT USAGE ON SCHEMA ogc TO tsunagaru_reader, tsunagaru_app")
    for relation in PUBLISHED:
        op.execute(f"GRANT SELECT ON ogc.{relation} TO tsunagaru_reader, tsunagaru_app")
    op.execute("GRANT SELECT ON data_version, data_source, alembic_version TO tsunagaru_reader, tsunagaru_app")
    op.execute("GRANT USAGE ON SEQUENCE sign_in_failure_failure_id_seq TO tsunagaru_app")
    op.execute(STATISTICS)


def downgrade() -> None:
    # The roles stay: other databases of the cluster may use them.
    op.execute("DROP SCHEMA stat CASCADE")
    op.execute("DROP POLICY statistics ON planned_station")
    op.execute("REVOKE ALL ON planned_station, municipality FROM tsunagaru_statistics")
    for table in POLICIES:
        for policy in ("see", "add", "change", "remove", "chain"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"REVOKE ALL ON {table} FROM tsunagaru_app")
    op.execute("DELETE FROM audit_head")
    op.execute("DROP TRIGGER audit_insert_only ON audit_event")
    op.execute("DROP TRIGGER audit_move_head ON audit_event")
    op.execute("DROP FUNCTION audit_append, audit_move_head, audit_refuse, audit_text")
    op.execute("DROP FUNCTION ctx_may, ctx_duty, ctx_person, ctx_organisation, ctx")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public, ogc FROM tsunagaru_app, tsunagaru_reader")
    op.execute("REVOKE USAGE ON SCHEMA ogc FROM tsunagaru_app, tsunagaru_reader")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM tsunagaru_app")
