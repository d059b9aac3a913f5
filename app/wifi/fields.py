"""What is known of a public Wi-Fi access point.

Source: 推奨データセット「公衆無線LANアクセスポイント一覧」, and the programme's own columns the standard lacks.
"""

from app.fields import Field

ID_FIELD = Field("access_point_id", "string", "アクセスポイントID", "Access point ID")
FIELDS = (
    Field("name", "string", "名称", "Name"),
    Field("name_kana", "string", "名称（カナ）", "Name (kana)"),
    Field("name_en", "string", "名称（英語）", "Name (English)"),
    Field("address", "string", "住所", "Address"),
    Field("building_name", "string", "方書", "Building name"),
    Field("installer", "string", "設置者", "Installed by"),
    Field("phone", "string", "電話番号", "Telephone"),
    Field("ssid", "string", "SSID", "SSID"),
    Field("service_area", "string", "提供エリア", "Area served"),
    Field("url", "string", "URL", "URL"),
    Field("remarks", "string", "備考", "Remarks"),
    Field(
        "site_kind",
        "string",
        "設置場所",
        "Site",
        values={"phone_box": ("公衆電話ボックス", "Phone box"), "facility": ("施設", "Facility")},
    ),
    Field("has_openroaming", "boolean", "OpenRoaming", "OpenRoaming"),
    Field("range_m", "number", "届く距離", "Range", unit="m"),
    Field("backup_hours", "number", "停電時の稼働時間", "Backup power", unit="h"),
    Field("installed_on", "date", "設置日", "Installed on"),
    Field(
        "renewal",
        "string",
        "新設・更新",
        "New or upgraded",
        values={"new": ("新設", "New"), "upgraded": ("更新", "Upgraded")},
    ),
    Field("municipality_code", "string", "市区町村コード", "Municipality code"),
    Field("municipality", "string", "区市町村", "Municipality"),
)
