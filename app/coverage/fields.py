"""What is published of coverage: cells, gaps, driven roads, residents' reports."""

from app.fields import Field
from app.surveys.carriers import CARRIERS

CARRIER_LABELS = {one.carrier_id: (one.ja, one.en) for one in CARRIERS}
TECHNOLOGY_LABELS = {"4g": ("4G", "4G"), "5g": ("5G", "5G")}
SERVING_LABELS = {
    "5g_sa": ("5G（SA）", "5G standalone"), "5g_nsa": ("5G（NSA）", "5G non-standalone"), "4g": ("4G", "4G"),
    "3g": ("3G", "3G"), "none": ("圏外", "No service"),
}  # fmt: skip
STATE_LABELS = {
    "covered": ("圏内", "Covered"), "gap": ("つながりにくい", "Gap"), "uncertain": ("判定できない", "Uncertain"),
    "unknown": ("未調査", "Not surveyed"),
}  # fmt: skip
GRADE_LABELS = {
    "good": ("良好", "Good"), "usable": ("使える", "Usable"), "weak": ("弱い", "Weak"), "none": ("届かない", "None")
}  # fmt: skip
KIND_LABELS = {
    "none": ("通信困難（全社）", "No carrier serves"), "some": ("一部の社のみ", "Only some carriers serve"),
    "weak": ("弱い", "Served weakly"), "suspected": ("通信困難の疑い", "Suspected: no carrier serves as far as known"),
    "carrier": ("1社のつながりにくい区域", "Gap of one carrier"),
}  # fmt: skip

CARRIER = Field(
    "carrier", "string", "通信事業者", "Carrier", values={"all": ("全社", "All carriers"), **CARRIER_LABELS}
)
TECHNOLOGY = Field("technology", "string", "方式", "Technology", values=TECHNOLOGY_LABELS)
MUNICIPALITY = Field("municipality_code", "string", "市区町村コード", "Municipality code")
SAMPLE = Field("is_sample", "boolean", "サンプル", "Sample data")
BUILT = (
    Field("newest_on", "date", "最新の測定日", "Newest measurement"),
    Field("oldest_on", "date", "最古の測定日", "Oldest measurement"),
    Field("profile", "string", "判定の決まり", "Profile"),
    Field("as_of", "date", "判定の時点", "As of"),
    SAMPLE,
)
COUNTS = (
    Field("samples", "integer", "測定数", "Samples"),
    Field("segments", "integer", "区間数", "Segments"),
    Field("passes", "integer", "走行数", "Passes"),
)
CELL_ID = Field("cell_id", "string", "セルID", "Cell ID")
CELL_FIELDS = (
    Field("mesh_code", "string", "地域メッシュコード", "Mesh code"),
    Field("level", "string", "メッシュ", "Mesh", values={"quarter": ("4分の1（250 m）", "Quarter (250 m)"), "half": ("2分の1（500 m）", "Half (500 m)")}),
    MUNICIPALITY,
    CARRIER,
    TECHNOLOGY,
    Field("state", "string", "状態", "State", values=STATE_LABELS),
    Field("grade", "string", "強さ", "Grade", values=GRADE_LABELS),
    Field("reason", "string", "理由", "Reason"),
    Field("carriers_covered", "integer", "圏内の社数", "Carriers that serve"),
    Field("carriers_gap", "integer", "つながりにくい社数", "Carriers with a gap"),
    *COUNTS,
    Field("days", "integer", "測定日数", "Days"),
    Field("mean_dbm", "number", "平均", "Mean", unit="dB[mW]"),
    Field("sd_db", "number", "ばらつき", "Standard deviation", unit="dB"),
    Field("lower_dbm", "number", "圏内の判定値", "Bound for covered", unit="dB[mW]"),
    Field("upper_dbm", "number", "つながりにくさの判定値", "Bound for gap", unit="dB[mW]"),
    Field("no_service_share", "number", "圏外の割合", "Share without service"),
    Field("observed_share", "number", "測定した面積の割合", "Share of area observed"),
    Field("road_m", "number", "測定した道のり", "Road measured", unit="m"),
    Field("must_resurvey", "boolean", "再調査が必要", "Survey again"),
    *BUILT,
)  # fmt: skip
GAP_ID = Field("gap_id", "string", "区域ID", "Gap ID")
GAP_FIELDS = (
    Field("kind", "string", "種類", "Kind", values=KIND_LABELS),
    CARRIER,
    TECHNOLOGY,
    Field("carriers_missing", "string", "届かない事業者", "Carriers missing"),
    Field("municipality_codes", "string", "市区町村コード", "Municipality codes"),
    Field("cells", "integer", "セル数", "Cells"),
    *COUNTS,
    Field("area_km2", "number", "面積", "Area", unit="km2"),
    Field("observed_share", "number", "測定した面積の割合", "Share of area observed"),
    Field("road_km", "number", "測定した道のり", "Road measured", unit="km"),
    Field("population", "number", "人口", "Population"),
    *BUILT,
)
ROAD_ID = Field("road_id", "string", "区間ID", "Road ID")
ROAD_FIELDS = (
    Field("survey", "string", "調査", "Survey"),
    MUNICIPALITY,
    Field("carrier", "string", "通信事業者", "Carrier", values=CARRIER_LABELS),
    Field("technology", "string", "つながった方式", "Served by", values=SERVING_LABELS),
    Field("driven_on", "date", "走行日", "Driven on"),
    Field("samples", "integer", "測定数", "Samples"),
    Field("mean_dbm", "number", "平均", "Mean", unit="dB[mW]"),
    Field("length_m", "number", "長さ", "Length", unit="m"),
    SAMPLE,
)
REPORT_ID = Field("report_id", "string", "報告ID", "Report ID")
REPORT_FIELDS = (
    Field("experienced_on", "date", "いつ", "Experienced on"),
    Field(
        "part_of_day", "string", "時間帯", "Part of day",
        values={"morning": ("朝", "Morning"), "day": ("昼", "Day"), "evening": ("夕方", "Evening"), "night": ("夜", "Night")},
    ),
    Field("carrier", "string", "通信事業者", "Carrier", values=CARRIER_LABELS),
    Field(
        "trouble", "string", "困りごと", "Trouble",
        values={"no_service": ("圏外", "No service"), "calls_drop": ("通話が切れる", "Calls drop"), "slow": ("遅い", "Slow")},
    ),
    Field(
        "place", "string", "場所", "Place",
        values={"outdoors": ("屋外", "Outdoors"), "indoors": ("屋内", "Indoors"), "vehicle": ("車内", "In a vehicle")},
    ),
    MUNICIPALITY,
    Field("created_on", "date", "受付日", "Reported on"),
    SAMPLE,
)  # fmt: skip
