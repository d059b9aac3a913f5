"""The rules a log is judged by: what each says of a value or a row, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["mended", "refused-value", "refused-row", "note"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; `ja` and `en` are whole sentences in which {field}, {unit}, {low}, {high}, … may be filled in."""

    name: str
    level: Level
    ja: str
    en: str
    field: str | None = None


def _row(name: str, field: str | None, ja: str, en: str) -> Rule:
    return Rule(name, "refused-row", ja, en, field)


# In this order; a row is refused by the first that holds. Its place, from 1, is the row's verdict.
ROW_RULES: tuple[Rule, ...] = (
    _row("time-missing", "at", "日時がない行です。日時を入れてください。", "The row has no date and time; fill it in."),
    _row(
        "time-unreadable", "at",
        "日時として読めません。2026-07-01 10:00:00 のように、年を先に、時刻まで書いてください。",
        "The date and time cannot be read. Write the year first and the time of day too, as 2026-07-01 10:00:00.",
    ),
    _row(
        "time-unclear", "at",
        "時計の切り替えのため、ないか二度ある時刻です（時間帯：{zone}）。+09:00 のように時差を付けて書き出してください。",
        "This local time does not exist or exists twice as the clocks change ({zone}). Export it with its offset, as +09:00.",
    ),
    _row(
        "time-outside", "at",
        "2010年より前か、これから先の日時です。端末の時計か、日時の書き方を確かめてください。",
        "The time lies before 2010 or in the future. Check the clock of the phone, or how times are written.",
    ),
    _row("position-missing", "lat", "位置（緯度・経度）がないか、読めない行です。", "The row has no position, or one that cannot be read."),
    _row(
        "position-zero", "lat", "位置が 0, 0 です。測位できていないときの値なので、使いません。",
        "The position is 0, 0: what a phone writes before it knows where it is.",
    ),
    _row(
        "position-outside", "lat",
        "地球上にない位置です（緯度は±90、経度は±180まで）。緯度と経度が入れ替わっていないか確かめてください。",
        "The position is not on earth (latitude ±90, longitude ±180). See whether latitude and longitude are swapped.",
    ),
    _row(
        "neighbour-cell", "neighbour", "隣接セルの行です。端末が使っている電波ではないので、数えません。",
        "The row is of a neighbouring cell, which does not serve the phone.",
    ),
    _row(
        "not-cellular", "technology", "Wi-Fiの測定です。携帯電話の電波ではないので、数えません。",
        "The row was measured over Wi-Fi, not over a carrier's network.",
    ),
    _row(
        "second-generation", "technology", "2G（GSMなど）の行です。国内では終わった方式なので、端末の記録を確かめてください。",
        "The row is of 2G (GSM), which no carrier of Japan runs any more; check the log.",
    ),
    _row(
        "technology-missing", "technology",
        "通信方式が書かれていない行です。圏外なら「圏外」か No service と書いてください。空欄を圏外とはみなしません。",
        "The row does not say the technology. Write No service (圏外) where there was none: a blank is not taken for that.",
    ),
    _row(
        "technology-unknown", "technology",
        "通信方式が分かりません。5G SA、5G NSA、4G、3G、圏外 のどれかで書いてください。",
        "The technology is not known. Write 5G SA, 5G NSA, 4G, 3G or No service.",
    ),
    _row(
        "carrier-missing", "carrier",
        "通信事業者が書かれていない行です。ファイル全体が1社なら、読み取りの設定で通信事業者を選んでください。",
        "The row does not say the carrier. If the whole file is of one, choose it in the settings.",
    ),
    _row(
        "carrier-unknown", "carrier",
        "どの通信事業者か分かりません。読み取りの設定で、この書き方がどの事業者かを選んでください：{spellings}",
        "Say which carrier this is: choose it for each of these spellings in the settings: {spellings}",
    ),
    _row(
        "duplicate-time", "at",
        "同じ端末・同じ事業者・同じ時刻の行がほかにもあります。1行だけ（電波の値があり、位置の精度がよいもの）を残しました。",
        "Another row has the same device, carrier and time. One is kept: with a signal, and the better position.",
    ),
    _row(
        "position-jump", "lat",
        "前後の位置から時速300kmを超える速さで飛んだ位置です。GPSの乱れとして使いません。2台以上の記録なら端末の列を付けてください。",
        "The position jumped at more than 300 km/h from those before and after: GPS noise. If the log is of several phones,"
        " add a column that names the device.",
    ),
)  # fmt: skip
VERDICTS = {rule.name: place for place, rule in enumerate(ROW_RULES, 1)}

OUT_OF_RANGE = Rule(
    "out-of-range", "refused-value",
    "{field}が、ありえる範囲（{low}～{high}{unit}）の外です。測れなかったときに端末が出す値などとみて、この値だけを除きました。",
    "{field} lies outside what is possible ({low} to {high} {unit}), as phones write where they could not measure; this"
    " value alone was left out.",
)  # fmt: skip
WITHOUT_SIGN = Rule(
    "signal-without-sign", "refused-value",
    "{field}が 0 以上です。受信電力は必ず負の値（{low}～{high}{unit}）なので、符号が落ちたか、dBmではない目盛り（ASU）とみて、この値だけを"
    "除きました。dBmで書き出してください。",
    "{field} is 0 or more. A received power is always negative ({low} to {high} {unit}), so the sign is lost or it is an ASU"
    " step, not dBm; this value alone was left out. Export dBm.",
)  # fmt: skip
NOT_A_NUMBER = Rule(
    "not-a-number", "refused-value",
    "{field}が数として読めません。この値だけを除きました。単位や文字を付けず、数字だけにしてください。",
    "{field} cannot be read as a number; this value alone was left out. Write digits alone, without unit or words.",
)  # fmt: skip
SIGNAL_WITHOUT_SERVICE = Rule(
    "signal-without-service", "refused-value",
    "圏外の行に{field}の値があります。圏外として数え、この値は除きました。",
    "The row says no service but has {field}; it counts as no service, and the value was left out.",
)  # fmt: skip
SIGNAL_OF_5G_ON_3G = Rule(
    "5g-signal-on-3g", "refused-value",
    "3Gの行に{field}の値があります。3Gのときに5Gは測れないので、前の値が残ったものとして除きました。",
    "The row is of 3G but has {field}, which a phone cannot measure then: taken for an old value and left out.",
)  # fmt: skip
COMMA = Rule(
    "comma-or-wide", "mended",
    "{field}の小数点がコンマか、全角の数字でした。小数点のある半角の数として読みました。",
    "{field} had a comma for the decimal point, or wide digits; it was read as a plain number.",
)  # fmt: skip
SWAPPED = Rule(
    "swapped", "mended",
    "すべての行で緯度と経度が入れ替わっていました（「緯度」がどれも90を超え、入れ替えると日本に入ります）。入れ替えて読みました。",
    "Latitude and longitude were swapped in every row (each “latitude” is beyond 90, and swapped it lies in Japan);"
    " they were read the other way round.", "lat",
)  # fmt: skip
SPEED_IN_KMH = Rule(
    "speed-in-kmh", "mended",
    "速度の列は秒速（m/s）とされていますが、位置の動きと比べると時速（km/h）でした。時速として読みました。",
    "The speed is said to be in m/s, but compared with the positions it is in km/h and was read so.", "speed_kmh",
)  # fmt: skip
SPEED_IN_MS = Rule(
    "speed-in-ms", "mended",
    "速度の列は時速（km/h）とされていますが、位置の動きと比べると秒速（m/s）でした。3.6倍して読みました。",
    "The speed is said to be in km/h, but compared with the positions it is in m/s and was multiplied by 3.6.", "speed_kmh",
)  # fmt: skip
CARRIER_SPELLING = Rule(
    "carrier-spelling", "mended",
    "通信事業者の書き方（{count}通り）を、次のように読みました：{spellings}",
    "Carriers, spelt in {count} ways, were read as: {spellings}", "carrier",
)  # fmt: skip
CARRIER_OF_DEVICE = Rule(
    "carrier-of-device", "mended",
    "通信事業者が空欄の行に、同じ端末のほかの行の事業者（1社だけ）を入れました。圏外の行では端末が事業者名を出さないためです。",
    "Rows without a carrier were given the only carrier of the same device: phones show no name where there is no service.",
    "carrier",
)  # fmt: skip
BLANK_IS_NO_SERVICE = Rule(
    "blank-is-no-service", "note",
    "通信方式が「-」で電波の値もない行を圏外と数えました（{recipe}は圏外のときにこう書きます）。",
    "Rows with “-” for the network mode and no signal count as no service, which is how {recipe} writes it.", "technology",
)  # fmt: skip
MISSING_MARK = Rule(
    "missing-mark", "note",
    "{field}が「-」でした。値がないという印なので、空欄として読みました。",
    "{field} was “-”, which marks that there is no value; it was read as blank.",
)  # fmt: skip
LOCAL_TIME = Rule(
    "local-time", "note",
    "日時に時差が書かれていないので、{zone} の時刻として読みました。違うときは、読み取りの設定で時間帯を変えてください。",
    "Times carry no offset and were read as {zone}. If that is wrong, change the time zone in the settings.", "at",
)  # fmt: skip
OUTSIDE_JAPAN = Rule(
    "outside-japan", "note",
    "日本の外の位置です。測定地が合っているか確かめてください。", "The position lies outside Japan; see whether that is right.", "lat",
)  # fmt: skip
GUESSED_4G = Rule(
    "technology-by-signal", "note",
    "通信方式の列がないので、RSRPのある行を4G、5GのRSRPだけがある行を5G SAとしました。圏外は分かりません。",
    "No column says the technology: rows with RSRP count as 4G, those with RSRP of 5G alone as 5G SA. No service cannot be"
    " told.", "technology",
)  # fmt: skip
ONLY_5G = Rule(
    "5g-as-nsa", "note",
    "「5G」とだけ書かれた行は5G NSAとし、RSRPは4Gアンカーの値、5GのRSRPは5Gセルの値として読みました。",
    "Rows that say just “5G” count as 5G NSA: RSRP is that of the 4G anchor, RSRP of 5G that of the 5G cell.", "technology",
)  # fmt: skip
SEPARATE_TRACKS = Rule(
    "separate-tracks", "note",
    "離れた場所の記録がつながっています（時速300kmを超える移動）。どちらも残しました。2台以上の記録なら端末の列を付けてください。",
    "Stretches far apart follow each other at more than 300 km/h; both were kept. If the log is of several phones, add a"
    " column that names the device.", "lat",
)  # fmt: skip
