"""Feeds, parsed back: what the RFCs demand of a calendar and of Atom, Japanese text, escapes, and a thousand entries."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid5
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app.applications.outbox.feeds import FeedEntry, atom, calendar, fit_text, utc

SPACE = UUID("8f6c1b0e-7a55-4b5e-9e53-6a1f3a5d2c11")
AT = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=9)))
ENTRY = FeedEntry(
    uuid5(SPACE, "case-1/correction"), "補正の期限 第一庁舎", "Correction due: Main building",
    "配置図と荷重計算書を、補正のうえ出してください。", "Send the corrected layout.", "https://window.example/cases/1",
    AT, AT - timedelta(days=3), date(2026, 12, 18), 2, category="補正",
)  # fmt: skip
NS = {"a": "http://www.w3.org/2005/Atom"}


def ics(*entries: FeedEntry, language: str = "ja") -> bytes:
    return calendar(entries, name="つながる 期限", language=language)


def feed(*entries: FeedEntry, language: str = "ja") -> ElementTree.Element:
    return ElementTree.fromstring(written(*entries, language=language))


def written(*entries: FeedEntry, language: str = "ja", title: str = "わたしの案件") -> bytes:
    return atom(
        entries, feed_id=SPACE, title=title, author="つながる 窓口", self_url="https://window.example/feed.atom?a=1&b=2",
        page_url="https://window.example/board", language=language,
    )  # fmt: skip


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


class TestCalendar:
    def test_lines_as_the_rfc_demands(self) -> None:
        content = ics(replace(ENTRY, summary_ja="長い説明です。" * 60))
        assert content.endswith(b"END:VCALENDAR\r\n") and b"\n" not in content.replace(b"\r\n", b"")
        assert max(len(line) for line in content.split(b"\r\n")) <= 75
        for line in content.split(b"\r\n"):
            line.decode()  # no character is cut in two

    def test_an_all_day_event(self) -> None:
        lines = unfolded(ics(ENTRY))
        for line in (
            "VERSION:2.0", "METHOD:PUBLISH", "X-WR-TIMEZONE:Asia/Tokyo", "X-WR-CALNAME:つながる 期限", "NAME:つながる 期限",
            f"UID:{ENTRY.entry_id}", "DTSTART;VALUE=DATE:20261218", "DTEND;VALUE=DATE:20261219", "SEQUENCE:2",
            "DTSTAMP:20261120T003015Z", "LAST-MODIFIED:20261120T003015Z", "CREATED:20261117T003015Z", "SUMMARY:補正の期限 第一庁舎",
            "TRANSP:TRANSPARENT", "STATUS:CONFIRMED", "TRIGGER:-PT15H", "ACTION:DISPLAY", "CATEGORIES:補正",
            "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H",
        ):  # fmt: skip
            assert line in lines, line
        assert any(line.startswith("URL") and line.endswith("https://window.example/cases/1") for line in lines)
        # Readers there are that take an alarm for the end of its event: it stands last.
        assert lines.index("BEGIN:VALARM") > max(n for n, line in enumerate(lines) if line.startswith("URL"))

    def test_parsed_back(self) -> None:
        (event,) = Calendar.from_ical(ics(ENTRY, language="en")).walk("VEVENT")
        assert event["SUMMARY"] == "Correction due: Main building"
        assert event.decoded("DTSTART") == date(2026, 12, 18)
        assert str(event["DESCRIPTION"]).startswith("Send the corrected layout.\nOpen the case: https://")

    def test_required_properties_stand_once(self) -> None:
        made = Calendar.from_ical(ics(ENTRY, replace(ENTRY, entry_id=SPACE)))
        for name in ("PRODID", "VERSION"):
            assert isinstance(made[name], str)
        for event in made.walk("VEVENT"):
            for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE"):
                assert name in event and not isinstance(event[name], list)
            (alarm,) = event.walk("VALARM")
            assert {"ACTION", "TRIGGER", "DESCRIPTION"} <= set(alarm)

    def test_text_that_would_break_a_line(self) -> None:
        text = "a,b;c\\d\nBEGIN:VEVENT\r\nX:1\x00\x07\u202e終"
        made = ics(replace(ENTRY, title_ja=text, summary_ja=text))
        (event,) = Calendar.from_ical(made).walk("VEVENT")
        assert event["SUMMARY"] == "a,b;c\\d BEGIN:VEVENT X:1終"
        assert str(event["DESCRIPTION"]).startswith("a,b;c\\d\nBEGIN:VEVENT\nX:1終\n")
        assert "SUMMARY:a\\,b\\;c\\\\d BEGIN:VEVENT X:1終" in unfolded(made)

    def test_cancelled_and_without_a_deadline(self) -> None:
        made = Calendar.from_ical(ics(replace(ENTRY, is_cancelled=True), replace(ENTRY, due_on=None)))
        (event,) = made.walk("VEVENT")
        assert event["STATUS"] == "CANCELLED" and not event.walk("VALARM")

    def test_an_empty_calendar_is_one(self) -> None:
        assert not Calendar.from_ical(ics()).walk("VEVENT")

    def test_the_same_entries_give_the_same_bytes(self) -> None:
        assert ics(ENTRY) == ics(replace(ENTRY))

    @given(st.text(max_size=200), st.text(max_size=200))
    def test_any_text_comes_back(self, title: str, summary: str) -> None:
        entry = replace(ENTRY, title_ja=title, summary_ja=summary)
        content = ics(entry)
        assert max(len(line) for line in content.split(b"\r\n")) <= 75
        (event,) = Calendar.from_ical(content).walk("VEVENT")
        assert event["SUMMARY"] == entry.title("ja")


class TestAtom:
    def test_what_a_feed_must_have(self) -> None:
        root = feed(ENTRY)
        assert root.tag == f"{{{NS['a']}}}feed" and root.get("{http://www.w3.org/XML/1998/namespace}lang") == "ja"
        for name in ("id", "title", "updated", "author"):
            assert len(root.findall(f"a:{name}", NS)) == 1
        assert root.findtext("a:id", None, NS) == f"urn:uuid:{SPACE}" and root.findtext("a:author/a:name", None, NS)
        links = {link.get("rel"): link.get("href") for link in root.findall("a:link", NS)}
        assert links == {
            "self": "https://window.example/feed.atom?a=1&b=2",
            "alternate": "https://window.example/board",
        }
        assert root.findtext("a:updated", None, NS) == "2026-11-20T00:30:15Z"

    def test_what_an_entry_must_have(self) -> None:
        (entry,) = feed(ENTRY).findall("a:entry", NS)
        for name in ("id", "title", "updated", "published", "summary"):
            assert len(entry.findall(f"a:{name}", NS)) == 1 and entry.findtext(f"a:{name}", None, NS)
        assert entry.findtext("a:id", None, NS) == ENTRY.entry_id.urn
        link = entry.find("a:link", NS)
        assert link is not None and (link.get("rel"), link.get("href")) == ("alternate", ENTRY.url)
        assert (entry.findtext("a:summary", "", NS)).endswith("期限: 2026-12-18")
        for name in ("updated", "published"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.findtext(f"a:{name}", "", NS))

    def test_newest_first(self) -> None:
        older = replace(ENTRY, entry_id=SPACE, updated_at=AT - timedelta(days=1))
        root = feed(older, ENTRY)
        assert [one.findtext("a:id", None, NS) for one in root.findall("a:entry", NS)] == [
            ENTRY.entry_id.urn,
            SPACE.urn,
        ]

    def test_markup_stays_text(self) -> None:
        text = "<script>alert('1')</script> & \"…\" ]]> \x00\x08\ud800\ufffe終"
        (entry,) = feed(replace(ENTRY, title_ja=text, summary_ja=text)).findall("a:entry", NS)
        assert entry.findtext("a:title", None, NS) == "<script>alert('1')</script> & \"…\" ]]> 終"
        assert not list(entry.iter("script"))

    def test_english_and_empty(self) -> None:
        (entry,) = feed(ENTRY, language="en").findall("a:entry", NS)
        assert entry.findtext("a:title", None, NS) == "Correction due: Main building"
        empty = feed()
        assert not empty.findall("a:entry", NS) and empty.findtext("a:updated", None, NS) == "1970-01-01T00:00:00Z"

    @given(st.text(max_size=300))
    def test_any_text_is_well_formed(self, text: str) -> None:
        entry = replace(ENTRY, title_ja=text, summary_ja=text, category=text)
        (made,) = feed(entry).findall("a:entry", NS)
        assert (made.findtext("a:title", "", NS)) == entry.title("ja")

    def test_the_same_entries_give_the_same_bytes(self) -> None:
        assert written(ENTRY) == written(replace(ENTRY)) and written(ENTRY).startswith(b'<?xml version="1.0"')


def test_a_thousand_entries() -> None:
    entries = [
        replace(ENTRY, entry_id=uuid5(SPACE, str(n)), due_on=date(2026, 1, 1) + timedelta(days=n), updated_at=AT - timedelta(minutes=n))
        for n in range(1000)
    ]  # fmt: skip
    events = Calendar.from_ical(ics(*entries)).walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == 1000
    ids = [one.findtext("a:id", None, NS) for one in feed(*entries).findall("a:entry", NS)]
    assert len(set(ids)) == 1000


def test_times_need_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        utc(datetime(2026, 1, 1))  # noqa: DTZ001 - meant
    assert utc(AT) == datetime(2026, 11, 20, 0, 30, 15, tzinfo=UTC)


def test_long_summaries_are_cut() -> None:
    assert len(replace(ENTRY, summary_ja="長" * 5000).summary("ja")) == 2000
    assert fit_text("a\r\nb\rc\x85d") == "a\nb\nc\nd"
