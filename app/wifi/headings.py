"""The words written above the columns of public Wi-Fi lists, and what each means.

Sources: 推奨データセット「公衆無線LANアクセスポイント一覧」 and 自治体標準オープンデータセット (`exact`), and free wording of
offices (`usual`).
"""

from app.tabular.place_headings import PLACE_TARGETS
from app.tabular.targets import Target
from app.wifi.fields import FIELDS, ID_FIELD

Words = tuple[str, ...]

# field → words of standards, words of offices; surest first
_HEADINGS: dict[str, tuple[Words, Words]] = {
    "access_point_id": (("アクセスポイントID", "access_point_id"), ("AP ID", "AP番号", "APID", "アクセスポイント番号")),
    "name": (
        ("名称", "name"),
        ("施設名", "施設名称", "設置施設", "設置施設名", "設置施設名称", "アクセスポイント名", "アクセスポイント名称", "AP名", "AP名称", "スポット名", "スポット名称",
         "設置場所名", "設置場所名称", "場所名", "設置箇所", "設置箇所名", "店舗名", "facility_name", "title"),
    ),
    "name_kana": (
        ("名称_カナ", "name_kana"),
        ("名称_フリガナ", "フリガナ", "ふりがな", "カナ", "かな", "施設名カナ", "施設名フリガナ", "名称かな", "よみ", "読み", "fullNameInKana"),
    ),
    "name_en": (
        ("名称_英語", "名称_英字", "name_english"), ("英語名", "英語名称", "英語表記", "施設名_英語", "ローマ字", "fullNameInRomaji"),
    ),
    "address": (
        ("住所", "所在地_連結表記", "所在地_連結標記", "seat_copulative_spell", "address"),
        ("所在地", "所在", "設置住所", "設置場所住所", "設置場所の住所", "施設所在地", "住居表示", "設置場所", "場所", "位置", "施設住所", "location"),
    ),
    "building_name": (
        ("方書", "建物名等(方書)", "buillding_name_etc", "building_name_etc"),
        ("建物名等", "方書き", "ビル名", "建物名・階", "建物名", "建物名称", "katagaki", "building"),
    ),
    "installer": (
        ("設置者", "installer"),
        ("設置主体", "設置団体", "設置者名", "設置事業者", "整備主体", "事業主体", "提供者", "提供主体", "運営主体", "運営者", "管理者", "地方公共団体名", "団体名",
         "localgov_name"),
    ),
    "phone": (
        ("電話番号", "telephone_number", "phone_number"),
        ("電話", "TEL", "連絡先電話番号", "問い合わせ先電話番号", "問合せ先電話番号", "問い合わせ先", "問合せ先", "連絡先", "代表電話", "telephoneNumber", "phone"),
    ),
    "ssid": (("SSID", "ssid"), ("SSID名", "ネットワーク名", "SSID名称", "無線LAN名")),
    "service_area": (
        ("提供エリア", "service_area"),
        ("利用可能エリア", "利用エリア", "サービスエリア", "エリア", "提供場所", "利用可能場所", "利用場所", "設置位置", "set_position", "利用可能な場所", "設置階", "area"),
    ),
    "url": (
        ("URL", "url"),
        ("ホームページ", "HP", "ウェブサイト", "webサイト", "サイトURL", "ホームページURL", "関連URL", "リンク", "referenceObject", "website"),
    ),
    "remarks": (("備考", "note"), ("特記事項", "注記", "注意事項", "その他", "補足", "コメント", "摘要", "remarks", "memo", "description")),
    "site_kind": ((), ("設置場所種別", "設置場所の種別", "設置場所区分", "施設種別", "設置種別", "種別", "施設区分", "設置場所", "site_type", "type")),
    "has_openroaming": (
        (), ("OpenRoaming", "OpenRoaming対応", "OpenRoaming対応有無", "オープンローミング", "オープンローミング対応", "OR対応", "openroaming"),
    ),
    "range_m": ((), ("届く距離", "電波到達距離", "到達距離", "通信距離", "利用可能距離", "カバー半径", "半径", "提供範囲", "range")),
    "backup_hours": (
        (), ("停電時の稼働時間", "停電時稼働時間", "バックアップ時間", "非常用電源", "予備電源", "非常用電源稼働時間", "バッテリー", "backup"),
    ),
    "installed_on": (
        (),
        ("設置日", "設置年月日", "設置時期", "運用開始日", "供用開始日", "提供開始日", "利用開始日", "サービス開始日", "開始日", "整備年月日", "開設日", "設置年月",
         "installed"),
    ),
    "renewal": ((), ("新設・更新", "新設/更新", "新規・更新", "整備区分", "新設更新区分", "新規更新", "新規/更新", "新設更新")),
    "municipality_code": (
        ("所在地_全国地方公共団体コード", "seat_localgov_code"),
        ("市区町村コード", "区市町村コード", "市町村コード", "行政区域コード", "lgcode", "code6", "code5", "JISコード", "citycode", "cid", "N03_007"),
    ),
    "municipality": ((), ("municipality", "所在市区町村", "所在区市町村")),
}  # fmt: skip

_LIMITS: dict[str, tuple[float, float]] = {
    "range_m": (1, 1_000),  # a box reaches 25 to 50 m; outdoor links of Wi-Fi stay within a kilometre
    "backup_hours": (0, 168),  # a week
}
_WRITTEN: dict[str, dict[str, str]] = {
    "site_kind": {
        "公衆電話": "phone_box", "電話ボックス": "phone_box", "公衆電話box": "phone_box", "電話box": "phone_box", "公衆電話機": "phone_box",
        "公共施設": "facility", "建物": "facility", "屋内": "facility", "庁舎": "facility", "民間施設": "facility", "観光施設": "facility",
    },
    "renewal": {"新規": "new", "新": "new", "新設工事": "new", "更改": "upgraded", "改修": "upgraded", "増強": "upgraded", "リプレース": "upgraded"},
}  # fmt: skip
_NUMBER = Target(
    "source_no", "番号", "Number in the list",
    # A number that stays with the thing comes before one that counts rows.
    exact=("ID", "管理番号", "整理番号", "施設番号", "施設ID", "識別番号", "NO", "No."),
    usual=("番号", "通し番号", "通番", "連番", "項番", "identification", "source_no", "行番号", "pid"),
)  # fmt: skip


def _targets() -> tuple[Target, ...]:
    own = []
    for field in (ID_FIELD, *FIELDS):
        exact, usual = _HEADINGS[field.name]
        written = _WRITTEN.get(field.name)
        own.append(Target(field.name, field.ja, field.en, field, exact, usual, written, _LIMITS.get(field.name)))
    return (_NUMBER, *own, *PLACE_TARGETS)


TARGETS: tuple[Target, ...] = _targets()
