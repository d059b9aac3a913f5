"""How pages of accounts say things: roles, kinds, instants, browsers, and which pages one has."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.accounts.permissions import KIND_LABELS, ROLE_LABELS, OrganisationKind, Permission, Role
from app.accounts.sessions import SignedIn
from app.web.messages import MESSAGES, Language, message

_TOKYO = ZoneInfo("Asia/Tokyo")
# path, words, what it takes
_PAGES = (
    ("/board", "board.tab", Permission.APPLICATIONS_WRITE),
    ("/inbox", "inbox.tab", Permission.CASES_WINDOW),
    ("/inbox", "inbox.tab", Permission.CASES_REVIEW),
    ("/applications", "apply.tab", Permission.APPLICATIONS_WRITE),
    ("/notices", "notices.tab", Permission.CASES_READ),
    ("/statistics", "statistics.tab", Permission.CASES_STATISTICS),
    ("/surveys", "surveys.tab", Permission.SURVEYS_IMPORT),
    ("/coverage", "coverage.tab", Permission.SURVEYS_READ),
    ("/office", "office.tab", Permission.CASES_REVIEW),
    ("/office", "office.tab", Permission.CASES_WINDOW),
    ("/lists", "lists.tab", Permission.ASSETS_IMPORT),
    ("/account", "account.tab", Permission.ACCOUNT_MANAGE),
    ("/account/security", "security.tab", Permission.ACCOUNT_MANAGE),
    ("/account/tokens", "tokens.tab", Permission.ACCOUNT_MANAGE),
    ("/webhooks", "webhooks.tab", Permission.WEBHOOKS_MANAGE),
    ("/organisation", "organisation.tab", Permission.PEOPLE_READ),
    ("/organisations", "organisations.tab", Permission.ORGANISATIONS_MANAGE),
    ("/admin/hand-over", "hand_over.tab", Permission.CASES_HAND_OVER),
    ("/audit", "audit.tab", Permission.AUDIT_READ),
)
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def account_links(viewer: SignedIn) -> list[tuple[str, str]]:
    """The pages a person may open: address and the key of its name."""
    return [(path, words) for path, words, permission in _PAGES if permission in viewer.actor.permissions]


def account_words(language: Language) -> dict[str, Callable[..., Any]]:
    """Functions for templates, in the page's language."""
    side = 0 if language == "ja" else 1
    return {
        "account_links": account_links,
        "role_label": lambda role: ROLE_LABELS[Role(role)][side],
        "kind_label": lambda kind: KIND_LABELS[OrganisationKind(kind)][side],
        "local_time": local_time,
        "browser_name": lambda agent: browser_name(agent) or message(language, "security.browser.unknown"),
        "field_label": lambda name: _field_label(language, name),
        "changes": changes,
    }


def local_time(instant: datetime) -> str:
    """An instant in Tokyo, to the minute."""
    return f"{instant.astimezone(_TOKYO):%Y-%m-%d %H:%M}"


def local_instant(written: str) -> str:
    """An ISO 8601 instant in Tokyo, to the minute."""
    return local_time(datetime.fromisoformat(written))


def browser_name(agent: str) -> str:
    """A browser and its system as people call them; empty for one nobody knows."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " / ".join(part for part in (browser, system) if part)


def _field_label(language: Language, name: str) -> str:
    key = f"field.{name}"
    return message(language, key) if key in MESSAGES[language] else name


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    """What an event changed: member, value before, value after; members that stayed are left out."""
    old, new = before or {}, after or {}
    names = dict.fromkeys((*old, *new))
    return [(name, _shown(old.get(name)), _shown(new.get(name))) for name in names if old.get(name) != new.get(name)]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
