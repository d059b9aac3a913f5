"""What `/ogc` reads: data versions, the assets in force with their rendered features, counts for low zooms.

`ogc.assets` follows the register by statement triggers, so no code path can forget it, and everything a reader sees
(rows, rendered features, counts, version) changes in the writer's own transaction.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DATA_VERSION = """
CREATE FUNCTION ogc.bump_data_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM changed) THEN
    RETURN NULL;
  END IF;
  -- First writer first: the row stays locked until commit, so versions follow commits.
  INSERT INTO public.data_version AS v (collection, version) VALUES (TG_ARGV[0], 1)
    ON CONFLICT (collection) DO UPDATE SET version = v.version + 1, changed_at = now();
  PERFORM pg_notify('data_version', TG_ARGV[0]);
  RETURN NULL;
END $$
"""

# The public fields of an asset in force, with where they come from.
ASSETS_IN_FORCE = """
CREATE VIEW ogc.assets_in_force AS
SELECT
  -- Geometry early in the row: reading a column means walking past all before it, and every search looks at this one.
  a.asset_id, ST_ForcePolygonCCW(a.geom) AS geom,  -- RFC 7946: exterior rings run counterclockwise
  a.asset_kind, a.structure_kind, a.facility_type, a.name, a.name_kana, a.name_en,
  a.owner_code, a.owner_type, a.owner_name, a.bureau, a.property_class, a.real_estate_id,
  a.municipality_code, a.municipality, a.address, a.building_name, a.geocode_level, a.mesh_half, a.mesh_eighth,
  a.ground_elev_m, a.area_m2, a.height_m, a.zoning, a.priority_area, a.availability, a.restrictions, a.sensitive_flags,
  a.power, a.power_distance_m, a.fibre, a.fibre_distance_m, a.slots_total, a.slots_used, a.fee_note, a.planned_works,
  a.dup_of,
  a.structure_type, a.floors_above, a.floors_below, a.built_year, a.gross_floor_m2, a.roof_height_m, a.roof_type,
  a.roof_load_n_m2, a.seismic, a.access_hours, a.entry_lead_days,
  a.material, a.mount_height_min_m, a.mount_height_max_m, a.carriageway_clearance_m, a.road_manager, a.max_load_kg,
  a.land_category, a.lot_no, a.frontage_road, a.usable_area_m2, a.max_structure_height_m,
  s.credit AS source, s.licence, s.as_of AS source_as_of, s.is_sample, a.valid_from AS updated_at
FROM public.asset a JOIN public.data_source s USING (source_id)
WHERE a.valid_to IS NULL
"""

# `feature` is the GeoJSON text of the row in CRS84, rendered once; `search_text` what the search box looks through.
ASSETS = """
CREATE TABLE ogc.assets AS
SELECT v.*, ''::text AS feature, ''::text AS search_text FROM ogc.assets_in_force v WITH NO DATA;
ALTER TABLE ogc.assets ADD PRIMARY KEY (asset_id);
-- Keep the rendered text in the row: fetching it from TOAST costs more than reading a wider row.
ALTER TABLE ogc.assets SET (toast_tuple_target = 8160);
ALTER TABLE ogc.assets ALTER COLUMN feature SET STORAGE EXTERNAL;
CREATE INDEX ix_ogc_assets_geom ON ogc.assets USING gist (geom);
CREATE INDEX ix_ogc_assets_search_text ON ogc.assets USING gin (search_text gin_trgm_ops);
CREATE INDEX ix_ogc_assets_municipality_code ON ogc.assets (municipality_code)
"""

REFRESH_ASSETS = """
CREATE FUNCTION ogc.refresh_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM ogc.assets r USING (SELECT DISTINCT asset_id FROM changed) c WHERE r.asset_id = c.asset_id;
  INSERT INTO ogc.assets
    SELECT v.*,
      overlay(ST_AsGeoJSON(v, 'geom', 7) PLACING '{"type": "Feature", "id": ' || to_json(v.asset_id) || ',' FROM 1 FOR 19),
      lower(normalize(concat_ws(' ', v.asset_id, v.name, v.name_kana, v.name_en, v.address, v.municipality), NFKC))
    FROM ogc.assets_in_force v WHERE v.asset_id IN (SELECT asset_id FROM changed);
  RETURN NULL;
END $$
"""

REFRESH_SOURCE = """
CREATE FUNCTION ogc.refresh_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A credit, licence or date that moved shows on every feature of the source.
  UPDATE public.asset SET source_id = source_id WHERE source_id = NEW.source_id AND valid_to IS NULL;
  -- The views of the other collections read it, whichever of them it is the source of.
  UPDATE public.data_version SET version = version + 1, changed_at = now() WHERE collection <> 'assets';
  RETURN NULL;
END $$
"""

# Cells of one eighth of a tile's width: level = zoom + 3, for tiles of zoom 0 to 11.
CLUSTERS = """
CREATE TABLE ogc.assets_clusters (
  level smallint NOT NULL,
  x integer NOT NULL,
  y integer NOT NULL,
  building integer NOT NULL,
  land integer NOT NULL,
  structure integer NOT NULL,
  sum_x double precision NOT NULL,
  sum_y double precision NOT NULL,
  PRIMARY KEY (level, x, y)
);
COMMENT ON TABLE ogc.assets_clusters IS
  'Assets counted by cell of the web mercator square cut into 2^level columns and rows from the north-west;
sum_x / n and sum_y / n is the mean position in [0, 1) of the square';

CREATE FUNCTION ogc.count_assets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  weight integer := TG_ARGV[0];
BEGIN
  INSERT INTO ogc.assets_clusters AS c
    SELECT level, floor(x * (1 << level))::integer, floor(y * (1 << level))::integer,
      weight * count(*) FILTER (WHERE asset_kind = 'building'),
      weight * count(*) FILTER (WHERE asset_kind = 'land'),
      weight * count(*) FILTER (WHERE asset_kind = 'structure'),
      weight * sum(x), weight * sum(y)
    FROM (
      SELECT asset_kind, (ST_X(p) + 20037508.342789244) / 40075016.685578488 AS x,
        (20037508.342789244 - ST_Y(p)) / 40075016.685578488 AS y
      FROM (SELECT asset_kind, ST_Transform(ST_PointOnSurface(geom), 3857) AS p FROM changed) projected
    ) placed, generate_series(3, 14) AS level
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (level, x, y) DO UPDATE SET building = c.building + excluded.building, land = c.land + excluded.land,
      structure = c.structure + excluded.structure, sum_x = c.sum_x + excluded.sum_x, sum_y = c.sum_y + excluded.sum_y;
  DELETE FROM ogc.assets_clusters WHERE building = 0 AND land = 0 AND structure = 0;
  RETURN NULL;
END $$
"""

SMALL_VIEWS = """
CREATE VIEW ogc.stations AS
SELECT t.station_id, t.name, t.carrier, t.asset_id, t.technology, t.bands, t.antenna_height_m, t.azimuths_deg,
  t.is_shared, t.status, t.on_air_on, t.municipality_code, t.municipality, t.mesh_half,
  s.credit AS source, s.licence, s.as_of AS source_as_of, s.is_sample, t.geom
FROM public.station t JOIN public.data_source s USING (source_id)
WHERE t.valid_to IS NULL AND t.status = 'on_air';

CREATE VIEW ogc.wifi_access_points AS
SELECT t.access_point_id, t.name, t.name_kana, t.name_en, t.address, t.building_name, t.installer, t.phone, t.ssid,
  t.service_area, t.url, t.remarks, t.site_kind, t.has_openroaming, t.range_m, t.backup_hours, t.installed_on,
  t.renewal, t.municipality_code, t.municipality, t.mesh_half,
  s.credit AS source, s.licence, s.as_of AS source_as_of, s.is_sample, t.geom
FROM public.access_point t JOIN public.data_source s USING (source_id)
WHERE t.valid_to IS NULL;

CREATE VIEW ogc.municipalities AS
SELECT m.municipality_code, m.localgov_code, m.prefecture, m.district, m.name, m.name_kana, m.name_en, m.region,
  s.credit AS source, s.licence, s.as_of AS source_as_of, s.is_sample, m.geom
FROM public.municipality m JOIN public.data_source s USING (source_id);

CREATE VIEW ogc.population_mesh AS
SELECT p.mesh_half, p.population, p.census_year,
  s.credit AS source, s.licence, s.as_of AS source_as_of, s.is_sample, p.geom
FROM public.population_mesh p JOIN public.data_source s USING (source_id)
"""

SOURCE_COUNTS = """
CREATE VIEW ogc.source_counts AS
SELECT 'assets' AS collection, source_id, count(*) AS n FROM public.asset WHERE valid_to IS NULL GROUP BY source_id
UNION ALL SELECT 'stations', source_id, count(*) FROM public.station WHERE valid_to IS NULL GROUP BY source_id
UNION ALL SELECT 'wifi-access-points', source_id, count(*) FROM public.access_point WHERE valid_to IS NULL
  GROUP BY source_id
UNION ALL SELECT 'municipalities', source_id, count(*) FROM public.municipality GROUP BY source_id
UNION ALL SELECT 'population-mesh', source_id, count(*) FROM public.population_mesh GROUP BY source_id;
COMMENT ON VIEW ogc.source_counts IS 'Rows in force by collection and source: what credits and the list of sources tell'
"""

VERSIONED = {
    "ogc.assets": "assets",
    "public.station": "stations",
    "public.access_point": "wifi-access-points",
    "public.municipality": "municipalities",
    "public.population_mesh": "population-mesh",
}


def _on_change(name: str, table: str, call: str) -> None:
    """Statement triggers that hand a function the touched rows as `changed`."""
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {call}"
        )


def _drop_on_change(name: str, table: str) -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER {name}_{event} ON {table}")


def upgrade() -> None:
    op.execute("CREATE SCHEMA ogc")
    for statements in (DATA_VERSION, ASSETS_IN_FORCE, ASSETS, REFRESH_ASSETS):
        op.execute(statements)
    _on_change("refresh_assets", "public.asset", "ogc.refresh_assets()")
    op.execute(REFRESH_SOURCE)
    op.execute(
        "CREATE TRIGGER refresh_source AFTER UPDATE ON public.data_source FOR EACH ROW"
        " WHEN ((OLD.credit, OLD.licence, OLD.as_of, OLD.is_sample)"
        " IS DISTINCT FROM (NEW.credit, NEW.licence, NEW.as_of, NEW.is_sample))"
        " EXECUTE FUNCTION ogc.refresh_source()"
    )
    op.execute(CLUSTERS)
    for event, rows, weight in (("INSERT", "NEW", 1), ("DELETE", "OLD", -1)):
        op.execute(
            f"CREATE TRIGGER count_assets_{event.lower()} AFTER {event} ON ogc.assets REFERENCING {rows} TABLE AS changed"
            f" FOR EACH STATEMENT EXECUTE FUNCTION ogc.count_assets('{weight}')"
        )
    op.execute(SMALL_VIEWS)
    op.execute(SOURCE_COUNTS)
    for table, collection in VERSIONED.items():
        _on_change("bump_data_version", table, f"ogc.bump_data_version('{collection}')")


def downgrade() -> None:
    op.execute("DROP TRIGGER refresh_source ON public.data_source")
    _drop_on_change("refresh_assets", "public.asset")
    for table in VERSIONED:
        _drop_on_change("bump_data_version", table)
    op.execute("DROP SCHEMA ogc CASCADE")
