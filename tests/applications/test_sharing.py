"""The sharing check over every combination of facts, and the heights that matter to neighbours."""

from collections import Counter
from itertools import product

import pytest

from app.applications.choosing.neighbours import NEIGHBOUR_RULES, explanation_radius_m, height_hints, top_height_m
from app.applications.sharing import (
    CABINET_ANSWER,
    FORM_LABELS,
    NOTICE,
    Answer,
    Form,
    Holder,
    PropertyClass,
    SharingFacts,
    StructureOwner,
    check_sharing,
)

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
EVERY = [
    SharingFacts(*facts)
    for facts in product(PropertyClass, Holder, StructureOwner, Answer, Answer, Answer, Answer, Answer)
]
KEPT = (YES,) * 4


def facts(
    owner: StructureOwner, responsible: Answer, kept: tuple[Answer, ...] = KEPT,
    of: PropertyClass = PropertyClass.ADMINISTRATIVE, holder: Holder = Holder.CARRIER,
) -> SharingFacts:  # fmt: skip
    return SharingFacts(of, holder, owner, responsible, *kept)


def expected(of: PropertyClass, owner: StructureOwner, responsible: Answer, kept: tuple[Answer, ...]) -> Form:
    """The rule told a second time, as one sentence: within the permit only where all of it is surely so."""
    surely_within = owner == "holder" and responsible == "yes" and set(kept) == {"yes"}
    return {
        "administrative": (Form.OWN_PERMIT, Form.NOTICE_ALONE),
        "enterprise": (Form.OWN_PERMIT, Form.NOTICE_ALONE),
        "ordinary": (Form.OWN_CONTRACT, Form.LESSOR_CONSENT),
        "private": (Form.OWN_CONTRACT, Form.LESSOR_CONSENT),
        "road": (Form.ROAD_PERMIT, Form.ROAD_PERMIT),
    }[of.value][surely_within]


def test_every_combination_is_answered() -> None:
    assert len(EVERY) == 5 * 2 * 4 * 3**5
    needing: Counter[tuple[PropertyClass, bool]] = Counter()
    for one in EVERY:
        verdict = check_sharing(one)
        kept = (one.is_area_kept, one.is_load_kept, one.is_purpose_kept, one.is_height_kept)
        answers = (one.under_holder_responsibility, *kept)
        assert verdict.form is expected(one.property_class, one.structure_owner, answers[0], kept), one
        assert verdict.needs_own_permit == (verdict.form not in (Form.NOTICE_ALONE, Form.LESSOR_CONSENT))
        assert verdict.notice == NOTICE and verdict.source
        assert all(words.endswith("。") for words in (verdict.reason_ja, verdict.next_ja))
        assert all(words.endswith(".") for words in (verdict.reason_en, verdict.next_en))
        asked = "".join(question.ja + question.en for question in verdict.open_questions)
        said = verdict.reason_ja + verdict.next_ja + asked
        assert "{" not in said + verdict.reason_en + verdict.next_en
        if one.property_class in (PropertyClass.ORDINARY, PropertyClass.PRIVATE):  # of contracts, no word of permits
            assert "許可を受けた者" not in said and "permit holder" not in verdict.reason_en
        # Something could still make it lighter: then the questions are asked; else they are not.
        could_be_within = one.structure_owner in ("holder", "unknown") and NO not in answers
        is_sure = one.structure_owner is StructureOwner.HOLDER and set(answers) == {YES}
        asks_facts = any(
            word in question.ja
            for question in verdict.open_questions
            for word in ("のまま置け", "に合いますか", "だれのもの", "責任")
        )
        matters = one.property_class is not PropertyClass.ROAD  # where no answer spares a permit
        assert asks_facts == (matters and could_be_within and not is_sure), one
        assert len(set(verdict.open_questions)) == len(verdict.open_questions)
        needing[one.property_class, verdict.needs_own_permit] += 1
    # Of 1,944 combinations a class, one per kind of holder is within the permit.
    for kind in PropertyClass:
        assert needing[kind, False] == (0 if kind is PropertyClass.ROAD else 2)


def test_second_tenant_on_the_holders_own_mast_needs_no_permit() -> None:
    verdict = check_sharing(facts(StructureOwner.HOLDER, YES))
    assert not verdict.needs_own_permit and verdict.form is Form.NOTICE_ALONE and not verdict.open_questions
    assert "2022年3月1日" in verdict.reason_ja and verdict.source == CABINET_ANSWER
    assert "届け出" in verdict.notice.ja


def test_second_tenant_on_the_public_parapet_needs_one() -> None:
    verdict = check_sharing(facts(StructureOwner.PUBLIC, YES))
    assert verdict.needs_own_permit and verdict.form is Form.OWN_PERMIT and "パラペット" in verdict.reason_ja


@pytest.mark.parametrize(
    ("owner", "responsible", "kept", "said"),
    [
        (StructureOwner.OTHER_TENANT, YES, KEPT, "ほかの事業者"),
        (StructureOwner.HOLDER, NO, KEPT, "第三者"),
        (StructureOwner.HOLDER, YES, (YES, NO, YES, NO), "荷重・高さ"),
        (StructureOwner.UNKNOWN, YES, KEPT, "まだ分かりません"),
    ],
)
def test_why_a_permit_is_needed(
    owner: StructureOwner, responsible: Answer, kept: tuple[Answer, ...], said: str
) -> None:
    verdict = check_sharing(facts(owner, responsible, kept))
    assert verdict.needs_own_permit and said in verdict.reason_ja


def test_changed_conditions_have_a_second_way_out() -> None:
    assert "許可の変更を済ませれば" in check_sharing(facts(StructureOwner.HOLDER, YES, (NO, YES, YES, YES))).next_ja


def test_what_is_unknown_is_asked() -> None:
    asked = check_sharing(facts(StructureOwner.UNKNOWN, UNKNOWN, (UNKNOWN, YES, UNKNOWN, YES))).open_questions
    assert len(asked) == 5  # whose, responsibility, area, purpose, and whether a carrier's purpose is its own station
    by_sharing_company = check_sharing(
        facts(StructureOwner.UNKNOWN, UNKNOWN, (UNKNOWN, YES, UNKNOWN, YES), holder=Holder.SHARING_COMPANY)
    )
    assert len(by_sharing_company.open_questions) == 4


def test_other_classes() -> None:
    lease = check_sharing(facts(StructureOwner.HOLDER, YES, of=PropertyClass.ORDINARY))
    assert not lease.needs_own_permit and lease.form is Form.LESSOR_CONSENT and "612" in lease.reason_ja
    road = check_sharing(facts(StructureOwner.HOLDER, YES, of=PropertyClass.ROAD))
    assert road.needs_own_permit and "占用" in road.next_ja and road.open_questions
    enterprise = check_sharing(facts(StructureOwner.HOLDER, YES, of=PropertyClass.ENTERPRISE))
    assert not enterprise.needs_own_permit and "管理者" in enterprise.open_questions[0].ja
    assert set(FORM_LABELS) == set(Form)


@pytest.mark.parametrize(
    ("asset_m", "antenna_m", "is_roof", "radius_m"),
    [(20.0, 5.0, True, 50.0), (20.0, 12.0, False, 24.0), (None, 12.0, False, 24.0), (None, 5.0, True, None), (0.0, 0.0, True, 0.0)],
)  # fmt: skip
def test_twice_the_height(asset_m: float | None, antenna_m: float, is_roof: bool, radius_m: float | None) -> None:
    assert explanation_radius_m(asset_m, antenna_m, is_roof) == radius_m


@pytest.mark.parametrize("height_m", [-1.0, float("nan"), float("inf"), 5000.0])
def test_no_height(height_m: float) -> None:
    with pytest.raises(ValueError, match="no height"):
        top_height_m(10.0, height_m, True)


@pytest.mark.parametrize(
    ("asset_m", "antenna_m", "is_roof", "in_strip", "codes"),
    [
        (None, 15.0, False, None, []),
        (None, 15.1, False, None, ["structure-confirmation"]),
        (30.0, 1.0, True, True, []),
        (30.0, 1.5, True, True, ["radio-strip"]),
        (30.0, 1.5, True, None, ["radio-strip"]),
        (30.0, 1.5, True, False, []),
        (None, 40.0, False, None, ["structure-confirmation", "radio-strip"]),
        (None, 40.0, True, None, ["height-unknown"]),
    ],
)
def test_hints(asset_m: float | None, antenna_m: float, is_roof: bool, in_strip: bool | None, codes: list[str]) -> None:
    hints = height_hints(asset_m, antenna_m, is_roof, in_strip)
    assert [hint.code for hint in hints] == codes
    assert all(hint.ja.endswith("。") and hint.en.endswith(".") and hint.source for hint in hints)


def test_rules_of_municipalities_name_their_source() -> None:
    assert all(rule.source.startswith(rule.municipality) for rule in NEIGHBOUR_RULES)
