"""A log's cells as typed columns, by one SQL statement: numbers, moments, words, and which cells were no numbers.

Nothing is decided here by what other rows hold, so a row is read alike wherever it stands.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from app.surveys.fields import MISSING, NUMBERS
from app.surveys.recipes import Column

VALUE, CELL = "\x1e", "\x1f"  # between a field's name and its text, and between cells, in `texts`
# Bits of `unread`, and, in the same order, of `commas` and of the values out of range.
BITS = {one.name: 1 << place for place, one in enumerate(NUMBERS)}
_FLAGS = ("in_vehicle", "external_antenna", "neighbour", "serving")
_TEXTS = ("carrier", "mcc", "mnc", "device", "technology", "band")
_KEPT = ("device", "technology", "band")
_TRUE = ("1", "true", "t", "yes", "y", "on", "はい", "有", "有り", "あり", "○", "〇", "◯", "車内", "車載", "外部")
_FALSE = ("0", "false", "f", "no", "n", "off", "いいえ", "無", "無し", "なし", "×", "車外", "内蔵", "0.0")
_WIDE, _NARROW = "０１２３４５６７８９．－＋，−", "0123456789.-+,-"
_UNAVAILABLE = 2147483647  # what Android writes where it knows no value; no field holds as much
# Times without a zone; a date that begins with a day or month is not among them, as nothing tells which it is.
_FORMATS = (
    "%Y.%m.%d_%H.%M.%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H時%M分%S秒", "%Y年%m月%d日%H時%M分%S秒", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H時%M分",
    "%Y%m%d %H%M%S", "%Y%m%d_%H%M%S", "%Y%m%d%H%M%S", "%Y.%m.%d_%H.%M.%S.%f",
)  # fmt: skip


def quoted(words: str) -> str:
    """A text as an SQL literal."""
    return "'" + words.replace("'", "''").replace("\x00", "") + "'"


def listed(words: Iterable[str]) -> str:
    """Texts as the inside of an SQL list."""
    return ", ".join(map(quoted, words))


def typed_sql(source: str, columns: Sequence[Column], first_row: str) -> str:
    """`SELECT` of the typed rows of a relation whose columns are c0, c1, …; `first_row`: an expression for the row.

    Columns: n (row of the file) where `first_row` is given, moment, at_text, is_utc, lat, lon, each number, text and flag
    of the dictionary, unread and commas (bits of `BITS`), texts (what stood in those cells), marked (bits of cells that say `-`).
    """
    places = {column.field: f"c{column.place}" for column in columns}
    factors = {column.field: column.factor for column in columns}
    numbers = [one.name for one in NUMBERS if one.name in places]
    inner = [f"{_cast(places[name])} AS v_{name}" for name in numbers]
    inner += [f"{places[name]} AS w_{name}, coalesce({places[name]} = '-', true) AS m_{name}" for name in numbers]
    inner += [f"{_text(places[name])} AS {name}" if name in places else f"NULL::VARCHAR AS {name}" for name in _TEXTS]
    inner += [f"{_flag(places[name])} AS {name}" if name in places else f"NULL::BOOLEAN AS {name}" for name in _FLAGS]
    inner.append(f"{_zone_in_digits()} AS at_text")
    middle = [f"{_at()} AS moment", *(f"{_number(name)} AS {name}" for name in numbers)]
    odd = " OR ".join(map(_is_odd, numbers)) or "false"
    outer = [f"({name}{_times(factors[name])})::{_type(name)} AS {name}" for name in numbers]
    outer += [f"NULL::{_type(one.name)} AS {one.name}" for one in NUMBERS if one.name not in places]
    marked = (
        " + ".join(f"CASE WHEN m_{name} AND w_{name} IS NOT NULL THEN {BITS[name]} ELSE 0 END" for name in numbers)
        or "0"
    )
    row = f"{first_row} AS n, " if first_row else ""
    kept = ", n" if first_row else ""
    # What is looked at more than once is a column of a SELECT further in: DuckDB computes an expression wherever it stands.
    cells = f"SELECT {row}{', '.join(inner)} FROM (SELECT *, {_words_of_moment(places)} AS at_words FROM {source})"
    return (
        f"SELECT {', '.join(outer)}, {_carrier()} AS carrier, {', '.join((*_KEPT, *_FLAGS))}, moment, {_is_utc()} AS is_utc,"
        f" CASE WHEN moment IS NULL THEN left(at_text, 40) END AS at_text, {_bits(numbers, _is_unread)} AS unread,"
        f" {_bits(numbers, _is_mended)} AS commas, {_cells(numbers)} AS texts, {marked} AS marked{kept}"
        f" FROM (SELECT *, {odd} AS is_odd FROM (SELECT *, {', '.join(middle)} FROM"
        f" (SELECT *, {_ZONED} AS is_zoned FROM ({cells}))))"
    )


def _times(factor: float) -> str:
    return "" if factor == 1 else f" * {factor!r}"


def _type(name: str) -> str:
    return "DOUBLE" if name in ("lat", "lon") else "REAL"


def _missing(cell: str) -> str:
    return f"lower(trim({cell})) IN ({listed(MISSING)})"


def _text(cell: str) -> str:
    blank = listed(word for word in MISSING if word not in ("none", "なし", "無し"))
    # PostgreSQL holds no NUL: a damaged card writes runs of them.
    return f"CASE WHEN lower(trim({cell})) NOT IN ({blank}) THEN left(replace(trim({cell}), chr(0), ''), 80) END"


def _carrier() -> str:
    """The name of the carrier, or its network's code where it is in two columns."""
    codes = "TRY_CAST(TRY_CAST(mcc AS DOUBLE) AS INTEGER) || '-' || lpad(mnc, greatest(2, length(mnc))::INTEGER, '0')"
    return f"coalesce(carrier, {codes})"


def _flag(cell: str) -> str:
    word = f"lower(trim({cell}))"
    return f"CASE WHEN {word} IN ({listed(_TRUE)}) THEN true WHEN {word} IN ({listed(_FALSE)}) THEN false END"


def _cast(cell: str) -> str:
    """The plain number of a cell; the usual mark of nothing is set aside first, as a cast that fails is slow."""
    return f"TRY_CAST(CASE WHEN {cell} <> '-' THEN {cell} END AS DOUBLE)"


def _number(name: str) -> str:
    """The finite number of a cell; wide digits and a comma for the point are read where a plain reading fails.

    A comma before exactly three digits of a bit rate may as well group thousands: that is not read at all.
    """
    words = f"translate(trim(w_{name}), {quoted(_WIDE)}, {quoted(_NARROW)})"
    comma = r"[-+]?\d+,(\d{1,2}|\d{4,})" if name.endswith("_mbps") else r"[-+]?\d+,\d+"
    return (
        f"CASE WHEN abs(v_{name}) < {_UNAVAILABLE} THEN v_{name} WHEN m_{name} OR v_{name} IS NOT NULL THEN NULL"
        f" WHEN {_missing(f'w_{name}')} THEN NULL"
        f" WHEN regexp_full_match({words}, {quoted(comma)}) THEN TRY_CAST(replace({words}, ',', '.') AS DOUBLE)"
        f" ELSE TRY_CAST({words} AS DOUBLE) END"
    )


def _is_unread(name: str) -> str:
    return f"{name} IS NULL AND w_{name} IS NOT NULL AND NOT {_missing(f'w_{name}')}"


def _is_mended(name: str) -> str:
    return f"{name} IS NOT NULL AND v_{name} IS NULL"


def _is_odd(name: str) -> str:
    """Whether a cell may be one of the bits: quick to say, as it is asked of every cell."""
    return f"(NOT m_{name} AND (v_{name} IS NULL OR {name} IS NULL))"


def _bits(numbers: Sequence[str], test: Callable[[str], str]) -> str:
    """The bits of the numbers a test holds for; it is put only to rows that have an odd cell."""
    bits = " + ".join(f"CASE WHEN {test(name)} THEN {BITS[name]} ELSE 0 END" for name in numbers)
    return f"CASE WHEN is_odd THEN {bits} ELSE 0 END" if bits else "0"


def _cells(numbers: Sequence[str]) -> str:
    """The texts of cells that were no plain numbers, with their fields' names."""
    if not numbers:
        return "NULL::VARCHAR"
    parts = ", ".join(
        f"CASE WHEN ({_is_unread(name)}) OR ({_is_mended(name)}) THEN {quoted(name + VALUE)} || left(w_{name}, 40) END"
        for name in numbers
    )
    return f"CASE WHEN is_odd THEN nullif(concat_ws({quoted(CELL)}, {parts}), '') END"


def _words_of_moment(places: Mapping[str, str]) -> str:
    if "at" in places:
        # A date's mark is the quickest sign that something was written.
        return (
            f"CASE WHEN {places['at']}[5] IN ('-', '/') OR NOT {_missing(places['at'])} THEN trim({places['at']}) END"
        )
    if "date" in places and "time" in places:
        day, clock = places["date"], places["time"]
        bare = f"regexp_replace(trim({day}), '[ T]00:00(:00)?$', '')"  # a workbook's date is a midnight
        return f"CASE WHEN NOT {_missing(day)} AND NOT {_missing(clock)} THEN {bare} || ' ' || trim({clock}) END"
    if alone := places.get("date") or places.get("time"):  # either may hold the whole moment
        return f"CASE WHEN NOT {_missing(alone)} THEN trim({alone}) END"
    return "NULL::VARCHAR"


def _zone_in_digits() -> str:
    zoned = "regexp_replace(regexp_replace(at_words, '\\s*(UTC|GMT)$', 'Z'), '\\s*JST$', '+09:00')"
    return f"CASE WHEN suffix(at_words, 'C') OR suffix(at_words, 'T') THEN {zoned} ELSE at_words END"


_ZONED = (
    "coalesce(at_text[-1] IN ('Z', 'z') OR at_text[-6] IN ('+', '-')"
    " OR (at_text[-5] IN ('+', '-') AND length(at_text) > 16) OR (at_text[-3] IN ('+', '-') AND length(at_text) > 13),"
    " false)"
)
# Counted from 1970: digits where a written date would have its first mark.
_SECONDS = "CASE WHEN at_text[5] BETWEEN '0' AND '9' THEN TRY_CAST(at_text AS DOUBLE) END"


def _at() -> str:
    """The moment as written (of UTC where the text names its zone, or counts seconds of 1970).

    A date alone is no moment, and neither is what names a zone by letters other than Z, UTC, GMT and JST.
    """
    return (
        "coalesce(CASE WHEN at_text[5] = '-' AND length(at_text) > 10 AND at_text[-1] NOT BETWEEN 'A' AND 'Y'"
        " THEN CASE WHEN is_zoned THEN TRY_CAST(at_text AS TIMESTAMPTZ)::TIMESTAMP"
        " ELSE TRY_CAST(at_text AS TIMESTAMP) END END,"
        f" CASE WHEN at_text[1] BETWEEN '0' AND '9' THEN try_strptime(at_text, [{listed(_FORMATS)}]) END,"
        f" CASE WHEN {_SECONDS} BETWEEN 1e9 AND 4e9 THEN make_timestamp(({_SECONDS} * 1e6)::BIGINT)"
        f" WHEN {_SECONDS} BETWEEN 1e12 AND 4e12 THEN make_timestamp(({_SECONDS} * 1e3)::BIGINT) END)"
    )


def _is_utc() -> str:
    return f"is_zoned OR coalesce({_SECONDS} BETWEEN 1e9 AND 4e12, false)"
