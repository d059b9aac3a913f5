"""Towns with their positions and postal codes: what an address is read by. Everybody may read them."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "town",
        sa.Column("municipality_code", sa.String(5), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="町丁目・大字・小字"),
        sa.Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["data_source.source_id"], name=op.f("fk_town_source_id_data_source")),
        sa.PrimaryKeyConstraint("municipality_code", "name", name=op.f("pk_town")),
    )
    op.create_table(
        "postal_code",
        sa.Column("postal_code", sa.String(7), nullable=False),
        sa.Column("municipality_code", sa.String(5), nullable=False),
        sa.Column("town_name", sa.Text(), nullable=False, comment="Empty: the whole municipality"),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["data_source.source_id"], name=op.f("fk_postal_code_source_id_data_source")
        ),
        sa.PrimaryKeyConstraint("postal_code", "municipality_code", "town_name", name=op.f("pk_postal_code")),
    )
    op.execute("GRANT SELECT ON town, postal_code TO tsunagaru_app, tsunagaru_reader")


def downgrade() -> None:
    op.drop_table("postal_code")
    op.drop_table("town")
