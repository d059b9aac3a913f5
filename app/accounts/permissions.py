"""The whole policy on one screen: which role may do what, and which kind of organisation may give which role.

Permissions say *what*; whose rows is said by row-level security (a carrier its own, a municipality its own, …).
"""

from enum import StrEnum


class Permission(StrEnum):
    """What an operation asks for. API tokens are limited to some of these (their scopes)."""

    ACCOUNT_MANAGE = "account:manage"  # one's own password, passkeys, sessions, tokens
    ASSETS_READ_CARRIER = "assets:read-carrier"  # fields disclosed to carriers
    ASSETS_READ_INTERNAL = "assets:read-internal"  # fields disclosed to staff
    ASSETS_IMPORT = "assets:import"  # publish lists of one's own organisation
    PLANS_READ = "plans:read"  # the carrier's own planned stations
    PLANS_WRITE = "plans:write"
    APPLICATIONS_WRITE = "applications:write"  # apply for sites and act on one's own
    CASES_READ = "cases:read"  # cases one is a party to
    CASES_WINDOW = "cases:window"  # act as the one-stop window
    CASES_REVIEW = "cases:review"  # act as the office that owns an asset, or is asked for its opinion
    CASES_HANDLE = "cases:handle"  # say who is in charge of a case, ask offices for their opinion
    CASES_STATISTICS = "cases:statistics"  # figures over all cases
    CASES_HAND_OVER = "cases:hand-over"  # give a contractor's cases to the next one
    SURVEYS_READ = "surveys:read"  # measurements and figures by carrier, of every published survey
    SURVEYS_IMPORT = "surveys:import"  # make surveys of one's own organisation, send their logs, publish them
    CLAIMS_WRITE = "claims:write"  # say where one's own network serves
    WEBHOOKS_MANAGE = "webhooks:manage"
    PEOPLE_READ = "people:read"  # people of one's own organisation
    PEOPLE_MANAGE = "people:manage"
    ORGANISATIONS_MANAGE = "organisations:manage"  # every organisation and its people
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """What a person is in an organisation."""

    CARRIER_MEMBER = "carrier_member"
    CARRIER_ADMIN = "carrier_admin"
    WINDOW_OPERATOR = "window_operator"
    OWNER_REVIEWER = "owner_reviewer"
    MUNICIPAL_EDITOR = "municipal_editor"
    PLANNER = "planner"
    SURVEYOR = "surveyor"
    ORGANISATION_ADMIN = "organisation_admin"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"


class OrganisationKind(StrEnum):
    """What kind of body an organisation is."""

    BUREAU = "bureau"
    MUNICIPALITY = "municipality"
    AFFILIATED = "affiliated"
    CARRIER = "carrier"
    SHARING = "sharing"
    WINDOW = "window"
    SURVEYOR = "surveyor"
    PRIVATE = "private"


_P, _R, _K = Permission, Role, OrganisationKind

_ANYONE = {_P.ACCOUNT_MANAGE, _P.PEOPLE_READ}
_CARRIER = _ANYONE | {
    _P.ASSETS_READ_CARRIER, _P.PLANS_READ, _P.PLANS_WRITE, _P.APPLICATIONS_WRITE, _P.CASES_READ, _P.WEBHOOKS_MANAGE,
    _P.CLAIMS_WRITE,
}  # fmt: skip
_STAFF = _ANYONE | {_P.ASSETS_READ_CARRIER, _P.ASSETS_READ_INTERNAL}
_CASES = _STAFF | {_P.CASES_READ, _P.CASES_HANDLE, _P.CASES_STATISTICS, _P.WEBHOOKS_MANAGE}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    _R.CARRIER_MEMBER: frozenset(_CARRIER),
    _R.CARRIER_ADMIN: frozenset(_CARRIER | {_P.PEOPLE_MANAGE}),
    _R.WINDOW_OPERATOR: frozenset(_CASES | {_P.CASES_WINDOW}),
    _R.OWNER_REVIEWER: frozenset(_CASES | {_P.CASES_REVIEW}),
    _R.MUNICIPAL_EDITOR: frozenset(_STAFF | {_P.ASSETS_IMPORT}),
    _R.PLANNER: frozenset(_STAFF | {_P.CASES_STATISTICS, _P.SURVEYS_READ, _P.SURVEYS_IMPORT}),
    _R.SURVEYOR: frozenset(_ANYONE | {_P.SURVEYS_IMPORT}),
    _R.ORGANISATION_ADMIN: frozenset(_ANYONE | {_P.PEOPLE_MANAGE}),
    _R.AUDITOR: frozenset(_ANYONE | {_P.AUDIT_READ}),
    _R.SYSTEM_ADMIN: frozenset(_ANYONE | {_P.PEOPLE_MANAGE, _P.ORGANISATIONS_MANAGE, _P.CASES_HAND_OVER}),
}

_OWNER_ROLES = frozenset({_R.OWNER_REVIEWER, _R.MUNICIPAL_EDITOR, _R.PLANNER, _R.ORGANISATION_ADMIN})
_CARRIER_ROLES = frozenset({_R.CARRIER_MEMBER, _R.CARRIER_ADMIN})

ROLES_OF_KIND: dict[OrganisationKind, frozenset[Role]] = {
    _K.BUREAU: _OWNER_ROLES | {_R.AUDITOR, _R.SYSTEM_ADMIN},
    _K.MUNICIPALITY: _OWNER_ROLES,
    _K.AFFILIATED: _OWNER_ROLES,
    _K.PRIVATE: _OWNER_ROLES - {_R.PLANNER},
    _K.CARRIER: _CARRIER_ROLES,
    _K.SHARING: _CARRIER_ROLES,
    _K.WINDOW: frozenset({_R.WINDOW_OPERATOR, _R.ORGANISATION_ADMIN}),
    _K.SURVEYOR: frozenset({_R.SURVEYOR, _R.ORGANISATION_ADMIN}),
}

# Only who may manage every organisation hands these out; an organisation's own admin may not.
RESERVED_ROLES = frozenset({_R.AUDITOR, _R.SYSTEM_ADMIN})

ROLE_LABELS: dict[Role, tuple[str, str]] = {
    _R.CARRIER_MEMBER: ("通信事業者 担当者", "Carrier member"),
    _R.CARRIER_ADMIN: ("通信事業者 管理者", "Carrier admin"),
    _R.WINDOW_OPERATOR: ("ワンストップ窓口 担当者", "Window operator"),
    _R.OWNER_REVIEWER: ("所管部署 審査担当", "Owner reviewer"),
    _R.MUNICIPAL_EDITOR: ("アセット一覧 編集担当", "Municipal editor"),
    _R.PLANNER: ("計画担当", "Planner"),
    _R.SURVEYOR: ("調査事業者", "Surveyor"),
    _R.ORGANISATION_ADMIN: ("組織の管理者", "Organisation admin"),
    _R.AUDITOR: ("監査担当", "Auditor"),
    _R.SYSTEM_ADMIN: ("システム管理者", "System admin"),
}

KIND_LABELS: dict[OrganisationKind, tuple[str, str]] = {
    _K.BUREAU: ("東京都の局", "TMG bureau"),
    _K.MUNICIPALITY: ("区市町村", "Municipality"),
    _K.AFFILIATED: ("政策連携団体", "Affiliated body"),
    _K.CARRIER: ("通信事業者", "Carrier"),
    _K.SHARING: ("インフラシェアリング事業者", "Infrastructure sharing company"),
    _K.WINDOW: ("ワンストップ窓口", "One-stop window contractor"),
    _K.SURVEYOR: ("調査事業者", "Surveyor"),
    _K.PRIVATE: ("民間の保有者", "Private owner"),
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything these roles together may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def roles_to_give(held: frozenset[Permission], kind: OrganisationKind) -> list[Role]:
    """The roles somebody holding these permissions may give in an organisation of that kind."""
    everything = Permission.ORGANISATIONS_MANAGE in held
    return [role for role in Role if role in ROLES_OF_KIND[kind] and (everything or role not in RESERVED_ROLES)]
