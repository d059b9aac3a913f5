"""What a column can mean: the fields a list can fill, and the words people write above them."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.fields import Field


@dataclass(frozen=True, slots=True)
class Target:
    """Something a column may be mapped to: a field of the register, or a part of it (latitude, prefecture, …).

    `headings` are the words written above such columns, surest first: `exact` ones of published standards, `usual`
    ones of ledgers and offices. `codes` maps written values to the field's own codes beyond the labels of `field.values`
    (to "": known, but without a code). `limits` are the smallest and largest usual value, in the field's unit.
    """

    name: str
    ja: str
    en: str
    field: Field | None = None
    exact: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    codes: Mapping[str, str] | None = None
    limits: tuple[float, float] | None = None
