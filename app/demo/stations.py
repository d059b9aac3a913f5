"""Sample base stations on air: 225 by the end of FY2022, ten of them within the programme's first year."""

from datetime import date, timedelta
from random import Random
from typing import Any

from app.demo.counts import share_out
from app.demo.register import Asset, sample_rng
from app.territory.facts import facts_by_code

COUNT, FIRST_YEAR_COUNT = 225, 10
OPENED, FIRST_YEAR_END, LAST_ON_AIR = date(2019, 11, 20), date(2020, 11, 30), date(2023, 3, 31)
CARRIERS = ("通信事業者A", "通信事業者B", "通信事業者C", "通信事業者D")
SHARED_SITES = 20  # assets that carry two stations
HOST_SHARES = {
    ("building", "ward"): 95, ("building", "tama"): 50, ("building", "island"): 6,
    ("land", "ward"): 12, ("land", "tama"): 12, ("land", "island"): 4,
    ("structure", "ward"): 26,
}  # fmt: skip
BANDS = {"5g": (["n77"], ["n78"], ["n78", "n79"], ["n257"], ["n77", "n257"]), "4g": (["B1", "B3"], ["B8"], ["B19"])}


def stations_on(assets: list[Asset]) -> list[dict[str, Any]]:
    """The stations, in the order they went on air; marks their slots as used on the assets that carry them."""
    sites = _sites(assets)
    shared = [site for site in sites if site["slots_total"] > 1][:SHARED_SITES]
    visits = sites[:FIRST_YEAR_COUNT] + sorted(sites[FIRST_YEAR_COUNT:] + shared, key=lambda site: _key(site, "order"))
    stations = []
    for number, site in enumerate(visits, start=1):
        site["slots_used"] += 1
        stations.append(_station(number, site))
    for site in sites:
        if site["slots_used"] == site["slots_total"]:
            site["availability"] = "in_use"
    return stations


def _sites(assets: list[Asset]) -> list[Asset]:
    """The assets that carry stations, in an order of their own."""
    groups: dict[tuple[str, str], list[Asset]] = {group: [] for group in HOST_SHARES}
    for asset in assets:
        group = (asset["asset_kind"], facts_by_code()[asset["municipality_code"]].region)
        if asset["availability"] in ("open", "conditional") and asset.get("roof_type") != "none":
            groups[group].append(asset)
    wanted = share_out(COUNT - SHARED_SITES, HOST_SHARES)
    chosen = [
        asset
        for group, members in groups.items()
        for asset in sorted(members, key=lambda asset: _key(asset, "host"))[: wanted[group]]
    ]
    return sorted(chosen, key=lambda asset: _key(asset, "site"))


def _key(asset: Asset, purpose: str) -> float:
    return sample_rng(f"{purpose} {asset['asset_id']}").random()


def _station(number: int, site: Asset) -> dict[str, Any]:
    station_id = f"BS-S{number:05d}"
    rng = sample_rng(station_id)
    technology = "5g" if rng.random() < 0.88 else "4g"
    carrier = CARRIERS[(int(_key(site, "carrier") * 4) + site["slots_used"]) % 4]  # never twice on one asset
    top_m = site.get("mount_height_max_m") or site.get("roof_height_m") or 10.0
    lon, lat = site["position"]
    return {
        "station_id": station_id,
        "name": f"{site['name']} {carrier}基地局",
        "carrier": carrier,
        "asset_id": site["asset_id"],
        "technology": technology,
        "bands": rng.choice(BANDS[technology]),
        "antenna_height_m": round(top_m + (0.0 if site["asset_kind"] == "structure" else rng.uniform(1.5, 5.0)), 1),
        "azimuths_deg": _azimuths(rng, site),
        "is_shared": rng.random() < 0.15,
        "status": "on_air",
        "on_air_on": _on_air_on(rng, number),
        "municipality_code": site["municipality_code"],
        "municipality": site["municipality"],
        "geom": f"SRID=4326;POINT({lon:.6f} {lat:.6f})",
    }


def _azimuths(rng: Random, site: Asset) -> str:
    first = rng.randrange(0, 120, 10)
    return str(first) if site["asset_kind"] == "structure" else f"{first},{first + 120},{first + 240}"


def _on_air_on(rng: Random, number: int) -> date:
    """Dates rise with the number: ten within the first year, the rest until the end of March 2023."""
    if number <= FIRST_YEAR_COUNT:
        return OPENED + (FIRST_YEAR_END - OPENED) * number // FIRST_YEAR_COUNT
    later = (LAST_ON_AIR - FIRST_YEAR_END).days
    step = later / (COUNT - FIRST_YEAR_COUNT)
    return FIRST_YEAR_END + timedelta(days=1 + int((number - FIRST_YEAR_COUNT - rng.random()) * step))
