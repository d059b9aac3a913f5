"""Papers as PDF: what they declare, what they say, and that nobody's words are read as markup.

No validator of PDF/A and PDF/UA (veraPDF) is packaged for Debian or PyPI. What is checked here is what they hold: the
declarations, the tags, the language, the title, the embedded fonts; the compiler itself refuses what the two standards
do not allow.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pypdfium2
import pytest
import typst

from app.applications.papers.facts import CorrectionItem, PaperFacts, PaperKind
from app.applications.papers.pdf import japanese_day, render_paper
from app.problems import Problem
from tests.applications.paper_examples import CORRECTION, DENIAL, EXAMPLES, LEASE, NO, PERMIT, WINDOW, YES

TITLES = {
    "enquiry": "照会書",
    "reply-yes": "回答書",
    "reply-no": "回答書",
    "permit": "使用許可書",
    "lease": "貸付承認書",
    "correction": "補正通知書",
    "denial": "不許可通知書",
}


def squeezed(words: str) -> str:
    """Without white space: lines are broken where the page ends."""
    return re.sub(r"\s", "", words)


def pages(pdf: bytes) -> list[str]:
    return [squeezed(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(pdf)]


def said(kind: PaperKind, facts: PaperFacts) -> str:
    return "".join(pages(render_paper(kind, facts)))


def words_of(facts: Any) -> list[str]:
    """Every text among the facts, without the names by which programs call things."""
    if isinstance(facts, dict):
        return [word for name, value in facts.items() if name != "form" for word in words_of(value)]
    if isinstance(facts, tuple):
        return [word for value in facts for word in words_of(value)]
    if isinstance(facts, date):
        return [japanese_day(facts)]
    return facts.split("\n") if isinstance(facts, str) else []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_paper_declares_both_standards_and_keeps_their_main_promises(name: str) -> None:
    pdf = render_paper(*EXAMPLES[name])
    metadata = pdf[pdf.index(b"<x:xmpmeta") : pdf.index(b"</x:xmpmeta>")]
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert b"<rdf:li>ja-JP</rdf:li>" in metadata
    catalog = re.search(rb"<</Type/Catalog.*?>>\nendobj", pdf, re.DOTALL)
    assert catalog
    for promise in (b"/Lang(ja-JP)", b"/StructTreeRoot", b"/Marked true", b"/DisplayDocTitle true", b"/OutputIntents"):
        assert promise in catalog[0]
    document = pypdfium2.PdfDocument(pdf)
    assert document.is_tagged()
    assert document.get_metadata_value("Title").startswith(TITLES[name])
    assert [round(side) for side in document[0].get_size()] == [595, 842]


@pytest.mark.parametrize("name", EXAMPLES)
def test_headings_and_lists_are_tagged_and_fonts_embedded(name: str) -> None:
    pdf = render_paper(*EXAMPLES[name])
    roles = set(re.findall(rb"/S/(\w+)", pdf))
    assert {b"Document", b"H1", b"P", b"L", b"LI", b"Lbl", b"LBody"} <= roles
    fonts = re.findall(rb"/Type/FontDescriptor.*?endobj", pdf, re.DOTALL)
    assert fonts and all(re.search(rb"/FontFile[23]? \d+ 0 R", font) for font in fonts)
    assert pdf.count(b"/ToUnicode") >= len(fonts)
    assert b"/JavaScript" not in pdf and b"/EmbeddedFile" not in pdf


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_fact_can_be_copied_out_of_the_paper(name: str) -> None:
    kind, facts = EXAMPLES[name]
    paper = said(kind, facts)
    assert TITLES[name] in paper and "以上" in paper
    for words in words_of(asdict(facts)):
        assert squeezed(words) in paper, words


def test_a_permit_says_fee_area_conditions_and_how_to_appeal() -> None:
    paper = said(PaperKind.PERMIT, PERMIT)
    assert "年額1,234,567円" in paper and "12.50㎡" in paper
    assert "令和9年（2027年）1月1日から令和13年（2031年）12月31日まで" in paper
    for words in ("３か月以内に、東京都知事に対して審査請求", "６か月以内に、東京都を被告として", "第82条", "第46条"):
        assert words in paper
    lease = said(PaperKind.PERMIT, LEASE)
    assert "別に定める額" in lease and "審査請求" not in lease


def test_a_disposition_without_the_way_to_appeal_is_not_made() -> None:
    for facts in (PERMIT, DENIAL):
        with pytest.raises(ValueError, match="行政不服審査法82条"):
            replace(facts, appeal=None)
    with pytest.raises(ValueError, match="reason"):
        replace(NO, reason="")
    with pytest.raises(ValueError, match="corrected"):
        replace(CORRECTION, items=())


def test_a_reply_that_says_no_has_its_reason_and_the_day_it_may_be_asked_again() -> None:
    paper = said(PaperKind.REPLY, NO)
    assert "設置不可" in paper and "令和10年（2028年）4月1日以降" in paper
    assert "未定" in said(PaperKind.REPLY, replace(NO, reopens_on=None))
    assert "設置可能" in said(PaperKind.REPLY, YES)


def test_a_correction_names_all_items_and_what_it_does_to_the_clock() -> None:
    paper = said(PaperKind.CORRECTION, CORRECTION)
    assert "第７条の規定により" in paper and "標準処理期間に算入しません" in paper and "2件" in paper


MARKUP = (
    '#include("x") $x^2$ *太字* _斜_ `code` \\ \\u{41} // 注 /* c */ @ref <label> [b] {c} "引用" -- ...\n'
    "= 見出し\n- 項目\n+ 番号\n/ 用語: x\n#panic(1) #sys.inputs &amp; <script>alert(1)</script> %s {0}"
)


@pytest.mark.parametrize(
    "words",
    [
        MARKUP,
        "髙 𠮷 﨑 塚 𩸽 辻\U000e0100 ①㈱ ｶﾞ №",
        "長い" * 300,
        "W" * 400,
        "https://example.jp/" + "a/b?c=d&" * 40,
        "一\r\n二\r三\t四",
    ],
    ids=["markup", "rare-kanji", "long-text", "long-word", "long-address", "line-ends"],
)
def test_words_of_people_are_printed_as_they_were_written(words: str) -> None:
    assert squeezed(words) in said(PaperKind.REPLY, replace(NO, reason=words))
    assert squeezed(words) in said(PaperKind.PERMIT, replace(PERMIT, purpose=words))


@pytest.mark.parametrize("letters", ["W", "a/b?c=d&", "、", "ー", "ッ", "Ж", "字", "ｱ", "ア・", "a\u00a0", "1,", "（"])
def test_no_word_runs_over_the_edge_of_the_paper(letters: str) -> None:
    words = letters * 300
    items = (CorrectionItem(place=words, wrong=words, remedy=words),)
    facts = replace(CORRECTION, items=items, letter=replace(WINDOW, addressee=words))
    for page in pypdfium2.PdfDocument(render_paper(PaperKind.CORRECTION, facts)):
        text = page.get_textpage()
        rights = [text.get_charbox(place)[2] for place in range(text.count_chars())]
        assert max(rights) <= page.get_width() - 40


def test_2_000_characters_run_over_pages() -> None:
    document = pages(render_paper(PaperKind.REPLY, replace(NO, reason="長い理由。" * 400)))
    assert len(document) > 1
    assert sum(page.count("長い理由。") for page in document) >= 395  # a few are torn by the page's edge
    assert all("8財運管第789号" in page for page in document)


def test_characters_no_font_has_are_replaced_and_named() -> None:
    facts = replace(NO, reason="看板😀のある🏢屋上𓀀", remarks="\u202e逆\u0007向き\ud800")
    paper = said(PaperKind.REPLY, facts)
    assert "看板〓のある〓屋上〓" in paper and "逆向き" in paper
    assert "U+13000、U+1F3E2、U+1F600" in paper
    assert "〓" not in said(PaperKind.REPLY, NO)


def test_60_corrections_repeat_the_head_of_their_table() -> None:
    items = tuple(
        CorrectionItem(place=f"項目{n:02}", wrong=f"理由{n:02}" + "不足" * 30, remedy="直す" * 20) for n in range(60)
    )
    pdf = render_paper(PaperKind.CORRECTION, replace(CORRECTION, items=items))
    document = pages(pdf)
    assert len(document) > 3
    holding = [page for page in document if "項目" in page and re.search(r"理由\d\d", page)]
    assert all("番号項目・ファイル補正が必要な理由補正の方法" in page for page in holding)
    assert all(f"理由{n:02}" in "".join(document) for n in range(60))
    assert b"/S/Table" in pdf and b"/S/TH" in pdf and b"/S/TD" in pdf and "60件" in document[0]


def test_a_sample_says_so_on_every_page() -> None:
    facts = replace(CORRECTION, letter=replace(WINDOW, is_sample=True), items=CORRECTION.items * 20)
    document = pages(render_paper(PaperKind.CORRECTION, facts))
    assert len(document) > 1 and all(page.count("サンプル") >= 2 for page in document)
    assert "実在する申請・許可ではありません" in document[0]
    assert "実在する" not in said(PaperKind.CORRECTION, CORRECTION)


def test_the_same_facts_give_the_same_bytes_from_values_and_from_json() -> None:
    for kind, facts in EXAMPLES.values():
        stored = orjson.loads(orjson.dumps(asdict(facts), default=str))
        assert render_paper(kind, facts) == render_paper(str(kind), stored)


def test_facts_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="PermitFacts"):
        render_paper(PaperKind.DENIAL, PERMIT)
    with pytest.raises(ValueError, match="letter"):
        render_paper("permit", {"purpose": "x"})


def test_without_a_japanese_font_nothing_is_made_and_the_words_say_what_to_install() -> None:
    bare = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    with pytest.raises(Problem) as refusal:
        render_paper(PaperKind.PERMIT, PERMIT, bare)
    assert "fonts-noto-cjk" in refusal.value.ja and "fonts-noto-cjk" in refusal.value.en


def test_papers_are_made_by_several_threads_at_once() -> None:
    alone = render_paper(PaperKind.PERMIT, PERMIT)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: render_paper(PaperKind.PERMIT, PERMIT), range(20))) == {alone}


def test_a_page_takes_less_than_half_a_second() -> None:
    render_paper(PaperKind.DENIAL, DENIAL)
    started, made = time.process_time(), 0
    for number in range(20):
        pdf = render_paper(PaperKind.PERMIT, replace(PERMIT, area_m2=Decimal(number)))
        made += len(pypdfium2.PdfDocument(pdf))
    assert (time.process_time() - started) / made < 0.5


def test_days() -> None:
    assert japanese_day(date(2026, 11, 4)) == "令和8年（2026年）11月4日"
    assert japanese_day(date(2019, 5, 1)) == "令和元年（2019年）5月1日"
    assert japanese_day(date(2019, 4, 30)) == "2019年4月30日"
