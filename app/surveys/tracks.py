"""Rows as tracks of a device and carrier: moments that stand twice, positions that jump, and what unit a speed is in.

A track is put in the order of its times, so the order of the file's rows does not matter.
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from app.surveys.judging import VERDICTS

JUMP_KMH = 300  # no survey drives faster; the fastest train of Japan runs at 320
JUMP_SLACK_M = 100.0  # two fixes of one place may lie that far apart, beyond what the phone says of its accuracy
OWN_TRACK_ROWS = 30  # a stretch of so many fixes is a track of its own, not noise
_M_PER_DEG_LAT, _M_PER_DEG_LON = 111_000.0, 111_320.0  # at 36° N within 0.1 %; of longitude at the equator
_COMPARED_M, _COMPARED_ROWS, _COMPARED_GAP_S = 500.0, 20, 30  # least track for judging the unit of a speed
_FACTOR_LOW, _FACTOR_HIGH = 0.8, 1.25


@dataclass(frozen=True, slots=True)
class Tracks:
    """What the tracks of a log show. `speed_ratio`: speeds said over speeds of the positions; None: too little driven."""

    speed_ratio: float | None
    separate: int

    @property
    def is_in_ms(self) -> bool:
        """Whether speeds said to be in km/h are in m/s."""
        return self._near(1 / 3.6)

    @property
    def is_in_kmh(self) -> bool:
        """Whether speeds said to be in m/s, and so multiplied by 3.6, were in km/h."""
        return self._near(3.6)

    def _near(self, factor: float) -> bool:
        return self.speed_ratio is not None and _FACTOR_LOW <= self.speed_ratio / factor <= _FACTOR_HIGH


def judge_tracks(connection: DuckDBPyConnection) -> Tracks:
    """Write the rows refused as duplicates or jumps into the table `doubtful` (row_number, verdict).

    Reads `judged`. Of rows of one moment the one with a signal and the best accuracy stays; what is left is told apart
    by the values themselves.
    """
    _make_tracks(connection, "utc")
    if _one(connection, "SELECT count(*) FROM track WHERE is_double"):
        _make_tracks(connection, f"utc, {_BEST_FIRST}")
    connection.execute(
        f"CREATE TABLE doubtful AS SELECT row_number, {VERDICTS['duplicate-time']} AS verdict FROM track WHERE is_double"
    )
    # A quarter of what a jump takes: where no step is so long, no two rows that stay are a jump apart.
    long = f"step_m > 0.25 * ({JUMP_SLACK_M} + {JUMP_KMH / 3.6} * greatest(step_s, 1))"
    separate = _refuse_jumps(connection) if _one(connection, f"SELECT count(*) FROM track WHERE {long}") else 0
    ratio = _speed_ratio(connection)
    connection.execute("DROP TABLE track")
    return Tracks(ratio, separate)


# Of rows of one moment. Asked for where there are such rows alone: to sort by it takes twice the time.
_BEST_FIRST = (
    "rsrp_dbm IS NULL, accuracy_m NULLS LAST, hash(lon, lat, technology, band, rsrp_dbm, rsrq_db, sinr_db, nr_rsrp_dbm,"
    " nr_rsrq_db, downlink_mbps, uplink_mbps, latency_ms, speed_kmh, in_vehicle, external_antenna)"
)


def _make_tracks(connection: DuckDBPyConnection, order: str) -> None:
    """The table `track`: rows with the step from the one before, and whether that was of the same moment."""
    connection.execute(
        f"""CREATE OR REPLACE TABLE track AS
        SELECT row_number, device, carrier, utc, lon, lat, coalesce(accuracy_m, 0) AS accuracy_m, speed_kmh,
          coalesce(utc = lag(utc) OVER one, false) AS is_double,
          coalesce({_distance("lon", "lat", "lag(lon) OVER one", "lag(lat) OVER one")}, 0) AS step_m,
          coalesce(epoch(utc) - epoch(lag(utc) OVER one), 0) AS step_s
        FROM judged WHERE verdict = 0
        WINDOW one AS (PARTITION BY device, carrier ORDER BY {order})"""
    )


def _refuse_jumps(connection: DuckDBPyConnection) -> int:
    """Cut tracks where a step is impossible; refuse short pieces between. Returns how many long ones are left so.

    A short piece is noise where the track goes on without it, or where it is no longer than its shortest neighbour.
    """
    apart = _impossible(
        "lon", "lat", "utc", "accuracy_m", "before.lon", "before.lat", "before.utc", "before.accuracy_m"
    )
    direct = _impossible(
        "next.lon", "next.lat", "next.utc", "next.accuracy_m",
        "before.lon_1", "before.lat_1", "before.utc_1", "before.accuracy_1",
    )  # fmt: skip
    connection.execute(
        f"""CREATE TABLE piece_of AS
        SELECT row_number, device, carrier, utc, lon, lat, accuracy_m,
          sum(coalesce({apart}, false)::INTEGER) OVER (PARTITION BY device, carrier ORDER BY utc) AS piece
        FROM (SELECT *, lag({{'lon': lon, 'lat': lat, 'utc': utc, 'accuracy_m': accuracy_m}})
                OVER (PARTITION BY device, carrier ORDER BY utc) AS before FROM track WHERE NOT is_double)"""
    )
    connection.execute(
        f"""CREATE TABLE piece AS
        SELECT device, carrier, piece, n < {OWN_TRACK_ROWS} AND n_all > n
            AND (coalesce(NOT {direct}, false) OR n <= least(before.n, next.n)) AS is_noise, n_all > n AS is_cut
        FROM (SELECT *, lag(this) OVER one AS before, lead(this) OVER one AS next,
                     sum(n) OVER (PARTITION BY device, carrier) AS n_all
              FROM (SELECT device, carrier, piece, count(*) AS n,
                      {{'n': count(*), 'lon': arg_min(lon, utc), 'lat': arg_min(lat, utc), 'utc': min(utc),
                       'accuracy_m': arg_min(accuracy_m, utc), 'lon_1': arg_max(lon, utc), 'lat_1': arg_max(lat, utc),
                       'utc_1': max(utc), 'accuracy_1': arg_max(accuracy_m, utc)}} AS this
                    FROM piece_of GROUP BY device, carrier, piece)
              WINDOW one AS (PARTITION BY device, carrier ORDER BY piece))"""
    )
    connection.execute(
        f"""INSERT INTO doubtful SELECT row_number, {VERDICTS["position-jump"]} FROM piece_of JOIN piece
        ON piece_of.piece = piece.piece AND piece_of.device IS NOT DISTINCT FROM piece.device
          AND piece_of.carrier = piece.carrier WHERE is_noise"""
    )
    separate = _one(
        connection,
        """SELECT coalesce(sum(greatest(pieces - 1, 0)), 0) FROM (
        SELECT count(*) FILTER (NOT is_noise AND is_cut) AS pieces, count(*) FILTER (is_noise) AS noise FROM piece
        GROUP BY device, carrier) WHERE pieces > 1 AND noise = 0""",
    )
    connection.execute("DROP TABLE piece_of; DROP TABLE piece")
    return int(separate or 0)


def _speed_ratio(connection: DuckDBPyConnection) -> float | None:
    """Way by the speeds over way by the positions, over steps of at most half a minute and no jump among them."""
    found = connection.execute(
        f"""SELECT sum(speed_kmh / 3.6 * step_s), sum(step_m), count(*) FROM track
        WHERE step_s > 0 AND step_s <= {_COMPARED_GAP_S} AND speed_kmh IS NOT NULL AND speed_kmh > 0
          AND step_m < {JUMP_KMH / 3.6} * step_s AND NOT is_double"""
    ).fetchone()
    said, driven, rows = found or (None, None, 0)
    return said / driven if rows >= _COMPARED_ROWS and driven and driven >= _COMPARED_M else None


def _distance(lon: str, lat: str, lon_0: str, lat_0: str) -> str:
    """Metres between two positions on a plane touching the earth: within 1 % over the steps of a drive."""
    across = f"least(abs(({lon}) - ({lon_0})), 360 - abs(({lon}) - ({lon_0}))) * {_M_PER_DEG_LON} * cos(radians({lat}))"
    return f"sqrt(pow((({lat}) - ({lat_0})) * {_M_PER_DEG_LAT}, 2) + pow({across}, 2))"


def _impossible(
    lon: str, lat: str, utc: str, accuracy: str, lon_0: str, lat_0: str, utc_0: str, accuracy_0: str
) -> str:
    seconds = f"greatest(epoch({utc}) - epoch({utc_0}), 1)"
    reach = f"{JUMP_SLACK_M} + least({accuracy} + {accuracy_0}, 2000) + {JUMP_KMH / 3.6} * {seconds}"
    return f"({_distance(lon, lat, lon_0, lat_0)} > {reach})"


def _one(connection: DuckDBPyConnection, sql: str) -> float:
    found = connection.execute(sql).fetchone()
    return found[0] if found else 0
