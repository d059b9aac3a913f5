"""Columns with a code list hold no other code."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ALLOWED = {
    "asset": {
        "asset_kind": "building land structure",
        "structure_kind": "bus_stop subway_entrance underpass_entrance street_light signal_pole smart_pole phone_box other",
        "owner_type": "metropolitan affiliated municipality national private unknown",
        "property_class": "administrative ordinary enterprise private",
        "geocode_level": "surveyed rooftop residential block machiaza city",
        "priority_area": "public_facility commercial main_road",
        "availability": "open conditional reserved in_use suspended unlisted",
        "power": "available nearby none",
        "fibre": "available nearby none",
        "structure_type": "RC SRC S W",
        "roof_type": "flat pitched none",
        "seismic": "current retrofitted old unknown",
    },
    "station": {
        "technology": "5g 4g",
        "status": "planned on_air removed",
    },
    "access_point": {
        "site_kind": "phone_box facility",
        "renewal": "new upgraded",
    },
}


def upgrade() -> None:
    for table, columns in ALLOWED.items():
        for column, codes in columns.items():
            listed = ", ".join(f"'{code}'" for code in codes.split())
            op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")


def downgrade() -> None:
    for table, columns in ALLOWED.items():
        for column in columns:
            op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
