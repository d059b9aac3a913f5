"""One request to `/ogc`, read and checked against what its operation declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.ogc.collections import Collection
from app.ogc.negotiation import LANGUAGES, Format
from app.ogc.reader import Reader
from app.problems import BAD_PARAMETER, NOT_FOUND, UNKNOWN_PARAMETER, Problem


@dataclass(frozen=True, slots=True)
class Publication:
    """What this process publishes, and through what it reads."""

    collections: Mapping[str, Collection]
    reader: Reader
    build: str  # changes with the code and the declarations, so that ETags do
    api: dict[str, Any] = field(default_factory=dict)  # the API's description by language, OpenAPI 3.0
    is_private: bool = False  # made for one actor: no shared cache may keep its answers

    def collection(self, collection_id: str) -> Collection:
        """The collection of that id. Raises Problem (404)."""
        found = self.collections.get(collection_id)
        if found is None:
            names = ", ".join(self.collections)
            raise Problem(
                NOT_FOUND,
                f"「{collection_id[:60]}」というコレクションはありません。あるのは {names} です。",
                f"There is no collection {collection_id[:60]!r}; there are {names}.",
            )
        return found


@dataclass(slots=True)
class Call:
    """A request: where it came to, what it asks, how it wants the answer."""

    publication: Publication
    base_url: str  # address of /ogc, without a slash at the end
    path: str  # below base_url
    place: Mapping[str, str]  # path parameters
    parameters: dict[str, str]  # query parameters
    language: str
    format: Format
    if_none_match: str = ""
    accepts_gzip: bool = False
    headers: dict[str, str] = field(default_factory=dict)  # of the answer

    @property
    def collection(self) -> Collection:
        """The collection the path names. Raises Problem (404)."""
        return self.publication.collection(self.place["collection_id"])

    def url(self, path: str | None = None, **changes: str | None) -> str:
        """An address below `/ogc`.

        With `path`: that resource, with `changes` as its parameters. Without: this request again, with `changes`
        (None takes a parameter out).
        """
        asked = dict(self.parameters) if path is None else {}
        asked.update({name.rstrip("_"): value for name, value in changes.items() if value is not None})
        for name in (name for name, value in changes.items() if value is None):
            asked.pop(name, None)
        query = "?" + urlencode(asked) if asked else ""
        return f"{self.base_url}{self.path if path is None else path}{query}"


def read_parameters(query_string: bytes, declared: Iterable[str]) -> dict[str, str]:
    """The query parameters by name. Raises Problem (400) for undeclared, repeated or unreadable ones."""
    if not query_string:
        return {}
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Problem(
            BAD_PARAMETER,
            "問い合わせを読めません。UTF-8 をパーセント符号化して書いてください。",
            "The query string cannot be read; percent-encode UTF-8.",
        ) from None
    parameters = dict(pairs)
    unknown = [name for name in parameters if name not in declared]
    if unknown:
        raise _unknown(unknown, declared)
    if len(parameters) < len(pairs):
        raise _repeated(pairs)
    for name, value in pairs:
        if "\0" in value:
            raise bad_parameter(name, f"{name} に NUL 文字は使えません。", f"{name} must not contain NUL.")
    if parameters.get("lang", "ja") not in LANGUAGES:
        raise bad_parameter("lang", "lang には ja か en を書いてください。", "lang takes ja or en.")
    return parameters


def bad_parameter(name: str, ja: str, en: str) -> Problem:
    """A 400 that points at one query parameter."""
    return Problem(BAD_PARAMETER, ja, en, errors=[{"parameter": name, "detail": en}])


def _unknown(unknown: list[str], declared: Iterable[str]) -> Problem:
    shown = ", ".join(name[:40].replace("\0", "�") for name in unknown[:5])
    usable = ", ".join(sorted(declared))
    return Problem(
        UNKNOWN_PARAMETER,
        f"「{shown}」という項目はここでは使えません。使えるのは {usable} です。",
        f"Unknown here: {shown}. Usable are: {usable}.",
        errors=[{"parameter": name[:40].replace("\0", "�")} for name in unknown[:5]],
    )


def _repeated(pairs: list[tuple[str, str]]) -> Problem:
    names = [name for name, _ in pairs]
    name = next(name for name in names if names.count(name) > 1)
    return bad_parameter(name, f"{name} は1回だけ書いてください。", f"{name} may be given only once.")
