"""Official papers of a case as PDF: PDF/A-2a and PDF/UA-1, in Japanese, the same facts always the same bytes.

The words are in templates/*.typ. Facts reach them as JSON strings, so nothing a person wrote is read as markup.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import typst
from pydantic import TypeAdapter

from app.applications.papers.facts import FACTS, PaperFacts, PaperKind
from app.problems import INTERNAL, Problem

TEMPLATES = Path(__file__).parent / "templates"
# In order of preference. IPAex lacks rarer kanji (𠮷), for which 〓 is printed then.
FAMILIES = ("Noto Serif CJK JP", "Noto Sans CJK JP", "IPAexMincho", "IPAexGothic")
FONT_PACKAGE = "fonts-noto-cjk"

_STANDARDS: "list[typst.PDFStandard]" = ["a-2a", "ua-1"]
_SUBSTITUTE = "〓"  # the printer's geta, for a character that is not to be had
_ROUNDS = 4  # of finding characters without a glyph; one finds all that the compiler has seen
_WITHOUT_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REIWA = date(2019, 5, 1)
_SPACES = {0x09: " ", 0xA0: " ", 0x202F: " "}  # a line may end at them
# Control characters, and those that turn the direction of writing and so could make a line read as another.
_UNWANTED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufe0e\ufe0f\ufeff\ufff9-\uffff]"
)


def render_paper(
    kind: PaperKind | str, facts: PaperFacts | Mapping[str, Any], fonts: typst.Fonts | None = None
) -> bytes:
    """The paper as PDF. A mapping is what `asdict(facts)` or its JSON holds (dates as YYYY-MM-DD, amounts as strings).

    A character no font has is printed as 〓 and named by its code point at the end of the paper.
    Raises: ValueError for facts that do not fit the kind; Problem(INTERNAL) where no Japanese font is installed.
    """
    known = fonts or installed_fonts()
    font = japanese_family(known)
    read = facts if not isinstance(facts, Mapping) else TypeAdapter(FACTS[PaperKind(kind)]).validate_python(facts)
    if type(read) is not FACTS[PaperKind(kind)]:
        raise ValueError(f"{type(read).__name__} is no {kind}")
    issued_at = datetime.combine(read.letter.issued_on, time(), UTC)  # so that the same facts give the same bytes
    return _compile(TEMPLATES / f"{PaperKind(kind)}.typ", _printed(asdict(read)), font, known, issued_at)


def render_template(template: Path, facts: Mapping[str, Any], issued_on: date) -> bytes:
    """Another template of this service as PDF, as papers are made; it reads `facts` as they do.

    Raises: Problem(INTERNAL) where no Japanese font is installed.
    """
    fonts = installed_fonts()
    issued_at = datetime.combine(issued_on, time(), UTC)
    return _compile(template, _printed(dict(facts)), japanese_family(fonts), fonts, issued_at)


def find_fonts() -> typst.Fonts:
    """The fonts of this machine; those the compiler brings along have no Japanese."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)


installed_fonts = cache(find_fonts)  # looked for once in a process: 0.1 s


def has_japanese_font(fonts: typst.Fonts) -> bool:
    """Whether papers can be set in one of them."""
    return not set(FAMILIES).isdisjoint(fonts.families())


def japanese_family(fonts: typst.Fonts) -> str:
    """The family papers are set in. Raises: Problem(INTERNAL) without one."""
    families = set(fonts.families())
    for family in FAMILIES:
        if family in families:
            return family
    raise Problem(
        INTERNAL,
        f"文書に使う日本語フォントがこの機械にないため、文書を作れません。管理者は {FONT_PACKAGE} を導入してください。",
        f"No Japanese font for papers is installed here, so no paper was made. Install the package {FONT_PACKAGE}.",
    )


def japanese_day(day: date) -> str:
    """令和8年（2026年）11月22日; days before 令和 by the Western year alone."""
    if day < _REIWA:
        return f"{day.year}年{day.month}月{day.day}日"
    year = day.year - 2018
    return f"令和{'元' if year == 1 else year}年（{day.year}年）{day.month}月{day.day}日"


def _printed(value: Any) -> Any:
    """A fact as its template prints it."""
    if isinstance(value, dict):
        return {name: _printed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printed(inner) for inner in value]
    if isinstance(value, date):
        return japanese_day(value)
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, str):
        return _UNWANTED.sub("", value.translate(_SPACES).replace("\r\n", "\n").replace("\r", "\n"))
    return value


def _compile(template: Path, facts: dict[str, Any], font: str, fonts: typst.Fonts, issued_at: datetime) -> bytes:
    written, replaced = orjson.dumps(facts).decode(), set[str]()
    for _ in range(_ROUNDS):
        listed = orjson.dumps([f"U+{ord(character):04X}" for character in sorted(replaced)]).decode()
        inputs = {"facts": f'{written[:-1]},"replaced":{listed}}}', "font": font}
        try:
            return typst.compile(
                template, root=template.parent, font_paths=fonts, ignore_system_fonts=True, sys_inputs=inputs,
                pdf_standards=_STANDARDS, timestamp=issued_at,
            )  # fmt: skip
        except typst.TypstError as error:
            missing = set(_without_glyph(error.diagnostic)) - {_SUBSTITUTE}
            if not missing:
                raise
            replaced |= missing
            written = "".join(_SUBSTITUTE if character in missing else character for character in written)
    raise ValueError(f"too many characters without a glyph: {sorted(replaced)}")


def _without_glyph(diagnostic: str) -> Iterator[str]:
    """The characters the compiler says no font has; it writes some of them as \\u{…}."""
    for words in _WITHOUT_GLYPH.findall(diagnostic):
        yield from _ESCAPED.sub(lambda found: chr(int(found[1], 16)), words)
