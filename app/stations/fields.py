"""What is known of a base station."""

from app.fields import Field

ID_FIELD = Field("station_id", "string", "基地局ID", "Station ID")
FIELDS = (
    Field("name", "string", "名称", "Name"),
    Field("carrier", "string", "通信事業者", "Carrier"),
    Field("asset_id", "string", "設置先アセットID", "On asset"),
    Field("technology", "string", "方式", "Technology", values={"5g": ("5G", "5G"), "4g": ("4G", "4G")}),
    Field("bands", "string[]", "周波数帯", "Bands"),
    Field("antenna_height_m", "number", "アンテナ高", "Antenna height", unit="m"),
    Field("azimuths_deg", "string", "方位角", "Azimuths", unit="deg"),
    Field("is_shared", "boolean", "共用", "Shared"),
    Field(
        "status",
        "string",
        "状態",
        "Status",
        values={"planned": ("計画", "Planned"), "on_air": ("運用中", "On air"), "removed": ("撤去", "Removed")},
    ),
    Field("on_air_on", "date", "運用開始日", "On air since"),
    Field("municipality_code", "string", "市区町村コード", "Municipality code"),
    Field("municipality", "string", "区市町村", "Municipality"),
)
