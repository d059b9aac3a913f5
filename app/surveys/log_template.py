"""The plain template of a log: Japanese headings, one row of each kind, as CSV that Excel opens."""

import csv
import io

HEADINGS = (
    "日時", "緯度", "経度", "位置の精度（m）", "通信事業者", "端末", "通信方式", "周波数帯", "RSRP（dBm）", "RSRQ（dB）", "SINR（dB）",
    "5GのRSRP（dBm）", "5GのRSRQ（dB）", "下り速度（Mbps）", "上り速度（Mbps）", "遅延（ms）", "移動速度（km/h）", "車内", "外部アンテナ",
)  # fmt: skip
TECHNOLOGY_WORDS = ("5G SA", "5G NSA", "4G", "3G", "圏外")
_EXAMPLES = (
    ("2026-07-01T10:00:00+09:00", "35.80940", "139.09610", "5", "NTTドコモ", "端末1", "4G", "B1", "-98", "-11", "8",
     "", "", "42.5", "6.1", "38", "35", "はい", "いいえ"),
    ("2026-07-01T10:00:01+09:00", "35.80945", "139.09622", "5", "KDDI", "端末2", "5G NSA", "B18", "-101", "-12", "5",
     "-108", "-13", "88.0", "9.5", "31", "35", "はい", "いいえ"),
    ("2026-07-01T10:00:02+09:00", "35.80951", "139.09634", "6", "楽天モバイル", "端末3", "圏外", "", "", "", "",
     "", "", "", "", "", "35", "はい", "いいえ"),
)  # fmt: skip


def log_template(examples: bool = True) -> bytes:
    """The template as UTF-8 CSV with BOM; its example rows are to be written over."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows(_EXAMPLES if examples else ())
    return out.getvalue().encode("utf-8-sig")
