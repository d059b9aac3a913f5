"""Characters as offices write them: invisible ones removed, full-width digits and half-width kana set right."""

import re

import jaconv

from app.tabular import value_rules as rules
from app.tabular.findings import Rule

_HYPHENS = "‐‑‒–—―−－ー─━"
_TO_ASCII = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_TO_ASCII |= {ord(hyphen): ord("-") for hyphen in _HYPHENS} | {ord("￥"): ord("\\"), ord("〜"): ord("~")}

# C0 and C1 controls but for tab and line ends, lone surrogates, and noncharacters: no database or XML file takes them.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Overrides and isolates that make "gpj.exe" read as "exe.jpg" (UAX #9).
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Variation selectors are not among them: they choose the form of a kanji in a name.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_LINE_ENDS = re.compile("[\r\n\x0b\x0c\x85\u2028\u2029\t]+")
_GAIJI = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_PLAIN = re.compile("[\\x20-\\x7e\u3001-\ud7ff\uff01-\uffef]*")  # nothing here needs a second look
_HALF_KANA = re.compile("[\uff61-\uff9f]")

_REMOVALS = (
    (_CONTROLS, rules.CONTROL_CHARACTERS),
    (_DIRECTIONS, rules.DIRECTION_CHARACTERS),
    (_INVISIBLE, rules.INVISIBLE_CHARACTERS),
)


def mend_text(text: str) -> tuple[str, Rule | None]:
    """Text without what cannot be seen or stored; what can be seen (髙, ①, ㈱, full-width letters) is left alone.

    Blanks at both ends go without a word; the rule names the gravest thing removed.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return text, None
    found: Rule | None = None
    for pattern, rule in _REMOVALS:
        mended = pattern.sub("", text)
        if mended != text:
            text, found = mended.strip(), found or rule
    lines = _LINE_ENDS.split(text)
    if len(lines) > 1:
        text, found = " ".join(line for part in lines if (line := part.strip())), found or rules.LINE_BREAK
    if "\ufffd" in text:
        found = rules.BROKEN_CHARACTERS
    elif _GAIJI.search(text):
        found = rules.GAIJI
    return text, found


def narrow(text: str) -> str:
    """Full-width letters, digits, marks and every kind of hyphen as ASCII: for numbers, codes, telephones, addresses on the web."""
    return text.translate(_TO_ASCII) if not text.isascii() else text


def widen_kana(text: str) -> str:
    """Half-width katakana as full-width, with voicing marks joined: ﾄｼｮｶﾝ → トショカン, ｶﾞ → ガ."""
    return str(jaconv.h2z(text)) if _HALF_KANA.search(text) else text
