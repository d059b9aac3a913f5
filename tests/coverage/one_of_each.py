"""One build with a cell, a gap, a driven road and a resident's report: for tests that ask every collection for something."""

import psycopg

CELL_ID, GAP_ID, ROAD_ID = "5339368134-all-tmg-4g-outdoor-1", "tmg-4g-outdoor-1-all-one", "road-one"
REPORT_ID, SURVEY_ID = "00000000-0000-4000-8000-000000000611", "00000000-0000-4000-8000-000000000612"
_BUILD_ID = "00000000-0000-4000-8000-000000000613"
_SQUARE = "ST_MakeEnvelope(139.765625, 35.65625000, 139.76875, 35.65833333, 4326)"

ONE_OF_EACH = f"""
INSERT INTO survey (survey_id, code, title, began_on, ended_on, method, state, is_sample, carriers_public, published_at) VALUES
  ('{SURVEY_ID}', 'one-of-each', '調査', '2026-04-01', '2026-04-30', 'drive', 'published', true, true, now());
INSERT INTO coverage_build (build_id, profile_id, profile, as_of, engine, rows_read, seconds, surveys) VALUES
  ('{_BUILD_ID}', 'tmg-4g-outdoor-1', '{{"title_ja": "4G・屋外", "title_en": "4G outdoors"}}', '2026-05-01', 'duckdb', 1, 1,
   ARRAY['{SURVEY_ID}']::uuid[]);
INSERT INTO coverage_cell (build_id, cell_id, level, mesh_code, municipality_code, carrier, technology, state, reason, samples,
  segments, passes, days, observed_share, road_m, is_sample, is_public, geom) VALUES
  ('{_BUILD_ID}', '{CELL_ID}', 'quarter', '5339368134', '13103', 'all', '4g', 'unknown', 'not_surveyed', 0, 0, 0, 0, 0, 0, true,
   true, {_SQUARE});
INSERT INTO coverage_gap (build_id, gap_id, kind, carrier, technology, cells, samples, segments, passes, area_km2, observed_share,
  road_km, is_sample, is_public, geom) VALUES
  ('{_BUILD_ID}', 'all-one', 'none', 'all', '4g', 1, 9, 5, 1, .06, .1, .2, true, true, ST_Multi({_SQUARE}));
INSERT INTO coverage_municipality (build_id, municipality_code, carrier, technology, is_sample, is_public, cells, area_km2, road_km,
  population) VALUES ('{_BUILD_ID}', '13103', 'all', '4g', true, true, '{{"unknown": 1}}', '{{"unknown": 0.06}}', '{{}}', '{{}}');
INSERT INTO survey_road (road_id, survey_id, carrier, technology, driven_on, samples, length_m, is_sample, is_public, geom) VALUES
  ('{ROAD_ID}', '{SURVEY_ID}', 'sample-a', '4g', '2026-04-02', 5, 100, true, true,
   ST_SetSRID(ST_MakeLine(ST_MakePoint(139.7681, 35.6573), ST_MakePoint(139.7691, 35.6573)), 4326));
INSERT INTO resident_report (report_id, experienced_on, part_of_day, trouble, place, is_sample, geom) VALUES
  ('{REPORT_ID}', '2026-04-02', 'day', 'slow', 'outdoors', true, ST_SetSRID(ST_MakePoint(139.7681, 35.6573), 4326))
"""


def add_one_of_each(url: str) -> None:
    """Put them into a migrated database."""
    with psycopg.connect(url) as connection:
        connection.execute(ONE_OF_EACH)
