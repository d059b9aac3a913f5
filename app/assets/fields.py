"""What is known of an asset: the data dictionary, from which table, API, pages and imports take it.

Source: data dictionary of the public-asset programme (building, land, structure). Codes in `values` are stored; labels
are shown.
"""

from app.fields import Disclosure, Field

KIND = {
    "building": ("建物", "Building"),
    "land": ("土地", "Land"),
    "structure": ("工作物", "Structure"),
}
STRUCTURE_KIND = {
    "bus_stop": ("バス停", "Bus stop"),
    "subway_entrance": ("地下鉄出入口", "Subway entrance"),
    "underpass_entrance": ("地下道出入口", "Underpass entrance"),
    "street_light": ("街路灯", "Street light"),
    "signal_pole": ("信号柱", "Signal pole"),
    "smart_pole": ("スマートポール", "Smart pole"),
    "phone_box": ("公衆電話ボックス", "Phone box"),
    "other": ("その他", "Other"),
}
OWNER_TYPE = {
    "metropolitan": ("東京都", "Tokyo Metropolitan Government"),
    "affiliated": ("政策連携団体", "Affiliated body"),
    "municipality": ("区市町村", "Municipality"),
    "national": ("国", "National government"),
    "private": ("民間", "Private"),
    "unknown": ("不明", "Unknown"),
}
AVAILABILITY = {
    "open": ("開放中", "Open"),
    "conditional": ("条件付き", "Conditional"),
    "reserved": ("調整中", "Reserved"),
    "in_use": ("利用中", "In use"),
    "suspended": ("一時停止", "Suspended"),
    "unlisted": ("未開放", "Not opened"),
}
POWER = {
    "available": ("あり", "Available"),
    "nearby": ("近くにあり", "Near by"),
    "none": ("なし", "None"),
}
FIBRE = POWER
PRIORITY_AREA = {
    "public_facility": ("主要公共施設周辺", "Round main public facilities"),
    "commercial": ("商業集積エリア", "Commercial area"),
    "main_road": ("主要な道路", "Main roads"),
}
GEOCODE_LEVEL = {
    "surveyed": ("測量", "Surveyed"),
    "rooftop": ("建物", "Rooftop"),
    "residential": ("住居番号", "Residential number"),
    "block": ("街区", "Block"),
    "machiaza": ("町丁目", "Town"),
    "city": ("市区町村", "Municipality"),
}

_CARRIER, _INTERNAL = Disclosure.CARRIER, Disclosure.INTERNAL

# Whose it is, where it is, whether it can be had: all kinds.
_COMMON = (
    Field("asset_kind", "string", "種別", "Kind", values=KIND),
    Field("structure_kind", "string", "工作物の種類", "Kind of structure", values=STRUCTURE_KIND),
    Field("facility_type", "string", "施設の種類", "Kind of facility"),
    Field("name", "string", "名称", "Name"),
    Field("name_kana", "string", "名称（カナ）", "Name (kana)"),
    Field("name_en", "string", "名称（英語）", "Name (English)"),
    Field("owner_code", "string", "全国地方公共団体コード（保有者）", "Local government code of the owner"),
    Field("owner_type", "string", "保有区分", "Type of owner", values=OWNER_TYPE),
    Field("owner_name", "string", "保有者", "Owner"),
    Field("bureau", "string", "所管局・所管部署", "Bureau in charge"),
    Field(
        "property_class",
        "string",
        "財産区分",
        "Property class",
        values={
            "administrative": ("行政財産", "Administrative property"),
            "ordinary": ("普通財産", "Ordinary property"),
            "enterprise": ("公営企業資産", "Public enterprise property"),
            "private": ("民間", "Private"),
        },
    ),
    Field("property_no", "string", "財産番号", "Property number", disclosure=_INTERNAL),
    Field("real_estate_id", "string", "不動産ID", "Real estate ID"),
    Field("municipality_code", "string", "市区町村コード", "Municipality code"),
    Field("municipality", "string", "区市町村", "Municipality"),
    Field("address", "string", "所在地", "Address"),
    Field("building_name", "string", "方書", "Building name"),
    Field("geocode_level", "string", "位置の精度", "Accuracy of position", values=GEOCODE_LEVEL),
    Field("ground_elev_m", "number", "標高", "Ground elevation", unit="m"),
    Field("area_m2", "number", "面積", "Area", unit="m2"),
    Field("height_m", "number", "高さ", "Height above ground", unit="m"),
    Field("zoning", "string", "用途地域", "Zoning"),
    Field("priority_area", "string", "重点整備エリア", "Priority area", values=PRIORITY_AREA),
    Field("availability", "string", "開放状況", "Availability", values=AVAILABILITY),
    Field("restrictions", "string[]", "使用制限", "Restrictions"),
    Field("sensitive_flags", "string[]", "配慮施設", "Sensitive surroundings"),
    Field("power", "string", "電源", "Power", values=POWER),
    Field("power_spare_kva", "number", "受電の空き容量", "Spare power", unit="kV.A", disclosure=_CARRIER),
    Field("power_distance_m", "number", "電源までの距離", "Distance to power", unit="m"),
    Field("fibre", "string", "光ファイバー", "Fibre", values=FIBRE),
    Field("fibre_distance_m", "number", "光ファイバーまでの距離", "Distance to fibre", unit="m"),
    Field("slots_total", "integer", "設置枠", "Antenna slots"),
    Field("slots_used", "integer", "使用中の枠", "Slots in use"),
    Field("fee_note", "string", "使用料の目安", "Fee"),
    Field("planned_works", "string", "改修・建替予定", "Planned works"),
    Field("contact", "string", "窓口", "Contact", disclosure=_CARRIER),
    Field("dup_of", "string", "同一施設の代表ID", "Same facility as"),
)
_BUILDING = (
    Field(
        "structure_type",
        "string",
        "構造",
        "Structure",
        values={
            "RC": ("鉄筋コンクリート造", "Reinforced concrete"),
            "SRC": ("鉄骨鉄筋コンクリート造", "Steel-reinforced concrete"),
            "S": ("鉄骨造", "Steel"),
            "W": ("木造", "Wood"),
        },
    ),
    Field("floors_above", "integer", "地上階数", "Floors above ground"),
    Field("floors_below", "integer", "地下階数", "Floors below ground"),
    Field("built_year", "integer", "建築年", "Year built"),
    Field("gross_floor_m2", "number", "延床面積", "Gross floor area", unit="m2"),
    Field("roof_height_m", "number", "屋上高さ", "Roof height", unit="m"),
    Field(
        "roof_type",
        "string",
        "屋上形状",
        "Roof",
        values={"flat": ("陸屋根", "Flat"), "pitched": ("勾配屋根", "Pitched"), "none": ("設置不可", "Not usable")},
    ),
    Field("roof_load_n_m2", "number", "屋上許容荷重", "Allowable roof load", unit="N/m2"),
    Field(
        "seismic",
        "string",
        "耐震",
        "Seismic",
        values={
            "current": ("新耐震", "Current code"),
            "retrofitted": ("補強済", "Retrofitted"),
            "old": ("未補強", "Not retrofitted"),
            "unknown": ("不明", "Unknown"),
        },
    ),
    Field("access_hours", "string", "入館可能時間", "Access hours"),
    Field("entry_lead_days", "integer", "入館申請の日数", "Notice before entry", unit="d"),
    Field("carry_in", "string", "搬入経路", "Carry-in route", disclosure=_CARRIER),
    Field("has_drawings", "boolean", "図面の有無", "Drawings exist", disclosure=_CARRIER),
)
_STRUCTURE = (
    Field("material", "string", "材質", "Material"),
    Field("mount_height_min_m", "number", "取付可能高さ（下限）", "Lowest mounting height", unit="m"),
    Field("mount_height_max_m", "number", "取付可能高さ（上限）", "Highest mounting height", unit="m"),
    Field("structural_check_on", "date", "構造計算の日", "Structural check on", disclosure=_CARRIER),
    Field("is_unmetered", "boolean", "定額電力", "Unmetered supply", disclosure=_CARRIER),
    Field("carriageway_clearance_m", "number", "車道からの離隔", "Clearance from carriageway", unit="m"),
    Field("road_manager", "string", "道路管理者", "Road manager"),
    Field("max_load_kg", "number", "取付可能重量", "Largest equipment weight", unit="kg"),
)
_LAND = (
    Field("land_category", "string", "地目", "Land category"),
    Field("lot_no", "string", "地番", "Lot number"),
    Field("frontage_road", "string", "接道", "Frontage road"),
    Field("usable_area_m2", "number", "利用可能面積", "Usable area", unit="m2"),
    Field("max_structure_height_m", "number", "建てられる高さ", "Highest structure allowed", unit="m"),
)

ID_FIELD = Field("asset_id", "string", "アセットID", "Asset ID")
FIELDS: tuple[Field, ...] = _COMMON + _BUILDING + _STRUCTURE + _LAND
