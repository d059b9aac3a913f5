"""Feeds of a person's cases: deadlines as a calendar (.ics, RFC 5545) and what happened as Atom (RFC 4287).

Deadlines are all-day VEVENTs: calendars that people subscribe to show these everywhere, while tasks (VTODO) are passed
over by several. Their alarms are a convenience alone, as some calendars leave out alarms of subscriptions: reminders that
count are sent by mail.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

from icalendar import Alarm, Calendar, Event, vDuration

PRODUCT = "-//Tsunagaru//One-stop window//JA"
ZONE = "Asia/Tokyo"
REFRESH = timedelta(hours=6)  # how often a calendar is asked to look again
_ALARM_BEFORE = timedelta(hours=15)  # 9:00 of the day before, as an all-day event begins at 0:00
_LONGEST = 2_000  # characters of a summary
_ATOM = "http://www.w3.org/2005/Atom"
_XML = "http://www.w3.org/XML/1998/namespace"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What XML 1.0 cannot hold (section 2.2), DEL and the C1 controls, and the marks that turn the direction of text.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")

_WORDS = {
    "ja": {"case": "案件を開く", "due": "期限"},
    "en": {"case": "Open the case", "due": "Due"},
}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A deadline or an event of a case. `entry_id` never changes; `sequence` grows by one with each change of the deadline.

    `due_on` is a day of Japan, None for what has no deadline (left out of calendars). `is_cancelled`: the deadline no
    longer stands, and calendars that have it strike it out. `url` is the page of the case.
    """

    entry_id: UUID
    title_ja: str
    title_en: str
    summary_ja: str
    summary_en: str
    url: str
    updated_at: datetime
    published_at: datetime | None = None
    due_on: date | None = None
    sequence: int = 0
    is_cancelled: bool = False
    category: str | None = None

    def title(self, language: str) -> str:
        """One line of text without what no feed can hold."""
        return " ".join(fit_text(self.title_ja if language == "ja" else self.title_en).split())

    def summary(self, language: str) -> str:
        """Text without what no feed can hold, cut where it is too long."""
        text = fit_text(self.summary_ja if language == "ja" else self.summary_en).strip()
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def fit_text(text: str) -> str:
    """Text without control characters and such, with line ends as LF."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))


def calendar(entries: Iterable[FeedEntry], *, name: str, language: str = "ja") -> bytes:
    """The deadlines as an iCalendar file; entries without a deadline are left out.

    Shape: one VCALENDAR, lines folded at 75 octets, CRLF. The same entries give the same bytes.
    """
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    title = " ".join(fit_text(name).split())
    for key in ("name", "x-wr-calname"):  # RFC 7986, and what went before it
        made.add(key, title)
    made.add("x-wr-timezone", ZONE)
    made.add("refresh-interval", vDuration(REFRESH), parameters={"value": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    for entry in entries:
        if entry.due_on is not None:
            made.add_component(_event(entry, entry.due_on, language))
    return bytes(made.to_ical())


def _event(entry: FeedEntry, due_on: date, language: str) -> Event:
    changed_at = utc(entry.updated_at)
    event = Event()
    event.add("uid", str(entry.entry_id))
    event.add("dtstamp", changed_at)  # METHOD:PUBLISH: when the entry was last revised
    event.add("last-modified", changed_at)
    if entry.published_at:
        event.add("created", utc(entry.published_at))
    event.add("sequence", entry.sequence)
    event.add("dtstart", due_on)
    event.add("dtend", due_on + timedelta(days=1))  # the first day after it
    event.add("summary", entry.title(language))
    event.add("description", f"{entry.summary(language)}\n{_WORDS[language]['case']}: {entry.url}".strip())
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")  # a deadline does not make anybody busy
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    if entry.category:
        event.add("categories", [" ".join(fit_text(entry.category).split())])
    if not entry.is_cancelled:
        event.add_component(_alarm(entry, language))
    return event


def _alarm(entry: FeedEntry, language: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.title(language))
    alarm.add("trigger", -_ALARM_BEFORE)
    return alarm


def atom(
    entries: Sequence[FeedEntry],
    *,
    feed_id: UUID,
    title: str,
    author: str,
    self_url: str,
    page_url: str,
    language: str = "ja",
) -> bytes:
    """The entries as an Atom feed, newest first; ids are `urn:uuid:…`, times UTC.

    The same entries give the same bytes. An empty feed is dated 1970, as it must have a date and nothing has happened.
    """
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed", {f"{{{_XML}}}lang": language})
    newest_first = sorted(entries, key=lambda entry: (utc(entry.updated_at), str(entry.entry_id)), reverse=True)
    _add(feed, "id", feed_id.urn)
    _add(feed, "title", " ".join(fit_text(title).split()))
    _add(feed, "updated", _time(newest_first[0].updated_at if newest_first else _EPOCH))
    _add(_add(feed, "author"), "name", " ".join(fit_text(author).split()))
    _add(feed, "link", rel="self", type="application/atom+xml", href=self_url)
    _add(feed, "link", rel="alternate", type="text/html", href=page_url)
    _add(feed, "generator", "Tsunagaru")
    for entry in newest_first:
        _add_entry(feed, entry, language)
    written: bytes = ElementTree.tostring(feed, "utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _add_entry(feed: ElementTree.Element, entry: FeedEntry, language: str) -> None:
    made = _add(feed, "entry")
    _add(made, "id", entry.entry_id.urn)
    _add(made, "title", entry.title(language), type="text")
    _add(made, "updated", _time(entry.updated_at))
    if entry.published_at:
        _add(made, "published", _time(entry.published_at))
    _add(made, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.category:
        _add(made, "category", term=" ".join(fit_text(entry.category).split()))
    due = f"\n{_WORDS[language]['due']}: {entry.due_on.isoformat()}" if entry.due_on and not entry.is_cancelled else ""
    _add(made, "summary", f"{entry.summary(language)}{due}".strip(), type="text")


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = text
    return made


def utc(instant: datetime) -> datetime:
    """An instant in UTC, to the second. Raises: ValueError where its zone is not said."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).replace(microsecond=0)


def _time(instant: datetime) -> str:
    return utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")
