"""The sharing check: does a second tenant's equipment need a permit (or contract) of its own, and why.

For administrative property the hinge is the Cabinet's answer of 2022-03-01: equipment put on the permit holder's own
structure, under the holder's responsibility and within the conditions of the permit, needs no new 使用許可
(地方自治法238条の4第7項). What is not known counts against that, and is returned as an open question. The bureau is told in
every case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

CABINET_ANSWER = (
    "内閣答弁 2022-03-01（参議院、地方自治法238条の4第7項） "
    "https://www.sangiin.go.jp/japanese/joho1/kousei/syuisyo/208/touh/t208015.htm"
)


class StructureOwner(StrEnum):
    """Whose structure the second tenant's equipment goes on; PUBLIC: the owner's building, parapet or pole."""

    HOLDER = "holder"
    PUBLIC = "public"
    OTHER_TENANT = "other_tenant"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """Yes, no, or not known yet."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class PropertyClass(StrEnum):
    """What the property is in law; all but ROAD are classes of the register."""

    ADMINISTRATIVE = "administrative"
    ORDINARY = "ordinary"
    ENTERPRISE = "enterprise"
    PRIVATE = "private"
    ROAD = "road"


class Holder(StrEnum):
    """Who holds the permit: a carrier, or a company that builds to share."""

    CARRIER = "carrier"
    SHARING_COMPANY = "sharing_company"


class Form(StrEnum):
    """What has to be had before the second tenant's works begin."""

    NOTICE_ALONE = "notice_alone"
    OWN_PERMIT = "own_permit"
    LESSOR_CONSENT = "lessor_consent"
    OWN_CONTRACT = "own_contract"
    ROAD_PERMIT = "road_permit"


FORM_LABELS: Mapping[Form, tuple[str, str]] = {
    Form.NOTICE_ALONE: ("届出だけでよい", "A notice is enough"),
    Form.OWN_PERMIT: ("自らの使用許可が要る", "A permit of its own is needed"),
    Form.LESSOR_CONSENT: ("貸主の承諾が要る", "The lessor's consent is needed"),
    Form.OWN_CONTRACT: ("自らの契約が要る", "A contract of its own is needed"),
    Form.ROAD_PERMIT: ("自らの道路占用許可が要る", "A road occupancy permit of its own is needed"),
}


@dataclass(frozen=True, slots=True)
class SharingFacts:
    """A second tenant's plan beside a permit in force; the last four say whether the permit's conditions stay as they are."""

    property_class: PropertyClass
    holder: Holder
    structure_owner: StructureOwner = StructureOwner.UNKNOWN
    under_holder_responsibility: Answer = Answer.UNKNOWN
    is_area_kept: Answer = Answer.UNKNOWN
    is_load_kept: Answer = Answer.UNKNOWN
    is_purpose_kept: Answer = Answer.UNKNOWN
    is_height_kept: Answer = Answer.UNKNOWN


class Words(NamedTuple):
    """A sentence in Japanese and English."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class SharingVerdict:
    """What the check says; `needs_own_permit` also means a contract of its own where the property is leased or private.

    While `open_questions` stand, the verdict is the cautious one and may change with their answers. A notice to the
    bureau (`notice`) is owed in every case.
    """

    needs_own_permit: bool
    form: Form
    reason_ja: str
    reason_en: str
    next_ja: str
    next_en: str
    open_questions: tuple[Words, ...]
    notice: Words
    source: str


NOTICE = Words(
    "工事の前に、共用する事業者・設備・時期を所管（民間の財産では所有者）に届け出てください。",
    "Before the works, tell the bureau (for private property the owner) who shares, with what equipment, and when.",
)
_CONDITIONS: Mapping[str, Words] = {
    "is_area_kept": Words("{paper}の面積のまま置けますか。", "Does it fit within the area of the {paper}?"),
    "is_load_kept": Words("{paper}の荷重のまま置けますか。", "Does it keep to the load of the {paper}?"),
    "is_purpose_kept": Words("{paper}の使用目的に合いますか。", "Does it keep to the purpose of the {paper}?"),
    "is_height_kept": Words("{paper}の高さのまま置けますか。", "Does it keep to the height of the {paper}?"),
}
_CONDITION_NAMES: Mapping[str, Words] = {
    "is_area_kept": Words("面積", "area"),
    "is_load_kept": Words("荷重", "load"),
    "is_purpose_kept": Words("使用目的", "purpose"),
    "is_height_kept": Words("高さ", "height"),
}
_WHOSE = Words(
    "設備を取り付ける構造物はだれのものですか（{holder}、建物など財産そのもの、ほかの事業者）。",
    "Whose is the structure the equipment goes on: the {holder}'s, the building itself, another tenant's?",
)
_RESPONSIBILITY = Words(
    "設備は、{holder}の責任で設置・管理されますか（書面はありますか）。",
    "Is the equipment installed and kept under the {holder}'s responsibility, in writing?",
)
_PURPOSE_OF_CARRIER = Words(
    "{paper}の使用目的は自社の基地局に限られていませんか。",
    "Is the purpose of the {paper} limited to the holder's own station?",
)
_ENTERPRISE_MANAGER = Words(
    "公営企業の管理者（交通局・水道局など）は、内閣答弁と同じ扱いとしますか。",
    "Does the manager of the public enterprise handle it as the Cabinet answered?",
)
_LEASE_TERMS = Words("貸付契約に転貸・共用の条項はありますか。", "What does the lease say of subletting and sharing?")
_ROAD_MANAGER = Words(
    "道路管理者は、既設の占用物件への添架を、だれのどの許可で扱いますか。",
    "By whose permit does the road manager handle equipment attached to what already stands?",
)


_PERMIT = ({"holder": "許可を受けた者", "paper": "許可"}, {"holder": "permit holder", "paper": "permit"})
_LEASE = ({"holder": "契約の名義人", "paper": "契約"}, {"holder": "contract holder", "paper": "contract"})


def _of_class(words: Words, property_class: PropertyClass, **more: Words) -> Words:
    """Words with the terms of a permit, or of a contract where the property is leased or private."""
    is_leased = property_class in (PropertyClass.ORDINARY, PropertyClass.PRIVATE)
    ja, en = _LEASE if is_leased else _PERMIT
    return Words(
        words.ja.format(**ja, **{name: word.ja for name, word in more.items()}),
        words.en.format(**en, **{name: word.en for name, word in more.items()}),
    )


class Situation(StrEnum):
    """What the facts come to: the structure, the responsibility and the conditions taken together."""

    WITHIN_PERMIT = "within_permit"  # on the holder's structure, under its responsibility, conditions kept
    CONDITIONS_CHANGE = "conditions_change"
    NOT_RESPONSIBLE = "not_responsible"
    ON_PUBLIC = "on_public"
    ON_OTHER_TENANT = "on_other_tenant"
    UNSETTLED = "unsettled"  # may be within the permit, but something is not known


def situation(facts: SharingFacts) -> Situation:
    """The situation of a plan; whatever rules out the holder's permit goes before what is not known."""
    if facts.structure_owner is StructureOwner.PUBLIC:
        return Situation.ON_PUBLIC
    if facts.structure_owner is StructureOwner.OTHER_TENANT:
        return Situation.ON_OTHER_TENANT
    if facts.under_holder_responsibility is Answer.NO:
        return Situation.NOT_RESPONSIBLE
    conditions = _conditions(facts)
    if Answer.NO in conditions.values():
        return Situation.CONDITIONS_CHANGE
    answers = {facts.under_holder_responsibility, *conditions.values()}
    if facts.structure_owner is StructureOwner.UNKNOWN or Answer.UNKNOWN in answers:
        return Situation.UNSETTLED
    return Situation.WITHIN_PERMIT


def _conditions(facts: SharingFacts) -> dict[str, Answer]:
    return {name: getattr(facts, name) for name in _CONDITIONS}


_WHY: Mapping[Situation, Words] = {
    Situation.WITHIN_PERMIT: Words(
        "{holder}の構造物に、その者の責任で、{paper}の条件を変えずに取り付けます",
        "The equipment goes on the {holder}'s own structure, under its responsibility, within the conditions of the {paper}",
    ),
    Situation.CONDITIONS_CHANGE: Words(
        "{paper}の条件（{changed}）が変わります", "Conditions of the {paper} change ({changed})"
    ),
    Situation.NOT_RESPONSIBLE: Words(
        "{holder}の責任の下にない設備で、第三者に使わせることに当たります",
        "The equipment is not under the {holder}'s responsibility: a third party would use the property",
    ),
    Situation.ON_PUBLIC: Words(
        "{holder}の構造物ではなく、建物・パラペットなど財産そのものに取り付けます",
        "The equipment goes on the property itself (building, parapet), not on the {holder}'s structure",
    ),
    Situation.ON_OTHER_TENANT: Words(
        "{holder}ではない、ほかの事業者の構造物に取り付けます",
        "The equipment goes on the structure of another tenant, not of the {holder}",
    ),
    Situation.UNSETTLED: Words(
        "{holder}の構造物に、条件の範囲で取り付けるかどうかが、まだ分かりません",
        "It is not yet known whether it goes on the {holder}'s structure within the conditions",
    ),
}


class _Law(NamedTuple):
    """What a property class makes of it where the equipment stays within the permit, and where it does not."""

    within: Form
    beyond: Form
    within_words: Words
    beyond_words: Words
    source: str


_ADMINISTRATIVE = _Law(
    Form.NOTICE_ALONE,
    Form.OWN_PERMIT,
    Words(
        "行政財産では、このとき新たな使用許可は要りません（2022年3月1日の内閣答弁）",
        "On administrative property no new permit is then needed (Cabinet answer of 2022-03-01)",
    ),
    Words(
        "行政財産を使うには、設備を置く者が使用許可を受けます（地方自治法238条の4第7項）",
        "Administrative property is used under a permit of one's own (Local Autonomy Act, art. 238-4, para. 7)",
    ),
    CABINET_ANSWER,
)
_LAW: Mapping[PropertyClass, _Law] = {
    PropertyClass.ADMINISTRATIVE: _ADMINISTRATIVE,
    PropertyClass.ENTERPRISE: _ADMINISTRATIVE._replace(
        within_words=Words(
            "公営企業の資産も同じ条文の使用許可によるため、新たな許可は要らないと考えられますが、管理者に確かめます",
            "Property of public enterprises is used under the same article, so no new permit seems needed; the manager confirms",
        ),
        beyond_words=Words(
            "公営企業の資産を使うには、設備を置く者が管理者の使用許可を受けます",
            "Property of a public enterprise is used under a permit of its manager",
        ),
    ),
    PropertyClass.ORDINARY: _Law(
        Form.LESSOR_CONSENT,
        Form.OWN_CONTRACT,
        Words(
            "普通財産は貸付契約で使うので使用許可の問題はなく、転貸・共用に貸主の承諾が要ります（民法612条）",
            "Ordinary property is leased: no permit is at issue, but sharing needs the lessor's consent (Civil Code, art. 612)",
        ),
        Words(
            "普通財産は貸付契約で使うので、設備を置く者が自ら契約を結びます",
            "Ordinary property is leased: whoever puts up equipment concludes a lease of its own",
        ),
        "地方自治法238条の5、民法612条",
    ),
    PropertyClass.PRIVATE: _Law(
        Form.LESSOR_CONSENT,
        Form.OWN_CONTRACT,
        Words(
            "民間の財産なので使用許可はなく、契約により所有者の承諾が要ります（民法612条）",
            "Private property: there is no permit; the contract asks for the owner's consent (Civil Code, art. 612)",
        ),
        Words(
            "民間の財産なので使用許可はなく、設備を置く者が所有者と契約を結びます",
            "Private property: there is no permit; whoever puts up equipment contracts with the owner",
        ),
        "民法612条と所有者との契約",
    ),
    PropertyClass.ROAD: _Law(
        Form.ROAD_PERMIT,
        Form.ROAD_PERMIT,
        Words(
            "道路では道路法の占用許可が物件ごとに要り、2022年の内閣答弁（地方自治法）は及びません",
            "On roads each object needs occupancy under the Road Act; the Cabinet answer (Local Autonomy Act) does not cover it",
        ),
        Words(
            "道路では道路法の占用許可が物件ごとに要り、2022年の内閣答弁（地方自治法）は及びません",
            "On roads each object needs occupancy under the Road Act; the Cabinet answer (Local Autonomy Act) does not cover it",
        ),
        "道路法32条・33条",
    ),
}
_NEXT: Mapping[Form, Words] = {
    Form.NOTICE_ALONE: Words(
        "許可を受けた者が、共用の届出に責任の所在を示す書面を付けて窓口に出してください。",
        "The permit holder files the notice of sharing with a paper that says who answers for the equipment.",
    ),
    Form.OWN_PERMIT: Words(
        "共用する事業者が、このアセットへの使用許可を窓口に申請してください。",
        "The second tenant applies at the window for a permit of its own.",
    ),
    Form.LESSOR_CONSENT: Words(
        "契約の名義人が、共用について貸主（所有者）の書面の承諾を得てください。",
        "The party to the contract obtains the lessor's (owner's) consent in writing.",
    ),
    Form.OWN_CONTRACT: Words(
        "共用する事業者が、所有者と自らの契約を協議してください。",
        "The second tenant negotiates a contract of its own with the owner.",
    ),
    Form.ROAD_PERMIT: Words(
        "共用する事業者が道路管理者に占用許可を、工事の前に警察に道路使用許可を申請してください。",
        "The second tenant applies to the road manager for occupancy, and to the police for use of the road before the works.",
    ),
}
_CHANGE_FIRST = Words(
    "または、{holder}が先に{paper}の変更を済ませれば、改めてこの確認をします。",
    "Or the {holder} has the {paper} changed first; then this check is made again.",
)
_ANSWER_FIRST = Words("先に、下の確認事項に答えてください。", "First answer the open questions below.")


def check_sharing(facts: SharingFacts) -> SharingVerdict:
    """Whether a second tenant needs a permit or contract of its own, why, and what to do next."""
    found, law = situation(facts), _LAW[facts.property_class]
    is_within = found is Situation.WITHIN_PERMIT
    form = law.within if is_within else law.beyond
    reason = _reason(facts, found, law.within_words if is_within else law.beyond_words)
    step = _next(found, form, facts.property_class)
    return SharingVerdict(
        needs_own_permit=form not in (Form.NOTICE_ALONE, Form.LESSOR_CONSENT),
        form=form,
        reason_ja=reason.ja,
        reason_en=reason.en,
        next_ja=step.ja,
        next_en=step.en,
        open_questions=tuple(_of_class(asked, facts.property_class) for asked in _questions(facts, found)),
        notice=NOTICE,
        source=law.source,
    )


def _reason(facts: SharingFacts, found: Situation, law: Words) -> Words:
    changed = [_CONDITION_NAMES[name] for name, answer in _conditions(facts).items() if answer is Answer.NO]
    named = Words("・".join(name.ja for name in changed), ", ".join(name.en for name in changed))
    why = _of_class(_WHY[found], facts.property_class, changed=named)
    return Words(f"{why.ja}。{law.ja}。", f"{why.en}. {law.en}.")


def _next(found: Situation, form: Form, property_class: PropertyClass) -> Words:
    step = _NEXT[form]
    if property_class is PropertyClass.ROAD:  # no answer spares a permit there
        return step
    if found is Situation.UNSETTLED:
        return Words(f"{_ANSWER_FIRST.ja}それまでは、{step.ja}", f"{_ANSWER_FIRST.en} Until then: {step.en}")
    if found is Situation.CONDITIONS_CHANGE:
        change = _of_class(_CHANGE_FIRST, property_class)
        return Words(f"{step.ja}{change.ja}", f"{step.en} {change.en}")
    return step


def _questions(facts: SharingFacts, found: Situation) -> list[Words]:
    """What is still to be asked: unknown facts that could change the verdict, and what the class leaves to its keeper."""
    if facts.property_class is PropertyClass.ROAD:
        return [_ROAD_MANAGER]
    asked = _unknown_facts(facts) if found is Situation.UNSETTLED else []
    if found in (Situation.WITHIN_PERMIT, Situation.UNSETTLED):
        if facts.property_class is PropertyClass.ENTERPRISE:
            asked.append(_ENTERPRISE_MANAGER)
        if facts.property_class in (PropertyClass.ORDINARY, PropertyClass.PRIVATE):
            asked.append(_LEASE_TERMS)
    return asked


def _unknown_facts(facts: SharingFacts) -> list[Words]:
    asked: list[Words] = []
    if facts.structure_owner is StructureOwner.UNKNOWN:
        asked.append(_WHOSE)
    if facts.under_holder_responsibility is Answer.UNKNOWN:
        asked.append(_RESPONSIBILITY)
    asked += [_CONDITIONS[name] for name, answer in _conditions(facts).items() if answer is Answer.UNKNOWN]
    if facts.holder is Holder.CARRIER and facts.is_purpose_kept is Answer.UNKNOWN:
        asked.append(_PURPOSE_OF_CARRIER)
    return asked
