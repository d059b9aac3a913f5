"""Cells become values: each way of writing, what it becomes and which rule speaks."""

from datetime import UTC, date, datetime, time
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assets.headings import TARGETS as ASSET_TARGETS
from app.tabular.findings import Level
from app.tabular.numbers import kanji_number
from app.tabular.values import RULES, converter, rules_of
from app.wifi.headings import TARGETS as WIFI_TARGETS

ASSET = {target.name: target for target in ASSET_TARGETS}
WIFI = {target.name: target for target in WIFI_TARGETS}


def _midnight(year: int, month: int, day: int) -> datetime:
    """A day as workbooks give it: a moment without a zone."""
    return datetime.combine(date(year, month, day), time())


TEXT = [
    ("name", "第一小学校", "第一小学校", None),
    ("name", "  第一小学校　", "第一小学校", None),
    ("name", "髙島屋①㈱", "髙島屋①㈱", None),
    ("name", "ＪＲ東京駅", "ＪＲ東京駅", None),
    ("name", "葛\U000e0100飾区役所", "葛\U000e0100飾区役所", None),
    ("name", "﨑山公園𠮷野", "﨑山公園𠮷野", None),
    ("name", "第一\n小学校", "第一 小学校", "line-break"),
    ("name", "第一\r\n  小学校", "第一 小学校", "line-break"),
    ("name", "第一\t小学校", "第一 小学校", "line-break"),
    ("name", "\x00第一小学校", "第一小学校", "control-characters"),
    ("name", "第一\x07小学校", "第一小学校", "control-characters"),
    ("name", "第一\ud800小学校", "第一小学校", "control-characters"),
    ("name", "\u202e第一小学校", "第一小学校", "direction-characters"),
    ("name", "第一\u2066小\u2069学校", "第一小学校", "direction-characters"),
    ("name", "第一\u200b小学校", "第一小学校", "invisible-characters"),
    ("name", "\ufeff第一小学校", "第一小学校", "invisible-characters"),
    ("name", "第\ue000小学校", "第\ue000小学校", "gaiji"),
    ("name", "第\ufffd小学校", "第\ufffd小学校", "broken-characters"),
    ("name", "=1+1", "=1+1", "formula-text"),
    ("name", "+plus", "+plus", "formula-text"),
    ("name", "-5度の部屋", "-5度の部屋", "formula-text"),
    ("name", "@cmd", "@cmd", "formula-text"),
    ("name", "#N/A", None, "excel-error"),
    ("name", "#REF!", None, "excel-error"),
    ("name", "########", None, "excel-error"),
    ("name", "", None, None),
    ("name", "　 ", None, None),
    ("name", None, None, None),
    ("name", "－", None, "dash-for-empty"),
    ("name", "なし", "なし", None),
    ("name", 123.0, "123", None),
    ("name", 1.5, "1.5", None),
    ("name", True, "TRUE", None),
    ("name", "あ" * 10_001, None, "text-too-long"),
    ("name_kana", "ﾄｼｮｶﾝ", "トショカン", "half-width-kana"),
    ("name_kana", "ｶﾞｯｺｳ", "ガッコウ", "half-width-kana"),
    ("name_kana", "トショカン", "トショカン", None),
    ("name_kana", "としょかん", "としょかん", None),
    ("name_en", "Ｃｉｔｙ　Ｈａｌｌ", "City Hall", "full-width"),
    ("name_en", "City Hall", "City Hall", None),
    ("lot_no", "１２番３", "１２番３", None),
    ("lot_no", _midnight(2026, 3, 1), "2026-03-01", "date-in-text"),
    ("lot_no", "3-1", "3-1", None),
    ("property_no", 10001.0, "10001", None),
    ("property_no", "0010001", "0010001", None),
    ("source_no", "Ａ－１", "A-1", "full-width"),
    ("owner_code", "１３１０３２", "131032", "full-width"),
    ("municipality_code", 131032.0, "131032", None),
    ("access_hours", time(9, 0), "09:00", None),
    ("contact", "総務課\n03-1234-5678", "総務課 03-1234-5678", "line-break"),
    ("latitude", "３５．６８９", "35.689", "full-width"),
    ("restrictions", "高さ制限、夜間不可；学校行事", ["高さ制限", "夜間不可", "学校行事"], None),
    ("restrictions", "a;b；c・d\ne", ["a", "b", "c", "d", "e"], None),
    ("restrictions", "1,000kg以下,夜間不可", ["1,000kg以下", "夜間不可"], None),
    ("restrictions", "、", None, None),
    ("restrictions", "なし", None, None),
    ("restrictions", "#REF!", None, "excel-error"),
    ("sensitive_flags", "学校\u200b、病院", ["学校", "病院"], "invisible-characters"),
]
NUMBERS = [
    ("height_m", 12.5, 12.5, None),
    ("height_m", 12, 12.0, None),
    ("height_m", "12.5", 12.5, None),
    ("height_m", " 12.5 ", 12.5, None),
    ("height_m", "１２．５", 12.5, "full-width"),
    ("height_m", "12.5m", 12.5, "unit-removed"),
    ("height_m", "12.5 ｍ", 12.5, "unit-removed"),
    ("height_m", "12メートル", 12.0, "unit-removed"),
    ("height_m", "1250cm", 12.5, "unit-converted"),
    ("height_m", "約12", 12.0, "approximate"),
    ("height_m", "およそ12m", 12.0, "approximate"),
    ("height_m", "12m程度", 12.0, "approximate"),
    ("height_m", "12ｍ以上", 12.0, "approximate"),
    ("height_m", "10～15", None, "range-for-number"),
    ("height_m", "10-15m", None, "range-for-number"),
    ("height_m", "10m〜15m", None, "range-for-number"),
    ("height_m", "約10から15", None, "range-for-number"),
    ("height_m", "-3", -3.0, "beyond-limits-height-m"),
    ("height_m", "△3", -3.0, "beyond-limits-height-m"),
    ("height_m", 6340, 6340.0, "beyond-limits-height-m"),
    ("height_m", "12㎡", None, "wrong-unit"),
    ("height_m", "高い", None, "not-a-number"),
    ("height_m", "1,2,3", None, "not-a-number"),
    ("height_m", "12.3.4", None, "not-a-number"),
    ("height_m", "-", None, "dash-for-empty"),
    ("height_m", "―", None, "dash-for-empty"),
    ("height_m", "－", None, "dash-for-empty"),
    ("height_m", "ー", None, "dash-for-empty"),
    ("height_m", "なし", None, "word-for-empty"),
    ("height_m", "不明", None, "word-for-empty"),
    ("height_m", "（不明）", None, "word-for-empty"),
    ("height_m", "Ｎ／Ａ", None, "word-for-empty"),
    ("height_m", "#DIV/0!", None, "excel-error"),
    ("height_m", True, None, "not-a-number"),
    ("height_m", float("nan"), None, "not-a-number"),
    ("height_m", float("inf"), None, "not-a-number"),
    ("height_m", 10**400, None, "not-a-number"),
    ("height_m", "9" * 70, 1e70, "beyond-limits-height-m"),
    ("height_m", "9" * 500, None, "not-a-number"),
    ("height_m", "1e999", None, "number-too-large"),
    ("height_m", _midnight(2026, 3, 1), None, "date-in-number"),
    ("height_m", "12\u200b.5", 12.5, "invisible-characters"),
    ("height_m", "", None, None),
    ("ground_elev_m", "△1.5", -1.5, "negative-mark"),
    ("ground_elev_m", "▲1.5m", -1.5, "negative-mark"),
    ("ground_elev_m", "−1.5", -1.5, "full-width"),
    ("area_m2", "1,234.56", 1234.56, "thousands-separators"),
    ("area_m2", "１，２３４", 1234.0, "thousands-separators"),
    ("area_m2", "1,234㎡", 1234.0, "unit-removed"),
    ("area_m2", "1234.5 m2", 1234.5, "unit-removed"),
    ("area_m2", "1234m²", 1234.0, "unit-removed"),
    ("area_m2", "１２３平米", 123.0, "unit-removed"),
    ("area_m2", "120平方メートル", 120.0, "unit-removed"),
    ("area_m2", "100坪", 330.578512, "tsubo-to-m2"),
    ("area_m2", "約１００坪", 330.578512, "tsubo-to-m2"),
    ("area_m2", "3a", 300.0, "unit-converted"),
    ("area_m2", "2アール", 200.0, "unit-converted"),
    ("area_m2", "1.5ha", 15000.0, "unit-converted"),
    ("area_m2", "0.5ヘクタール", 5000.0, "unit-converted"),
    ("area_m2", "三百", 300.0, "kanji-number"),
    ("area_m2", "二十五㎡", 25.0, "kanji-number"),
    ("area_m2", "1万2000", 12000.0, "kanji-number"),
    ("area_m2", "(120)", 120.0, "number-in-brackets"),
    ("area_m2", "12 3", 123.0, "blanks-in-number"),
    ("area_m2", "1,234.5㎡（373坪）", 1234.5, "note-in-brackets"),
    ("area_m2", "30坪(約99㎡)", 99.173554, "note-in-brackets"),
    ("area_m2", "未計測（予定）", None, "word-for-empty"),
    ("area_m2", "万", None, "not-a-number"),
    ("height_m", "GL+12.5m", 12.5, "approximate"),
    ("height_m", "地上12m", 12.0, "approximate"),
    ("height_m", "12m/15m", None, "range-for-number"),
    ("height_m", "10m以上15m以下", None, "range-for-number"),
    ("power_spare_kva", "50kVA", 50.0, "unit-removed"),
    ("power_spare_kva", "５０ＫＶＡ", 50.0, "unit-removed"),
    ("max_load_kg", "120kg", 120.0, "unit-removed"),
    ("max_load_kg", "0.2t", 200.0, "unit-converted"),
    ("roof_load_n_m2", "1800N/m²", 1800.0, "unit-removed"),
    ("roof_load_n_m2", "1800N／㎡", 1800.0, "unit-removed"),
    ("roof_load_n_m2", "180kg/㎡", 1765.197, "unit-converted"),
    ("roof_load_n_m2", "0.3t/㎡", 2941.995, "unit-converted"),
    ("roof_load_n_m2", "1.8kN/m2", 1800.0, "unit-converted"),
    ("entry_lead_days", "14日前", 14, "unit-removed"),
    ("entry_lead_days", "２週間", 14, "unit-converted"),
    ("slots_total", 3.0, 3, None),
    ("slots_total", "3枠", 3, "unit-removed"),
    ("slots_total", "3.5", None, "not-whole"),
    ("slots_total", 99999999999, None, "number-too-large"),
    ("floors_above", "3", 3, None),
    ("floors_above", "3階", 3, "floors-from-words"),
    ("floors_above", "３階建て", 3, "floors-from-words"),
    ("floors_above", "地上3階", 3, "floors-from-words"),
    ("floors_above", "地上3階地下1階", 3, "floors-both-in-one"),
    ("floors_below", "地上3階地下1階", 1, "floors-both-in-one"),
    ("floors_above", "地下1階・地上10階", 10, "floors-both-in-one"),
    ("floors_above", "3/1", 3, "floors-both-in-one"),
    ("floors_below", "3F/B1F", 1, "floors-both-in-one"),
    ("floors_above", "5F", 5, "floors-from-words"),
    ("floors_below", "B2", 2, "floors-from-words"),
    ("floors_below", "地上2階 地下なし", 0, "floors-both-in-one"),
    ("floors_below", "地下なし", 0, "floors-from-words"),
    ("floors_below", "なし", 0, "floors-from-words"),
    ("floors_above", "平屋建", 1, "floors-from-words"),
    ("floors_above", "三階建", 3, "floors-from-words"),
    ("floors_above", "2階建一部平屋", 2, "floors-from-words"),
    ("floors_above", "5/B2/P1", 5, "floors-both-in-one"),
    ("floors_above", "5階～6階", None, "range-for-number"),
    ("floors_above", "地下2階", None, "not-a-number"),
    ("floors_above", "RC造4階建", 4, "floors-from-words"),
    ("floors_above", "高層", None, "not-a-number"),
    ("floors_above", 300, 300, "beyond-limits-floors-above"),
    ("built_year", "1970", 1970, None),
    ("built_year", 1970.0, 1970, None),
    ("built_year", "1970.0", 1970, None),
    ("built_year", "１９７０", 1970, "year-with-words"),
    ("built_year", "1970年", 1970, "year-with-words"),
    ("built_year", "昭和45年", 1970, "era-to-western"),
    ("built_year", "昭和４５年３月３１日", 1970, "era-to-western"),
    ("built_year", "S45", 1970, "era-to-western"),
    ("built_year", "S45.3.31", 1970, "era-to-western"),
    ("built_year", "昭45", 1970, "era-to-western"),
    ("built_year", "昭和四十五年", 1970, "era-to-western"),
    ("built_year", "平成元年", 1989, "era-to-western"),
    ("built_year", "令和6年度", 2024, "era-to-western"),
    ("built_year", "明治45年", 1912, "era-to-western"),
    ("built_year", "平成32年", 2020, "era-outside"),
    ("built_year", "1970年3月", 1970, "year-of-date"),
    ("built_year", "1970/3/31", 1970, "year-of-date"),
    ("built_year", "1970年頃", 1970, "year-with-words"),
    ("built_year", _midnight(1970, 3, 31), 1970, "year-of-date"),
    ("built_year", date(1970, 3, 31), 1970, "year-of-date"),
    ("built_year", 25658, 1970, "excel-serial"),
    ("built_year", "平元", 1989, "era-to-western"),
    ("built_year", "R元.5", 2019, "era-to-western"),
    ("built_year", "昭和56年（1981年）", 1981, "era-to-western"),
    ("built_year", "1981（S56）", 1981, "year-with-words"),
    ("built_year", "昭和40年代", None, "not-a-year"),
    ("built_year", "1965/1970", None, "not-a-year"),
    ("built_year", 1981.5, None, "not-a-year"),
    ("built_year", "平成0年", None, "not-a-year"),
    ("built_year", "1965～1970", None, "not-a-year"),
    ("built_year", "不明", None, "word-for-empty"),
    ("built_year", "築50年", None, "not-a-year"),
    ("built_year", "45", None, "not-a-year"),
    ("built_year", 45, None, "not-a-year"),
    ("built_year", "2150", 2150, "beyond-limits-built-year"),
]
DATES = [
    ("2024-09-01", date(2024, 9, 1), None),
    ("2024/9/1", date(2024, 9, 1), None),
    ("2024/09/01 00:00:00", date(2024, 9, 1), None),
    (_midnight(2024, 9, 1), date(2024, 9, 1), None),
    (date(2024, 9, 1), date(2024, 9, 1), None),
    ("2024.9.1", date(2024, 9, 1), "date-form"),
    ("20240901", date(2024, 9, 1), "date-form"),
    (20240901, date(2024, 9, 1), "date-form"),
    ("２０２４／９／１", date(2024, 9, 1), "date-form"),
    ("2024年9月1日", date(2024, 9, 1), "date-form"),
    ("2024年9月1日(日)", date(2024, 9, 1), "date-form"),
    ("2024-09-01T10:30:00+09:00", date(2024, 9, 1), "date-form"),
    ("令和6年9月1日", date(2024, 9, 1), "era-to-western"),
    ("令和６年９月１日（日曜日）", date(2024, 9, 1), "era-to-western"),
    ("R6.9.1", date(2024, 9, 1), "era-to-western"),
    ("Ｒ６．９．１", date(2024, 9, 1), "era-to-western"),
    ("R06/09/01", date(2024, 9, 1), "era-to-western"),
    ("令6.9.1", date(2024, 9, 1), "era-to-western"),
    ("㋿6年9月1日", date(2024, 9, 1), "era-to-western"),
    ("令和元年5月1日", date(2019, 5, 1), "era-to-western"),
    ("平成31年4月30日", date(2019, 4, 30), "era-to-western"),
    ("平成31年5月1日", date(2019, 5, 1), "era-outside"),
    ("令和元年4月30日", date(2019, 4, 30), "era-outside"),
    ("昭和64年1月7日", date(1989, 1, 7), "era-to-western"),
    ("昭和64年1月8日", date(1989, 1, 8), "era-outside"),
    ("平成元年1月8日", date(1989, 1, 8), "era-to-western"),
    ("大正15年12月24日", date(1926, 12, 24), "era-to-western"),
    ("平成32年4月1日", date(2020, 4, 1), "era-outside"),
    ("平成二十八年四月十九日", date(2016, 4, 19), "era-to-western"),
    ("平成28年4月19日", date(2016, 4, 19), "era-to-western"),
    (45536, date(2024, 9, 1), "excel-serial"),
    (45536.5, date(2024, 9, 1), "excel-serial"),
    ("45536", date(2024, 9, 1), "excel-serial"),
    ("2024/9/1 12:34:56", date(2024, 9, 1), "date-form"),
    ("2024年9月1日 10時30分", date(2024, 9, 1), "date-form"),
    ("2024年9月1日10:30", date(2024, 9, 1), "date-form"),
    ("2024/9/112:34", None, "not-a-date"),
    ("R060901", date(2024, 9, 1), "era-to-western"),
    ("令和6年9月1日現在", date(2024, 9, 1), "era-to-western"),
    ("平成31年(2019)4月1日", date(2019, 4, 1), "era-to-western"),
    ("2024年2月30日", None, "no-such-day"),
    ("2024-13-01", None, "no-such-day"),
    ("2024年9月", None, "date-incomplete"),
    ("令和6年", None, "date-incomplete"),
    (2024, None, "date-incomplete"),
    ("6.9.1", None, "two-digit-year"),
    ("24/9/1", None, "two-digit-year"),
    ("きのう", None, "not-a-date"),
    (True, None, "not-a-date"),
    (-5, None, "not-a-date"),
    ("#VALUE!", None, "excel-error"),
    ("-", None, "dash-for-empty"),
    ("未定", None, "word-for-empty"),
    ("1700-01-01", date(1700, 1, 1), "date-far"),
]
BOOLEANS = [
    *((yes, True, None) for yes in ("有", "あり", "○", "◯", "〇", "可", "済", "1", 1, 1.0, "TRUE", "yes", "Ｙ", True, "有り")),
    *((no, False, None) for no in ("無", "なし", "×", "不可", "未", "0", 0, 0.0, "false", "No", False, "無し", "✕")),
    ("有（2台）", True, "note-in-brackets"),
    ("不明", None, "word-for-empty"),
    ("－", None, "dash-for-empty"),
    ("△", None, "not-yes-or-no"),
    ("#N/A", None, "excel-error"),
]  # fmt: skip
CHOICES = [
    ("asset_kind", "建物", "building", None),
    ("asset_kind", "building", "building", None),
    ("asset_kind", "Building", "building", "choice-word"),
    ("asset_kind", "建築物", "building", "choice-word"),
    ("asset_kind", "車両", None, "unknown-choice-asset-kind"),
    ("structure_type", "鉄筋コンクリート造", "RC", None),
    ("structure_type", "RC", "RC", None),
    ("structure_type", "RC造", "RC", "choice-word"),
    ("structure_type", "ＲＣ造", "RC", "choice-word"),
    ("structure_type", "鉄骨鉄筋コンクリート造", "SRC", None),
    ("structure_type", "ＳＲＣ", "SRC", "choice-word"),
    ("structure_type", "軽量鉄骨造", "S", "choice-word"),
    ("structure_type", "木", "W", "choice-word"),
    ("structure_type", "鉄筋コンクリート造陸屋根３階建", "RC", "choice-main-part"),
    ("structure_type", "鉄骨造・2階建", "S", "choice-main-part"),
    ("structure_type", "木造瓦葺平家建", "W", "choice-main-part"),
    ("structure_type", "鉄骨造亜鉛メッキ鋼板葺2階建", "S", "choice-main-part"),
    ("structure_type", "鉄筋コンクリート造一部鉄骨造", "RC", "choice-main-part"),
    ("structure_type", "RC-3", "RC", "choice-main-part"),
    ("structure_type", "鉄骨鉄筋コンクリート造瓦葺", "SRC", "choice-main-part"),
    ("structure_type", "木造かわらぶき2階建", "W", "choice-main-part"),
    ("structure_type", "鉄筋コンクリート・鉄骨造", "RC", "choice-first-of-several"),
    ("structure_type", "RC造＋S造", "RC", "choice-first-of-several"),
    ("structure_type", "コンクリートブロック造", None, "choice-not-kept"),
    ("structure_type", "発泡スチロール", None, "unknown-choice-structure-type"),
    ("property_class", "行政財産", "administrative", None),
    ("property_class", "行政財産（公用）", "administrative", "choice-word"),
    ("property_class", "行政財産（庁舎）", "administrative", "note-in-brackets"),
    ("property_class", "普通", "ordinary", "choice-word"),
    ("property_class", "行政財産以外", None, "unknown-choice-property-class"),
    ("availability", "開放中", "open", None),
    ("availability", "開放可", "open", "choice-word"),
    ("availability", "要協議", "conditional", "choice-word"),
    ("availability", "可（要協議）", "conditional", "choice-word"),
    ("availability", "不可", "unlisted", "choice-word"),
    ("power", "有", "available", "choice-word"),
    ("power", "あり", "available", None),
    ("power", "なし", "none", None),
    ("power", "○", "available", "choice-word"),
    ("power", 1.0, "available", "choice-word"),
    ("power", True, "available", "choice-word"),
    ("power", "不明", None, "word-for-empty"),
    ("fibre", "近傍", "nearby", "choice-word"),
    ("seismic", "不明", "unknown", None),
    ("seismic", "旧耐震", "old", "choice-word"),
    ("seismic", "旧耐震（補強済）", "retrofitted", "choice-word"),
    ("seismic", "補強済み", "retrofitted", "choice-word"),
    ("owner_type", "区市町村", "municipality", None),
    ("owner_type", "市有", "municipality", "choice-word"),
    ("owner_type", "TMG", "metropolitan", "choice-word"),
    ("owner_type", "#N/A", None, "excel-error"),
    ("roof_type", "陸 屋 根", "flat", "choice-word"),
    ("roof_type", "-", None, "dash-for-empty"),
]
WIFI_CASES = [
    ("phone", "０３－１２３４－５６７８", "03-1234-5678", "full-width"),
    ("phone", "03ー1234ー5678", "03-1234-5678", "full-width"),
    ("phone", "03-1234-5678", "03-1234-5678", None),
    ("phone", "+81-3-1234-5678", "+81-3-1234-5678", None),
    ("phone", 312345678.0, "0312345678", "phone-lost-zero"),
    ("phone", "0312345678", "0312345678", None),
    ("url", "ｈｔｔｐｓ：／／example.jp/", "https://example.jp/", "full-width"),
    ("url", "https://example.jp/", "https://example.jp/", None),
    ("site_kind", "公衆電話", "phone_box", "choice-word"),
    ("renewal", "新設", "new", None),
    ("backup_hours", "6時間", 6.0, "unit-removed"),
    ("backup_hours", "360分", 6.0, "unit-converted"),
    ("range_m", "半径50m", 50.0, "approximate"),
    ("range_m", "25～50m", None, "range-for-number"),
]


def _check(outcome: Any, value: Any, rule: str | None) -> None:
    assert (outcome.value, outcome.rule.id if outcome.rule else None) == (value, rule)
    assert type(outcome.value) is type(value)


@pytest.mark.parametrize(("field", "cell", "value", "rule"), TEXT + NUMBERS + CHOICES)
def test_a_cell_of_an_asset_list(field: str, cell: Any, value: Any, rule: str | None) -> None:
    _check(converter(ASSET[field])(cell), value, rule)


@pytest.mark.parametrize(("field", "cell", "value", "rule"), WIFI_CASES)
def test_a_cell_of_a_wifi_list(field: str, cell: Any, value: Any, rule: str | None) -> None:
    _check(converter(WIFI[field])(cell), value, rule)


@pytest.mark.parametrize(("cell", "value", "rule"), DATES)
def test_a_date(cell: Any, value: date | None, rule: str | None) -> None:
    _check(converter(WIFI["installed_on"])(cell), value, rule)


@pytest.mark.parametrize(("cell", "value", "rule"), BOOLEANS)
def test_yes_and_no(cell: Any, value: bool | None, rule: str | None) -> None:
    _check(converter(ASSET["has_drawings"])(cell), value, rule)


@pytest.mark.parametrize(
    ("field", "unit", "cell", "value", "rule"),
    [
        ("area_m2", "坪", "100", 330.578512, "tsubo-to-m2"),
        ("area_m2", "坪", 100, 330.578512, "tsubo-to-m2"),
        ("area_m2", "坪", "１，０００", 3305.785124, "tsubo-to-m2"),
        ("area_m2", "㎡", "100", 100.0, None),
        ("area_m2", "坪", "100㎡", 100.0, "unit-removed"),
        ("area_m2", "ha", 1.5, 15000.0, "unit-converted"),
        ("height_m", "cm", 1250.0, 12.5, "unit-converted"),
        ("height_m", "ｍ", 12.5, 12.5, None),
        ("roof_load_n_m2", "kg/㎡", "180", 1765.197, "unit-converted"),
        ("height_m", "㎡", 12.5, None, "wrong-unit"),
        ("slots_total", "枠", "3", 3, None),
    ],
)
def test_the_unit_of_the_heading(field: str, unit: str, cell: Any, value: Any, rule: str | None) -> None:
    _check(converter(ASSET[field], unit)(cell), value, rule)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("〇", 0),
        ("十", 10),
        ("二十五", 25),
        ("百二十", 120),
        ("一万二千", 12000),
        ("二〇二四", 2024),
        ("千", 1000),
        ("三億", 300_000_000),
        ("人", None),
    ],
)
def test_kanji_numerals(text: str, value: int | None) -> None:
    assert kanji_number(text) == value


def test_long_runs_of_blanks_take_no_time() -> None:
    began = perf_counter()
    for field in ("name", "height_m", "built_year", "structure_type", "has_drawings", "restrictions"):
        for cell in (
            "あ" + " " * 200_000 + "\x00あ",
            "(" * 100_000,
            "1" * 100_000,
            "一" * 100_000,
            "1-" * 50_000,
            "・" * 100_000,
        ):
            converter(ASSET[field])(cell)
    assert perf_counter() - began < 2


def test_true_and_one_are_kept_apart_by_the_memory_of_a_column() -> None:
    convert = converter(ASSET["height_m"])
    assert convert(1).value == 1.0
    assert convert(True).rule is not None


def test_an_unknown_choice_names_the_choices() -> None:
    outcome = converter(ASSET["availability"])("ひみつ")
    assert outcome.rule is not None
    assert "「開放中」・「条件付き」・「調整中」" in outcome.rule.repair_ja
    assert "Open, Conditional" in outcome.rule.repair_en


def test_rules_have_ids_of_their_own_and_words_in_two_languages() -> None:
    rules = rules_of(ASSET_TARGETS)
    assert set(RULES) < set(rules)
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert all(rule)
        assert rule.id == rule.id.lower() and " " not in rule.id and "_" not in rule.id
        assert rule.ja.isascii() is False and rule.en.isprintable()


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(0, 50_000), st.floats(), st.floats(0, 50_000), st.text(), st.datetimes(), st.dates(), st.times(),
    st.datetimes(timezones=st.just(UTC)), st.text(alphabet="0123456789０１９.,-－～約△▲坪㎡m²階年月日昭和令SHR元十百()（） /万", max_size=14),
)  # fmt: skip
CONVERTERS = [converter(target, unit) for target in {**ASSET, **WIFI}.values() for unit in (None, "坪")]


@given(CELLS)
def test_no_cell_makes_a_converter_raise(cell: Any) -> None:
    for convert in CONVERTERS:
        outcome = convert(cell)
        if outcome.rule is not None and outcome.rule.level is Level.ERROR:
            assert outcome.value is None
        if isinstance(outcome.value, str):
            assert "\x00" not in outcome.value
            outcome.value.encode()


@given(st.dates(min_value=date(1926, 12, 25), max_value=date(2026, 12, 31)))
def test_every_day_of_the_eras_is_read_back(day: date) -> None:
    era, first = next(
        (e, f)
        for e, f in (("令和", date(2019, 5, 1)), ("平成", date(1989, 1, 8)), ("昭和", date(1926, 12, 25)))
        if day >= f
    )
    year = day.year - first.year + 1
    text = f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    _check(converter(WIFI["installed_on"])(text), day, "era-to-western")
