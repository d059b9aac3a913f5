"""What a plan says, in words: labels of its fields and values with their units, for papers and pages."""

from collections.abc import Mapping
from typing import Any

FIELDS: Mapping[str, tuple[str, str, str]] = {
    "purpose": ("目的", "Purpose", ""),
    "technology": ("方式", "Technology", ""),
    "bands": ("周波数帯", "Bands", ""),
    "equipment_class": ("設備の区分", "Equipment class", ""),
    "width_mm": ("幅", "Width", "mm"),
    "height_mm": ("高さ", "Height", "mm"),
    "depth_mm": ("奥行", "Depth", "mm"),
    "weight_kg": ("重さ", "Weight", "kg"),
    "power_kva": ("必要な電力", "Power needed", "kVA"),
    "antenna_height_m": ("アンテナの高さ", "Antenna height", "m"),
    "sharing_intent": ("共用の意向", "Sharing intent", ""),
    "is_new_structure": ("新しく建てるか", "New structure", ""),
    "desired_quarter": ("希望する時期", "Desired quarter", ""),
    "note": ("備考", "Note", ""),
}
VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "technology": {"4g": ("4G", "4G"), "5g": ("5G", "5G")},
    "equipment_class": {
        "macro": ("マクロ局（屋上）", "Macro, on a roof"),
        "small_cell": ("スモールセル", "Small cell"),
        "pole": ("柱・街路灯", "Pole"),
        "indoor": ("屋内", "Indoor"),
    },
    "sharing_intent": {
        "alone": ("単独で使う", "Alone"),
        "open": ("共用してもよい", "Open to sharing"),
        "shared": ("共用で申請する", "Shared"),
    },
    "is_new_structure": {"True": ("新しく建てる", "Yes"), "False": ("既存のものに付ける", "No")},
}


def plan_value(name: str, value: Any, language: str) -> str:
    """A value as people read it."""
    n = 0 if language == "ja" else 1
    if isinstance(value, list):
        return "、".join(map(str, value)) if language == "ja" else ", ".join(map(str, value))
    if name == "desired_quarter":
        year, quarter = str(value).split("Q")
        return f"{year}年第{quarter}四半期" if language == "ja" else f"Q{quarter} {year}"
    labels = VALUES.get(name, {}).get(str(value))
    if labels is not None:
        return labels[n]
    unit = FIELDS[name][2] if name in FIELDS else ""
    number = f"{value:,g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return f"{number} {unit}".strip()
