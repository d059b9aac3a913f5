"""Fee rules as owners keep them, and a site's fee by the rule in force."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.fees.estimates import Estimate, estimate
from app.applications.fees.facts import FeeFacts
from app.applications.fees.known_rules import KNOWN_FEE_RULES
from app.applications.fees.rules import FeeRule, NoRule, check_rules, rule_from_json, rule_in_force, rule_to_json
from app.clock import today
from app.problems import INVALID, Problem


def rules_of(session: Session, owner_organisation_id: UUID | None, owner_name: str | None) -> Sequence[FeeRule]:
    """An owner's own rules; else what is publicly known of its ordinance."""
    rows = session.execute(
        text("SELECT content FROM fee_rule WHERE organisation_id = :owner ORDER BY valid_from"),
        {"owner": owner_organisation_id},
    )
    own = [rule_from_json(row.content) for row in rows]
    return own or [rule for rule in KNOWN_FEE_RULES if rule.owner_name == owner_name]


def estimate_fee(
    session: Session,
    owner_organisation_id: UUID | None,
    asset: Mapping[str, Any],
    facts: FeeFacts,
    on: date | None = None,
) -> Estimate | NoRule:
    """A site's fee by the rule in force that day, or why there is none."""
    on = on or today()
    rule = rule_in_force(
        rules_of(session, owner_organisation_id, asset.get("owner_name")), on,
        asset_kind=asset.get("asset_kind"), property_class=asset.get("property_class"),
    )  # fmt: skip
    return rule if isinstance(rule, NoRule) else estimate(rule, facts, on)


def fee_line(session: Session, owner_organisation_id: UUID | None, asset: Mapping[str, Any]) -> tuple[str, str, str]:
    """Level, Japanese and English of what can be said of the fee before prices are known."""
    found = estimate_fee(session, owner_organisation_id, asset, facts_of(asset))
    if isinstance(found, NoRule):
        return "unknown", found.ja, found.en
    if found.monthly_jpy is not None:
        return (
            "note",
            f"使用料の目安: 月額 {found.monthly_jpy:,} 円（{found.rule_ja}）",
            f"Fee: JPY {found.monthly_jpy:,} a month",
        )
    lacking = "、".join(one.ja for one in found.missing), ", ".join(one.en for one in found.missing)
    if found.missing:
        return (
            "note",
            f"使用料の決め方: {found.rule_ja}（{lacking[0]}が分かれば計算できます）",
            f"Fee: {found.rule_en} (needs {lacking[1]})",
        )
    return "note", f"使用料: {found.rule_ja}", f"Fee: {found.rule_en}"


def facts_of(asset: Mapping[str, Any]) -> FeeFacts:
    """What the register says that fee rules ask for."""
    return FeeFacts(
        owner_name=asset.get("owner_name"),
        asset_kind=asset.get("asset_kind"),
        property_class=asset.get("property_class"),
    )


def put_rules(
    session: Session, actor: Actor, said: Sequence[Mapping[str, Any]], *, is_sample: bool = False
) -> list[FeeRule]:
    """Put an owner's rules in place of those it had. Raises Problem (422) naming overlaps, gaps in words, bad parameters."""
    rules = [rule_from_json(one) for one in said]
    check_rules(rules)
    contents = [_content(place, rule) for place, rule in enumerate(rules)]
    session.execute(text("DELETE FROM fee_rule WHERE organisation_id = :owner"), {"owner": actor.organisation_id})
    for rule, content in zip(rules, contents, strict=True):
        session.execute(
            text(
                "INSERT INTO fee_rule (organisation_id, content, valid_from, valid_to, is_sample)"
                " VALUES (:owner, CAST(:content AS jsonb), :from_on, :to_on, :sample)"
            ),
            {
                "owner": actor.organisation_id, "content": content,
                "from_on": rule.valid_from, "to_on": rule.valid_to, "sample": is_sample,
            },
        )  # fmt: skip
    audit.record(
        session, "fee_rules.put", f"organisation:{actor.organisation_id}", after={"rules": [r.rule_id for r in rules]}
    )
    return rules


def _content(place: int, rule: FeeRule) -> str:
    """A rule as JSON text. Raises Problem (422) for characters the database cannot keep."""
    try:
        content = orjson.dumps(rule_to_json(rule)).decode()
    except orjson.JSONEncodeError:
        content = "\\u0000"
    if "\\u0000" in content:
        ja, en = "使えない文字が入っています。", "It holds characters that cannot be kept."
        raise Problem(INVALID, f"規則に{ja}", f"The rule: {en}", errors=[{"pointer": f"/{place}", "ja": ja, "en": en}])
    return content
