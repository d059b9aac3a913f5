"""The words of a heading without what does not change their meaning, and the unit they name."""

import re
import unicodedata
from functools import lru_cache

from app.tabular.units import is_unit

_BRACKETS = re.compile(r"[(\[【<〈「『{〔]([^)\]】>〉」』}〕]*)[)\]】>〉」』}〕]?")
_BRACKET_MARKS = re.compile(r"[()\[\]【】<>〈〉「」『』{}〔〕]")
_CIRCLED = re.compile(r"^\s*[①-⑳㉑-㉟㊱-㊿⑴-⒇⒈-⒛]\s*")
_NUMBERING = re.compile(r"^(?:\(\d{1,3}\)|\d{1,3}(?:-\d{1,3})?(?:[).:、]\s*|\s+)|no\.?\d{1,3}\s+)(?=\D)")
_MARKS = re.compile(r"[\s*※★☆●○◎■□◆◇▼▽#:_\-−‐―・,、。./\\|\"'`〜~+=?!]+")
_UNIT_TAIL = re.compile(r"[/・:\s]\s*(\S+)$|(m2|kva|n/m2|㎡|坪)$")


def normalise_heading(text: str) -> str:
    """A heading without what does not change its meaning: width, case, blanks, numbering, marks, notes in brackets.

    One that is nothing but brackets keeps what stands in them.
    """
    full, outside, *_ = heading_forms(text)
    return outside or full


@lru_cache(maxsize=20_000)
def heading_forms(text: str) -> tuple[str, str, str]:
    """Three readings of a heading: with the words of its brackets, without them, and those of its lowest row alone.

    名称（カナ） → 名称カナ, 名称; 建物 延床面積 → 建物延床面積 …, 延床面積.
    """
    folded = unicodedata.normalize("NFKC", _CIRCLED.sub("", text[:200])).casefold().strip(" *※★☆●○◎■□◆◇#")
    folded = _NUMBERING.sub("", folded)
    outside = _BRACKETS.sub("", folded)
    last = outside.split()[-1] if outside.split() else ""
    return _bare(_BRACKET_MARKS.sub("", folded)), _bare(outside), _bare(last)


def _bare(folded: str) -> str:
    return _MARKS.sub("", folded)


@lru_cache(maxsize=20_000)
def heading_unit(text: str) -> str | None:
    """The unit a heading names in brackets or at its end: 面積（㎡） → m2, 高さ[m] → m, 面積 坪 → 坪; None if none."""
    folded = unicodedata.normalize("NFKC", text[:200])
    bracketed: list[str] = _BRACKETS.findall(folded)
    if inside := next((words.strip() for words in bracketed if is_unit(words)), None):
        return re.sub("^単位[:：]?", "", inside)
    tail = _UNIT_TAIL.search(folded.casefold())
    words: str | None = (tail[1] or tail[2]) if tail else None
    return words if words and is_unit(words) else None
