"""The register: sources, municipalities, population, assets, stations, access points."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# JIS X 0410; the tie rule of app/mesh.py (a point on an edge belongs to the cell north and east of it).
JIS_MESH = """
CREATE FUNCTION jis_mesh(geom geometry, size_m integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  point geometry := CASE WHEN GeometryType(geom) = 'POINT' THEN geom ELSE ST_PointOnSurface(geom) END;
  halvings integer := CASE size_m WHEN 1000 THEN 0 WHEN 500 THEN 1 WHEN 250 THEN 2 WHEN 125 THEN 3 END;
  r bigint := floor(ST_Y(point) * 120 * (1 << halvings) + 1e-9);
  c bigint := floor((ST_X(point) - 100) * 80 * (1 << halvings) + 1e-9);
  third_r bigint := r >> halvings;
  third_c bigint := c >> halvings;
  code text;
BEGIN
  IF third_r NOT BETWEEN 0 AND 7999 OR third_c NOT BETWEEN 0 AND 6399 THEN
    RETURN NULL;
  END IF;
  code := lpad((third_r / 80)::text, 2, '0') || lpad((third_c / 80)::text, 2, '0')
    || (third_r / 10 % 8) || (third_c / 10 % 8) || (third_r % 10) || (third_c % 10);
  FOR level IN REVERSE halvings - 1 .. 0 LOOP
    code := code || 1 + ((c >> level) & 1) + 2 * ((r >> level) & 1);
  END LOOP;
  RETURN code;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(JIS_MESH)
    op.create_table(
        "data_source",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("licence_url", sa.Text(), nullable=True),
        sa.Column(
            "credit", sa.Text(), nullable=False, comment="The credit line the licence asks for, as shown on the map"
        ),
        sa.Column("as_of", sa.Date(), nullable=True, comment="What day the data describe"),
        sa.Column("is_sample", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=True, comment="Hash of the file last loaded"),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_data_source")),
    )
    op.create_table(
        "data_version",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("collection", name=op.f("pk_data_version")),
    )
    op.create_geospatial_table(
        "access_point",
        sa.Column("version_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("access_point_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True, comment="名称"),
        sa.Column("name_kana", sa.Text(), nullable=True, comment="名称（カナ）"),
        sa.Column("name_en", sa.Text(), nullable=True, comment="名称（英語）"),
        sa.Column("address", sa.Text(), nullable=True, comment="住所"),
        sa.Column("building_name", sa.Text(), nullable=True, comment="方書"),
        sa.Column("installer", sa.Text(), nullable=True, comment="設置者"),
        sa.Column("phone", sa.Text(), nullable=True, comment="電話番号"),
        sa.Column("ssid", sa.Text(), nullable=True, comment="SSID"),
        sa.Column("service_area", sa.Text(), nullable=True, comment="提供エリア"),
        sa.Column("url", sa.Text(), nullable=True, comment="URL"),
        sa.Column("remarks", sa.Text(), nullable=True, comment="備考"),
        sa.Column("site_kind", sa.Text(), nullable=True, comment="設置場所"),
        sa.Column("has_openroaming", sa.Boolean(), nullable=True, comment="OpenRoaming"),
        sa.Column("range_m", sa.Double(), nullable=True, comment="届く距離 [m]"),
        sa.Column("backup_hours", sa.Double(), nullable=True, comment="停電時の稼働時間 [h]"),
        sa.Column("installed_on", sa.Date(), nullable=True, comment="設置日"),
        sa.Column("renewal", sa.Text(), nullable=True, comment="新設・更新"),
        sa.Column("municipality_code", sa.Text(), nullable=True, comment="市区町村コード"),
        sa.Column("municipality", sa.Text(), nullable=True, comment="区市町村"),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Columns no field takes",
        ),
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
        sa.Column("mesh_half", sa.String(length=9), sa.Computed("jis_mesh(geom, 500)", persisted=True), nullable=True),
        sa.Column(
            "mesh_eighth", sa.String(length=11), sa.Computed("jis_mesh(geom, 125)", persisted=True), nullable=True
        ),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=True, comment="Line of the source the row came from"),
        sa.Column("row_hash", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_access_point_validity")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["data_source.source_id"], name=op.f("fk_access_point_source_id_data_source")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_access_point")),
    )
    op.create_index(
        "ix_access_point_access_point_id_valid_from", "access_point", ["access_point_id", "valid_from"], unique=False
    )
    op.create_geospatial_index(
        "ix_access_point_geom",
        "access_point",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_access_point_source_id_in_force",
        "access_point",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index(
        "uq_access_point_access_point_id_in_force",
        "access_point",
        ["access_point_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_geospatial_table(
        "asset",
        sa.Column("version_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("asset_kind", sa.Text(), nullable=True, comment="種別"),
        sa.Column("structure_kind", sa.Text(), nullable=True, comment="工作物の種類"),
        sa.Column("facility_type", sa.Text(), nullable=True, comment="施設の種類"),
        sa.Column("name", sa.Text(), nullable=True, comment="名称"),
        sa.Column("name_kana", sa.Text(), nullable=True, comment="名称（カナ）"),
        sa.Column("name_en", sa.Text(), nullable=True, comment="名称（英語）"),
        sa.Column("owner_code", sa.Text(), nullable=True, comment="全国地方公共団体コード（保有者）"),
        sa.Column("owner_type", sa.Text(), nullable=True, comment="保有区分"),
        sa.Column("owner_name", sa.Text(), nullable=True, comment="保有者"),
        sa.Column("bureau", sa.Text(), nullable=True, comment="所管局・所管部署"),
        sa.Column("property_class", sa.Text(), nullable=True, comment="財産区分"),
        sa.Column("property_no", sa.Text(), nullable=True, comment="財産番号"),
        sa.Column("real_estate_id", sa.Text(), nullable=True, comment="不動産ID"),
        sa.Column("municipality_code", sa.Text(), nullable=True, comment="市区町村コード"),
        sa.Column("municipality", sa.Text(), nullable=True, comment="区市町村"),
        sa.Column("address", sa.Text(), nullable=True, comment="所在地"),
        sa.Column("building_name", sa.Text(), nullable=True, comment="方書"),
        sa.Column("geocode_level", sa.Text(), nullable=True, comment="位置の精度"),
        sa.Column("ground_elev_m", sa.Double(), nullable=True, comment="標高 [m]"),
        sa.Column("area_m2", sa.Double(), nullable=True, comment="面積 [m2]"),
        sa.Column("height_m", sa.Double(), nullable=True, comment="高さ [m]"),
        sa.Column("zoning", sa.Text(), nullable=True, comment="用途地域"),
        sa.Column("priority_area", sa.Text(), nullable=True, comment="重点整備エリア"),
        sa.Column("availability", sa.Text(), nullable=True, comment="開放状況"),
        sa.Column("restrictions", postgresql.ARRAY(sa.Text()), nullable=True, comment="使用制限"),
        sa.Column("sensitive_flags", postgresql.ARRAY(sa.Text()), nullable=True, comment="配慮施設"),
        sa.Column("power", sa.Text(), nullable=True, comment="電源"),
        sa.Column("power_spare_kva", sa.Double(), nullable=True, comment="受電の空き容量 [kV.A]"),
        sa.Column("power_distance_m", sa.Double(), nullable=True, comment="電源までの距離 [m]"),
        sa.Column("fibre", sa.Text(), nullable=True, comment="光ファイバー"),
        sa.Column("fibre_distance_m", sa.Double(), nullable=True, comment="光ファイバーまでの距離 [m]"),
        sa.Column("slots_total", sa.Integer(), nullable=True, comment="設置枠"),
        sa.Column("slots_used", sa.Integer(), nullable=True, comment="使用中の枠"),
        sa.Column("fee_note", sa.Text(), nullable=True, comment="使用料の目安"),
        sa.Column("planned_works", sa.Text(), nullable=True, comment="改修・建替予定"),
        sa.Column("contact", sa.Text(), nullable=True, comment="窓口"),
        sa.Column("dup_of", sa.Text(), nullable=True, comment="同一施設の代表ID"),
        sa.Column("structure_type", sa.Text(), nullable=True, comment="構造"),
        sa.Column("floors_above", sa.Integer(), nullable=True, comment="地上階数"),
        sa.Column("floors_below", sa.Integer(), nullable=True, comment="地下階数"),
        sa.Column("built_year", sa.Integer(), nullable=True, comment="建築年"),
        sa.Column("gross_floor_m2", sa.Double(), nullable=True, comment="延床面積 [m2]"),
        sa.Column("roof_height_m", sa.Double(), nullable=True, comment="屋上高さ [m]"),
        sa.Column("roof_type", sa.Text(), nullable=True, comment="屋上形状"),
        sa.Column("roof_load_n_m2", sa.Double(), nullable=True, comment="屋上許容荷重 [N/m2]"),
        sa.Column("seismic", sa.Text(), nullable=True, comment="耐震"),
        sa.Column("access_hours", sa.Text(), nullable=True, comment="入館可能時間"),
        sa.Column("entry_lead_days", sa.Integer(), nullable=True, comment="入館申請の日数 [d]"),
        sa.Column("carry_in", sa.Text(), nullable=True, comment="搬入経路"),
        sa.Column("has_drawings", sa.Boolean(), nullable=True, comment="図面の有無"),
        sa.Column("material", sa.Text(), nullable=True, comment="材質"),
        sa.Column("mount_height_min_m", sa.Double(), nullable=True, comment="取付可能高さ（下限） [m]"),
        sa.Column("mount_height_max_m", sa.Double(), nullable=True, comment="取付可能高さ（上限） [m]"),
        sa.Column("structural_check_on", sa.Date(), nullable=True, comment="構造計算の日"),
        sa.Column("is_unmetered", sa.Boolean(), nullable=True, comment="定額電力"),
        sa.Column("carriageway_clearance_m", sa.Double(), nullable=True, comment="車道からの離隔 [m]"),
        sa.Column("road_manager", sa.Text(), nullable=True, comment="道路管理者"),
        sa.Column("max_load_kg", sa.Double(), nullable=True, comment="取付可能重量 [kg]"),
        sa.Column("land_category", sa.Text(), nullable=True, comment="地目"),
        sa.Column("lot_no", sa.Text(), nullable=True, comment="地番"),
        sa.Column("frontage_road", sa.Text(), nullable=True, comment="接道"),
        sa.Column("usable_area_m2", sa.Double(), nullable=True, comment="利用可能面積 [m2]"),
        sa.Column("max_structure_height_m", sa.Double(), nullable=True, comment="建てられる高さ [m]"),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Columns no field takes",
        ),
        sa.Column(
            "geom",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("mesh_half", sa.String(length=9), sa.Computed("jis_mesh(geom, 500)", persisted=True), nullable=True),
        sa.Column(
            "mesh_eighth", sa.String(length=11), sa.Computed("jis_mesh(geom, 125)", persisted=True), nullable=True
        ),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=True, comment="Line of the source the row came from"),
        sa.Column("row_hash", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_asset_validity")),
        sa.ForeignKeyConstraint(["source_id"], ["data_source.source_id"], name=op.f("fk_asset_source_id_data_source")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_asset")),
    )
    op.create_index("ix_asset_asset_id_valid_from", "asset", ["asset_id", "valid_from"], unique=False)
    op.create_geospatial_index(
        "ix_asset_geom",
        "asset",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_asset_source_id_in_force",
        "asset",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index(
        "uq_asset_asset_id_in_force", "asset", ["asset_id"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_geospatial_table(
        "municipality",
        sa.Column("municipality_code", sa.String(length=5), nullable=False, comment="全国地方公共団体コード, 5 digits"),
        sa.Column("localgov_code", sa.String(length=6), nullable=False, comment="The same with its check digit"),
        sa.Column("prefecture", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True, comment="郡・支庁"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False, comment="ward, tama or island"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["data_source.source_id"], name=op.f("fk_municipality_source_id_data_source")
        ),
        sa.PrimaryKeyConstraint("municipality_code", name=op.f("pk_municipality")),
        sa.UniqueConstraint("localgov_code", name=op.f("uq_municipality_localgov_code")),
    )
    op.create_geospatial_index(
        "ix_municipality_geom", "municipality", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "population_mesh",
        sa.Column("mesh_half", sa.String(length=9), nullable=False),
        sa.Column("population", sa.Float(), nullable=False),
        sa.Column("census_year", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["data_source.source_id"], name=op.f("fk_population_mesh_source_id_data_source")
        ),
        sa.PrimaryKeyConstraint("mesh_half", name=op.f("pk_population_mesh")),
    )
    op.create_geospatial_index(
        "ix_population_mesh_geom", "population_mesh", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "station",
        sa.Column("version_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True, comment="名称"),
        sa.Column("carrier", sa.Text(), nullable=True, comment="通信事業者"),
        sa.Column("asset_id", sa.Text(), nullable=True, comment="設置先アセットID"),
        sa.Column("technology", sa.Text(), nullable=True, comment="方式"),
        sa.Column("bands", postgresql.ARRAY(sa.Text()), nullable=True, comment="周波数帯"),
        sa.Column("antenna_height_m", sa.Double(), nullable=True, comment="アンテナ高 [m]"),
        sa.Column("azimuths_deg", sa.Text(), nullable=True, comment="方位角 [deg]"),
        sa.Column("is_shared", sa.Boolean(), nullable=True, comment="共用"),
        sa.Column("status", sa.Text(), nullable=True, comment="状態"),
        sa.Column("on_air_on", sa.Date(), nullable=True, comment="運用開始日"),
        sa.Column("municipality_code", sa.Text(), nullable=True, comment="市区町村コード"),
        sa.Column("municipality", sa.Text(), nullable=True, comment="区市町村"),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Columns no field takes",
        ),
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
        sa.Column("mesh_half", sa.String(length=9), sa.Computed("jis_mesh(geom, 500)", persisted=True), nullable=True),
        sa.Column(
            "mesh_eighth", sa.String(length=11), sa.Computed("jis_mesh(geom, 125)", persisted=True), nullable=True
        ),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=True, comment="Line of the source the row came from"),
        sa.Column("row_hash", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_station_validity")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["data_source.source_id"], name=op.f("fk_station_source_id_data_source")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_station")),
    )
    op.create_geospatial_index(
        "ix_station_geom",
        "station",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_station_source_id_in_force",
        "station",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index("ix_station_station_id_valid_from", "station", ["station_id", "valid_from"], unique=False)
    op.create_index(
        "uq_station_station_id_in_force",
        "station",
        ["station_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_station_station_id_in_force", table_name="station", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index("ix_station_station_id_valid_from", table_name="station")
    op.drop_index("ix_station_source_id_in_force", table_name="station", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_geospatial_index(
        "ix_station_geom",
        table_name="station",
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        column_name="geom",
    )
    op.drop_geospatial_table("station")
    op.drop_geospatial_index(
        "ix_population_mesh_geom", table_name="population_mesh", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("population_mesh")
    op.drop_geospatial_index(
        "ix_municipality_geom", table_name="municipality", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("municipality")
    op.drop_index("uq_asset_asset_id_in_force", table_name="asset", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index("ix_asset_source_id_in_force", table_name="asset", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_geospatial_index(
        "ix_asset_geom",
        table_name="asset",
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        column_name="geom",
    )
    op.drop_index("ix_asset_asset_id_valid_from", table_name="asset")
    op.drop_geospatial_table("asset")
    op.drop_index(
        "uq_access_point_access_point_id_in_force",
        table_name="access_point",
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.drop_index(
        "ix_access_point_source_id_in_force", table_name="access_point", postgresql_where=sa.text("valid_to IS NULL")
    )
    op.drop_geospatial_index(
        "ix_access_point_geom",
        table_name="access_point",
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        column_name="geom",
    )
    op.drop_index("ix_access_point_access_point_id_valid_from", table_name="access_point")
    op.drop_geospatial_table("access_point")
    op.drop_table("data_version")
    op.drop_table("data_source")
    op.execute("DROP FUNCTION jis_mesh(geometry, integer)")
