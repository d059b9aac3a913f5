"""Names of places as people write them: widths, old characters, ケ and ヶ, chome in kanji, brought to one form."""

import re
import unicodedata

from app.tabular.numbers import kanji_number

_HYPHENS = "‐‑‒–—―−－ｰ"
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("ヶヵカケがガ", "ケ"),
        **dict.fromkeys("之のノ", "ノ"),
        **dict.fromkeys("ツッっつ", "ツ"),
        **dict.fromkeys("ニ", "二"), **dict.fromkeys("ハ", "八"),
        "澤": "沢", "邊": "辺", "邉": "辺", "嶋": "島", "嶌": "島", "髙": "高", "﨑": "崎", "嵜": "崎", "濱": "浜",
        "濵": "浜", "廣": "広", "國": "国", "學": "学", "藏": "蔵", "龍": "竜", "瀧": "滝", "櫻": "桜", "蘆": "芦",
        "假": "仮", "會": "会", "榮": "栄", "驛": "駅", "區": "区", "縣": "県", "團": "団", "舊": "旧", "桧": "檜",
        "籠": "篭", "曾": "曽", "條": "条", "傳": "伝", "淵": "渕", "當": "当", "壽": "寿", "鹽": "塩", "澁": "渋",
        "澀": "渋", "豐": "豊", "萬": "万", "惠": "恵", "圓": "円", "莊": "荘", "舘": "館", "冨": "富", "塚": "塚",
        "鷗": "鴎", "靑": "青", "神": "神", "福": "福", "埜": "野", "峯": "峰", "槇": "槙", "鄕": "郷", "穗": "穂",
        "彌": "弥", "祖": "祖", "葛": "葛", "辻": "辻", "櫛": "櫛", "麴": "麹", "麹": "麹", "麪": "麺",
    }
)  # fmt: skip
_CHOME = re.compile(r"([一二三四五六七八九十]+)丁目")
_HYPHEN_AFTER_DIGIT = re.compile(rf"(?<=\d)[{_HYPHENS}ー](?=\d|$)")


def plain(text: str) -> str:
    """An address in one width without blanks, its chome in digits (`西新宿二丁目` → `西新宿2丁目`)."""
    narrow = "".join(unicodedata.normalize("NFKC", text).split())
    return _CHOME.sub(_chome_in_digits, _HYPHEN_AFTER_DIGIT.sub("-", narrow))


def folded(text: str) -> str:
    """A plain name as it is compared: one character for one, so that lengths stay."""
    return text.translate(_FOLDED)


def _chome_in_digits(found: re.Match[str]) -> str:
    return f"{kanji_number(found[1])}丁目"
