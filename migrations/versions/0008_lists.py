"""Lists that owners upload, their publication by the application itself, and the queue of jobs.

Until now only the database's owner wrote the register. From here an editor's transaction does, so that the tables of
the register get row-level security and the reading side's triggers run with their owner's rights.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE data_source ADD COLUMN municipality_code varchar(5);
ALTER TABLE data_source ADD COLUMN organisation_id uuid
  CONSTRAINT fk_data_source_organisation_id_organisation REFERENCES organisation;
COMMENT ON COLUMN data_source.municipality_code IS 'Whose own list it is; null for published data loaded by the service';
COMMENT ON COLUMN data_source.organisation_id IS 'The same for bodies other than municipalities';

CREATE TABLE list_import (
  import_id uuid NOT NULL DEFAULT gen_random_uuid(),
  kind text NOT NULL,
  municipality_code varchar(5),
  organisation_id uuid,
  person_id uuid,
  file_name text NOT NULL,
  file_sha256 varchar(64) NOT NULL,
  file_bytes bigint NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  settings jsonb NOT NULL DEFAULT '{}',
  progress jsonb,
  report jsonb,
  refusal jsonb,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  examined_at timestamptz,
  asked_by uuid,
  approved_by uuid,
  published_at timestamptz,
  continues uuid,
  undoes uuid,
  undone_by uuid,
  CONSTRAINT pk_list_import PRIMARY KEY (import_id),
  CONSTRAINT fk_list_import_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_list_import_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT fk_list_import_asked_by_person FOREIGN KEY (asked_by) REFERENCES person,
  CONSTRAINT fk_list_import_approved_by_person FOREIGN KEY (approved_by) REFERENCES person,
  CONSTRAINT fk_list_import_continues_list_import FOREIGN KEY (continues) REFERENCES list_import,
  CONSTRAINT fk_list_import_undoes_list_import FOREIGN KEY (undoes) REFERENCES list_import,
  CONSTRAINT fk_list_import_undone_by_list_import FOREIGN KEY (undone_by) REFERENCES list_import,
  CONSTRAINT ck_list_import_state CHECK (
    state IN ('waiting', 'examining', 'examined', 'refused', 'publishing', 'published', 'undone'))
);
CREATE INDEX ix_list_import_created_at ON list_import (created_at);

CREATE TABLE list_part (
  import_id uuid NOT NULL,
  part text NOT NULL,
  n integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT pk_list_part PRIMARY KEY (import_id, part, n),
  CONSTRAINT fk_list_part_import_id_list_import FOREIGN KEY (import_id) REFERENCES list_import ON DELETE CASCADE
);
COMMENT ON COLUMN list_part.part IS 'file: the bytes as sent; rows: judged rows as COPY text; findings: JSON lines';
-- Files are compressed or soon gone: compressing them again costs more than it saves.
ALTER TABLE list_part ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE list_recipe (
  recipe_id uuid NOT NULL DEFAULT gen_random_uuid(),
  kind text NOT NULL,
  municipality_code varchar(5),
  organisation_id uuid,
  name text NOT NULL,
  settings jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_list_recipe PRIMARY KEY (recipe_id),
  CONSTRAINT fk_list_recipe_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
CREATE UNIQUE INDEX uq_list_recipe_owner ON list_recipe (kind, coalesce(municipality_code, organisation_id::text), name)
"""

# An editor's rows: the municipality they act for, or else the organisation itself. Jobs and the command line act for all.
OWN = "(municipality_code = ctx('municipality') OR (ctx('municipality') IS NULL AND organisation_id = ctx_organisation()))"
SERVICE = "ctx_duty('worker', 'command-line')"
EDITOR = f"((ctx_may('assets:import') AND {OWN}) OR {SERVICE})"
OF_IMPORT = "EXISTS (SELECT FROM list_import i WHERE i.import_id = list_part.import_id)"
OF_SOURCE = f"""(ctx_duty('command-line') OR (ctx_may('assets:import')
  AND source_id IN (SELECT s.source_id FROM data_source s WHERE {OWN.replace("municipality_code =", "s.municipality_code =").replace("organisation_id =", "s.organisation_id =")})))"""

PRIVATE = {"list_import": EDITOR, "list_recipe": EDITOR, "list_part": OF_IMPORT}
REGISTER = ("asset", "access_point")
# Every id ever given and whose it is, also of rows that may not be seen: an id belongs to one source for good.
IDS = {"asset": "asset_id", "access_point": "access_point_id", "station": "station_id"}

DEFINER = "SECURITY DEFINER SET search_path = public, pg_temp"
FOLLOWING = ("ogc.bump_data_version", "ogc.refresh_assets", "ogc.count_assets", "ogc.refresh_source")

JOBS_TABLES = ("procrastinate_jobs", "procrastinate_workers", "procrastinate_periodic_defers", "procrastinate_events")
DEFER = """
CREATE FUNCTION public.defer_job(task text, arguments jsonb, one_at_a_time text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = jobs, public, pg_temp AS $$
  SELECT (procrastinate_defer_jobs_v1(ARRAY[
    ROW('default', task, 0, one_at_a_time, NULL, arguments, NULL)::procrastinate_job_to_defer_v1
  ]))[1]
$$;
COMMENT ON FUNCTION public.defer_job IS 'Puts a job in the queue as part of the caller''s transaction';
REVOKE EXECUTE ON FUNCTION public.defer_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.defer_job TO tsunagaru_app
"""


def _lock(table: str, rows: str, rights: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} TO tsunagaru_app USING ({rows}) WITH CHECK ({rows})")
    op.execute(f"GRANT {rights} ON {table} TO tsunagaru_app")


def _lock_register() -> None:
    for table, id_column in IDS.items():
        op.execute(f"CREATE VIEW {table}_ids AS SELECT {id_column}, source_id FROM {table}")
        if table in REGISTER:
            op.execute(f"GRANT SELECT ON {table}_ids TO tsunagaru_app")
    for table in REGISTER:
        _lock(table, OF_SOURCE, "SELECT, INSERT, UPDATE")
        # A list is compared by the service, and published by whoever asks for it.
        op.execute(f"CREATE POLICY compared ON {table} FOR SELECT TO tsunagaru_app USING (ctx_duty('worker'))")
        # Views and triggers of the reading side read the table as its owner, who must pass the forced policies.
        op.execute(f"CREATE POLICY whole ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE data_source ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY everybody ON data_source FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY add ON data_source FOR INSERT TO tsunagaru_app WITH CHECK {EDITOR}")
    op.execute(f"CREATE POLICY change ON data_source FOR UPDATE TO tsunagaru_app USING {EDITOR} WITH CHECK {EDITOR}")
    op.execute("GRANT INSERT, UPDATE ON data_source TO tsunagaru_app")
    op.execute("GRANT SELECT ON municipality TO tsunagaru_app")
    for function in FOLLOWING:
        op.execute(f"ALTER FUNCTION {function} {DEFINER}")


def _make_jobs() -> None:
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs, public")
    # The driver reads a bare % as a place for a value.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("SET LOCAL search_path = public")
    op.execute("GRANT USAGE ON SCHEMA jobs TO tsunagaru_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO tsunagaru_app")
    for table in JOBS_TABLES:
        op.execute(f"ALTER TABLE jobs.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker ON jobs.{table} TO tsunagaru_app USING ({SERVICE}) WITH CHECK ({SERVICE})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.{table} TO tsunagaru_app")
    op.execute(DEFER)


# Whoever asked for a job is looked up again when it runs: they may have left.
ASKERS = ("person", "membership", "organisation")


def upgrade() -> None:
    op.execute(TABLES)
    for table in ASKERS:
        op.execute(f"CREATE POLICY worker ON {table} FOR SELECT TO tsunagaru_app USING (ctx_duty('worker'))")
    for table, rows in PRIVATE.items():
        _lock(table, rows, "SELECT, INSERT, UPDATE, DELETE")
    _lock_register()
    _make_jobs()


def downgrade() -> None:
    for table in ASKERS:
        op.execute(f"DROP POLICY worker ON {table}")
    op.execute("DROP FUNCTION public.defer_job")
    op.execute("DROP SCHEMA jobs CASCADE")
    for function in FOLLOWING:
        op.execute(f"ALTER FUNCTION {function} SECURITY INVOKER RESET search_path")
    op.execute("REVOKE SELECT ON municipality FROM tsunagaru_app")
    op.execute("REVOKE INSERT, UPDATE ON data_source FROM tsunagaru_app")
    for policy in ("everybody", "add", "change"):
        op.execute(f"DROP POLICY {policy} ON data_source")
    op.execute("ALTER TABLE data_source DISABLE ROW LEVEL SECURITY")
    for table in IDS:
        op.execute(f"DROP VIEW {table}_ids")
    for table in REGISTER:
        op.execute(f"REVOKE ALL ON {table} FROM tsunagaru_app")
        op.execute(f"DROP POLICY own ON {table}")
        op.execute(f"DROP POLICY compared ON {table}")
        op.execute(f"DROP POLICY whole ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DROP TABLE list_recipe, list_part, list_import")
    op.execute("ALTER TABLE data_source DROP COLUMN organisation_id, DROP COLUMN municipality_code")
