"""What kind of asset a listed facility is, told by its type and the end of its name."""

import re

KIND_LETTERS = {"building": "B", "land": "L", "structure": "S"}  # in ids
SHELTER_TYPE = "指定避難所"  # people stay there for days: a building, whatever its name
OPEN_SPACE_TYPE = "指定緊急避難場所"  # ground, unless its name says building

# The end of a name tells a building from the ground beside it: 「〇〇公園管理事務所」, 「〇〇小学校校庭」.
_GROUND = re.compile(
    r"(公園|広場|ひろば|緑地|緑道|校庭|グラウンド|グランド|運動場|競技場|球場|コート|遊園|庭園|農園|霊園|園庭|墓地|"
    r"河川敷|調節池|駐車場|跡地|空地|一帯|周辺|構内|境内|神社|ゴルフ場?|練習場|パーク|団地|地区|堤防|海岸)$"
)
_BUILDING = re.compile(
    r"(校|小|中|館|センター|ホール|プラザ|所|院|園|大学|学部|キャンパス|寮|舎|会堂|ビル|ホーム|ハウス|施設|タワー|会|"
    r"ターミナル|スクエア|役場|寺|教会|アリーナ|荘|苑|の里|室|F|Ｆ|階|エンシス|事業場|スタジオ)$"
)
_BRACKETED = re.compile(r"[（(［\[](.*?)[）)］\]].*$")
_BLANKS = re.compile(r"[①-⑳\s]")


def classify(name: str, facility_type: str) -> tuple[str, str | None]:
    """Asset kind and kind of structure of a listed facility, from its type and the end of its name."""
    if facility_type.startswith("公衆電話"):
        return "structure", "phone_box"
    if name.startswith(("観光案内標識", "デジタルサイネージ")):
        return "structure", "other"
    plain = _BLANKS.sub("", name)
    bracketed = _BRACKETED.search(plain)
    if facility_type == SHELTER_TYPE:
        return "building", None
    if _GROUND.search(_BRACKETED.sub("", plain)) or (bracketed and _GROUND.search(bracketed[1])):
        return "land", None
    is_ground = facility_type == OPEN_SPACE_TYPE and not _BUILDING.search(_BRACKETED.sub("", plain))
    return ("land" if is_ground else "building"), None
