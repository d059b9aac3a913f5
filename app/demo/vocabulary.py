"""What sample assets are made of: kinds of facilities, bureaus, restrictions. Nothing here names a real institution."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facility:
    """A kind of facility: its names, who runs it, how tall it is, how often it occurs in the sample."""

    ja: str
    kana: str
    en: str
    bureau: str
    floors: tuple[int, int]
    weight: float
    sensitive: str | None = None
    regions: tuple[str, ...] = ("ward", "tama", "island")


METROPOLITAN_BUILDINGS = (
    Facility("住宅棟", "ジュウタクトウ", "Housing Block", "住宅政策本部", (3, 14), 34),
    Facility("庁舎", "チョウシャ", "Government Office", "財務局", (2, 12), 9),
    Facility("高等学校", "コウトウガッコウ", "High School", "教育庁", (3, 5), 10, "学校"),
    Facility("特別支援学校", "トクベツシエンガッコウ", "Special Needs School", "教育庁", (2, 4), 3, "学校"),
    Facility("給水所", "キュウスイジョ", "Water Supply Station", "水道局", (1, 3), 7),
    Facility("ポンプ所", "ポンプジョ", "Pumping Station", "下水道局", (1, 4), 6, None, ("ward", "tama")),
    Facility("水再生センター管理棟", "ミズサイセイセンターカンリトウ", "Water Reclamation Centre", "下水道局", (2, 5), 2, None, ("ward", "tama")),
    Facility("自動車営業所", "ジドウシャエイギョウショ", "Bus Depot", "交通局", (2, 5), 3, None, ("ward",)),
    Facility("変電所", "ヘンデンショ", "Substation", "交通局", (1, 4), 2, None, ("ward",)),
    Facility("公園管理所", "コウエンカンリジョ", "Park Office", "建設局", (1, 2), 6, "景観"),
    Facility("工区事務所", "コウクジムショ", "Works Office", "建設局", (2, 4), 4),
    Facility("港湾管理棟", "コウワンカンリトウ", "Port Office", "港湾局", (1, 4), 3, None, ("ward", "island")),
    Facility("出張所", "シュッチョウジョ", "Fire Branch Station", "東京消防庁", (2, 5), 5, None, ("ward", "tama")),
    Facility("医療センター", "イリョウセンター", "Medical Centre", "保健医療局", (3, 12), 1.5, "病院"),
    Facility("福祉園", "フクシエン", "Welfare Home", "福祉局", (2, 4), 2.5, "福祉施設"),
    Facility("職業訓練校", "ショクギョウクンレンコウ", "Vocational School", "産業労働局", (2, 5), 2),
)  # fmt: skip
MUNICIPAL_BUILDINGS = (
    Facility("区民館", "クミンカン", "Community Hall", "地域振興部", (1, 5), 20),
    Facility("小学校", "ショウガッコウ", "Primary School", "教育委員会", (3, 4), 26, "学校"),
    Facility("中学校", "チュウガッコウ", "Junior High School", "教育委員会", (3, 5), 13, "学校"),
    Facility("保育園", "ホイクエン", "Nursery", "子ども家庭部", (1, 3), 14, "保育所"),
    Facility("図書館", "トショカン", "Library", "教育委員会", (2, 4), 7),
    Facility("庁舎", "チョウシャ", "Office", "総務部", (3, 9), 5),
    Facility("防災倉庫", "ボウサイソウコ", "Disaster Store", "防災課", (1, 2), 8),
    Facility("スポーツセンター", "スポーツセンター", "Sports Centre", "文化スポーツ部", (2, 4), 4),
)
METROPOLITAN_LANDS = (
    Facility("都有地", "トユウチ", "Metropolitan Land", "財務局", (0, 0), 22),
    Facility("道路予定地", "ドウロヨテイチ", "Road Reserve", "建設局", (0, 0), 20),
    Facility("河川管理用地", "カセンカンリヨウチ", "River Management Land", "建設局", (0, 0), 12),
    Facility("公園用地", "コウエンヨウチ", "Park Land", "建設局", (0, 0), 14, "景観"),
    Facility("住宅用地", "ジュウタクヨウチ", "Housing Land", "住宅政策本部", (0, 0), 14),
    Facility("水道用地", "スイドウヨウチ", "Waterworks Land", "水道局", (0, 0), 9),
    Facility("下水道用地", "ゲスイドウヨウチ", "Sewerage Land", "下水道局", (0, 0), 5, None, ("ward", "tama")),
    Facility("港湾用地", "コウワンヨウチ", "Port Land", "港湾局", (0, 0), 4, None, ("ward", "island")),
)
MUNICIPAL_LANDS = (
    Facility("児童遊園", "ジドウユウエン", "Playground", "土木部", (0, 0), 45, "景観"),
    Facility("公園", "コウエン", "Park", "土木部", (0, 0), 30, "景観"),
    Facility("駐輪場用地", "チュウリンジョウヨウチ", "Bicycle Park", "土木部", (0, 0), 10),
    Facility("区有地", "クユウチ", "Municipal Land", "総務部", (0, 0), 15),
)
ENTERPRISES = frozenset({"水道局", "下水道局", "交通局"})


@dataclass(frozen=True, slots=True)
class StructureType:
    """A kind of structure in the street: height and load it can take, number of them in the sample."""

    kind: str
    ja: str
    kana: str
    en: str
    bureau: str
    height_m: tuple[float, float]
    material: str
    max_load_kg: tuple[int, int]
    count: int


# 29 smart poles is the number published; the other shares of the 191 are not.
STRUCTURE_TYPES = (
    StructureType("bus_stop", "停留所", "テイリュウジョ", "Bus Stop", "交通局", (2.6, 3.4), "鋼", (10, 25), 60),
    StructureType("subway_entrance", "地下鉄出入口", "チカテツデイリグチ", "Subway Entrance", "交通局", (3.0, 5.5), "鉄筋コンクリート", (30, 120), 25),
    StructureType("underpass_entrance", "地下道出入口", "チカドウデイリグチ", "Underpass Entrance", "建設局", (2.8, 4.5), "鉄筋コンクリート", (30, 120), 28),
    StructureType("street_light", "街路灯", "ガイロトウ", "Street Light", "建設局", (6.0, 12.0), "アルミニウム", (8, 20), 49),
    StructureType("smart_pole", "スマートポール", "スマートポール", "Smart Pole", "デジタルサービス局", (6.0, 10.0), "鋼", (40, 90), 29),
)  # fmt: skip

ZONING = {
    "ward": ("第一種低層住居専用地域", "第一種中高層住居専用地域", "第一種住居地域", "近隣商業地域", "商業地域", "準工業地域"),
    "tama": ("第一種低層住居専用地域", "第一種中高層住居専用地域", "第一種住居地域", "近隣商業地域", "準工業地域", "市街化調整区域"),
    "island": ("都市計画区域外", "用途地域の指定なし"),
}  # fmt: skip
BUILDING_RESTRICTIONS = (
    "屋上防水の保証期間中", "近隣説明が必要", "夜間工事不可", "荷重の再計算が必要", "屋上緑化部分は使用不可", "入居者への事前周知が必要",
)  # fmt: skip
SCHOOL_RESTRICTION = "授業時間中の工事不可"
LAND_RESTRICTIONS = (
    "近隣説明が必要",
    "掘削深さの制限",
    "景観計画区域",
    "事業着手までの一時使用",
    "樹木の伐採不可",
    "河川区域内",
)
STRUCTURE_RESTRICTIONS = ("道路占用許可が必要", "道路使用許可が必要", "景観計画区域", "点字ブロックの離隔を確保")
ISLAND_RESTRICTIONS = ("自然公園区域", "塩害対策が必要")
ACCESS_HOURS = ("平日 9:00〜17:00", "平日 8:30〜17:15", "平日・土曜 9:00〜20:00", "24時間（要事前連絡）")
CARRY_IN = (
    "外部階段",
    "屋内階段（幅 1.2 m）",
    "エレベーター（積載 750 kg）",
    "クレーン作業可",
    "クレーン作業不可・手上げ",
)
FRONTAGE = (
    "都道（幅員 16 m）",
    "都道（幅員 11 m）",
    "区市町村道（幅員 6 m）",
    "区市町村道（幅員 4 m）",
    "私道（幅員 4 m）",
)
LAND_CATEGORY = {"公園": "公園", "遊園": "公園", "道路": "公衆用道路", "河川": "雑種地", "住宅": "宅地"}
