"""How ledgers and offices write the choices of the asset register: words beside the labels, and the code each means.

A word with the code "" is known but has no choice of its own: its cell is left empty with a warning.
"""

from collections.abc import Iterable


def _words(meanings: dict[str, str]) -> dict[str, str]:
    """Words (divided by blanks) per code, turned round."""
    return {word: code for code, words in meanings.items() for word in words.split()}


def _plus(suffixes: Iterable[str], meanings: dict[str, str]) -> dict[str, str]:
    """The same with each word also followed by each suffix."""
    words = _words(meanings)
    return words | {word + suffix: code for word, code in words.items() for suffix in suffixes}


_CONDITIONS = ["要協議", "要相談", "要調整", "条件付き", "条件付", "条件あり", "一部", "屋上のみ", "要許可"]


def _conditional(meanings: dict[str, str]) -> dict[str, str]:
    """Words of availability; what is open with a condition in brackets is conditional: 可（要協議）."""
    words = _words(meanings)
    opened = [word for word, code in words.items() if code == "open"]
    return words | {f"{word}({condition})": "conditional" for word in opened for condition in _CONDITIONS}


_SUPPLY = _words({
    "available": "有 有り 有る ある ○ ◯ 〇 可 可能 1 true yes 引込済 引込み済 引込済み 済 敷設済 整備済 低圧 高圧 特別高圧 100v 200v 単相 三相 ac100v ac200v 利用可 使用可",
    "nearby": "近傍 近傍あり 近傍に有り 近傍にあり 近隣 近隣にあり 近接 付近 付近にあり 隣接 近くに有り 近く △ 近隣に電柱あり 要引込 要引込み 要工事 引込可 引込可能",
    "none": "無 無し 無い ない ナシ × ✕ 不可 0 false no 未 未整備 未引込 該当なし",
})  # fmt: skip

WRITTEN: dict[str, dict[str, str]] = {
    "asset_kind": _words({
        "building": "建築物 家屋 建屋 庁舎 施設 公共施設 建 b 建物施設 建造物",
        "land": "土地・用地 用地 敷地 公園 広場 緑地 空地 駐車場 農地 山林 宅地 道路 土 l 公園・広場 土地物件",
        "structure": "構造物 構築物 工 s 柱 電柱 街路灯 街灯 照明柱 バス停 信号柱 スマートポール 公衆電話ボックス 地下鉄出入口 地下道出入口",
    }),
    "structure_kind": _words({
        "bus_stop": "バス停留所 停留所 バス停上屋 バス停標識 バス停（上屋） バスシェルター",
        "subway_entrance": "地下鉄出入り口 地下鉄入口 駅出入口 地下鉄駅出入口 地下鉄",
        "underpass_entrance": "地下道 地下道出入り口 地下歩道 地下通路出入口 地下横断歩道",
        "street_light": "街灯 照明灯 照明柱 道路照明 道路照明灯 道路灯 防犯灯 公園灯 街路照明 LED街路灯",
        "signal_pole": "信号機 信号機柱 信号 交通信号柱 交通信号機",
        "smart_pole": "スマート街路灯 多機能ポール",
        "phone_box": "公衆電話 電話ボックス 公衆電話BOX 電話BOX",
        "other": "その他工作物 他 電柱 鉄塔 時計塔 歩道橋 橋梁 案内板 標識柱 広報塔 防災行政無線 屋外拡声子局",
    }),
    "owner_type": _words({
        "metropolitan": "都 都有 都所有 都有財産 tmg metropolis 都道府県 県 県有 道 府 都立 県立",
        "affiliated": "政策連携 監理団体 外郭団体 第三セクター 公社 事業協力団体 affiliate",
        "municipality": "区 市 町 村 区有 市有 町有 村有 区市町村有 市区町村 市町村 市町村有 区所有 市所有 町所有 村所有 自治体 区立 市立 町立 村立 自己所有 所有 市有財産 区有財産 町有財産",
        "national": "国有 国所有 国有財産 国立 state national_government",
        "private": "民有 民間所有 私有 個人 法人 企業 借上 賃借 民間施設 私立",
        "unknown": "不詳 unknown",
    }),
    "property_class": _words({
        "administrative": "行政 公用 公共用 公用財産 公共用財産 行政財産（公用） 行政財産（公共用） 行政(公用) 行政(公共用) 行政財産・公用 行政財産・公共用 行政財産公用 行政財産公共用",
        "ordinary": "普通 普通財産（貸付） 一般財産",
        "enterprise": "公営企業 企業 企業用財産 公営企業財産 企業財産 企業資産 公営企業用財産",
        "private": "民間財産 民有 私有 民間資産",
    }),
    "geocode_level": _words({
        "surveyed": "実測 測量値 gps gnss 測量済", "rooftop": "建物中心 建物重心 建物単位", "residential": "住居 号 号レベル 住居番号レベル",
        "block": "番地 街区レベル 番 地番", "machiaza": "町字 丁目 大字 町丁目レベル 町字レベル", "city": "市区町村レベル 市町村 区市町村",
    }),
    "priority_area": _words({
        "public_facility": "公共施設周辺 公共施設 主要公共施設", "commercial": "商業集積 商業 商業地域 商業エリア", "main_road": "主要道路 道路 幹線道路",
    }),
    "availability": _conditional({
        "open": "開放 開放可 開放可能 開放済 可 可能 貸付可 貸付可能 利用可 利用可能 使用可 使用可能 設置可 設置可能 提供可 提供可能 貸出可 ○ ◯ 〇 ◎ 有 あり 空き 空きあり 空有 公開 公開中 公開可 1 true yes",
        "conditional": "条件付 条件付可 条件付き可 条件付きで可 条件あり 条件有 要相談 要協議 要調整 相談 応相談 協議 △ 一部可 一部開放 部分開放 条件つき",
        "reserved": "検討中 協議中 予約 予約済 確認中 準備中 申請中 内定",
        "in_use": "使用中 貸付中 貸出中 利用済 設置済 設置済み 既設 既設あり 満杯 空きなし",
        "suspended": "停止 停止中 一時停止中 休止 休止中 工事中 改修中 閉鎖中 中断",
        "unlisted": "不可 開放不可 貸付不可 利用不可 使用不可 設置不可 提供不可 貸出不可 非公開 未公開 × ✕ 無 なし 無し 否 0 false no 開放しない",
    }),
    "power": _SUPPLY,
    "fibre": _SUPPLY,
    "structure_type": _plus(("造", "建", "構造"), {
        "RC": "rc r.c r.c. 鉄筋コンクリート 鉄筋コンクリ 鉄筋コン 鉄筋コンクリートラーメン 鉄筋 reinforcedconcrete wrc 壁式鉄筋コンクリート",
        "SRC": "src s.r.c s.r.c. 鉄骨鉄筋コンクリート 鉄骨・鉄筋コンクリート 鉄骨鉄筋コンクリ 鉄骨鉄筋コン 鉄骨鉄筋",
        "S": "s 鉄骨 軽量鉄骨 重量鉄骨 軽鉄 軽量鉄骨プレハブ lgs lgs(軽量鉄骨) ls 鋼 鋼構造 steel 鉄",
        "W": "w 木 木造 木造軸組 在来木 木質 枠組壁工法 wood",
        "": "cb コンクリートブロック ブロック 補強コンクリートブロック 補強cb 石 れんが レンガ 煉瓦 組積 pc pca プレキャストコンクリート プレストレストコンクリート sc cft 土蔵 アルミ "
        "アルミニウム 膜 混構 混合 その他 他 プレハブ コンクリート",
    }),
    "roof_type": _words({
        "flat": "陸 陸根 平屋根 フラット フラットルーフ 陸屋根（屋上） 屋上あり 屋上有 陸屋根あり flatroof",
        "pitched": "勾配 傾斜 傾斜屋根 切妻 切妻屋根 寄棟 寄棟屋根 片流れ 片流れ屋根 入母屋 瓦 瓦屋根 瓦葺 スレート 折板 折板屋根 方形 ドーム gable",
        "none": "不可 無 無し なし × 屋上なし 設置できない 利用不可 使用不可",
        "": "有 あり 有り ○ 可 可能 その他",
    }),
    "seismic": _words({
        "current": "新 新基準 新耐震基準 新耐震設計 現行基準 耐震性あり（新耐震） 1981年以降 新耐震適合 昭和56年以降",
        "retrofitted": "補強済み 補強済 耐震補強済 耐震補強済み 耐震改修済 耐震改修済み 改修済 改修済み 耐震化済 耐震化済み 済 実施済 実施済み 補強完了 旧耐震(補強済) 旧耐震(補強済み) 旧耐震(耐震補強済) 旧耐震(改修済) 旧耐震・補強済",
        "old": "旧 旧基準 旧耐震 旧耐震基準 未 未済 未実施 未改修 未対応 耐震補強未実施 耐震性なし 耐震性無し 要補強 要改修 補強未実施 旧耐震(未補強) 旧耐震(未改修) 昭和56年以前 1981年以前 無 なし 無し × 未耐震",
        "unknown": "未診断 診断未実施 未確認 不詳 未調査 調査中",
        "": "有 あり 有り ○ 適 適合 耐震性あり 耐震性有り 診断済 診断済み 診断実施 対象外 不要 補強不要 該当なし",
    }),
}  # fmt: skip
