"""A piece of SQL with the values bound into it: what readers of `/ogc` put their one statement together from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text with a `%s` for each of `values`, in order; a literal percent sign is written `%%`."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(self.text + other.text, self.values + other.values)


def quoted(identifier: str) -> str:
    """An identifier as PostgreSQL reads it whatever its letters."""
    return '"' + identifier.replace('"', '""').replace("%", "%%") + '"'


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """Pieces one after another with `separator` between."""
    pieces = list(parts)
    return Sql(
        separator.join(piece.text for piece in pieces), tuple(value for piece in pieces for value in piece.values)
    )


def fill(template: str, *parts: Sql) -> Sql:
    """`template` with each `{}` replaced by a piece, values kept in order."""
    return Sql(template.format(*(part.text for part in parts)), tuple(value for part in parts for value in part.values))
