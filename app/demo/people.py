"""Demo people: one for each role, in sample organisations, with passwords made at random and written to a private file."""

import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.accounts.organisations import create_organisation
from app.accounts.people import add_membership, create_person
from app.accounts.permissions import OrganisationKind, Role
from app.accounts.secrets import hash_password
from app.config import Settings
from app.db import make_app_engine

_K, _R = OrganisationKind, Role

# key: kind, name, English name, further fields
ORGANISATIONS: dict[str, tuple[OrganisationKind, str, str, dict[str, Any]]] = {
    **{
        f"carrier-{letter.lower()}": (_K.CARRIER, f"通信事業者{letter}（サンプル）", f"Carrier {letter} (sample)", {})
        for letter in "ABCD"
    },
    "sharing": (_K.SHARING, "共用設備会社（サンプル）", "Sharing company (sample)", {}),
    "window": (
        _K.WINDOW, "ワンストップ窓口 受託者（サンプル）", "One-stop window contractor (sample)",
        {"contract_from": date(2026, 4, 1), "contract_to": date(2028, 3, 31)},
    ),
    "window-next": (
        _K.WINDOW, "ワンストップ窓口 次期受託者（サンプル）", "Next one-stop window contractor (sample)",
        {"contract_from": date(2028, 4, 1), "contract_to": date(2030, 3, 31)},
    ),
    "bureau": (_K.BUREAU, "東京都 財務局（サンプル）", "TMG Bureau of Finance (sample)", {}),
    "construction": (_K.BUREAU, "東京都 建設局（サンプル）", "TMG Bureau of Construction (sample)", {}),
    "digital": (_K.BUREAU, "東京都 デジタルサービス局（サンプル）", "TMG Bureau of Digital Services (sample)", {}),
    "minato": (_K.MUNICIPALITY, "港区（サンプル）", "Minato (sample)", {"municipality_code": "13103"}),
    "hinohara": (_K.MUNICIPALITY, "檜原村（サンプル）", "Hinohara (sample)", {"municipality_code": "13307"}),
    "affiliated": (_K.AFFILIATED, "政策連携団体（サンプル）", "Affiliated body (sample)", {}),
    "surveyor": (_K.SURVEYOR, "電波調査会社（サンプル）", "Survey company (sample)", {}),
    "private": (_K.PRIVATE, "民間ビル保有者（サンプル）", "Private building owner (sample)", {}),
}  # fmt: skip

# e-mail before the @: (name, [(organisation, role), …])
PEOPLE: dict[str, tuple[str, list[tuple[str, Role]]]] = {
    "carrier-a-admin": ("見本 あおい", [("carrier-a", _R.CARRIER_ADMIN)]),
    "carrier-a": ("見本 あきら", [("carrier-a", _R.CARRIER_MEMBER)]),
    "carrier-b-admin": ("見本 べに", [("carrier-b", _R.CARRIER_ADMIN)]),
    "carrier-b": ("見本 ぶんた", [("carrier-b", _R.CARRIER_MEMBER)]),
    "carrier-c-admin": ("見本 しおり", [("carrier-c", _R.CARRIER_ADMIN)]),
    "carrier-d-admin": ("見本 でん", [("carrier-d", _R.CARRIER_ADMIN)]),
    "sharing-admin": ("見本 きょう", [("sharing", _R.CARRIER_ADMIN)]),
    "window": ("見本 まど", [("window", _R.WINDOW_OPERATOR)]),
    "window-admin": ("見本 まどか", [("window", _R.WINDOW_OPERATOR), ("window", _R.ORGANISATION_ADMIN)]),
    "window-next": ("見本 つぎ", [("window-next", _R.WINDOW_OPERATOR), ("window-next", _R.ORGANISATION_ADMIN)]),
    "owner": ("見本 もりお", [("bureau", _R.OWNER_REVIEWER)]),
    "owner-2": ("見本 ざいこ", [("bureau", _R.OWNER_REVIEWER)]),
    "construction": ("見本 けんぞう", [("construction", _R.OWNER_REVIEWER)]),
    "minato-owner": ("見本 うみの", [("minato", _R.OWNER_REVIEWER)]),
    "hinohara-owner": ("見本 やまと", [("hinohara", _R.OWNER_REVIEWER)]),
    "minato-editor": ("見本 みなと", [("minato", _R.MUNICIPAL_EDITOR), ("minato", _R.OWNER_REVIEWER)]),
    "minato-editor-2": ("見本 みなみ", [("minato", _R.MUNICIPAL_EDITOR)]),
    "hinohara-editor": ("見本 ひのき", [("hinohara", _R.MUNICIPAL_EDITOR), ("hinohara", _R.ORGANISATION_ADMIN)]),
    "affiliated": ("見本 れんじ", [("affiliated", _R.OWNER_REVIEWER)]),
    "planner": ("見本 けいか", [("digital", _R.PLANNER), ("hinohara", _R.PLANNER)]),
    "surveyor": ("見本 そくた", [("surveyor", _R.SURVEYOR)]),
    "auditor": ("見本 かんさ", [("digital", _R.AUDITOR)]),
    "system-admin": ("見本 すべる", [("digital", _R.SYSTEM_ADMIN)]),
    "private-owner": ("見本 たみ", [("private", _R.OWNER_REVIEWER)]),
}
DOMAIN = "demo.example.jp"


def add_demo_people(settings: Settings, say: Callable[[str], None]) -> None:
    """Add the demo organisations and people that are missing; passwords go into a file only its owner can read."""
    with Transactions(make_app_engine(settings)).begin(Service("command-line")) as session:
        organisations = {row.name: row.organisation_id for row in session.execute(text(_ORGANISATIONS))}
        known = {row.email for row in session.execute(text("SELECT email FROM person WHERE is_sample"))}
        keys = {
            key: organisations.get(said[1]) or _add_organisation(session, *said) for key, said in ORGANISATIONS.items()
        }
        missing = {account: said for account, said in PEOPLE.items() if f"{account}@{DOMAIN}" not in known}
        if not missing:
            return
        lines = [_add_person(session, keys, *said) for said in missing.items()]
        _write_private(settings.demo_accounts_file, lines, is_first=not known)
    say(f"  サンプルの利用者 / demo people（{settings.demo_accounts_file}）")
    for line in lines:
        say("    " + line)


_ORGANISATIONS = "SELECT name, organisation_id FROM organisation WHERE is_sample"


def _add_organisation(
    session: Session, kind: OrganisationKind, name: str, name_en: str, further: dict[str, Any]
) -> UUID:
    fields = {"municipality_code": None, "contract_from": None, "contract_to": None, **further}
    made = create_organisation(
        session, {"kind": kind.value, "name": name, "name_en": name_en, **fields}, is_sample=True
    )
    organisation_id: UUID = made["organisation_id"]
    return organisation_id


def _add_person(
    session: Session, organisations: dict[str, UUID], account: str, said: tuple[str, list[tuple[str, Role]]]
) -> str:
    name, memberships = said
    password = secrets.token_urlsafe(12)
    email = f"{account}@{DOMAIN}"
    person_id = create_person(session, email=email, name=name, password_hash=hash_password(password), is_sample=True)
    for organisation, role in memberships:
        add_membership(session, person_id, organisations[organisation], role)
    roles = ", ".join(f"{ORGANISATIONS[organisation][1]} {role.value}" for organisation, role in memberships)
    return f"{email}\t{password}\t{roles}"


def _write_private(file: Path, lines: list[str], *, is_first: bool) -> None:
    """Write the passwords; those given later go after those that are there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if is_first:
        file.unlink(missing_ok=True)
    is_new = not file.exists()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as out:
        if is_new:
            out.write("# サンプルの利用者（架空）: メールアドレス、パスワード、役割\n")
        out.writelines(line + "\n" for line in lines)
