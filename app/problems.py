"""Problems: every error answer, as RFC 9457 `application/problem+json` with a Japanese title and a way out."""

from dataclasses import dataclass, field
from typing import Any

TYPE_BASE = "/problems/"  # each type is a page of this service, so that the link in an answer can be followed


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of problem: its stable name, HTTP status and title."""

    slug: str
    status: int
    ja: str
    en: str


BAD_PARAMETER = Kind("bad-parameter", 400, "問い合わせの値が正しくありません", "A query parameter is not valid")
UNKNOWN_PARAMETER = Kind("unknown-parameter", 400, "知らない問い合わせ項目です", "Unknown query parameter")
BAD_FILTER = Kind("bad-filter", 400, "絞り込み条件を読めません", "The filter cannot be understood")
UNAUTHENTICATED = Kind("unauthenticated", 401, "サインインが必要です", "Sign in first")
FORBIDDEN = Kind("forbidden", 403, "権限がありません", "Not permitted")
CONFLICT = Kind("conflict", 409, "今の状態ではできません", "Not possible in the present state")
STALE = Kind("stale", 412, "ほかの人が先に変更しました", "Somebody changed it first")
TOO_LARGE = Kind("too-large", 413, "大きすぎます", "Too large")
INVALID = Kind("invalid", 422, "入力に直すところがあります", "The input needs mending")
PRECONDITION_REQUIRED = Kind("precondition-required", 428, "If-Match が要ります", "If-Match is required")
TOO_MANY = Kind("too-many", 429, "回数が多すぎます", "Too many requests")
NOT_FOUND = Kind("not-found", 404, "見つかりません", "Not found")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "この操作はできません", "Method not allowed")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "この形式では出せません", "Not available in that format")
TOO_SLOW = Kind("too-slow", 503, "時間内に答えを作れません", "The answer took too long")
BUSY = Kind("busy", 503, "混み合っています", "The service is busy")
UNAVAILABLE = Kind("unavailable", 503, "データベースに接続できません", "The database cannot be reached")
INTERNAL = Kind("internal", 500, "内部の誤りです", "Internal error")

KINDS = {
    kind.slug: kind
    for kind in (
        BAD_PARAMETER, UNKNOWN_PARAMETER, BAD_FILTER, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE,
        UNAUTHENTICATED, FORBIDDEN, CONFLICT, STALE, TOO_LARGE, INVALID, PRECONDITION_REQUIRED, TOO_MANY,
        TOO_SLOW, BUSY, UNAVAILABLE, INTERNAL,
    )
}  # fmt: skip


@dataclass
class Problem(Exception):
    """Raise to answer with a problem; `ja` and `en` say what happened and what to do, `errors` point at the place."""

    kind: Kind
    ja: str
    en: str
    errors: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)  # further members of the answer, e.g. `available_actions`

    def body(self, language: str, trace_id: str) -> dict[str, Any]:
        """The RFC 9457 object."""
        content: dict[str, Any] = {
            "type": TYPE_BASE + self.kind.slug,
            "title": self.kind.ja if language == "ja" else self.kind.en,
            "status": self.kind.status,
            "detail": self.ja if language == "ja" else self.en,
            "trace_id": trace_id,
            **self.members,
        }
        if self.errors:
            content["errors"] = self.errors
        return content
