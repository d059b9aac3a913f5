"""The ladder of encodings, its override, and the words for what no encoding reads."""

import codecs
from pathlib import Path

import pytest

from app.tabular.encodings import detect_encoding
from app.tabular.table import Unreadable
from tests.tabular.made_files import names, opened, text_file, why_not

LIST = (
    "番号,名称,住所,緯度,経度\r\n1,髙橋記念館,新宿区西新宿2-8-1,35.689,139.692\r\n2,第二ビル㈱①,港区芝,35.65,139.75\r\n"
)
JIS = LIST.replace("髙", "高").replace("㈱①", "株").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (LIST.encode("utf-8"), "utf-8"),
        (LIST.encode("utf-8-sig"), "utf-8-sig"),
        (LIST.encode("cp932"), "cp932"),
        (JIS.encode("euc_jp"), "euc_jp"),
        (JIS.encode("iso2022_jp"), "iso2022_jp_ext"),
        (codecs.BOM_UTF16_LE + LIST.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + LIST.encode("utf-16-be"), "utf-16"),
        (LIST.encode("utf-16-le"), "utf-16-le"),
        (LIST.encode("utf-16-be"), "utf-16-be"),
        (b"id,name\n1,a\n", "utf-8"),
    ],
)
def test_each_encoding_is_found_and_read(tmp_path: Path, data: bytes, encoding: str) -> None:
    table, rows = opened(text_file(tmp_path, data))
    assert table.encoding == encoding
    assert names(table)[:2] in (["番号", "名称"], ["id", "name"])
    assert rows[0].cells[1] in ("髙橋記念館", "高橋記念館", "a")


def test_utf16_with_tabs_as_excel_saves_unicode_text(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, LIST.replace(",", "\t"), "utf-16"))
    assert (table.format, len(table.headings), len(rows)) == ("tsv", 5, 2)


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("ｼﾝｼﾞｭｸｸ,ﾐﾅﾄｸ\nｶﾌﾞｷﾁｮｳ,ｼﾊﾞ\n", "cp932", "cp932"),
        ("名称,住所\n役所,東京都新宿区\n", "euc_jp", "euc_jp"),
        ("なまえ,ところ\nひらがな,カタカナ\n", "euc_jp", "euc_jp"),
        ("名称,住所\n役所,東京都新宿区\n", "cp932", "cp932"),
    ],
)
def test_cp932_and_euc_are_told_apart_where_both_could_read(
    tmp_path: Path, text: str, encoding: str, expected: str
) -> None:
    assert detect_encoding(text_file(tmp_path, text, encoding)).encoding == expected


def test_a_character_may_lie_across_the_pieces_a_file_is_read_in(tmp_path: Path) -> None:
    line = "あ" * 100 + "\n"
    for encoding in ("utf-8", "cp932", "euc_jp"):
        assert detect_encoding(text_file(tmp_path, "x" + line * 6000, encoding)).encoding == encoding


def test_the_first_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    mixed = "名称,住所\n".encode() + "一,新宿区\n".encode() * 9 + "二,港区\n".encode("cp932") + "三,北区\n".encode()
    refusal = why_not(text_file(tmp_path, mixed))
    assert refusal.rule == "mixed-encoding" and "11行目" in refusal.ja


def test_an_encoding_may_be_chosen(tmp_path: Path) -> None:
    path = text_file(tmp_path, LIST, "cp932")
    assert opened(path, encoding="shift_jis")[0].encoding == "cp932"
    assert why_not(path, encoding="utf-8").rule == "wrong-encoding"
    for unknown in ("klingon", "rot13", "base64", "unicode_escape", "../etc", "hex\0"):
        assert why_not(path, encoding=unknown).rule == "unknown-encoding"


def test_bytes_windows_has_no_character_for_are_no_cp932(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        detect_encoding(text_file(tmp_path, "名称\n".encode("cp932") + b"\x80\xa0\xff\n"))
