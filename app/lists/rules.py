"""Rules of judgement that need more than one cell, and how findings are grouped for people."""

from collections.abc import Sequence
from typing import Any

from app.tabular.findings import Finding, Level, Rule

ID_TAKEN = Rule(
    "id-taken", Level.ERROR,
    "この番号は、ほかの一覧のアセットで使われています", "this id belongs to another list",
    "一覧の中で一度も使っていない番号に変えてください", "give it a number no other list has used",
)  # fmt: skip
KNOWN_ELSEWHERE = Rule(
    "known-elsewhere", Level.WARNING,
    "30 m以内に同じ名称のものが、ほかの一覧にあります", "another list holds the same name within 30 m",
    "同じものなら、どちらの一覧に載せるか確かめてください", "if it is the same, decide which list it belongs to",
)  # fmt: skip
MISSING_VALUE = Rule(
    "missing-value", Level.ERROR,
    "空です。この列は必要です", "is empty, and is needed",
    "値を入力してください", "fill it in",
)  # fmt: skip
DUPLICATE_ID = Rule(
    "duplicate-id", Level.ERROR,
    "同じ番号の行が上にもあります", "the same number stands in a row above",
    "行ごとに違う番号にするか、重なった行を消してください", "give each row its own number, or delete the double",
)  # fmt: skip
DUPLICATE_ROW = Rule(
    "duplicate-row", Level.ERROR,
    "名称と所在地（または位置）が同じ行が上にもあります", "the same name and address (or place) stand in a row above",
    "別のものなら番号の列を加え、同じものならどちらかの行を消してください",
    "add a column of numbers if it is another thing, delete one row if it is the same",
)  # fmt: skip
NUMBER_MADE = Rule(
    "number-made", Level.WARNING,
    "番号がないので、名称と所在地から作りました", "has no number; one was made of name and address",
    "名称か所在地を変えると別のものと見なされます。番号の列を加えると安心です", "add a column of numbers: renaming would make it another",
)  # fmt: skip
FOREIGN_OWNER = Rule(
    "other-owner", Level.ERROR,
    "ほかの団体のコードです", "is another body's code",
    "自分の団体のコードに直すか、その行を消してください", "write your own code, or delete the row",
)  # fmt: skip
RULES = (ID_TAKEN, KNOWN_ELSEWHERE, MISSING_VALUE, DUPLICATE_ID, DUPLICATE_ROW, NUMBER_MADE, FOREIGN_OWNER)

GROUP_SAMPLES = 5


def group(rule: Rule, count: int, first: Sequence[Finding]) -> dict[str, Any]:
    """Findings of one rule as the page shows them: the words, how many, the first of them."""
    return {
        "rule": rule.id, "level": rule.level.value, "ja": rule.ja, "en": rule.en, "repair_ja": rule.repair_ja,
        "repair_en": rule.repair_en, "count": count, "first": [finding._asdict() for finding in first],
    }  # fmt: skip
