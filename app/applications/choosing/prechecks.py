"""The pre-check of a draft: what the register and its surroundings already say of each site, before anybody is asked.

It tells nothing of other carriers' applications: a slot somebody has reserved is free here until it shows on the map.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.choosing.asset_facts import find_assets
from app.applications.choosing.neighbours import HEIGHTS_PER_RADIUS, height_hints
from app.applications.drafts import ApplicationRow
from app.applications.fees.kept_rules import fee_line
from app.applications.sites import SiteRow
from app.applications.statistics.forecast import likely_days
from app.applications.submission import REQUIRED, lacking_fields

NEAR_M = 300  # existing stations within this are told of
_KG_PER_N = 1 / 9.80665


class Finding(NamedTuple):
    """One finding of the pre-check."""

    name: str
    level: str
    ja: str
    en: str


def check_sites(session: Session, application: ApplicationRow, sites: Sequence[SiteRow]) -> dict[UUID, list[Finding]]:
    """Findings by site, the worst first."""
    assets = find_assets(session, [site["asset_id"] for site in sites])
    spare = _spare_power(session, list(assets))
    around = _surroundings(session, [(site, {**application["plan"], **site["plan"]}) for site in sites])
    twice = _own_elsewhere(session, application, sites)
    offices = _offices(session, sites)
    days = {office: likely_days(session, office) for office in set(offices.values())}
    fees: dict[Any, Finding] = {}
    checked = {}
    for site in sites:
        asset = assets.get(site["asset_id"])
        if asset is None:
            checked[site["site_id"]] = [_GONE]
            continue
        plan = {**application["plan"], **site["plan"]}
        found = [*_of_plan(plan), *_of_asset(asset, plan, spare.get(site["asset_id"])), *around[site["site_id"]]]
        if site["asset_id"] in twice:
            found.append(twice[site["asset_id"]])
        owner = offices[site["asset_id"]]
        key = (owner, asset["owner_name"], asset["asset_kind"], asset["property_class"])
        if key not in fees:
            fees[key] = Finding("fee", *fee_line(session, owner, asset))
        found += [fees[key], _days_finding(days.get(owner))]
        checked[site["site_id"]] = sorted(found, key=lambda finding: _ORDER[finding.level])
    return checked


_ORDER = {"block": 0, "warning": 1, "unknown": 2, "note": 3, "ok": 4}
_GONE = Finding(
    "asset",
    "block",
    "このアセットは一覧から外れました。申請から外してください。",
    "The asset has left the register; take it out.",
)


def _of_plan(plan: Mapping[str, Any]) -> Iterator[Finding]:
    lacking = lacking_fields(plan)
    if lacking:
        ja, en = "、".join(REQUIRED[n][0] for n in lacking), ", ".join(REQUIRED[n][1] for n in lacking)
        yield Finding("plan", "block", f"まだ入れていない項目があります: {ja}", f"Still to be given: {en}")


def _of_asset(asset: Mapping[str, Any], plan: Mapping[str, Any], spare_kva: float | None) -> Iterator[Finding]:
    yield _availability(asset)
    yield _slot(asset)
    yield _power(asset, plan, spare_kva)
    yield from _height(asset, plan)
    yield from _load(asset, plan)
    if asset["planned_works"]:
        yield Finding(
            "works",
            "warning",
            f"改修・建替えの予定: {asset['planned_works']}",
            f"Planned works: {asset['planned_works']}",
        )
    for restriction in asset["restrictions"] or ():
        yield Finding("restriction", "note", f"使用制限: {restriction}", f"Restriction: {restriction}")
    if asset["asset_kind"] == "structure":
        yield Finding("road", "note", "道路にあるときは、道路占用・道路使用の許可も要ります（並行して進められます）。",
                      "On a road, occupancy and use permits are needed too (in parallel).")  # fmt: skip
    if plan.get("is_new_structure"):
        yield Finding(
            "new",
            "note",
            "新しく建てるため、審査の標準日数が長くなります。",
            "Something new is built: the review takes longer.",
        )


def _availability(asset: Mapping[str, Any]) -> Finding:
    found = asset["availability"]
    if found in ("suspended", "unlisted"):
        return Finding("availability", "block", "いまは新しい利用を受け付けていません。", "Takes no new use for now.")
    if found in ("conditional", "reserved"):
        return Finding("availability", "note", "条件付き、または調整中です。", "Conditional, or being arranged.")
    return Finding("availability", "ok", "開放中です。", "Open.")


def _slot(asset: Mapping[str, Any]) -> Finding:
    if asset["slots_total"] is None:
        return Finding("slot", "unknown", "設置枠の数が登録されていません。", "The number of slots is not registered.")
    free = asset["slots_total"] - (asset["slots_used"] or 0)
    if free < 1:
        return Finding(
            "slot",
            "warning",
            "設置枠が埋まっています。共用できるかは窓口に相談してください。",
            "All slots are taken; ask the window about sharing.",
        )
    return Finding("slot", "ok", f"設置枠の空き {free}", f"{free} free slots")


def _power(asset: Mapping[str, Any], plan: Mapping[str, Any], spare_kva: float | None) -> Finding:
    if asset["power"] == "none":
        return Finding("power", "warning", "電源がありません。引き込みの計画が要ります。", "No power; plan a supply.")
    needed = plan.get("power_kva")
    if spare_kva is not None and needed is not None and needed > spare_kva:
        return Finding("power", "warning", f"必要な電力 {needed:g} kVA が、受電の空き {spare_kva:g} kVA を超えます。",
                       f"{needed:g} kVA exceeds the spare {spare_kva:g} kVA.")  # fmt: skip
    if asset["power"] is None:
        return Finding(
            "power", "unknown", "電源の有無が登録されていません。", "Whether there is power is not registered."
        )
    return Finding(
        "power",
        "ok",
        "電源があります。" if asset["power"] == "available" else "電源が近くにあります。",
        "Power is there or near by.",
    )


def _height(asset: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[Finding]:
    wanted = plan.get("antenna_height_m")
    if wanted is None:
        return
    most = {"structure": asset["mount_height_max_m"], "land": asset["max_structure_height_m"]}.get(asset["asset_kind"])
    if most is not None and wanted > most:
        yield Finding("height", "warning", f"アンテナの高さ {wanted:g} m が、取り付けられる高さ {most:g} m を超えます。",
                      f"{wanted:g} m is higher than the {most:g} m possible.")  # fmt: skip
    roof = asset["roof_height_m"]
    on_roof = (
        asset["asset_kind"] == "building" and not plan.get("is_new_structure") and roof is not None and wanted > roof
    )
    for hint in height_hints(roof, wanted - roof if on_roof and roof else wanted, on_roof):
        yield Finding(hint.code, "note", hint.ja, hint.en)


def _load(asset: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[Finding]:
    weight = plan.get("weight_kg")
    if weight is None:
        return
    if asset["max_load_kg"] is not None and weight > asset["max_load_kg"]:
        yield Finding("load", "warning", f"重さ {weight:g} kg が、取り付けられる {asset['max_load_kg']:g} kg を超えます。",
                      f"{weight:g} kg is more than the {asset['max_load_kg']:g} kg possible.")  # fmt: skip
    width, depth, roof = plan.get("width_mm"), plan.get("depth_mm"), asset["roof_load_n_m2"]
    if width and depth and roof is not None and weight / (width * depth / 1e6) > roof * _KG_PER_N:
        yield Finding("load", "warning", f"床にかかる重さが、屋上の許容荷重 {roof:g} N/m² を超えそうです。構造計算で確かめてください。",
                      f"The load may exceed the roof's {roof:g} N/m²; have it calculated.")  # fmt: skip


def _spare_power(session: Session, asset_ids: list[str]) -> dict[str, float]:
    rows = session.execute(
        text(
            "SELECT asset_id, power_spare_kva FROM ogc.assets_carrier WHERE asset_id = ANY (:ids) AND power_spare_kva IS NOT NULL"
        ),
        {"ids": asset_ids},
    )
    return {row.asset_id: row.power_spare_kva for row in rows}


_AROUND = f"""
SELECT s.site_id,
  (SELECT count(*) FROM ogc.stations b WHERE b.status = 'on_air' AND ST_DWithin(b.geom, s.geom, {NEAR_M} / 90000.0)
    AND ST_DWithin(CAST(b.geom AS geography), CAST(s.geom AS geography), {NEAR_M})) AS stations,
  (SELECT array_agg(a.name ORDER BY a.name) FROM ogc.assets a WHERE s.radius_m > 0
    AND ST_DWithin(a.geom, s.geom, s.radius_m / 90000.0)
    AND ST_DWithin(CAST(a.geom AS geography), CAST(s.geom AS geography), s.radius_m) AND a.asset_kind = 'building'
    AND (a.facility_type ~ '学校|幼稚園|保育|こども園|病院|診療所|医療' OR a.sensitive_flags && ARRAY['school', 'hospital', 'nursery'])
  ) AS sensitive
FROM (SELECT unnest(CAST(:ids AS uuid[])) AS site_id, ST_SetSRID(ST_MakePoint(unnest(CAST(:lons AS float8[])),
  unnest(CAST(:lats AS float8[]))), 4326) AS geom, unnest(CAST(:radii AS float8[])) AS radius_m) s
"""


def _surroundings(session: Session, sites: Sequence[tuple[SiteRow, Mapping[str, Any]]]) -> dict[UUID, list[Finding]]:
    """Stations near by, and schools and hospitals within twice the antenna's height."""
    rows = session.execute(
        text(_AROUND),
        {
            "ids": [site["site_id"] for site, _ in sites], "lons": [site["lon"] for site, _ in sites],
            "lats": [site["lat"] for site, _ in sites],
            "radii": [HEIGHTS_PER_RADIUS * float(plan.get("antenna_height_m") or 0) for _, plan in sites],
        },
    )  # fmt: skip
    return {row.site_id: list(_around(row.stations, row.sensitive or ())) for row in rows}


def _around(stations: int, sensitive: Sequence[str]) -> Iterator[Finding]:
    if stations:
        yield Finding(
            "stations",
            "note",
            f"{NEAR_M} m以内に基地局が{stations}局あります。",
            f"{stations} stations within {NEAR_M} m.",
        )
    if sensitive:
        names = "、".join(sensitive[:3]) + ("ほか" if len(sensitive) > 3 else "")
        yield Finding("sensitive", "note", f"高さの2倍の範囲に学校・病院などが{len(sensitive)}件あります（{names}）。説明の記録を用意してください。",
                      f"{len(sensitive)} schools or hospitals within twice the height.")  # fmt: skip


def _own_elsewhere(session: Session, application: ApplicationRow, sites: Sequence[SiteRow]) -> dict[str, Finding]:
    """One's own running cases on the same assets."""
    rows = session.execute(
        text(
            "SELECT DISTINCT asset_id, code FROM site WHERE asset_id = ANY (:ids) AND organisation_id = :me"
            " AND application_id <> :application AND stage NOT IN ('draft', 'end')"
        ),
        {
            "ids": [site["asset_id"] for site in sites], "me": application["organisation_id"],
            "application": application["application_id"],
        },
    )  # fmt: skip
    return {
        row.asset_id: Finding("own", "warning", f"同じアセットに、自社の進行中の案件 {row.code} があります。", f"Your own case {row.code} is running on this asset.")
        for row in rows
    }  # fmt: skip


def _offices(session: Session, sites: Sequence[SiteRow]) -> dict[str, UUID | None]:
    """The office that answers for each asset; None where none has an account."""
    rows = session.execute(
        text("SELECT asset_id, office_of_asset(asset_id) AS office FROM unnest(CAST(:ids AS text[])) AS a(asset_id)"),
        {"ids": [site["asset_id"] for site in sites]},
    )
    return {row.asset_id: row.office for row in rows}


def _days_finding(days: tuple[int, int] | None) -> Finding:
    if days is None:
        return Finding("days", "unknown", "この所管の過去の件数が少なく、日数を見込めません。標準処理期間は82営業日です。",
                       "Too few past cases of this office to tell the days; the standard is 82 business days.")  # fmt: skip
    return Finding("days", "note", f"決まるまでの見込み: 半数は{days[0]}営業日、9割は{days[1]}営業日以内（過去の実績）。",
                   f"Likely: half within {days[0]}, nine of ten within {days[1]} business days (past cases).")  # fmt: skip
