"""Figures over all cases: views that count them without saying whose they are; and what reached nobody, for the window.

Row-level security shows a party its own cases; figures are of all. These views belong to the role that counts private
things, hold no carrier, no name of a person and no word anybody wrote, and are empty for whoever may not read figures.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What the role that counts may read: never who applies, never what was said.
COLUMNS = {
    "site": "site_id, state, party, stage, submitted_at, started_on, decided_on, due_on, reason_code, on_air_on,"
    " owner_organisation_id, window_organisation_id, procedure_id, plan, is_sample",
    "site_event": "site_id, n, at, to_state, content",
    "slot_reservation": "site_id, until_on, is_on_air, released_at",
    "organisation": "organisation_id, kind, name, name_en",
}
# Looked up once a statement: a view without the right answers nothing, without reading a row.
MAY = "(SELECT ctx_may('cases:statistics') OR ctx_duty('statistics'))"
DAY = "(e.at AT TIME ZONE 'Asia/Tokyo')::date"

VIEWS = {
    "offices": f"""
SELECT organisation_id, name, coalesce(name_en, name) AS name_en FROM organisation
WHERE kind NOT IN ('carrier', 'sharing', 'surveyor') AND {MAY}
""",
    "cases": f"""
SELECT site_id, state, party, stage, started_on, decided_on, due_on, on_air_on, owner_organisation_id,
  window_organisation_id, procedure_id, coalesce((plan->>'is_new_structure')::boolean, false) AS is_new_structure, is_sample
FROM site WHERE submitted_at IS NOT NULL AND {MAY}
""",
    # From entering a state to leaving it; `left_on` is null while the case is in it.
    "steps": f"""
SELECT * FROM (
  SELECT e.site_id, e.to_state AS state, {DAY} AS entered_on,
    lead({DAY}) OVER (PARTITION BY e.site_id ORDER BY e.n) AS left_on
  FROM site_event e WHERE e.to_state IS NOT NULL
) moves WHERE {MAY}
""",
    "endings": f"""
SELECT s.site_id, s.state, {DAY} AS ended_on, coalesce(e.content->>'reason_code', s.reason_code) AS reason_code
FROM site s JOIN site_event e ON e.site_id = s.site_id AND e.to_state = s.state
WHERE s.state IN ('declined', 'permit_denied', 'withdrawn') AND s.submitted_at IS NOT NULL AND {MAY}
""",
    "removals": f"""
SELECT e.site_id, min({DAY}) AS removed_on
FROM site_event e JOIN site s USING (site_id)
WHERE e.to_state = 'removal' AND s.on_air_on IS NOT NULL AND {MAY} GROUP BY e.site_id
""",
    "first_on_air": f"""
SELECT e.site_id, least(min({DAY}), min(s.on_air_on)) AS on_air_on
FROM site_event e JOIN site s USING (site_id)
WHERE e.to_state = 'on_air' AND s.on_air_on IS NOT NULL AND {MAY} GROUP BY e.site_id
""",
    "reservations": f"""
SELECT s.owner_organisation_id, r.until_on, r.is_on_air, s.is_sample
FROM slot_reservation r JOIN site s USING (site_id) WHERE r.released_at IS NULL AND {MAY}
""",
}

# Moves alone, in the order the views walk them, without the rows they stand in.
INDEX = """
CREATE INDEX ix_site_event_moves ON site_event (site_id, n) INCLUDE (at, to_state) WHERE to_state IS NOT NULL
"""

# What did not reach the parties of the contractor's own cases: which case, which party, why; no address, no name.
FAILURES = """
CREATE FUNCTION window_failures(most integer) RETURNS TABLE (
  channel text, given_up_at timestamptz, site_id uuid, site_code varchar, asset_name text, party text, attempts integer,
  status integer, reason_ja text, reason_en text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.channel, f.given_up_at, s.site_id, s.code, s.asset->>'name',
    CASE f.organisation_id WHEN s.organisation_id THEN 'carrier' WHEN s.window_organisation_id THEN 'window' ELSE 'owner' END,
    f.attempts, f.status, f.reason_ja, f.reason_en
  FROM (
    SELECT 'mail' AS channel, n.given_up_at, n.site_id, n.organisation_id, n.attempts, NULL::integer AS status,
      split_part(n.failure, ' / ', 1) AS reason_ja, split_part(split_part(n.failure, ' / ', 2), ':', 1) AS reason_en
    FROM notice n WHERE n.given_up_at IS NOT NULL
    UNION ALL
    SELECT 'webhook', d.given_up_at, d.site_id, d.organisation_id, d.attempts, d.status, NULL, NULL
    FROM webhook_delivery d WHERE d.given_up_at IS NOT NULL
  ) f JOIN site s USING (site_id)
  WHERE s.window_organisation_id = (SELECT ctx_organisation()) AND (SELECT ctx_may('cases:window'))
  ORDER BY f.given_up_at DESC, s.code LIMIT most
$$;
REVOKE EXECUTE ON FUNCTION window_failures(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION window_failures(integer) TO tsunagaru_app
"""


def upgrade() -> None:
    op.execute(INDEX)
    op.execute("GRANT CREATE ON SCHEMA stat TO tsunagaru_statistics")
    for table, columns in COLUMNS.items():
        op.execute(f"CREATE POLICY statistics ON {table} FOR SELECT TO tsunagaru_statistics USING (true)")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO tsunagaru_statistics")
    op.execute("GRANT USAGE ON SCHEMA stat TO tsunagaru_app")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW stat.{name} AS {query}")
        op.execute(f"ALTER VIEW stat.{name} OWNER TO tsunagaru_statistics")
        op.execute(f"GRANT SELECT ON stat.{name} TO tsunagaru_app")
    op.execute("REVOKE CREATE ON SCHEMA stat FROM tsunagaru_statistics")
    op.execute(FAILURES)


def downgrade() -> None:
    op.execute("DROP FUNCTION window_failures")
    for name in VIEWS:
        op.execute(f"DROP VIEW stat.{name}")
    op.execute("REVOKE USAGE ON SCHEMA stat FROM tsunagaru_app")
    for table, columns in COLUMNS.items():
        op.execute(f"DROP POLICY statistics ON {table}")
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM tsunagaru_statistics")
    op.execute("DROP INDEX ix_site_event_moves")
