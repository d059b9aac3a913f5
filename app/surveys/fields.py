"""The dictionary of measurement fields: titles, units, the headings each is known by, and what a value may be."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from app.tabular.heading_words import heading_forms

Kind = Literal["number", "text", "time", "flag"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A field of a log. `low` and `high` bound what is taken (both included); `source` says whose bounds they are.

    `units` gives for each unit a heading may name what one of it is in the field's own `unit`.
    """

    name: str
    kind: Kind
    ja: str
    en: str
    headings: tuple[str, ...]
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""
    units: dict[str, float] = field(default_factory=dict)


_MBPS = {"mbps": 1.0, "mbit/s": 1.0, "kbps": 0.001, "kbit/s": 0.001, "bps": 1e-6, "gbps": 1000.0}
_KMH = {
    "km/h": 1.0,
    "kmh": 1.0,
    "kph": 1.0,
    "時速": 1.0,
    "m/s": 3.6,
    "mps": 3.6,
    "秒速": 3.6,
    "kn": 1.852,
    "mph": 1.609344,
}
_MS = {"ms": 1.0, "msec": 1.0, "ミリ秒": 1.0, "s": 1000.0, "sec": 1000.0, "秒": 1000.0}
_ANDROID_LTE = "3GPP TS 36.133 9.1.4; Android CellSignalStrengthLte"
_ANDROID_NR = "3GPP TS 38.133 10.1.6; Android CellSignalStrengthNr"

FIELDS: tuple[Measured, ...] = (
    Measured(
        "at", "time", "日時", "Date and time",
        ("timestamp", "datetime", "date time", "time stamp", "測定日時", "計測日時", "取得日時", "日付時刻", "measured_at",
         "measured at", "created_at", "recorded at", "device time", "devicetime", "gps time", "unixtime", "epoch", "at"),
    ),
    Measured("date", "text", "日付", "Date", ("date", "測定日", "計測日", "年月日")),
    Measured("time", "text", "時刻", "Time of day", ("time", "測定時刻", "計測時刻", "時間")),
    Measured(
        "lat", "number", "緯度", "Latitude", ("latitude", "lat", "gps latitude", "y", "緯度（世界測地系）"), "deg", -90, 90
    ),
    Measured(
        "lon", "number", "経度", "Longitude", ("longitude", "lon", "lng", "long", "gps longitude", "x"), "deg", -180, 180
    ),
    Measured(
        "accuracy_m", "number", "位置の精度", "Accuracy of position",
        ("accuracy", "gps accuracy", "location accuracy", "horizontal accuracy", "測位精度", "水平精度", "誤差"),
        "m", 0, 100_000, "Android Location.getAccuracy: radius of 68 %",
    ),
    Measured(
        "carrier", "text", "通信事業者", "Carrier",
        ("operatorname", "operator", "operator name", "carrier name", "network operator", "provider", "plmn", "mccmnc",
         "mcc-mnc", "事業者", "事業者名", "携帯電話事業者", "携帯キャリア", "キャリア", "キャリア名", "通信会社", "オペレータ", "オペレーター"),
    ),
    Measured("mcc", "text", "MCC", "Mobile country code", ("mobile country code", "国番号")),
    Measured("mnc", "text", "MNC", "Mobile network code", ("mobile network code", "net", "事業者番号")),
    Measured(
        "device", "text", "端末", "Device",
        ("device id", "deviceid", "device name", "device serial number", "phone", "handset", "ue", "imei", "端末名", "端末番号",
         "測定端末", "機種", "device model", "model"),
    ),
    Measured(
        "technology", "text", "通信方式", "Technology",
        ("networkmode", "network mode", "network type", "net_type", "nettype", "rat", "radio", "act", "conntype",
         "connection type", "networktech", "network tech", "network technology", "方式", "通信規格", "世代", "回線種別", "在圏",
         "在圏方式", "在圏状況", "圏内外", "tech"),
    ),
    Measured("band", "text", "周波数帯", "Band", ("bands", "frequency band", "バンド", "周波数", "帯域")),
    Measured(
        "rsrp_dbm", "number", "RSRP", "RSRP",
        ("lte rsrp", "rsrp dbm", "dbm", "signal", "signal strength", "受信電力", "受信強度", "電波強度", "受信レベル", "基準信号受信電力"),
        "dBm", -140, -43, _ANDROID_LTE,
    ),
    Measured(
        "rsrq_db", "number", "RSRQ", "RSRQ", ("lte rsrq", "rsrq db", "受信品質", "基準信号受信品質"), "dB", -34, 3, _ANDROID_LTE
    ),
    Measured(
        "sinr_db", "number", "SINR", "SINR",
        ("snr", "sinr db", "rssnr", "lte snr", "lte sinr", "rs sinr", "信号対雑音比", "信号対干渉雑音比"),
        "dB", -23, 40, "3GPP TS 38.133 10.1.16: SS-SINR",
    ),
    Measured(
        "nr_rsrp_dbm", "number", "5GのRSRP", "5G SS-RSRP",
        ("nrxrsrp", "nr rsrp", "ss rsrp", "ssrsrp", "nr ss rsrp", "5g rsrp", "nr rsrp dbm", "5g受信電力"),
        "dBm", -156, -31, _ANDROID_NR,
    ),
    Measured(
        "nr_rsrq_db", "number", "5GのRSRQ", "5G SS-RSRQ",
        ("nrxrsrq", "nr rsrq", "ss rsrq", "ssrsrq", "nr ss rsrq", "5g rsrq", "nr rsrq db", "5g受信品質"), "dB", -43, 20, _ANDROID_NR,
    ),
    Measured(
        "downlink_mbps", "number", "下り速度", "Downlink",
        ("downlink", "download", "download speed", "dl", "dl bitrate", "dl_bitrate", "dl throughput", "下り", "下り通信速度",
         "ダウンロード", "ダウンロード速度", "受信速度"),
        "Mbps", 0, 20_000, "3GPP TS 22.261: peak of 20 Gbit/s", _MBPS,
    ),
    Measured(
        "uplink_mbps", "number", "上り速度", "Uplink",
        ("uplink", "upload", "upload speed", "ul", "ul bitrate", "ul_bitrate", "ul throughput", "上り", "上り通信速度",
         "アップロード", "アップロード速度", "送信速度"),
        "Mbps", 0, 10_000, "3GPP TS 22.261: peak of 10 Gbit/s", _MBPS,
    ),
    Measured(
        "latency_ms", "number", "遅延", "Latency",
        ("latency", "ping", "pingavg", "ping avg", "rtt", "応答時間", "往復遅延", "ping値"), "ms", 0, 60_000, "a minute", _MS,
    ),
    Measured(
        "speed_kmh", "number", "移動速度", "Speed of movement",
        ("speed", "gps speed", "vehicle speed", "速度", "走行速度", "車速"), "km/h", 0, 400, "faster than any vehicle on the ground", _KMH,
    ),
    Measured("in_vehicle", "flag", "車内", "In a vehicle", ("in vehicle", "in car", "車内測定", "車載")),
    Measured("external_antenna", "flag", "外部アンテナ", "External antenna", ("external antenna", "ext antenna", "外付けアンテナ")),
    Measured("neighbour", "flag", "隣接セル", "Neighbouring cell", ("neighboring", "neighbouring", "neighbor")),
    Measured("serving", "flag", "在圏セル", "Serving cell", ("servingcell", "serving cell", "registered", "is registered")),
)  # fmt: skip
BY_NAME = {one.name: one for one in FIELDS}
NUMBERS = tuple(one for one in FIELDS if one.kind == "number")

# What stands for no value: marks of apps and of people, and Android's CellInfo.UNAVAILABLE (Integer.MAX_VALUE).
MISSING = (
    "", "-", "--", "---", "－", "―", "—", "ー", "null", "none", "n/a", "na", "nan", "nil", "unavailable",
    "2147483647", "-2147483648", "9223372036854775807", "なし", "無し", "不明", "欠測", "測定不可",
)  # fmt: skip
# Of the serving cell where it is no LTE cell: lowest and highest RSRP in dBm, RSRQ in dB.
RSRP_OF_3G = (-120.0, -24.0)  # CPICH RSCP, 3GPP TS 25.133 9.1.1.3; Android CellSignalStrengthWcdma
RSRQ_OF_3G = (-24.0, 1.0)  # CPICH Ec/No, 3GPP TS 25.133 9.1.2.3
_UNIT = re.compile(r"[(\[<【]\s*([^)\]>】]{1,8}?)\s*[)\]>】]|[_\s]([a-zA-Z/]{1,6})$")


def forms_of(heading: str) -> tuple[str, ...]:
    """The readings of a heading to look a field up by, surest first."""
    return tuple(dict.fromkeys(form for form in heading_forms(heading) if form))


def _lexicon() -> dict[str, str]:
    words: dict[str, str] = {}
    for one in FIELDS:
        for word in (one.name, one.ja, one.en, *one.headings):
            words.setdefault(heading_forms(word)[0], one.name)
    return words


LEXICON = _lexicon()


def field_of(heading: str) -> str | None:
    """The field a heading names, by the words of the dictionary; None where none does."""
    found = next((LEXICON[form] for form in forms_of(heading) if form in LEXICON), None)
    if found is None and (match := _UNIT.search(heading)) and match[2]:
        found = next((LEXICON[form] for form in forms_of(heading[: match.start()]) if form in LEXICON), None)
        found = found if found and match[2].casefold() in BY_NAME[found].units else None
    return found


def factor_of(heading: str, name: str) -> float | None:
    """What one of the unit in a heading is in the field's own unit: 速度（m/s） → 3.6; None where it names none."""
    match = _UNIT.search(unicodedata.normalize("NFKC", heading))
    said = (match[1] or match[2]).casefold() if match else ""
    return BY_NAME[name].units.get(said)
