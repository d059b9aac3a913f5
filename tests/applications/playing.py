"""The parties of the window as tests play them, over `/api/v1` as any software would."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import psycopg
from PIL import Image

from app.accounts.permissions import Role
from app.accounts.secrets import hash_password
from app.assets.models import asset
from app.clock import today
from app.db import make_engine, make_sessions
from app.territory.sources import record_source
from app.versioned import publish
from tests.accounts_world import World, _add_person, settings_of, transactions

PLAN: dict[str, Any] = {
    "purpose": "駅前の混雑対策", "technology": "5g", "bands": ["n78"], "equipment_class": "small_cell", "width_mm": 400,
    "height_mm": 900, "depth_mm": 300, "weight_kg": 45, "power_kva": 1.5, "antenna_height_m": 24,
    "sharing_intent": "open", "desired_quarter": "2027Q2",
}  # fmt: skip
PERMIT: dict[str, Any] = {
    "legal_basis": "use_permission", "from_on": "2027-04-01", "to_on": "2032-03-31", "area_m2": 4.5,
    "conditions": ["用途を妨げないこと"],
}  # fmt: skip


def on_air(**changes: Any) -> dict[str, Any]:
    """What going on air asks for."""
    said = {
        "on_air_on": today().isoformat(),
        "bands": ["n78"],
        "technology": "5g",
        "antenna_height_m": 24,
        "azimuths_deg": [0, 120],
    }
    return {**said, **changes}


def png(colour: int = 0) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (colour % 256, 90, 120)).save(out, "PNG")
    return out.getvalue()


def add_office_assets(url: str, owner: psycopg.Connection[Any], world: World) -> None:
    """Assets of the bureau (`B…`, one slot each but B2, which has two), of 港区 (`M…`), and a structure (`K1`)."""
    rows = [
        {
            "asset_id": f"{prefix}{n}", "asset_kind": "structure" if prefix == "K" else "building",
            "name": f"{'街路灯' if prefix == 'K' else '庁舎'}{prefix}{n}", "municipality_code": "13103", "municipality": "港区",
            "address": f"東京都港区芝公園{n}", "owner_code": "131032" if prefix == "M" else "130001",
            "owner_name": "港区" if prefix == "M" else "東京都", "property_class": "administrative", "roof_height_m": 20.0,
            "power": "available", "availability": "open", "slots_total": 2 if (prefix, n) == ("B", 2) else 1, "slots_used": 0,
            "geom": f"SRID=4326;POINT({139.755 + n * 1e-3} {35.655 + 'BMK'.index(prefix) * 1e-3})",
        }
        for prefix in "BMK"
        for n in range(1, 7)
    ]  # fmt: skip
    source = {"source_id": "offices", "title_ja": "試験", "title_en": "test", "publisher": "試験", "licence": "CC0"}
    engine = make_engine(settings_of(url))
    with make_sessions(engine).begin() as session:
        record_source(session, {**source, "credit": "試験"})
        publish(session, asset, "offices", rows)
    engine.dispose()
    owner.execute(
        "INSERT INTO asset_route (owner_code, organisation_id) VALUES ('130001', %s)", (world.organisations["bureau"],)
    )


def add_player(url: str, world: World, name: str, organisation: str, role: Role) -> None:
    """A further person of the world, with a session and tokens."""
    with transactions(url) as db:
        world.people[name] = _add_person(
            db, name, organisation, world.organisations[organisation], role, hash_password("play " * 4)
        )


@dataclass
class Window:
    """What the parties do; each answers what the service said, and refuses to go on after an error."""

    client: httpx.AsyncClient
    world: World
    owner: psycopg.Connection[Any]

    async def call(self, person: str, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of somebody."""
        headers = {**self.world[person].token, **more.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def ok(self, person: str, method: str, path: str, **more: Any) -> Any:
        """The answer to a request that must succeed."""
        answer = await self.call(person, method, path, **more)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def apply(self, person: str, *asset_ids: str, **plan: Any) -> list[dict[str, Any]]:
        """Sites of a new application, sent."""
        body = {"title": "試験", "plan": {**PLAN, **plan}, "asset_ids": list(asset_ids), "submit": True}
        made = await self.ok(person, "POST", "/applications", json=body)
        sites: list[dict[str, Any]] = await self.ok(person, "GET", f"/applications/{made['application_id']}/sites")
        return sites

    async def case(self, person: str, site: dict[str, Any]) -> dict[str, Any]:
        """A site as somebody sees it."""
        found: dict[str, Any] = await self.ok(person, "GET", f"/sites/{site['site_id']}")
        return found

    async def try_act(self, person: str, site: dict[str, Any], action: str, **content: Any) -> httpx.Response:
        """An action on the site as it now stands, whatever comes of it."""
        headers = {"If-Match": content.pop("if_match", "*")}
        return await self.call(
            person, "POST", f"/sites/{site['site_id']}/transitions", json={"action": action, **content}, headers=headers
        )

    async def act(self, person: str, site: dict[str, Any], action: str, **content: Any) -> dict[str, Any]:
        """The site after an action that must succeed; documents it asks for are attached first."""
        case = await self.case(person, site)
        for name in case["missing_documents"].get(action, ()):
            await self.attach(person, site, name)
        answer = await self.try_act(person, site, action, **content)
        assert answer.is_success, (action, answer.status_code, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    async def attach(self, person: str, site: dict[str, Any], document_type: str, **fields: str) -> dict[str, Any]:
        """A picture as a document."""
        made: dict[str, Any] = await self.ok(
            person, "POST", f"/sites/{site['site_id']}/documents", files={"file": (f"{document_type}.png", png(len(document_type)))},
            data={"document_type": document_type, **fields},
        )  # fmt: skip
        return made

    async def refer(self, site: dict[str, Any]) -> dict[str, Any]:
        """From sent to the owner's desk."""
        await self.act("window_operator", site, "accept")
        return await self.act("window_operator", site, "refer")

    async def survey(self, site: dict[str, Any], carrier: str, owner: str) -> dict[str, Any]:
        """From the owner's desk to the consultation opened."""
        await self.act(owner, site, "pass_first_review")
        days = [(today() + timedelta(days=n)).isoformat() for n in (7, 8)]
        await self.act(carrier, site, "propose_survey", survey_dates=days, entrants="見本 太郎ほか1名")
        await self.act("window_operator", site, "confirm_survey", survey_on=days[0])
        await self.act(carrier, site, "report_survey")
        return await self.act(carrier, site, "open_consultation")

    async def permit(self, site: dict[str, Any], carrier: str, owner: str) -> dict[str, Any]:
        """From the consultation to the permit."""
        await self.act(owner, site, "agree")
        await self.act(carrier, site, "apply_permit")
        return await self.act(owner, site, "permit", permit=PERMIT)

    async def build(self, site: dict[str, Any], carrier: str, owner: str) -> dict[str, Any]:
        """From the permit to on air."""
        await self.act(carrier, site, "start_construction")
        await self.act(carrier, site, "report_completion")
        await self.act(owner, site, "accept_completion")
        return await self.act(carrier, site, "go_on_air", on_air=on_air())


def in_days(days: int) -> date:
    """A day from today."""
    return today() + timedelta(days=days)
