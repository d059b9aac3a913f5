"""The marks charts are made of, as escaped SVG: text, lines, rectangles, dots, and the drawing round them."""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

WIDTH = 360  # units of the drawing
FONT = 14
LINE = 18  # from one line of text to the next
GAP = 6

Number = int | float | Decimal


def chart(kind: str, chart_id: str, title: str, description: str, height: float, marks: Sequence[Markup]) -> Markup:
    """The drawing: an image to assistive technology, named by its title and explained by its description."""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-{kind}" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{id}-title {id}-desc" font-size="{font}">'
        '<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>{marks}</svg>'
    ).format(
        kind=kind, width=WIDTH, height=_number(height), id=chart_id, font=FONT, title=title, description=description,
        marks=Markup("").join(marks),
    )  # fmt: skip


def text(x: float, y: float, said: str, kind: str, anchor: str = "start") -> Markup:
    """A line of text whose baseline begins, ends or is centred at x, y."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        kind, _number(x), _number(y), anchor, said
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, *map(_number, (x1, y1, x2, y2)))


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A rectangle by its upper left corner."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, *map(_number, (x, y, max(width, 0), max(height, 0)))
    )


def mark(x: float, y: float, radius: float, kind: str) -> Markup:
    """A dot."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(kind, *map(_number, (x, y, radius)))


def shown(value: Number) -> str:
    """A number as people read it: thousands separated, one decimal at most."""
    rounded = round(float(value), 1)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,.1f}"


def text_width(said: str) -> float:
    """About how wide a text is in units: a Japanese character is as wide as its size, a Latin one a little over half."""
    return sum(FONT if unicodedata.east_asian_width(c) in "WFA" else FONT * 0.58 for c in said)


def fitted(said: str, width: float) -> str:
    """A text cut so that it fits, with an ellipsis where it was."""
    if text_width(said) <= width:
        return said
    while said and text_width(said) > width - FONT:
        said = said[:-1]
    return f"{said.rstrip()}…"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
