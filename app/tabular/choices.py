"""Cells to one of a field's choices, or to yes and no."""

import re
import unicodedata
from collections.abc import Mapping
from functools import partial

from app.fields import Field
from app.tabular import value_rules as rules
from app.tabular.characters import mend_text, narrow
from app.tabular.findings import Outcome, Rule
from app.tabular.numbers import Number, empty_word
from app.tabular.raw_cells import Convert, is_excel_error, written
from app.tabular.table import Cell
from app.tabular.targets import Target

_YES = (
    "有", "有り", "有る", "あり", "ある", "○", "◯", "〇", "●", "◎", "可", "可能", "済", "済み", "要", "必要", "該当", "対応", "対応済",
    "設置", "実施", "はい", "true", "yes", "y", "t", "on", "1", "レ", "✓", "✔", "☑", "■",
)  # fmt: skip
_NO = (
    "無", "無し", "無い", "なし", "ない", "×", "✕", "✖", "✗", "不可", "不可能", "未", "未済", "不要", "非該当", "非対応", "未対応", "未設置",
    "未実施", "いいえ", "false", "no", "n", "f", "off", "0", "x", "□", "☐",
)  # fmt: skip
_NOTE = re.compile(r"(.+?)\s*[(（\[【].*[)）\]】]\s*")
# What ledgers write behind a structure: 陸屋根3階建, 瓦葺平家建, 一部鉄骨造, -3.
_TAIL = re.compile(
    r"[・,、/\s\-]*(?:一部.*|地[上下].*|陸屋根.*|[ァ-ーぁ-んa-z一-龠]{0,14}(?:葺|ぶき|ふき).*|(?:スレート|瓦|かわら).*"
    r"|[0-9一二三四五六七八九十]+(?:階|f).*|平[家屋].*|[0-9]{1,2})"
)
_BETWEEN = re.compile("[・/+、,&＋]|及び|と")


def fold(text: str) -> str:
    """A word without differences of width, case and blanks, for looking it up among choices."""
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def boolean_converter(words: Mapping[str, str]) -> Convert:
    """What turns a cell into yes or no; `words` are a field's own, each with "true" or "false"."""
    return partial(_boolean, codes={fold(word): code == "true" for word, code in words.items()})


def _boolean(cell: Cell, codes: dict[str, bool]) -> Outcome:
    if isinstance(cell, bool):
        return Outcome(cell)
    folded = fold(written(cell)[:100])
    if folded in codes:
        return Outcome(codes[folded])
    if folded in _BOOLEANS:
        return Outcome(_BOOLEANS[folded])
    if (note := _NOTE.fullmatch(folded)) and note[1] in _BOOLEANS:
        return Outcome(_BOOLEANS[note[1]], rules.NOTE_IN_BRACKETS)
    return _unknown(folded, rules.NOT_YES_OR_NO)


_BOOLEANS = {fold(word): True for word in _YES} | {fold(word): False for word in _NO}


def _unknown(folded: str, otherwise: Rule) -> Outcome:
    """A word that is no choice: a mark for nothing, a spreadsheet's error, or wrong."""
    if is_excel_error(folded):
        return Outcome(None, rules.EXCEL_ERROR)
    return Outcome(*(empty_word(narrow(folded)) or Number(None, otherwise)))


def choice_converter(target: Target, field: Field) -> Convert:
    """What turns a cell into the code of a choice: by code, label in either language, or a word of the target."""
    codes = {fold(word): code for word, code in (target.codes or {}).items()}
    for code, (_, english) in (field.values or {}).items():
        codes |= {fold(english): code, fold(code): code}
    labels = {label: code for code, (label, _) in (field.values or {}).items()}
    codes |= {fold(label): code for label, code in labels.items()}
    own = labels | {code: code for code in field.values or {}}
    return partial(_choice, own=own, codes=codes, otherwise=choice_rule(field))


def _choice(cell: Cell, own: dict[str, str], codes: dict[str, str], otherwise: Rule) -> Outcome:
    text = written(cell).strip()[:200]
    if text in own:
        return Outcome(own[text])
    folded = fold(mend_text(text)[0])
    if folded in codes:
        return _coded(codes[folded], rules.CHOICE_WORD)
    if (note := _NOTE.fullmatch(folded)) and note[1] in codes:
        return _coded(codes[note[1]], rules.NOTE_IN_BRACKETS)
    if (main := _main_part(folded, codes)) is not None:
        return _coded(codes[main], rules.CHOICE_MAIN_PART)
    parts = _BETWEEN.split(folded)
    if len(parts) > 1 and all(part in codes for part in parts):
        return _coded(codes[parts[0]], rules.CHOICE_FIRST)
    return _unknown(folded, otherwise)


def _main_part(folded: str, codes: Mapping[str, str]) -> str | None:
    """The longest known word at the beginning, where only floors, roof or a part built otherwise follow."""
    known = (folded[:end] for end in range(len(folded) - 1, 0, -1) if folded[:end] in codes)
    return next((word for word in known if _TAIL.fullmatch(folded[len(word) :])), None)


def _coded(code: str, rule: Rule) -> Outcome:
    return Outcome(code, rule) if code else Outcome(None, rules.CHOICE_NOT_KEPT)


def choice_rule(field: Field) -> Rule:
    """The rule of a value that is none of a field's choices, which it lists."""
    ja = "・".join(f"「{label[0]}」" for label in (field.values or {}).values())
    en = ", ".join(label[1] for label in (field.values or {}).values())
    return rules.UNKNOWN_CHOICE._replace(
        id=f"{rules.UNKNOWN_CHOICE.id}-{field.name.replace('_', '-')}",
        repair_ja=f"{ja}のどれかを入力してください",
        repair_en=f"write one of: {en}",
    )
