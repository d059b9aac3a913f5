"""What notices say by mail: Japanese, with a line of English; no comments, no names of other people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from app.applications.outbox.deliveries import base_url, case_address
from app.applications.outbox.notices import REMINDER
from app.applications.procedure import PARTY_LABELS, Party
from app.applications.standard_procedure import STANDARD
from app.clock import TOKYO, today
from app.config import Settings

Notice = Mapping[str, Any]
Words = tuple[str, str]  # Japanese, English

# What is told of beside the actions of the procedure.
FURTHER_KINDS: Mapping[str, Words] = {
    "ask_to_share": ("共用の打診が届きました", "Asked whether you would share"),
    "answer_sharing": ("共用の打診に回答がありました", "The sharing question was answered"),
    "ask_review": ("意見を求められました", "Your opinion is asked for"),
    "answer_review": ("意見が届きました", "An opinion was given"),
    "comment": ("連絡が届きました", "A message was left"),
    "test": ("試験送信", "Test"),
}
_ACTIONS: Mapping[str, Words] = {t.action: (t.ja, t.en) for t in STANDARD.transitions}
_SOMETHING = ("案件に動きがありました", "The case has moved")
_WEEKDAYS = "月火水木金土日"
_LINES_A_GROUP = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a mail goes to, and the organisations they still act for of those they were told for."""

    name: str
    email: str
    organisations: frozenset[UUID]


def words_of(kind: str, due_on: date | None = None, on: date | None = None) -> Words:
    """What a notice of that kind tells of; a reminder by whether the day has passed."""
    if kind == REMINDER:
        if due_on is not None and due_on < (on or today()):
            return "期限を過ぎています", "Overdue"
        return "期限が近づいています", "Due soon"
    return _ACTIONS.get(kind) or FURTHER_KINDS.get(kind, _SOMETHING)


def write_notice(settings: Settings, to: Recipient, notice: Notice) -> EmailMessage:
    """The mail about one notice; the same Message-ID however often it is sent."""
    ja, en = words_of(notice["kind"], notice["due_on"])
    place, address = _place(notice), case_address(base_url(settings), notice["site_id"])
    state, party = _state(notice), PARTY_LABELS[Party(notice["party"])]
    turn = "（あなたの番です）" if _is_theirs(notice) else ""
    by = _day(notice["due_on"])
    text = (
        f"{to.name} 様\n\n案件 {place} について、お知らせします。\n\n"
        f"内容: {ja}\n今の状態: {state[0]}\n次に動く人: {party[0]}{turn}\n期限: {by}\n\n{address}\n\n{_ending(settings)}"
        f"{notice['code']}: {en}. Now: {state[1]}. Next step: {party[1]}, due {notice['due_on'] or '–'}.\n{address}\n"
    )
    return _message(settings, to, f"{place}：{ja}", text, f"notice-{notice['notice_id']}")


def write_digest(settings: Settings, to: Recipient, notices: Sequence[Notice], at: datetime) -> EmailMessage:
    """One mail with the cases several notices tell of, most urgent first; the same Message-ID all that day."""
    on = at.astimezone(TOKYO).date()
    cases = {notice["site_id"]: notice for notice in notices}
    groups = _group(cases.values(), on)
    told = "\n\n".join(
        f"■ {title}（{len(found)} 件）\n{_lines(settings, found)}" for title, found in groups.items() if found
    )
    text = f"{to.name} 様\n\n動きのあった案件をまとめてお知らせします。\n\n{told}\n\n{_ending(settings)}{len(cases)} cases have moved.\n"
    subject = f"{on.month}月{on.day}日のまとめ（{len(cases)} 件）"
    return _message(settings, to, subject, text, f"digest-{notices[0]['person_id']}-{on:%Y%m%d}")


def _group(cases: Iterable[Notice], on: date) -> dict[str, list[Notice]]:
    """Cases by how urgent they are for the reader; what is others' turn comes last."""
    groups: dict[str, list[Notice]] = {
        "期限を過ぎた案件": [],
        "今日が期限の案件": [],
        "今週が期限の案件": [],
        "そのほか": [],
    }
    overdue, due_today, this_week, others = groups.values()
    sunday = on + timedelta(days=6 - on.weekday())
    for case in sorted(cases, key=lambda found: (found["due_on"] or date.max, found["code"])):
        due = case["due_on"] if _is_theirs(case) else None
        if due is None or due > sunday:
            others.append(case)
        else:
            (overdue if due < on else due_today if due == on else this_week).append(case)
    return groups


def _lines(settings: Settings, cases: Sequence[Notice]) -> str:
    lines = [
        f"・{_place(case)}　{_state(case)[0]}　次は{PARTY_LABELS[Party(case['party'])][0]}　期限 {_day(case['due_on'])}\n"
        f"  {case_address(base_url(settings), case['site_id'])}"
        for case in cases[:_LINES_A_GROUP]
    ]
    if len(cases) > _LINES_A_GROUP:
        lines.append(f"・ほか {len(cases) - _LINES_A_GROUP} 件は画面で見てください。")
    return "\n".join(lines)


def _place(notice: Notice) -> str:
    """A case and its asset in one line: line breaks would end a header."""
    return " ".join(f"{notice['code']} {notice['asset_name'] or ''}".split())[:150]


def _state(notice: Notice) -> Words:
    state = STANDARD.by_state.get(notice["state"])
    return (state.ja, state.en) if state else (notice["state"], notice["state"])


def _is_theirs(notice: Notice) -> bool:
    """Whether the organisation the reader was told for owes the next step."""
    owner = {"carrier": "carrier_id", "window": "window_id", "owner": "owner_id"}.get(notice["party"])
    return owner is not None and notice[owner] == notice["organisation_id"]


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）" if day else "なし"


def _ending(settings: Settings) -> str:
    return (
        f"受け取り方（すぐに・一日一通・受け取らない）は次の画面で変えられます。\n{base_url(settings)}/notices\n\n--\n"
    )


def _message(settings: Settings, to: Recipient, subject: str, text: str, message_id: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to.email, f"【つながる】{subject}"
    message["Date"] = format_datetime(datetime.now(TOKYO))
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message
