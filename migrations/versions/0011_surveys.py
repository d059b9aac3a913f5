"""Surveys with their measurements, and what is computed of them: states of cells, gaps, roads, tables.

Measurements lie in one partition a survey, in a schema of their own. `COPY` does not go through row-level security, so
the worker writes into the partition itself, which it may fill and nobody may read; everybody reads through the parent.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE survey (
  survey_id uuid NOT NULL DEFAULT gen_random_uuid(),
  code text NOT NULL,
  title text NOT NULL,
  municipality_codes varchar(5)[] NOT NULL DEFAULT '{}',
  began_on date NOT NULL,
  ended_on date NOT NULL,
  method text NOT NULL,
  contractor text,
  devices text[] NOT NULL DEFAULT '{}',
  note text,
  carriers_public boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'draft',
  is_sample boolean NOT NULL DEFAULT false,
  organisation_id uuid,
  person_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  CONSTRAINT pk_survey PRIMARY KEY (survey_id),
  CONSTRAINT uq_survey_code UNIQUE (code),
  CONSTRAINT fk_survey_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_survey_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT ck_survey_period CHECK (began_on <= ended_on),
  CONSTRAINT ck_survey_method CHECK (method IN ('drive', 'walk', 'fixed', 'mixed')),
  CONSTRAINT ck_survey_state CHECK (state IN ('draft', 'published', 'withdrawn'))
);
COMMENT ON COLUMN survey.municipality_codes IS 'Where it was driven; empty: not said';
COMMENT ON COLUMN survey.carriers_public IS 'Whether figures of one carrier may be shown to everybody under its name';

CREATE TABLE survey_file (
  file_id uuid NOT NULL DEFAULT gen_random_uuid(),
  survey_id uuid NOT NULL,
  kind text NOT NULL DEFAULT 'log',
  file_name text NOT NULL,
  file_sha256 varchar(64) NOT NULL,
  file_bytes bigint NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  settings jsonb NOT NULL DEFAULT '{}',
  progress jsonb,
  report jsonb,
  refusal jsonb,
  rows_taken bigint,
  person_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  examined_at timestamptz,
  loaded_at timestamptz,
  CONSTRAINT pk_survey_file PRIMARY KEY (file_id),
  CONSTRAINT fk_survey_file_survey_id_survey FOREIGN KEY (survey_id) REFERENCES survey,
  CONSTRAINT fk_survey_file_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT ck_survey_file_kind CHECK (kind IN ('log', 'report')),
  CONSTRAINT ck_survey_file_state CHECK (
    state IN ('waiting', 'examining', 'examined', 'refused', 'loading', 'loaded', 'removed'))
);
CREATE INDEX ix_survey_file_survey_id ON survey_file (survey_id);
-- A log counts once, however often it is sent.
CREATE UNIQUE INDEX uq_survey_file_content ON survey_file (survey_id, file_sha256)
  WHERE state IN ('loading', 'loaded');

CREATE TABLE survey_file_part (
  file_id uuid NOT NULL,
  part text NOT NULL,
  n integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT pk_survey_file_part PRIMARY KEY (file_id, part, n),
  CONSTRAINT fk_survey_file_part_file_id_survey_file FOREIGN KEY (file_id) REFERENCES survey_file ON DELETE CASCADE
);
COMMENT ON COLUMN survey_file_part.part IS 'file: the bytes as sent; rows: judged rows as Parquet';
ALTER TABLE survey_file_part ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE measurement (
  survey_id uuid NOT NULL,
  file_id uuid NOT NULL,
  row_number integer NOT NULL,
  at timestamptz NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  accuracy_m real,
  carrier text NOT NULL,
  device text,
  technology text NOT NULL,
  band text,
  rsrp_dbm real,
  rsrq_db real,
  sinr_db real,
  nr_rsrp_dbm real,
  nr_rsrq_db real,
  downlink_mbps real,
  uplink_mbps real,
  latency_ms real,
  speed_kmh real,
  in_vehicle boolean,
  external_antenna boolean,
  CONSTRAINT ck_measurement_technology CHECK (technology IN ('5g_sa', '5g_nsa', '4g', '3g', 'none'))
) PARTITION BY LIST (survey_id);
COMMENT ON TABLE measurement IS 'What a phone reported, one row a carrier and moment; never changed';
COMMENT ON COLUMN measurement.technology IS 'Of the serving cell; none: the phone reported no service';
COMMENT ON COLUMN measurement.rsrp_dbm IS 'Of the serving cell; of the 4G anchor where technology is 5g_nsa';
COMMENT ON COLUMN measurement.nr_rsrp_dbm IS 'SS-RSRP of the 5G cell';

CREATE TABLE coverage_build (
  build_id uuid NOT NULL DEFAULT gen_random_uuid(),
  profile_id text NOT NULL,
  profile jsonb NOT NULL,
  as_of date NOT NULL,
  engine text NOT NULL,
  rows_read bigint NOT NULL,
  seconds double precision NOT NULL,
  surveys uuid[] NOT NULL,
  is_latest boolean NOT NULL DEFAULT true,
  built_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_coverage_build PRIMARY KEY (build_id),
  CONSTRAINT uq_coverage_build_profile_id_as_of UNIQUE (profile_id, as_of),
  CONSTRAINT ck_coverage_build_engine CHECK (engine IN ('duckdb', 'postgresql', 'spark'))
);
CREATE UNIQUE INDEX uq_coverage_build_latest ON coverage_build (profile_id) WHERE is_latest;

CREATE TABLE coverage_cell (
  build_id uuid NOT NULL,
  cell_id text NOT NULL,
  level text NOT NULL,
  mesh_code varchar(10) NOT NULL,
  municipality_code varchar(5),
  carrier text NOT NULL,
  technology text NOT NULL,
  state text NOT NULL,
  grade text,
  reason text NOT NULL,
  carriers_covered smallint,
  carriers_gap smallint,
  samples integer NOT NULL,
  segments integer NOT NULL,
  passes integer NOT NULL,
  days integer NOT NULL,
  mean_dbm real,
  sd_db real,
  lower_dbm real,
  upper_dbm real,
  no_service_share real,
  observed_share real NOT NULL,
  road_m real NOT NULL,
  newest_on date,
  oldest_on date,
  must_resurvey boolean NOT NULL DEFAULT false,
  histogram integer[],
  is_sample boolean NOT NULL,
  is_public boolean NOT NULL,
  geom geometry(Polygon, 4326) NOT NULL,
  mesh_row integer GENERATED ALWAYS AS (round(ST_YMin(geom) * 480)) STORED,
  mesh_col integer GENERATED ALWAYS AS (round((ST_XMin(geom) - 100) * 320)) STORED,
  CONSTRAINT pk_coverage_cell PRIMARY KEY (build_id, cell_id),
  CONSTRAINT fk_coverage_cell_build_id_coverage_build FOREIGN KEY (build_id) REFERENCES coverage_build ON DELETE CASCADE,
  CONSTRAINT ck_coverage_cell_level CHECK (level IN ('quarter', 'half')),
  CONSTRAINT ck_coverage_cell_technology CHECK (technology IN ('4g', '5g')),
  CONSTRAINT ck_coverage_cell_state CHECK (state IN ('covered', 'gap', 'uncertain', 'unknown')),
  CONSTRAINT ck_coverage_cell_grade CHECK (grade IN ('good', 'usable', 'weak', 'none'))
);
CREATE INDEX ix_coverage_cell_geom ON coverage_cell USING gist (geom);
CREATE INDEX ix_coverage_cell_place ON coverage_cell (build_id, carrier, level, mesh_row, mesh_col);
CREATE INDEX ix_coverage_cell_mesh_code ON coverage_cell (mesh_code);
CREATE INDEX ix_coverage_cell_cell_id ON coverage_cell (cell_id);
COMMENT ON COLUMN coverage_cell.cell_id IS 'mesh code, carrier, profile, and sample or not, joined by dashes';
COMMENT ON COLUMN coverage_cell.carrier IS 'A carrier, or all: every carrier of the profile together';
COMMENT ON COLUMN coverage_cell.grade IS 'Where the signal of most of it lies among the bounds of the profile';
COMMENT ON COLUMN coverage_cell.lower_dbm IS 'Tolerance bound that must reach the threshold for covered';
COMMENT ON COLUMN coverage_cell.upper_dbm IS 'Tolerance bound that must miss the threshold for gap';
COMMENT ON COLUMN coverage_cell.mesh_row IS 'Of the south-west corner, in quarter meshes from the equator: tiles find cells by it';
COMMENT ON COLUMN coverage_cell.mesh_col IS 'Of the south-west corner, in quarter meshes from 100 degrees east';
COMMENT ON COLUMN coverage_cell.histogram IS 'Segments by signal: bounds are those of the profile';

CREATE TABLE coverage_gap (
  build_id uuid NOT NULL,
  gap_id text NOT NULL,
  kind text NOT NULL,
  carrier text NOT NULL,
  technology text NOT NULL,
  carriers_missing text[] NOT NULL DEFAULT '{}',
  municipality_codes varchar(5)[] NOT NULL DEFAULT '{}',
  cells integer NOT NULL,
  samples integer NOT NULL,
  segments integer NOT NULL,
  passes integer NOT NULL,
  area_km2 double precision NOT NULL,
  observed_share real NOT NULL,
  road_km double precision NOT NULL,
  population double precision,
  newest_on date,
  oldest_on date,
  is_sample boolean NOT NULL,
  is_public boolean NOT NULL,
  geom geometry(MultiPolygon, 4326) NOT NULL,
  CONSTRAINT pk_coverage_gap PRIMARY KEY (build_id, gap_id),
  CONSTRAINT fk_coverage_gap_build_id_coverage_build FOREIGN KEY (build_id) REFERENCES coverage_build ON DELETE CASCADE,
  CONSTRAINT ck_coverage_gap_kind CHECK (kind IN ('none', 'some', 'weak', 'suspected', 'carrier'))
);
CREATE INDEX ix_coverage_gap_geom ON coverage_gap USING gist (geom);
COMMENT ON COLUMN coverage_gap.kind IS
  'none: no carrier serves (通信困難); some: one to three serve; weak: served weakly; suspected: none serves as far as known, some carriers unknown; carrier: one carrier';

CREATE TABLE coverage_municipality (
  build_id uuid NOT NULL,
  municipality_code varchar(5) NOT NULL,
  carrier text NOT NULL,
  technology text NOT NULL,
  is_sample boolean NOT NULL,
  is_public boolean NOT NULL,
  cells jsonb NOT NULL,
  area_km2 jsonb NOT NULL,
  road_km jsonb NOT NULL,
  population jsonb NOT NULL,
  CONSTRAINT pk_coverage_municipality PRIMARY KEY (build_id, municipality_code, carrier, technology, is_sample),
  CONSTRAINT fk_coverage_municipality_build_id_coverage_build FOREIGN KEY (build_id) REFERENCES coverage_build
    ON DELETE CASCADE
);
COMMENT ON TABLE coverage_municipality IS 'Each figure as an object of state: value';

CREATE TABLE survey_road (
  road_id text NOT NULL,
  survey_id uuid NOT NULL,
  municipality_code varchar(5),
  carrier text NOT NULL,
  technology text NOT NULL,
  driven_on date NOT NULL,
  samples integer NOT NULL,
  mean_dbm real,
  length_m real NOT NULL,
  is_sample boolean NOT NULL,
  is_public boolean NOT NULL,
  geom geometry(LineString, 4326) NOT NULL,
  made_of text,
  CONSTRAINT pk_survey_road PRIMARY KEY (road_id),
  CONSTRAINT fk_survey_road_survey_id_survey FOREIGN KEY (survey_id) REFERENCES survey
);
CREATE INDEX ix_survey_road_geom ON survey_road USING gist (geom);
CREATE INDEX ix_survey_road_survey_id ON survey_road (survey_id);
COMMENT ON COLUMN survey_road.made_of IS 'Hash of what the lines of the survey were made of; another means they are made anew';
COMMENT ON COLUMN survey_road.technology IS 'What served there: 5g_sa, 5g_nsa, 4g, 3g or none';

CREATE TABLE claimed_area (
  claim_id uuid NOT NULL DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL,
  carrier text NOT NULL,
  technology text NOT NULL,
  title text NOT NULL,
  as_of date NOT NULL,
  is_public boolean NOT NULL DEFAULT false,
  is_sample boolean NOT NULL DEFAULT false,
  withdrawn_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  geom geometry(MultiPolygon, 4326) NOT NULL,
  CONSTRAINT pk_claimed_area PRIMARY KEY (claim_id),
  CONSTRAINT fk_claimed_area_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT ck_claimed_area_technology CHECK (technology IN ('4g', '5g'))
);
CREATE INDEX ix_claimed_area_geom ON claimed_area USING gist (geom);

CREATE TABLE resident_report (
  report_id uuid NOT NULL DEFAULT gen_random_uuid(),
  experienced_on date NOT NULL,
  part_of_day text NOT NULL,
  carrier text,
  trouble text NOT NULL,
  place text NOT NULL,
  municipality_code varchar(5),
  is_sample boolean NOT NULL DEFAULT false,
  created_on date NOT NULL DEFAULT CURRENT_DATE,
  take_back_digest bytea,
  geom geometry(Point, 4326) NOT NULL,
  CONSTRAINT pk_resident_report PRIMARY KEY (report_id),
  CONSTRAINT ck_resident_report_part_of_day CHECK (part_of_day IN ('morning', 'day', 'evening', 'night')),
  CONSTRAINT ck_resident_report_trouble CHECK (trouble IN ('no_service', 'calls_drop', 'slow')),
  CONSTRAINT ck_resident_report_place CHECK (place IN ('outdoors', 'indoors', 'vehicle'))
);
CREATE INDEX ix_resident_report_geom ON resident_report USING gist (geom);
COMMENT ON TABLE resident_report IS 'What residents met; no word of theirs, no address, no device. Directs surveys, changes no state';
COMMENT ON COLUMN resident_report.take_back_digest IS 'SHA-256 of a random word told to the sender alone, by which it is taken back';
"""

SERVICE = "(SELECT ctx_duty('worker', 'command-line'))"
ME = "(SELECT ctx_organisation())"


def _may(permission: str) -> str:
    return f"(SELECT ctx_may('{permission}'))"


# A survey: its organisation while it is made, every planner once it is published.
SEE_SURVEY = f"""({SERVICE} OR ({_may("surveys:import")} AND organisation_id = {ME})
  OR ({_may("surveys:read")} AND state = 'published'))"""
MAKE_SURVEY = f"({SERVICE} OR ({_may('surveys:import')} AND organisation_id = {ME}))"
OF_SURVEY = "EXISTS (SELECT FROM survey s WHERE s.survey_id = {table}.survey_id)"
# Who may read a published survey of another organisation may not add to it.
OWN_SURVEY = f"""EXISTS (SELECT FROM survey s WHERE s.survey_id = survey_file.survey_id
  AND ({SERVICE} OR ({_may("surveys:import")} AND s.organisation_id = {ME})))"""
OF_FILE = "EXISTS (SELECT FROM survey_file f WHERE f.file_id = survey_file_part.file_id)"
OF_OWN_FILE = f"""EXISTS (SELECT FROM survey_file f JOIN survey s USING (survey_id)
  WHERE f.file_id = survey_file_part.file_id AND ({SERVICE} OR ({_may("surveys:import")} AND s.organisation_id = {ME})))"""
BUILT = f"({SERVICE} OR {_may('surveys:read')})"
POLICIES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "survey": (
        "SELECT, INSERT, UPDATE",
        [("see", "SELECT", SEE_SURVEY), ("add", "INSERT", MAKE_SURVEY), ("change", "UPDATE", MAKE_SURVEY)],
    ),
    "survey_file": (
        "SELECT, INSERT, UPDATE",
        [
            ("see", "SELECT", OF_SURVEY.format(table="survey_file")),
            ("add", "INSERT", OWN_SURVEY),
            ("change", "UPDATE", OWN_SURVEY),
        ],
    ),
    "survey_file_part": (
        "SELECT, INSERT, DELETE",
        [("see", "SELECT", OF_FILE), ("add", "INSERT", OF_OWN_FILE), ("replace", "DELETE", OF_OWN_FILE)],
    ),
    "measurement": ("SELECT", [("see", "SELECT", OF_SURVEY.format(table="measurement"))]),
    "coverage_build": ("SELECT, INSERT, UPDATE, DELETE", [("see", "SELECT", BUILT), ("make", "ALL", SERVICE)]),
    "coverage_cell": ("SELECT, INSERT, DELETE", [("see", "SELECT", BUILT), ("make", "ALL", SERVICE)]),
    "coverage_gap": ("SELECT, INSERT, DELETE", [("see", "SELECT", BUILT), ("make", "ALL", SERVICE)]),
    "coverage_municipality": ("SELECT, INSERT, DELETE", [("see", "SELECT", BUILT), ("make", "ALL", SERVICE)]),
    "survey_road": (
        "SELECT, INSERT, DELETE",
        [("see", "SELECT", OF_SURVEY.format(table="survey_road")), ("make", "ALL", SERVICE)],
    ),
    "claimed_area": (
        "SELECT, INSERT, UPDATE",
        [
            ("see", "SELECT", f"({BUILT} OR organisation_id = {ME})"),
            ("add", "INSERT", f"({SERVICE} OR ({_may('claims:write')} AND organisation_id = {ME}))"),
            ("change", "UPDATE", f"({SERVICE} OR ({_may('claims:write')} AND organisation_id = {ME}))"),
        ],
    ),
    # Anybody may say what they met, and take it back that day or the next; it is read by everybody, changed by nobody.
    "resident_report": (
        "SELECT, INSERT, DELETE",
        [
            ("see", "SELECT", "true"),
            ("add", "INSERT", "true"),
            ("take_back", "DELETE", "(SELECT ctx_duty('resident')) AND created_on >= CURRENT_DATE - 1"),
        ],
    ),
}

FUNCTIONS = """
CREATE SCHEMA measurements;
-- The partition of a survey's measurements, made when it is first filled: its name, for COPY.
CREATE FUNCTION measurement_partition(of_survey uuid) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE name text := 'survey_' || replace(of_survey::text, '-', '');
BEGIN
  IF NOT ctx_duty('worker', 'command-line') THEN
    RAISE EXCEPTION 'only the service fills measurements' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext(name));
  IF to_regclass('measurements.' || name) IS NULL THEN
    EXECUTE format('CREATE TABLE measurements.%I (LIKE public.measurement INCLUDING ALL, CHECK (survey_id = %L))', name, of_survey);
    EXECUTE format('ALTER TABLE public.measurement ATTACH PARTITION measurements.%I FOR VALUES IN (%L)', name, of_survey);
    EXECUTE format('GRANT INSERT ON measurements.%I TO tsunagaru_app', name);
    EXECUTE format('CREATE TRIGGER only_the_service_fills BEFORE INSERT ON measurements.%I'
      ' FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_foreign_measurement()', name);
    -- Triggers of statements are not handed down from the parent.
    EXECUTE format('CREATE TRIGGER measurement_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON measurements.%I'
      ' FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_changed_measurement()', name);
  END IF;
  RETURN 'measurements.' || name;
END $$;
REVOKE EXECUTE ON FUNCTION measurement_partition FROM PUBLIC;
-- Statistics of a survey's partition: the service does not own it, and no plan is any good without them.
CREATE FUNCTION analyse_measurements(of_survey uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE 'ANALYZE ' || measurement_partition(of_survey) || ' (file_id, at, carrier, device, technology)';
END $$;
REVOKE EXECUTE ON FUNCTION analyse_measurements FROM PUBLIC;
GRANT USAGE ON SCHEMA measurements TO tsunagaru_app;

CREATE FUNCTION refuse_changed_measurement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'measurements are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION refuse_foreign_measurement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'tsunagaru_app' AND NOT ctx_duty('worker', 'command-line') THEN
    RAISE EXCEPTION 'only the service fills measurements' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER measurement_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON measurement
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_measurement()
"""

CELL = """c.cell_id, c.mesh_code, c.level, c.municipality_code, c.carrier, c.technology, c.state, c.grade, c.reason,
  c.carriers_covered, c.carriers_gap, c.samples, c.segments, c.passes, c.days, c.mean_dbm, c.sd_db, c.lower_dbm,
  c.upper_dbm, c.no_service_share, c.observed_share, c.road_m, c.newest_on, c.oldest_on, c.must_resurvey, c.histogram,
  b.profile_id AS profile, b.as_of, c.is_sample, c.geom, c.mesh_row, c.mesh_col,
  CASE c.level WHEN 'quarter' THEN 1 ELSE 2 END AS mesh_span"""
# What the join says already, as values an index can be asked for: tiles find cells by build, carrier, level and place.
LATEST = "c.build_id = ANY (ARRAY(SELECT build_id FROM public.coverage_build WHERE is_latest))"
GAP = """b.profile_id || '-' || g.gap_id AS gap_id, g.kind, g.carrier, g.technology,
  array_to_string(g.municipality_codes, ',') AS municipality_codes, g.cells, g.samples, g.segments, g.passes, g.area_km2,
  g.observed_share, g.road_km, g.population, g.newest_on, g.oldest_on, b.profile_id AS profile, b.as_of, g.is_sample, g.geom"""
ROAD = """r.road_id, s.code AS survey, r.municipality_code, r.carrier, r.technology, r.driven_on, r.samples, r.mean_dbm,
  r.length_m, r.is_sample, r.geom"""

# is_named: the survey was made for that municipality; else it only passed through.
SHARES = """
SELECT s.code AS survey, s.title, s.began_on, s.ended_on, s.is_sample, r.municipality_code,
  coalesce(r.municipality_code = ANY (s.municipality_codes), false) AS is_named, k.carrier,
  CASE WHEN r.technology LIKE '5g%' THEN '5g' ELSE r.technology END AS part,
  sum(r.length_m)::float8 / 1000 AS km, sum(r.samples)::bigint AS samples
FROM public.survey s JOIN public.survey_road r USING (survey_id)
  JOIN LATERAL (VALUES ('all'), ({named})) k(carrier) ON k.carrier IS NOT NULL
WHERE s.state = 'published' GROUP BY s.survey_id, r.municipality_code, k.carrier, 9"""

# What counts: rows of loaded logs of published surveys. Everybody reads the names of `ogc`, planners those that end in
# `_whole`: every carrier's. Which carriers some gap is of is named to everybody only where it is all of them.
VIEWS = f"""
CREATE VIEW measurement_in_force WITH (security_invoker = true) AS
SELECT m.*, s.is_sample, s.carriers_public FROM measurement m
  JOIN survey_file f ON f.file_id = m.file_id AND f.state = 'loaded'
  JOIN survey s ON s.survey_id = m.survey_id AND s.state = 'published';
GRANT SELECT ON measurement_in_force TO tsunagaru_app;

CREATE VIEW ogc.coverage_cells AS
SELECT {CELL} FROM coverage_cell c JOIN coverage_build b USING (build_id) WHERE b.is_latest AND {LATEST} AND c.is_public;
CREATE VIEW ogc.coverage_cells_whole WITH (security_invoker = true) AS
SELECT {CELL} FROM public.coverage_cell c JOIN public.coverage_build b USING (build_id) WHERE b.is_latest AND {LATEST};
CREATE VIEW ogc.coverage_history AS
SELECT b.as_of || '-' || c.cell_id AS history_id, {CELL}
FROM coverage_cell c JOIN coverage_build b USING (build_id) WHERE c.is_public;
CREATE VIEW ogc.coverage_history_whole WITH (security_invoker = true) AS
SELECT b.as_of || '-' || c.cell_id AS history_id, {CELL}
FROM public.coverage_cell c JOIN public.coverage_build b USING (build_id);
CREATE VIEW ogc.coverage_gaps AS
SELECT {GAP}, CASE WHEN g.kind IN ('none', 'carrier') THEN array_to_string(g.carriers_missing, ',') END AS carriers_missing
FROM coverage_gap g JOIN coverage_build b USING (build_id) WHERE b.is_latest AND g.is_public;
CREATE VIEW ogc.coverage_gaps_whole WITH (security_invoker = true) AS
SELECT {GAP}, array_to_string(g.carriers_missing, ',') AS carriers_missing
FROM public.coverage_gap g JOIN public.coverage_build b USING (build_id) WHERE b.is_latest;
CREATE VIEW ogc.survey_roads AS
SELECT {ROAD} FROM survey_road r JOIN survey s USING (survey_id) WHERE r.is_public AND s.carriers_public AND s.state = 'published';
CREATE VIEW ogc.survey_roads_whole WITH (security_invoker = true) AS
SELECT {ROAD} FROM public.survey_road r JOIN public.survey s USING (survey_id) WHERE s.state = 'published';
CREATE VIEW ogc.coverage_builds AS
SELECT build_id, profile_id, profile, as_of, is_latest, engine, rows_read, seconds, built_at FROM coverage_build;
CREATE VIEW ogc.coverage_municipalities AS
SELECT m.municipality_code, m.carrier, m.technology, m.is_sample, m.cells, m.area_km2, m.road_km, m.population,
  b.profile_id AS profile, b.as_of, b.is_latest
FROM coverage_municipality m JOIN coverage_build b USING (build_id) WHERE m.is_public;
-- When stations began and ended, for the service alone: what makes older measurements near by doubtful.
CREATE VIEW station_lives AS
SELECT DISTINCT ON (station_id) carrier, technology, status, on_air_on, ST_X(geom) AS lon, ST_Y(geom) AS lat,
  (valid_to AT TIME ZONE 'Asia/Tokyo')::date AS ended_on, (valid_from AT TIME ZONE 'Asia/Tokyo')::date AS listed_on
FROM station WHERE carrier IS NOT NULL AND ctx_duty('worker', 'command-line') ORDER BY station_id, valid_from DESC;
CREATE VIEW ogc.resident_reports AS
SELECT report_id::text, experienced_on, part_of_day, carrier, trouble, place, municipality_code, created_on, is_sample, geom
FROM resident_report;
-- The published table of a survey is everybody's for all carriers together; of one carrier where the survey says so.
CREATE VIEW ogc.survey_shares AS {SHARES.format(named="CASE WHEN r.is_public AND s.carriers_public THEN r.carrier END")};
CREATE VIEW ogc.survey_shares_whole WITH (security_invoker = true) AS {SHARES.format(named="r.carrier")};
CREATE VIEW ogc.claimed_areas AS
SELECT claim_id, carrier, technology, title, as_of, is_sample, geom FROM claimed_area WHERE is_public AND withdrawn_at IS NULL;
GRANT SELECT ON ogc.survey_shares, ogc.survey_shares_whole, ogc.claimed_areas TO tsunagaru_app;
GRANT SELECT ON ogc.coverage_cells, ogc.coverage_gaps, ogc.survey_roads, ogc.resident_reports, ogc.coverage_history
  TO tsunagaru_reader, tsunagaru_app;
GRANT SELECT ON ogc.coverage_cells_whole, ogc.coverage_gaps_whole, ogc.survey_roads_whole, ogc.coverage_history_whole,
  ogc.coverage_builds, ogc.coverage_municipalities, station_lives TO tsunagaru_app
"""
# Everybody's views read the tables as their owner.
WHOLE = (
    "survey", "survey_road", "coverage_build", "coverage_cell", "coverage_gap", "coverage_municipality", "claimed_area",
    "resident_report",
)  # fmt: skip
VERSIONS = {
    "coverage_cell": "coverage-cells",
    "coverage_gap": "coverage-gaps",
    "survey_road": "survey-roads",
    "resident_report": "resident-reports",
}


def upgrade() -> None:
    op.execute(TABLES)
    for table, (rights, policies) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {rights} ON {table} TO tsunagaru_app")
        for name, command, rows in policies:
            clause = f"WITH CHECK ({rows})" if command == "INSERT" else f"USING ({rows})"
            op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO tsunagaru_app {clause}")
    for table in WHOLE:
        op.execute(f"CREATE POLICY whole ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(FUNCTIONS)
    op.execute("GRANT EXECUTE ON FUNCTION measurement_partition, analyse_measurements TO tsunagaru_app")
    op.execute(VIEWS)
    for table, collection in VERSIONS.items():
        op.execute(f"INSERT INTO data_version (collection, version) VALUES ('{collection}', 1) ON CONFLICT DO NOTHING")
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE TRIGGER bump_data_version_{event.lower()} AFTER {event} ON {table}"
                f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT"
                f" EXECUTE FUNCTION ogc.bump_data_version('{collection}')"
            )


def downgrade() -> None:
    op.execute(
        "DROP VIEW ogc.survey_shares_whole, ogc.survey_shares, ogc.claimed_areas, ogc.resident_reports, ogc.coverage_municipalities,"
        " ogc.coverage_builds, ogc.survey_roads_whole,"
        " ogc.survey_roads, ogc.coverage_gaps_whole, ogc.coverage_gaps, ogc.coverage_history_whole, ogc.coverage_history,"
        " ogc.coverage_cells_whole, ogc.coverage_cells, station_lives, measurement_in_force"
    )
    op.execute(
        "DROP TABLE resident_report, claimed_area, survey_road, coverage_municipality, coverage_gap, coverage_cell,"
        " coverage_build, measurement, survey_file_part, survey_file, survey CASCADE"
    )
    op.execute(
        "DROP FUNCTION analyse_measurements, measurement_partition, refuse_changed_measurement, refuse_foreign_measurement"
    )
    op.execute("DROP SCHEMA measurements CASCADE")
    for collection in VERSIONS.values():
        op.execute(f"DELETE FROM data_version WHERE collection = '{collection}'")
