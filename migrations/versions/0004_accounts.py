"""Organisations, people, their ways in, the audit trail; planned stations of carriers."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="1, 2, 3 … unbroken"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True, comment="Who; null: nobody signed in, or the service"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="As whom"),
        sa.Column("via", sa.Text(), nullable=False, comment="session, token prefix, command line or service"),
        sa.Column("address", sa.Text(), nullable=True, comment="From where"),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="What, e.g. membership.end"),
        sa.Column("subject", sa.Text(), nullable=True, comment="To what, e.g. membership:12"),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
    op.create_index("ix_audit_event_organisation_id_at", "audit_event", ["organisation_id", "at"], unique=False)
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("singleton", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("singleton", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "organisation",
        sa.Column("organisation_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column(
            "municipality_code",
            sa.String(length=5),
            nullable=True,
            comment="Whose lists a municipality's staff may publish; null: not a municipality",
        ),
        sa.Column("contract_from", sa.Date(), nullable=True, comment="First day a window contractor serves"),
        sa.Column("contract_to", sa.Date(), nullable=True, comment="Last day a window contractor serves"),
        sa.Column("is_sample", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('bureau', 'municipality', 'affiliated', 'carrier', 'sharing', 'window', 'surveyor', 'private')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint("contract_to >= contract_from", name=op.f("ck_organisation_contract")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="Lower case"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="ja", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: signs in otherwise"),
        sa.Column("totp_secret", sa.Text(), nullable=True, comment="Base32; null: no second factor by code"),
        sa.Column(
            "totp_last_step", sa.BigInteger(), nullable=True, comment="Time step last accepted: a code serves once"
        ),
        sa.Column("is_sample", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("failure_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_at", "sign_in_failure", ["at"], unique=False)
    op.create_table(
        "sign_in_state",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "browser_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the secret in the browser's cookie"
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_state")),
    )
    op.create_table(
        "api_token",
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False, comment="SHA-256; the secret has 256 random bits"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_api_token_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_api_token_person_id_person")),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_identity_person_id_person")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_person_id"), "identity", ["person_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('carrier_member', 'carrier_admin', 'window_operator', 'owner_reviewer', 'municipal_editor', 'planner', 'surveyor', 'organisation_admin', 'auditor', 'system_admin')",
            name=op.f("ck_invitation_role"),
        ),
        sa.ForeignKeyConstraint(["accepted_by"], ["person.person_id"], name=op.f("fk_invitation_accepted_by_person")),
        sa.ForeignKeyConstraint(["invited_by"], ["person.person_id"], name=op.f("fk_invitation_invited_by_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_invitation_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_organisation_id"), "invitation", ["organisation_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("membership_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('carrier_member', 'carrier_admin', 'window_operator', 'owner_reviewer', 'municipal_editor', 'planner', 'surveyor', 'organisation_admin', 'auditor', 'system_admin')",
            name=op.f("ck_membership_role"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_membership_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_membership_person_id_person")),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_organisation_id", "membership", ["organisation_id"], unique=False)
    op.create_index(
        "uq_membership_in_force",
        "membership",
        ["person_id", "organisation_id", "role"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "passkey",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_passkey_person_id_person")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"], unique=False)
    op.create_geospatial_table(
        "planned_station",
        sa.Column("planned_station_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True, comment="The public asset it would stand on"),
        sa.Column("technology", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "version", sa.Integer(), server_default="1", nullable=False, comment="Moves with each change; the ETag"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("technology IN ('4g', '5g')", name=op.f("ck_planned_station_technology")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_planned_station_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("planned_station_id", name=op.f("pk_planned_station")),
    )
    op.create_geospatial_index(
        "ix_planned_station_geom", "planned_station", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_planned_station_organisation_id"), "planned_station", ["organisation_id"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("session_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie's secret"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="Whom the person acts for now"),
        sa.Column("method", sa.Text(), nullable=False, comment="password, password+totp, passkey or oidc"),
        sa.Column("csrf_secret", sa.LargeBinary(), nullable=False),
        sa.Column(
            "browser_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the browser cookie: known browsers"
        ),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_user_session_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_user_session_person_id_person")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_person_id"), "user_session", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_user_session_person_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(op.f("ix_planned_station_organisation_id"), table_name="planned_station")
    op.drop_geospatial_index(
        "ix_planned_station_geom", table_name="planned_station", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("planned_station")
    op.drop_index(op.f("ix_passkey_person_id"), table_name="passkey")
    op.drop_table("passkey")
    op.drop_index("uq_membership_in_force", table_name="membership", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_membership_organisation_id", table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_invitation_organisation_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_identity_person_id"), table_name="identity")
    op.drop_table("identity")
    op.drop_index(op.f("ix_api_token_person_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("sign_in_state")
    op.drop_index("ix_sign_in_failure_at", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.drop_table("person")
    op.drop_table("organisation")
    op.drop_table("audit_head")
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
    op.drop_index("ix_audit_event_organisation_id_at", table_name="audit_event")
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_table("audit_event")
