"""What carriers and staff read beyond the public: assets with the fields disclosed to them, and a carrier's own plans.

Each view lets its rows through only for a transaction whose actor may read them, whatever the service asks.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CARRIER_FIELDS = "a.power_spare_kva, a.contact, a.carry_in, a.has_drawings, a.structural_check_on, a.is_unmetered"
INTERNAL_FIELDS = "a.property_no"

VIEWS = f"""
CREATE VIEW ogc.assets_carrier AS
SELECT r.*, {CARRIER_FIELDS}
FROM ogc.assets r JOIN public.asset a ON a.asset_id = r.asset_id AND a.valid_to IS NULL
WHERE ctx_may('assets:read-carrier') OR ctx_may('assets:read-internal');

CREATE VIEW ogc.assets_internal AS
SELECT r.*, {CARRIER_FIELDS}, {INTERNAL_FIELDS}
FROM ogc.assets r JOIN public.asset a ON a.asset_id = r.asset_id AND a.valid_to IS NULL
WHERE ctx_may('assets:read-internal');

CREATE VIEW ogc.planned_stations WITH (security_invoker = true) AS
SELECT planned_station_id::text AS planned_station_id, name, asset_id, technology, note, updated_at, geom
FROM public.planned_station;

GRANT SELECT ON ogc.assets_carrier, ogc.assets_internal, ogc.planned_stations TO tsunagaru_app
"""


def upgrade() -> None:
    op.execute(VIEWS)


def downgrade() -> None:
    op.execute("DROP VIEW ogc.planned_stations, ogc.assets_internal, ogc.assets_carrier")
