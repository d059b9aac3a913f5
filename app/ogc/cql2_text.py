"""Reading CQL2 text: the package `cql2` knows the grammar, we keep it from what it cannot bear.

Its grammar tries every parenthesis twice, so that 20 of them in a faulty filter take seconds and 30 take hours, and its
recursion is as deep as the filter. Therefore each parenthesised expression is read by itself, innermost first, and
stands in the text round it as a name of one character; strings are set aside in the same way. The package then sees
short flat pieces, and a character keeps its place, so that an error can say where it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cql2

from app.ogc.cql2_terms import refusal, shortened

MAX_BRACKETS = 50  # parentheses open at once
MAX_OPERATORS = 400  # of the text: bounds the recursion of the package
MAX_WKT_BRACKETS = 4  # GEOMETRYCOLLECTION(MULTIPOLYGON(((
FIRST_MASK = 0x100000  # Supplementary Private Use Area-B

_TOKEN = re.compile(
    r"""
    (?P<string>   '(?:[^'\\]|\\.|'')*' )
  | (?P<name>     "(?:[^"]|"")*" )
  | (?P<geometry> (?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:ZM|Z|M)?\s*(?=\() | GEOMETRYCOLLECTION\s*(?=\() )
  | (?P<word>     [^\W\d][\w.:]* )
  | (?P<number>   \d+(?:\.\d*)?(?:E[+-]?\d+)? )
  | (?P<open>     \( )
  | (?P<close>    \) )
  | (?P<comma>    , )
  | (?P<space>    \s+ )
  | (?P<operator> [-+*/%^=<>] )
  | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_OPERATOR_WORDS = frozenset({"and", "or", "not", "between", "like", "is", "div", "in"})
ARRAY_FUNCTIONS = ("a_equals(", "a_contains(", "a_containedby(", "a_overlaps(")
_ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "'": "'"}
_ESCAPED = re.compile(r"''|\\([abtnvfr'])")


def parse_text(text: str) -> Any:
    """The filter as CQL2 JSON (OGC 21-065r2).

    Raises Problem (400) that says where the text cannot be understood.
    """
    return _Reading(text).tree()


@dataclass(slots=True)
class _Bracket:
    """An open parenthesis, or the whole text."""

    start: int  # of what it holds
    role: str  # whole, group (an array, if it has a comma), list, or the name of a function with `(`
    pieces: list[str] = field(default_factory=list)
    has_comma: bool = False
    holds_list: bool = False

    @property
    def is_list(self) -> bool:
        return self.role == "list" or (self.role == "group" and self.has_comma)


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self.masked: dict[str, Any] = {}
        self.brackets = [_Bracket(0, "whole")]
        self.before = ""  # what a bracket would belong to: `in`, a name followed by `(`, or another token
        self.after_operand = False  # so that an operator can follow
        self.operators = 0

    def tree(self) -> Any:
        for token in self._tokens():
            kind, word = token.lastgroup or "", token[0]
            self._count(kind, word, token.start())
            if kind == "open":
                self._open(token.start())
            elif kind == "close":
                self._close(token.start())
            else:
                self.brackets[-1].has_comma |= kind == "comma"
                self.brackets[-1].pieces.append(self._masked_string(word) if kind == "string" else word)
            if kind != "space":
                self._remember(kind, word.lower())
        if len(self.brackets) > 1:
            raise self._error(self.brackets[-1].start - 1, "この「(」が閉じていません", "This bracket is never closed")
        return self._parsed(self.brackets[0])

    def _tokens(self) -> Iterator[re.Match[str]]:
        position = 0
        while token := _TOKEN.match(self.text, position):
            if token.lastgroup == "geometry":
                position = self._skip_geometry(token.end())
                self.brackets[-1].pieces.append(self.text[token.start() : position])
                self._remember("close", ")")
            else:
                position = token.end()
                yield token

    def _remember(self, kind: str, word: str) -> None:
        is_operator = word in _OPERATOR_WORDS and (self.after_operand or word == "not")  # else a call: in(a, (1, 2))
        self.before = word if is_operator or kind not in ("name", "word") else f"{word}("
        if word != "not":
            self.after_operand = not is_operator and kind not in ("operator", "open", "comma")

    def _skip_geometry(self, start: int) -> int:
        """Where the coordinates end whose bracket opens at `start`."""
        depth = 0
        for position in range(start, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[position], 0)
            if depth == 0:
                return position + 1
            if depth > MAX_WKT_BRACKETS:
                raise self._error(position, "図形の括弧が多すぎます", "Too many brackets in a geometry")
        raise self._error(start, "この「(」が閉じていません", "This bracket is never closed")

    def _count(self, kind: str, word: str, position: int) -> None:
        if kind == "other":
            if word in "'\"":
                raise self._error(position, f"この「{word}」が閉じていません", "This quotation mark is never closed")
            if word > chr(FIRST_MASK - 1):
                raise self._error(position, "この文字は使えません", "This character cannot be used")
        self.operators += kind in ("operator", "open") or word.lower() in _OPERATOR_WORDS
        if self.operators > MAX_OPERATORS:
            raise refusal(
                f"条件が多すぎます（演算子と括弧は {MAX_OPERATORS} 個まで）。条件を減らすか、IN で一つにまとめてください。",
                f"Too many operators and brackets (at most {MAX_OPERATORS}). Use fewer conditions, or one IN.",
            )

    def _open(self, position: int) -> None:
        if len(self.brackets) > MAX_BRACKETS:
            raise refusal(
                f"括弧の入れ子は {MAX_BRACKETS} 段までです。余分な括弧を外してください。",
                f"Brackets nest at most {MAX_BRACKETS} deep. Take away those that are not needed.",
            )
        is_array = self.before in ("(", ",") and self.brackets[-1].role in ARRAY_FUNCTIONS
        is_call = self.before.endswith("(") and self.before != "("
        role = self.before if is_call else "list" if is_array or self.before == "in" else "group"
        self.brackets.append(_Bracket(position + 1, role))

    def _close(self, position: int) -> None:
        closed = self.brackets.pop()
        if not self.brackets:
            raise self._error(position, "この「)」に対応する「(」がありません", "No bracket was opened for this one")
        outer = self.brackets[-1]
        if closed.role == "group" and not closed.has_comma:
            outer.pieces.append(self._mask(self._parsed(closed), '"', position + 2 - closed.start))
            return
        if closed.is_list and closed.holds_list:
            raise self._error(closed.start - 1, "一覧の中に一覧は書けません", "A list cannot stand in a list")
        outer.holds_list |= closed.is_list or closed.holds_list
        outer.pieces.append(f"({''.join(closed.pieces)})")

    def _masked_string(self, literal: str) -> str:
        if literal == "''":
            return literal
        value = _ESCAPED.sub(lambda found: _ESCAPES[found[1] or "'"], literal[1:-1])
        return self._mask(value, "'", len(literal))

    def _mask(self, value: Any, quote: str, width: int) -> str:
        mask = chr(FIRST_MASK + len(self.masked))
        self.masked[mask] = value
        return f"{quote}{mask}{quote}".ljust(width)

    def _parsed(self, bracket: _Bracket) -> Any:
        piece = "".join(bracket.pieces)
        try:
            tree = cql2.parse_text(piece).to_json()
        except cql2.ParseError as error:
            raise self._error(
                bracket.start + _place(str(error), piece), "ここを読めません", "Cannot read this"
            ) from None
        return self._unmasked(tree)

    def _unmasked(self, tree: Any) -> Any:
        root = [tree]
        pending: list[Any] = [root]
        while pending:
            container = pending.pop()
            for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
                name = value.get("property") if isinstance(value, dict) else value
                if isinstance(name, str) and name in self.masked:
                    container[key] = self.masked[name]
                elif isinstance(value, dict | list):
                    pending.append(value)
        return root[0]

    def _error(self, position: int, ja: str, en: str) -> Exception:
        rest = shortened(self.text[position:].strip() or "", 20)
        shown_ja, shown_en = (f"「{rest}」", repr(rest)) if rest else ("末尾", "the end")
        return refusal(
            f"{position + 1} 文字目: {ja}: {shown_ja}。文字列は '…'、記号は半角で書きます（例 {EXAMPLE}）。",
            f"Character {position + 1}: {en}: {shown_en}. Strings take single quotes (example: {EXAMPLE}).",
            position=position + 1,
        )


EXAMPLE = "asset_kind = 'building' AND height_m >= 20"


def _place(message: str, piece: str) -> int:
    """Index in the piece that the package's `--> line:column` means."""
    found = re.search(r"--> (\d+):(\d+)", message)
    if found is None:
        return 0
    lines = piece.split("\n")
    return sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
