"""Collections: what `/ogc` publishes, one declaration each."""

from dataclasses import dataclass, replace

from app.assets.fields import FIELDS as ASSET_FIELDS
from app.assets.fields import ID_FIELD as ASSET_ID
from app.coverage import fields as coverage
from app.fields import Disclosure, Field
from app.ogc.mesh_tiles import HALVES_FROM_ZOOM, QUARTERS_FROM_ZOOM
from app.stations.fields import FIELDS as STATION_FIELDS
from app.stations.fields import ID_FIELD as STATION_ID
from app.wifi.fields import FIELDS as WIFI_FIELDS
from app.wifi.fields import ID_FIELD as WIFI_ID


@dataclass(frozen=True, slots=True)
class Collection:
    """A relation of the database whose rows are published as features.

    `relation` is a schema-qualified table or view, `srid` the one of its `geom_column`. `feature_column` holds rendered
    GeoJSON features (CRS84), `search_column` the folded text that `q` looks through, `clusters` counts for zooms below
    `points_from_zoom`. `versioned` says that `data_version` counts its changes.
    """

    id: str
    title_ja: str
    title_en: str
    description_ja: str
    description_en: str
    relation: str
    id_column: str
    fields: tuple[Field, ...]  # the id's own field first
    geometry_type: str  # Point, Polygon, MultiPolygon, LineString, … or Geometry
    geom_column: str = "geom"
    srid: int = 4326
    feature_column: str | None = None
    search_column: str | None = None
    clusters: str | None = None
    points_from_zoom: int = 0
    tile_fields: tuple[str, ...] | None = None  # None: all
    slim_tile_fields: tuple[str, ...] | None = None  # what tiles of low zooms have; None: the same
    is_mesh: bool = False  # squares of meshes, see app.ogc.mesh_tiles
    datetime_field: str | None = None  # what the `datetime` parameter looks at; None: every feature matches
    versioned: bool = True
    in_dataset: bool = True  # whether tiles of the whole dataset hold it unasked
    extent: tuple[float, float, float, float] = (136.06, 20.42, 153.99, 35.9)  # Tokyo with its islands, degrees

    def field(self, name: str) -> Field | None:
        """The field of that name, if the collection has it."""
        return next((field for field in self.fields if field.name == name), None)

    def title(self, language: str) -> str:
        """What people call it, in `ja` or `en`."""
        return self.title_ja if language == "ja" else self.title_en

    def description(self, language: str) -> str:
        """What it holds, in `ja` or `en`."""
        return self.description_ja if language == "ja" else self.description_en


PROVENANCE = (
    Field("source", "string", "出典", "Source"),
    Field("licence", "string", "利用条件", "Licence"),
    Field("source_as_of", "date", "データの時点", "Data as of"),
    Field("is_sample", "boolean", "サンプル", "Sample data"),
)
MESH_HALF = Field("mesh_half", "string", "2分の1地域メッシュ", "Half mesh (500 m)")
MESH_EIGHTH = Field("mesh_eighth", "string", "8分の1地域メッシュ", "Eighth mesh (125 m)")


def _public(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.disclosure is Disclosure.PUBLIC)


def disclosed(collection: Collection, audience: Disclosure) -> Collection:
    """The collection as carriers or staff read it: with the fields disclosed to them, from the view that has those."""
    if collection.id != "assets" or audience is Disclosure.PUBLIC:
        return collection
    further = tuple(f for f in ASSET_FIELDS if f.disclosure not in (Disclosure.PUBLIC, *_BEYOND[audience]))
    return replace(
        collection,
        relation=f"ogc.assets_{audience.value}",
        fields=(*collection.fields, *further),
        feature_column=None,  # rendered once, for everybody: holds public fields alone
    )


_BEYOND = {Disclosure.CARRIER: (Disclosure.INTERNAL,), Disclosure.INTERNAL: ()}


def for_planners(collection: Collection) -> Collection:
    """The collection as holders of `surveys:read` see it: every carrier's rows, also those not public by name."""
    if collection.id not in ("coverage-cells", "coverage-history", "coverage-gaps", "survey-roads"):
        return collection
    return replace(collection, relation=collection.relation + "_whole")


# A carrier's own, and never anybody else's: see row-level security on `planned_station`.
PLANNED_STATIONS = Collection(
    id="planned-stations",
    title_ja="計画中の基地局（自社のみ）",
    title_en="Planned stations (own)",
    description_ja="自社が計画している基地局。ほかの誰にも見えません",
    description_en="Stations your company plans; nobody else sees them",
    relation="ogc.planned_stations",
    id_column="planned_station_id",
    fields=(
        Field("planned_station_id", "string", "計画局ID", "Planned station ID"),
        Field("name", "string", "名称", "Name"),
        Field("asset_id", "string", "設置先アセットID", "On asset"),
        Field("technology", "string", "方式", "Technology", values={"5g": ("5G", "5G"), "4g": ("4G", "4G")}),
        Field("note", "string", "メモ", "Note"),
        Field("updated_at", "date-time", "更新日時", "Updated at"),
    ),
    geometry_type="Point",
    versioned=False,  # a shared counter would tell a carrier when another one plans
)

_CELL_TILE_FIELDS = (
    "cell_id", "mesh_code", "level", "carrier", "technology", "state", "grade", "carriers_covered", "carriers_gap", "must_resurvey",
    "profile", "is_sample",
)  # fmt: skip

_SLIM_CELL_FIELDS = ("state", "grade", "profile")

BUILT_IN: tuple[Collection, ...] = (
    Collection(
        id="assets",
        title_ja="公共アセット",
        title_en="Public assets",
        description_ja="携帯電話基地局などを設置できる公共の建物・土地・工作物",
        description_en="Public buildings, land and structures that can carry antennas",
        relation="ogc.assets",
        id_column="asset_id",
        fields=(
            ASSET_ID,
            *_public(ASSET_FIELDS),
            MESH_HALF,
            MESH_EIGHTH,
            *PROVENANCE,
            Field("updated_at", "date-time", "登録・更新日時", "Updated at"),
        ),
        geometry_type="Geometry",
        feature_column="feature",
        search_column="search_text",
        clusters="ogc.assets_clusters",
        datetime_field="updated_at",
        points_from_zoom=12,
        tile_fields=(
            "asset_id",
            "asset_kind",
            "structure_kind",
            "name",
            "owner_type",
            "availability",
            "height_m",
            "is_sample",
        ),
    ),
    Collection(
        id="stations",
        title_ja="基地局",
        title_en="Base stations",
        description_ja="運用中の基地局",
        description_en="Base stations on air",
        relation="ogc.stations",
        id_column="station_id",
        fields=(STATION_ID, *_public(STATION_FIELDS), MESH_HALF, *PROVENANCE),
        geometry_type="Point",
        datetime_field="on_air_on",
        tile_fields=("station_id", "name", "carrier", "technology", "asset_id", "is_sample"),
    ),
    Collection(
        id="wifi-access-points",
        title_ja="公衆無線LANアクセスポイント",
        title_en="Public Wi-Fi access points",
        description_ja="誰でも使える公衆無線LANの設置場所",
        description_en="Where public Wi-Fi is served",
        relation="ogc.wifi_access_points",
        id_column="access_point_id",
        fields=(WIFI_ID, *_public(WIFI_FIELDS), MESH_HALF, *PROVENANCE),
        geometry_type="Point",
        datetime_field="installed_on",
        tile_fields=("access_point_id", "name", "site_kind", "has_openroaming", "renewal", "is_sample"),
    ),
    Collection(
        id="municipalities",
        title_ja="区市町村",
        title_en="Municipalities",
        description_ja="東京都の区市町村の境界",
        description_en="Boundaries of the municipalities of Tokyo",
        relation="ogc.municipalities",
        id_column="municipality_code",
        fields=(
            Field("municipality_code", "string", "市区町村コード", "Municipality code"),
            Field("localgov_code", "string", "全国地方公共団体コード", "Local government code"),
            Field("prefecture", "string", "都道府県", "Prefecture"),
            Field("district", "string", "郡・支庁", "District"),
            Field("name", "string", "名称", "Name"),
            Field("name_kana", "string", "名称（カナ）", "Name (kana)"),
            Field("name_en", "string", "名称（英語）", "Name (English)"),
            Field(
                "region",
                "string",
                "地域",
                "Region",
                values={"ward": ("区部", "Wards"), "tama": ("多摩", "Tama"), "island": ("島しょ", "Islands")},
            ),
            *PROVENANCE,
        ),
        geometry_type="MultiPolygon",
        tile_fields=("municipality_code", "name", "name_en", "region"),
    ),
    Collection(
        id="population-mesh",
        title_ja="人口メッシュ",
        title_en="Population mesh",
        description_ja="2分の1地域メッシュ（約500 m）ごとの人口",
        description_en="Population by half mesh (about 500 m)",
        relation="ogc.population_mesh",
        id_column="mesh_half",
        fields=(
            MESH_HALF,
            Field("population", "number", "人口", "Population"),
            Field("census_year", "integer", "調査年", "Census year"),
            *PROVENANCE,
        ),
        geometry_type="Polygon",
        tile_fields=("mesh_half", "population"),
        extent=(136.0, 20.0, 154.0, 36.0),  # whole first-level cells: the statistics come by cell, not by prefecture
    ),
    Collection(
        id="coverage-cells",
        title_ja="電波の状態（メッシュ）",
        title_en="Coverage by mesh",
        description_ja=(
            "測定から判定した、4分の1・2分の1地域メッシュごとの状態。未調査のメッシュも含みます。"
            f"タイルは条件がなければ全社まとめての状態で、ズーム{HALVES_FROM_ZOOM}から2分の1、{QUARTERS_FROM_ZOOM}から4分の1です"
        ),
        description_en=(
            "States of quarter and half meshes judged by measurements; meshes nobody surveyed are among them. Tiles without a"
            f" filter show all carriers together, half meshes from zoom {HALVES_FROM_ZOOM}, quarter meshes from {QUARTERS_FROM_ZOOM}"
        ),
        relation="ogc.coverage_cells",
        id_column="cell_id",
        fields=(coverage.CELL_ID, *coverage.CELL_FIELDS),
        geometry_type="Polygon",
        datetime_field="newest_on",
        tile_fields=_CELL_TILE_FIELDS,
        slim_tile_fields=_SLIM_CELL_FIELDS,
        is_mesh=True,
        in_dataset=False,
    ),
    Collection(
        id="coverage-history",
        title_ja="電波の状態の推移",
        title_en="Coverage over time",
        description_ja="これまでの判定すべて。as_of で時点を選びます",
        description_en="Every build that was made; as_of chooses the day",
        relation="ogc.coverage_history",
        id_column="history_id",
        fields=(Field("history_id", "string", "判定ID", "State ID"), coverage.CELL_ID, *coverage.CELL_FIELDS),
        geometry_type="Polygon",
        datetime_field="as_of",
        tile_fields=(*_CELL_TILE_FIELDS, "as_of"),
        slim_tile_fields=(*_SLIM_CELL_FIELDS, "as_of"),
        is_mesh=True,
        versioned=False,
        in_dataset=False,
    ),
    Collection(
        id="coverage-gaps",
        title_ja="つながりにくい区域",
        title_en="Coverage gaps",
        description_ja="通信困難な区域（全社）、一部の社のみの区域、弱い区域、疑いのある区域、各社の区域",
        description_en="Where no carrier serves, only some do, service is weak, a gap is suspected; and gaps of each carrier",
        relation="ogc.coverage_gaps",
        id_column="gap_id",
        fields=(coverage.GAP_ID, *coverage.GAP_FIELDS),
        geometry_type="MultiPolygon",
        datetime_field="newest_on",
        tile_fields=("gap_id", "kind", "carrier", "technology", "cells", "population", "profile", "is_sample"),
    ),
    Collection(
        id="survey-roads",
        title_ja="調査した道路",
        title_en="Surveyed roads",
        description_ja="走行した道と、そこで端末がつながった方式",
        description_en="Roads that were driven, and what served the phone there",
        relation="ogc.survey_roads",
        id_column="road_id",
        fields=(coverage.ROAD_ID, *coverage.ROAD_FIELDS),
        geometry_type="LineString",
        datetime_field="driven_on",
        tile_fields=("road_id", "survey", "carrier", "technology", "driven_on", "mean_dbm", "is_sample"),
    ),
    Collection(
        id="resident-reports",
        title_ja="つながりにくい場所の声",
        title_en="Residents' reports",
        description_ja="住民が感じたつながりにくさ。次の調査の手がかりで、状態の判定には使いません",
        description_en="What residents met; it directs the next survey and changes no state",
        relation="ogc.resident_reports",
        id_column="report_id",
        fields=(coverage.REPORT_ID, *coverage.REPORT_FIELDS),
        geometry_type="Point",
        datetime_field="experienced_on",
    ),
)
