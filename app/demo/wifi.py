"""Sample access points of the programme's Wi-Fi: 329 new, 342 upgraded."""

from datetime import date, timedelta
from typing import Any

from app.demo.counts import share_out
from app.demo.places import scatter
from app.demo.register import sample_rng
from app.territory.facts import PREFECTURE, TOKYO_CODE6, MunicipalityFacts, facts_by_code

NEW, UPGRADED = 329, 342
PHONE_BOX_SHARE = 0.4
PHONE_BOX_BACKUP_HOURS = 6
RANGE_M = (25, 50)
FIRST_DAY, LAST_DAY = date(2023, 10, 1), date(2024, 7, 31)


def access_points() -> list[dict[str, Any]]:
    """The 671 access points, shared out by population, each municipality with its part of new and upgraded ones."""
    counts = share_out(NEW + UPGRADED, {code: facts.population + 8000 for code, facts in facts_by_code().items()})
    homes = [facts for code, facts in facts_by_code().items() for _ in range(counts[code])]
    return [_access_point(number, facts) for number, facts in enumerate(homes, start=1)]


def _access_point(number: int, facts: MunicipalityFacts) -> dict[str, Any]:
    access_point_id = f"{TOKYO_CODE6}-W-S{number:05d}"
    rng = sample_rng(access_point_id)
    # Spread evenly: the running share of new ones steps up at this number.
    is_new = number * NEW // (NEW + UPGRADED) > (number - 1) * NEW // (NEW + UPGRADED)
    is_phone_box = rng.random() < PHONE_BOX_SHARE
    site_ja, site_en = ("公衆電話", "Phone Box") if is_phone_box else ("施設", "Facility")
    lon, lat = scatter(rng, facts)
    return {
        "access_point_id": access_point_id,
        "name": f"サンプル {facts.name[:-1]} {site_ja} Wi-Fi {number}",
        "name_en": f"Sample {facts.romaji.rsplit(' ', 1)[0]} {site_en} Wi-Fi {number}",
        "address": f"{PREFECTURE}{facts.name}サンプル{rng.randint(1, 8)}丁目{rng.randint(1, 30)}番",
        "installer": "東京都（サンプル）",
        "ssid": "SAMPLE_OpenRoaming" if is_new else "SAMPLE_Wi-Fi",
        "service_area": "ボックス周辺" if is_phone_box else "屋内外の共用部",
        "site_kind": "phone_box" if is_phone_box else "facility",
        "has_openroaming": is_new,
        "range_m": rng.randint(*RANGE_M),
        "backup_hours": PHONE_BOX_BACKUP_HOURS if is_phone_box else None,
        "installed_on": FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days + 1)),
        "renewal": "new" if is_new else "upgraded",
        "municipality_code": facts.code5,
        "municipality": facts.name,
        "geom": f"SRID=4326;POINT({lon:.6f} {lat:.6f})",
    }
