"""The table of the published survey: 圏内 (5G, 4G, 3G) and 圏外 by municipality, in per cent of the road driven.

What a phone reported as serving it, never a bound on a level. `carrier` all adds up the roads of every phone.
Source of the format: 東京都 通信困難地域調査 2022-06-30 to 07-08.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

SERVED = ("5g", "4g", "3g")
PARTS = (*SERVED, "none")
TENTHS = 1000  # of a whole: one decimal of a per cent

SUM = """
SELECT r.municipality_code, m.name, m.name_en, CASE WHEN r.technology LIKE '5g%' THEN '5g' ELSE r.technology END AS part,
  sum(r.length_m)::float8 / 1000 AS km, sum(r.samples) AS samples
FROM survey_road r LEFT JOIN municipality m USING (municipality_code)
WHERE r.survey_id = :survey AND (CAST(:carrier AS text) IS NULL OR r.carrier = :carrier)
GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS LAST
"""


def per_cent(amounts: Mapping[str, float]) -> dict[str, float]:
    """Shares in per cent with one decimal that sum to 100 exactly: the largest remainders are rounded up.

    What there is of 圏外 (`none`) never rounds to nothing: it is 0.1 at least. All are 0 where there is nothing.
    """
    total = sum(amounts.values())
    if total <= 0:
        return dict.fromkeys(amounts, 0.0)
    exact = {name: amount / total * TENTHS for name, amount in amounts.items()}
    tenths = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (tenths[name] - exact[name], name))
    for name in by_remainder[: TENTHS - sum(tenths.values())]:
        tenths[name] += 1
    if amounts.get("none", 0) > 0 and tenths["none"] == 0:
        tenths["none"] = 1
        tenths[max(tenths, key=lambda name: tenths[name])] -= 1
    return {name: share / 10 for name, share in tenths.items()}


def table_row(name: str, amounts: Mapping[str, float]) -> dict[str, Any]:
    """A row: 圏内 is the sum of its technologies as they are shown."""
    shares = per_cent({part: amounts.get(part, 0.0) for part in PARTS})
    served = round(sum(shares[part] for part in SERVED), 1)
    return {
        "name": name,
        "served": served,
        **{part: shares[part] for part in PARTS},
        "km": round(sum(amounts.values()), 3),
    }


def survey_table(session: Session, survey: UUID, carrier: str | None = None) -> list[dict[str, Any]]:
    """The whole first (全体), then every municipality the survey drove in, by code."""
    rows = session.execute(text(SUM), {"survey": survey, "carrier": carrier}).all()
    found: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        place = found.setdefault(row.municipality_code, {"name": row.name, "name_en": row.name_en, "km": {}})
        place["km"][row.part] = row.km
    if not found:
        return []
    whole = table_row("全体", _added(place["km"] for place in found.values()))
    return [
        {"municipality_code": None, "name_en": "Whole", **whole},
        *(
            {
                "municipality_code": code,
                "name_en": place["name_en"] or "Elsewhere",
                **table_row(place["name"] or "区域外", place["km"]),
            }
            for code, place in found.items()
        ),
    ]


def _added(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    together: dict[str, float] = {}
    for one in amounts:
        for part, amount in one.items():
            together[part] = together.get(part, 0.0) + amount
    return together
