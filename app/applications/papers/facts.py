"""What each paper says: the facts its template prints, as values that also live as JSON.

No fact is an address of a person: holders and applicants are organisations, places are public properties.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

# 行政財産の使用許可 is a disposition of an authority; 貸付け is a contract, against which no 審査請求 can be made.
PermitForm = Literal["use_permit", "lease"]


class PaperKind(StrEnum):
    """The papers of a case."""

    ENQUIRY = "enquiry"  # 照会書
    REPLY = "reply"  # 回答書
    PERMIT = "permit"  # 使用許可書, 貸付承認書
    CORRECTION = "correction"  # 補正通知書
    DENIAL = "denial"  # 不許可通知書


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes to whom, when, under which number.

    office: the issuing body or bureau; signatory: title of the person who answers for it; addressee_unit: the division
    or post in charge, printed in brackets; contact: lines of 問合せ先 (office, telephone of the office, mail).
    """

    number: str
    issued_on: date
    office: str
    signatory: str
    addressee: str
    addressee_unit: str = ""
    honorific: str = "様"
    case_ref: str = ""
    contact: tuple[str, ...] = ()
    seal_omitted: bool = True
    is_sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The asset, and the part of it that is meant (屋上北側, 柱番号 …)."""

    asset_id: str
    name: str
    address: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A labelled line: 無線方式・周波数帯, 設備, 電源 ….  A label has up to 8 characters on a line."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionItem:
    """One thing to correct: the field or file, what is wrong with it, what to do."""

    place: str
    wrong: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """Whom 審査請求 goes to, and whom an action is against: 東京都知事; 東京都, represented by 東京都知事."""

    review_body: str
    defendant: str
    representative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryFacts:
    """照会書, from the window to the owning office."""

    letter: Letterhead
    place: Place
    applicant: str
    received_on: date
    purpose: str
    questions: tuple[str, ...]
    answer_due_on: date
    plan: tuple[Item, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFacts:
    """回答書, from the owning office. `reason` and `reopens_on` are printed where it is not possible."""

    letter: Letterhead
    place: Place
    applicant: str
    enquiry_number: str
    enquiry_on: date
    is_possible: bool
    reason: str = ""
    reopens_on: date | None = None
    conditions: tuple[str, ...] = ()
    remarks: str = ""

    def __post_init__(self) -> None:
        if not (self.is_possible or self.reason):
            raise ValueError("a reply that says no gives its reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitFacts:
    """使用許可書 or 貸付承認書. fee_jpy: for each `fee_period` (年額, 月額); None: 別に定める額; fee_rule: how it was found."""

    letter: Letterhead
    form: PermitForm
    permit_number: str
    legal_basis: str
    applied_on: date
    holder: str
    place: Place
    area_m2: Decimal
    purpose: str
    from_on: date
    to_on: date
    fee_jpy: Decimal | None
    fee_period: str
    fee_rule: str
    conditions: tuple[str, ...] = ()
    appeal: Appeal | None = None

    def __post_init__(self) -> None:
        _require_appeal(self.form, self.appeal)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFacts:
    """補正通知書: all items at once; the clock stops on `stopped_on`."""

    letter: Letterhead
    place: Place
    applicant: str
    application_number: str
    applied_on: date
    items: tuple[CorrectionItem, ...]
    due_on: date
    stopped_on: date
    legal_basis: str = "行政手続法（平成５年法律第88号）第７条"

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("a correction names what is to be corrected")


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialFacts:
    """不許可通知書, or 不承認通知書 for what would be let by contract."""

    letter: Letterhead
    form: PermitForm
    place: Place
    applicant: str
    application_number: str
    applied_on: date
    purpose: str
    reason: str
    legal_ground: str
    appeal: Appeal | None = None

    def __post_init__(self) -> None:
        _require_appeal(self.form, self.appeal)


def _require_appeal(form: PermitForm, appeal: Appeal | None) -> None:
    if form == "use_permit" and appeal is None:
        raise ValueError("行政不服審査法82条: a disposition says how to appeal against it")


PaperFacts = EnquiryFacts | ReplyFacts | PermitFacts | CorrectionFacts | DenialFacts
FACTS: dict[PaperKind, type[PaperFacts]] = {
    PaperKind.ENQUIRY: EnquiryFacts,
    PaperKind.REPLY: ReplyFacts,
    PaperKind.PERMIT: PermitFacts,
    PaperKind.CORRECTION: CorrectionFacts,
    PaperKind.DENIAL: DenialFacts,
}
