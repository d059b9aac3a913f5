"""Every carrier of a set together: where none serves (通信困難), where some do, and where that is only suspected.

covered: at least one serves. gap: all are gaps. unknown: nothing is known of any. uncertain: everything else; its reason
is `suspected` where none serves as far as known and at least one is a gap.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.profiles import Profile
from app.coverage.reasons import Reason

ALL = "all"
# Reasons of all together, and of half meshes.
TOGETHER_REASONS = {
    "every_carrier": Reason("covered", "すべての事業者がつながります", "Every carrier serves"),
    "some_carriers": Reason("covered", "一部の事業者がつながります", "Some carriers serve"),
    "no_carrier": Reason("gap", "どの事業者もつながりにくい区域です（通信困難）", "No carrier serves"),
    "suspected": Reason("uncertain", "分かっている限りどの事業者もつながりにくく、一部の事業者は分かっていません", "None serves as far as known; of some carriers too little is known"),
    "too_few": Reason("unknown", "どの事業者も測定が足りません", "Too little was measured of any carrier"),
    "uncertain": Reason("uncertain", "つながるともつながりにくいとも言い切れません", "Neither covered nor a gap can be said with confidence"),
    "half_mesh": Reason("covered", "4分の1地域メッシュの状態をまとめ、陸地の半分を超える状態としました", "The state of more than half of the land of its quarter meshes"),
}  # fmt: skip

CARRIERS = """
CREATE TEMP TABLE built_carrier (is_sample boolean NOT NULL, carrier text NOT NULL, in_set boolean NOT NULL) ON COMMIT DROP
"""
# Every cell for every carrier of its set: what nobody surveyed is unknown, never left out.
ROWS = """
CREATE TEMP TABLE built_row ON COMMIT DROP AS
SELECT c.is_sample, c.cell, k.carrier, k.in_set, coalesce(s.state, 'unknown') AS state, s.grade,
  coalesce(s.reason, 'not_surveyed') AS reason, NULL::smallint AS carriers_covered, NULL::smallint AS carriers_gap,
  coalesce(s.samples, 0) AS samples, coalesce(s.segments, 0) AS segments, coalesce(s.passes, 0) AS passes,
  coalesce(s.days, 0) AS days, s.mean_dbm, s.sd_db, s.lower_dbm, s.upper_dbm, s.no_service_share,
  coalesce(s.observed_share, 0) AS observed_share, coalesce(s.road_m, 0) AS road_m, s.newest_on, s.oldest_on,
  coalesce(s.must_resurvey, false) AS must_resurvey, s.histogram, coalesce(s.is_public, c.is_public) AS is_public
FROM built_cell c JOIN built_carrier k USING (is_sample) LEFT JOIN built_state s USING (is_sample, carrier, cell)
WHERE k.in_set OR s.cell IS NOT NULL
"""
# Of all together: samples are added up, road and visits are those of the carrier with most (phones ride together),
# the share observed is the mean over carriers, none surveyed counting 0.
TOGETHER = """
INSERT INTO built_row
SELECT is_sample, cell, :all_carriers, false,
  CASE WHEN covered > 0 THEN 'covered' WHEN gap = n THEN 'gap' WHEN unknown = n THEN 'unknown' ELSE 'uncertain' END,
  CASE best WHEN 4 THEN 'good' WHEN 3 THEN 'usable' WHEN 2 THEN 'weak' WHEN 1 THEN 'none' END,
  CASE WHEN covered = n THEN 'every_carrier' WHEN covered > 0 THEN 'some_carriers' WHEN gap = n THEN 'no_carrier'
    WHEN gap > 0 THEN 'suspected' WHEN samples = 0 THEN 'not_surveyed' WHEN unknown = n THEN 'too_few'
    ELSE 'uncertain' END,
  covered, gap, samples, segments, passes, days, NULL, NULL, NULL, NULL, no_service_share, observed_share, road_m, newest_on,
  oldest_on, must_resurvey, NULL, true
FROM (
  SELECT is_sample, cell, count(*) AS n, count(*) FILTER (WHERE state = 'covered') AS covered,
    count(*) FILTER (WHERE state = 'gap') AS gap, count(*) FILTER (WHERE state = 'unknown') AS unknown,
    max(array_position(ARRAY['none', 'weak', 'usable', 'good'], grade)) AS best, sum(samples) AS samples,
    max(segments) AS segments, max(passes) AS passes, max(days) AS days,
    sum(no_service_share * samples) / nullif(sum(samples) FILTER (WHERE no_service_share IS NOT NULL), 0)
      AS no_service_share,
    avg(observed_share) AS observed_share, max(road_m) AS road_m, max(newest_on) AS newest_on, min(oldest_on) AS oldest_on,
    bool_or(must_resurvey) AS must_resurvey
  FROM built_row WHERE in_set GROUP BY is_sample, cell
) counted
"""


def combine(session: Session, profile: Profile) -> None:
    """`built_row`: every cell of `built_cell` for every carrier, and for all of its set together."""
    session.execute(text(CARRIERS))
    wanted = [
        {"is_sample": carrier.startswith("sample-"), "carrier": carrier}
        for carriers in profile.carrier_sets
        for carrier in carriers
    ]
    session.execute(text("INSERT INTO built_carrier VALUES (:is_sample, :carrier, true)"), wanted)
    # A carrier of no set is shown for itself, and says nothing about all.
    session.execute(
        text(
            "INSERT INTO built_carrier SELECT DISTINCT is_sample, carrier, false FROM built_state"
            " EXCEPT SELECT is_sample, carrier, false FROM built_carrier"
        )
    )
    session.execute(text(ROWS))
    session.execute(text(TOGETHER), {"all_carriers": ALL})
    session.execute(text("ANALYZE built_row (is_sample, carrier, cell, state)"))
