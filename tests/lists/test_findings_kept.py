"""What is kept of very many findings: mended cells at the top of a file must not crowd out the errors at its end."""

from collections import Counter

from app.lists.examining import FINDINGS_KEPT, _within_bounds
from app.lists.rules import DUPLICATE_ID
from app.tabular.findings import Finding, Level
from app.tabular.value_rules import RULES


def test_errors_after_very_many_mended_cells_are_kept() -> None:
    mended = next(rule for rule in RULES if rule.level is Level.MENDED)
    rules = {rule.id: rule for rule in (mended, DUPLICATE_ID)}
    findings = [Finding(n, "A", None, mended.id, "１") for n in range(2 * FINDINGS_KEPT)]
    findings.append(Finding(len(findings), "A", None, DUPLICATE_ID.id, "1"))
    kept: Counter[Level] = Counter()
    found = list(_within_bounds(findings, rules, kept))
    assert found[-1].rule == DUPLICATE_ID.id
    assert kept == {Level.MENDED: FINDINGS_KEPT, Level.ERROR: 1}
