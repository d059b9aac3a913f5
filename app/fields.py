"""Fields: the one description of an attribute that queries, schemas, pages and imports share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Type = Literal["string", "integer", "number", "boolean", "date", "date-time", "string[]"]


class Disclosure(StrEnum):
    """Who may read a field: anybody, signed-in carriers, or the owner's staff and the window."""

    PUBLIC = "public"
    CARRIER = "carrier"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a feature.

    `unit` is a UCUM code (`m`, `m2`, `kV.A`); `values` maps each allowed code to its Japanese and English label.
    """

    name: str
    type: Type
    ja: str
    en: str
    unit: str | None = None
    values: dict[str, tuple[str, str]] | None = None
    disclosure: Disclosure = Disclosure.PUBLIC
    note: str | None = None

    def label(self, language: str) -> str:
        """The field's name for people in `ja` or `en`."""
        return self.ja if language == "ja" else self.en
