"""Typed rows judged: a view that gives each row its canonical values, its verdict, and which values it refused."""

from dataclasses import dataclass

from app.surveys.fields import BY_NAME, NUMBERS, RSRP_OF_3G, RSRQ_OF_3G
from app.surveys.judging import VERDICTS
from app.surveys.typed_rows import BITS, quoted

# Columns of a judged row as written; `survey_id` and `file_id` are the loader's.
ROW_COLUMNS = (
    "row_number", "at", "lon", "lat", "accuracy_m", "carrier", "device", "technology", "band", "rsrp_dbm", "rsrq_db",
    "sinr_db", "nr_rsrp_dbm", "nr_rsrq_db", "downlink_mbps", "uplink_mbps", "latency_ms", "speed_kmh", "in_vehicle",
    "external_antenna",
)  # fmt: skip
JAPAN = (20.0, 46.0, 122.0, 154.0)  # lowest and highest latitude, then longitude; 沖ノ鳥島 to 択捉, 与那国 to 南鳥島
_SIGNALS = ("rsrp_dbm", "rsrq_db", "sinr_db", "nr_rsrp_dbm", "nr_rsrq_db")
_OF_5G = ("nr_rsrp_dbm", "nr_rsrq_db")
_PLAIN = tuple(one.name for one in NUMBERS if one.name not in ("lat", "lon"))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for a whole log: settings, and what all its rows together show."""

    row: str  # SQL: the row of the file, of the table `typed` t
    offset: str  # SQL: what to take off a local moment for UTC
    unclear: str  # SQL: whether a local moment does not exist or exists twice
    latest: str  # no later moment is taken, ISO in UTC
    swapped: bool = False
    carrier: str | None = None
    device: str | None = None
    in_vehicle: bool | None = None
    says_technology: bool = True
    blank_is_no_service: bool = False
    speed_factor: float = 1.0


def inside(lat: str, lon: str) -> str:
    """Whether a position lies in Japan's box, as SQL."""
    south, north, west, east = JAPAN
    return f"({lat} BETWEEN {south} AND {north} AND {lon} BETWEEN {west} AND {east})"


def judged_sql(of: Circumstances) -> str:
    """The view over `typed`, `carrier_names`, `technology_names` and `device_carriers` (see `examining`).

    Columns: those of a judged row verdict (0: taken so far),
    outside (bits of values out of range), unserved (bits of signals where none can be), and what the notes count.
    """
    lat, lon = ("lon", "lat") if of.swapped else ("lat", "lon")
    device = f"coalesce(t.device, {_literal(of.device)})"
    named = f"""SELECT {of.row} AS row_number, t.* EXCLUDE (lat, lon, device, carrier, technology, speed_kmh),
      (t.speed_kmh * {of.speed_factor!r})::REAL AS speed_kmh, t.{lat} AS lat, t.{lon} AS lon,
      {device} AS device, t.carrier AS spelling, t.technology AS mode,
      coalesce(c.carrier_id, CASE WHEN t.carrier IS NULL THEN {_literal(of.carrier)} END,
               CASE WHEN t.carrier IS NULL THEN d.carrier_id END) AS carrier,
      t.carrier IS NULL AND {_literal(of.carrier)} IS NULL AND d.carrier_id IS NOT NULL AS carrier_filled,
      {_technology(of)} AS technology,
      CASE WHEN t.is_utc THEN t.moment ELSE t.moment - {of.offset} END AS utc,
      NOT t.is_utc AND ({of.unclear}) AS unclear
    FROM typed t LEFT JOIN carrier_names c ON c.spelling = t.carrier
    LEFT JOIN technology_names k ON k.spelling = t.technology
    LEFT JOIN device_carriers d ON d.device = coalesce({device}, '')"""
    values = ", ".join(
        f"CASE WHEN {_allowed(name)} AND NOT {_unserved(name)} THEN {name} END AS {name}" for name in _PLAIN
    )
    outside = " + ".join(
        f"CASE WHEN {name} IS NOT NULL AND NOT {_allowed(name)} THEN {BITS[name]} ELSE 0 END" for name in _PLAIN
    )
    unserved = " + ".join(
        f"CASE WHEN {name} IS NOT NULL AND {_unserved(name)} AND {_allowed(name)} THEN {BITS[name]} ELSE 0 END"
        for name in _SIGNALS
    )
    blank = _literal_flag(of.in_vehicle)
    return f"""SELECT row_number, utc, lon, lat, carrier, device, technology, band, {values},
      coalesce(in_vehicle, {blank}) AS in_vehicle, external_antenna, {_verdict(of)} AS verdict,
      {outside} AS outside, {unserved} AS unserved, unread, commas, carrier_filled, spelling, mode, at_text,
      NOT is_utc AND moment IS NOT NULL AS is_local,
      mode IS NULL AND technology = 'none' AS is_blank_none
    FROM ({named})"""


def row_sql() -> str:
    """The canonical columns of a judged row; values a 5G SA phone gave in the other column are put in both."""
    both = {
        "rsrp_dbm": "CASE WHEN technology = '5g_sa' THEN coalesce(rsrp_dbm, nr_rsrp_dbm) ELSE rsrp_dbm END",
        "rsrq_db": "CASE WHEN technology = '5g_sa' THEN coalesce(rsrq_db, nr_rsrq_db) ELSE rsrq_db END",
        "nr_rsrp_dbm": "CASE WHEN technology = '5g_sa' THEN coalesce(nr_rsrp_dbm, rsrp_dbm) ELSE nr_rsrp_dbm END",
        "nr_rsrq_db": "CASE WHEN technology = '5g_sa' THEN coalesce(nr_rsrq_db, rsrq_db) ELSE nr_rsrq_db END",
        "row_number": "row_number::INTEGER",
        "at": "utc AT TIME ZONE 'UTC'",
    }
    return ", ".join(f'{both.get(name, name)} AS "{name}"' for name in ROW_COLUMNS)


def _literal(words: str | None) -> str:
    return "NULL::VARCHAR" if words is None else quoted(words)


def _literal_flag(flag: bool | None) -> str:
    return "NULL::BOOLEAN" if flag is None else str(flag).lower()


def _technology(of: Circumstances) -> str:
    """By the word of the row; "5G" alone is NSA unless the row has a signal of 5G and none of 4G."""
    if not of.says_technology:
        return "CASE WHEN t.rsrp_dbm IS NOT NULL THEN '4g' WHEN t.nr_rsrp_dbm IS NOT NULL THEN '5g_sa' ELSE '' END"
    blank = "''"
    if of.blank_is_no_service:
        nothing = " AND ".join(f"t.{name} IS NULL" for name in _SIGNALS)
        blank = f"CASE WHEN {nothing} AND t.unread = 0 THEN 'none' ELSE '' END"
    return (
        f"CASE WHEN t.technology IS NULL OR k.technology = '' THEN {blank}"
        " WHEN k.technology = '5g' THEN"
        " CASE WHEN t.rsrp_dbm IS NULL AND t.nr_rsrp_dbm IS NOT NULL THEN '5g_sa' ELSE '5g_nsa' END"
        " ELSE k.technology END"
    )


def _allowed(name: str) -> str:
    one = BY_NAME[name]
    plain = f"{name} BETWEEN {one.low!r} AND {one.high!r}"
    bounds_of_5g = {"rsrp_dbm": "nr_rsrp_dbm", "rsrq_db": "nr_rsrq_db"}
    if name not in bounds_of_5g:
        return f"({plain})"
    nr, third = BY_NAME[bounds_of_5g[name]], RSRP_OF_3G if name == "rsrp_dbm" else RSRQ_OF_3G
    return (
        f"(CASE technology WHEN '5g_sa' THEN {name} BETWEEN {nr.low!r} AND {nr.high!r}"
        f" WHEN '3g' THEN {name} BETWEEN {third[0]!r} AND {third[1]!r} ELSE {plain} END)"
    )


def _unserved(name: str) -> str:
    """Whether the row's technology leaves no place for a signal."""
    if name not in _SIGNALS:
        return "false"
    return f"(coalesce(technology, '') IN ('none'{', ' + quoted('3g') if name in _OF_5G else ''}))"


def _verdict(of: Circumstances) -> str:
    tests = {
        "time-missing": "moment IS NULL AND at_text IS NULL",
        "time-unreadable": "moment IS NULL",
        "time-unclear": "unclear",
        "time-outside": f"utc < TIMESTAMP '2010-01-01' OR utc > TIMESTAMP {quoted(of.latest)}",
        "position-missing": "lat IS NULL OR lon IS NULL",
        "position-zero": "lat = 0 AND lon = 0",
        "position-outside": "abs(lat) > 90 OR abs(lon) > 180",
        "neighbour-cell": "neighbour OR NOT serving",
        "not-cellular": "technology = 'wifi'",
        "second-generation": "technology = '2g'",
        "technology-missing": "technology = ''",
        "technology-unknown": "technology IS NULL",
        "carrier-missing": "carrier IS NULL AND spelling IS NULL",
        "carrier-unknown": "carrier IS NULL",
    }
    return "CASE" + "".join(f" WHEN {test} THEN {VERDICTS[name]}" for name, test in tests.items()) + " ELSE 0 END"
