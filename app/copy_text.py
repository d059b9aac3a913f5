"""Rows as lines of PostgreSQL's COPY text, each with a hash of what it says; needs no database."""

from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any

import orjson

# COPY's text format: https://www.postgresql.org/docs/15/sql-copy.html
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})
_IN_ARRAY = str.maketrans({"\\": "\\\\", '"': '\\"'})


def copy_line(columns: Sequence[str], row: Mapping[str, Any]) -> bytes:
    """A row as a line of COPY text, ending in the hash of what it says."""
    cells = {name: _copy_text(value) for name, value in row.items() if value is not None and value != {}}
    cells.setdefault("extra", "{}")
    # A row that only moved to another line of its file says the same.
    said = "\t".join([f"{name}={cells[name]}" for name in columns if name in cells and name != "source_row"])
    line = "\t".join([cells.get(name, "\\N") for name in columns])
    return f"{line}\t{md5(said.encode(), usedforsecurity=False).hexdigest()}\n".encode()


def _copy_text(value: Any) -> str:
    if type(value) is str:
        # Nearly every text needs no escape, and is asked so in C.
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    if type(value) is float or type(value) is int:
        return str(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict):
        return json_text(value, option=orjson.OPT_SORT_KEYS).translate(_ESCAPES)
    if isinstance(value, list | tuple):
        items = ",".join(f'"{str(item).translate(_IN_ARRAY)}"' for item in value)
        return f"{{{items}}}".translate(_ESCAPES)
    return str(value).translate(_ESCAPES)


def json_text(value: Any, **how: Any) -> str:
    """JSON that jsonb takes: it has no NUL, which is shown as the character for one that is lost (U+FFFD)."""
    return orjson.dumps(value, default=str, **how).decode().replace("\\u0000", "\\ufffd")
