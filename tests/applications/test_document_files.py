"""What is told of honest documents, and the words for those that lie, are locked, run something or blow up."""

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest
from PIL import Image

from app.applications.documents.files import LARGEST_FILE_BYTES, examine, safe_name
from app.applications.documents.reading import PAGES, PIXELS
from app.applications.papers.pdf import render_paper
from app.problems import INVALID, TOO_LARGE, Problem
from app.tabular.limits import Limits
from tests.applications import made_documents as made
from tests.applications.made_documents import CATALOG, DWG, DXF, PAGE, locked_pdf, office, packed_pdf, pdf, picture
from tests.applications.paper_examples import EXAMPLES
from tests.tabular.made_files import ole


def refused(content: bytes | Path, name: str) -> tuple[str, Problem]:
    """The rule by which a document is not taken."""
    with pytest.raises(Problem) as raised:
        examine(content, name)
    problem = raised.value
    assert problem.kind is INVALID and problem.ja and problem.en
    (error,) = problem.errors
    assert error["field"] == "file" and error["ja"].endswith("。") and error["en"].endswith((".", ")."))
    return error["rule"], problem


def workbook() -> bytes:
    written = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "質量（kg）"
    book.save(written)
    return written.getvalue()


HONEST = {
    "pdf": (pdf(), "application/pdf"),
    "jpg": (picture("JPEG"), "image/jpeg"),
    "jpeg": (picture("JPEG"), "image/jpeg"),
    "png": (picture("PNG"), "image/png"),
    "tif": (picture("TIFF"), "image/tiff"),
    "webp": (picture("WEBP"), "image/webp"),
    "xlsx": (workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": (office("docx"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pptx": (office("pptx"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "dxf": (DXF, "image/vnd.dxf"),
    "dwg": (DWG, "image/vnd.dwg"),
}


@pytest.mark.parametrize("extension", HONEST)
def test_an_honest_document_is_known_for_what_it_is(extension: str) -> None:
    content, media_type = HONEST[extension]
    examined = examine(content, f"配置図.{extension.upper()}")
    assert (examined.name, examined.extension) == (f"配置図.{extension.upper()}", extension)
    assert examined.media_type == media_type and examined.bytes == len(content)
    assert examined.sha256 == hashlib.sha256(content).hexdigest()
    has_picture = extension in ("pdf", "jpg", "jpeg", "png", "tif", "webp")
    assert (examined.thumbnail_png is not None) == has_picture
    assert examined.pages == (1 if extension in ("pdf", "tif") else None)
    assert examined.width_px == (600 if has_picture and extension != "pdf" else None)


def test_a_document_on_disk_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "upload-1"
    path.write_bytes(pdf())
    assert examine(path, "a.pdf") == examine(pdf(), "a.pdf")


@pytest.mark.parametrize("name", EXAMPLES)
def test_papers_of_our_own_are_taken(name: str) -> None:
    examined = examine(render_paper(*EXAMPLES[name]), f"{name}.pdf")
    assert examined.pages and examined.thumbnail_png
    assert Image.open(io.BytesIO(examined.thumbnail_png)).size == (227, 320)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_it_was_held_and_its_thumbnail_tells_no_place(orientation: int) -> None:
    examined = examine(made.photo_with_position(orientation), "現地.jpg")
    lies_down = orientation >= 5
    assert (examined.width_px, examined.height_px) == ((400, 600) if lies_down else (600, 400))
    assert examined.thumbnail_png and b"Secret" not in examined.thumbnail_png
    thumbnail = Image.open(io.BytesIO(examined.thumbnail_png))
    assert thumbnail.format == "PNG" and thumbnail.size == ((213, 320) if lies_down else (320, 213))
    assert not thumbnail.getexif() and not thumbnail.info
    red_at = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    width, height = thumbnail.size
    place = {"left": (9, 99), "right": (width - 9, 99), "top": (99, 9), "bottom": (99, height - 9)}[red_at]
    red, _green, blue = thumbnail.getpixel(place)
    assert red > 200 and blue < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "I", "CMYK", "F", "YCbCr"])
def test_pictures_of_every_mode_have_a_thumbnail(mode: str) -> None:
    written, form = io.BytesIO(), "TIFF" if mode in ("I", "CMYK", "F", "YCbCr") else "PNG"
    Image.new(mode, (900, 300)).save(written, form)
    examined = examine(written.getvalue(), f"a.{form.lower()}")
    assert examined.thumbnail_png and Image.open(io.BytesIO(examined.thumbnail_png)).size == (320, 107)


def test_a_tiff_tells_its_pages() -> None:
    written = io.BytesIO()
    pages = [Image.new("1", (100, 100)) for _ in range(7)]
    pages[0].save(written, "TIFF", save_all=True, append_images=pages[1:])
    assert examine(written.getvalue(), "図面.tif").pages == 7


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
LIARS = {
    "html.pdf": (HTML, "HTML"),
    "bom-html.pdf": (b"\xef\xbb\xbf\n  " + HTML, "HTML"),
    "svg.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "HTMLかXML"),
    "program.png": (b"MZ" + bytes(500), "プログラム"),
    "elf.dwg": (b"\x7fELF" + bytes(500), "プログラム"),
    "script.dxf": (b"#!/bin/sh\nrm -rf /\n", "スクリプト"),
    "png.jpg": (picture("PNG"), "PNG"),
    "jpeg.pdf": (picture("JPEG"), "JPEG"),
    "pdf.docx": (pdf(), "PDF"),
    "rar.xlsx": (b"Rar!\x1a\x07\x00" + bytes(100), "書庫"),
    "zip.pdf": (office("docx"), "ZIP"),
    "photo.webp": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "HEIC"),
    "gif.png": (picture("GIF"), "ほかの形式の画像"),
    "word.dwg": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "古い形式"),
    "late.pdf": (b"\n\n" + pdf(), "別の形式"),
    "text.pdf": ("ただの文".encode(), "別の形式"),
    "zeros.png": (bytes(1000), "別の形式"),
    "word.xlsx": (office("docx"), "DOCX"),
    "sheet.pptx": (workbook(), "XLSX"),
}


@pytest.mark.parametrize("name", LIARS)
def test_a_file_that_lies_about_its_type_is_told_what_it_is(name: str) -> None:
    content, words = LIARS[name]
    rule, problem = refused(content, name)
    assert rule == "another-kind" and words in problem.ja


def plain_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("run.exe", b"MZ")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("図面.zip", "archive"),
        ("図面.lzh", "archive"),
        ("IMG_1.HEIC", "heic"),
        ("表.xlsm", "macros"),
        ("文書.docm", "macros"),
        ("文書.doc", "old-office"),
        ("run.exe", "kind"),
        ("page.html", "kind"),
        ("picture.svg", "kind"),
        ("a.pdf.exe", "kind"),
        ("名前だけ", "kind"),
        ("", "kind"),
        (".pdf", "kind"),
    ],
)
def test_kinds_that_are_not_taken_say_what_to_send_instead(name: str, rule: str) -> None:
    assert refused(plain_zip(), name)[0] == rule


def test_a_zip_named_as_an_office_document_is_none() -> None:
    rule, problem = refused(plain_zip(), "a.docx")
    assert rule == "another-kind" and "ただのZIP" in problem.ja


ACTION = b"/OpenAction 4 0 R>>"
ACTIVE = {
    "javascript": (CATALOG[:-2] + ACTION, PAGE, b"<</S/JavaScript/JS(app.alert\\(1\\))>>"),
    "escaped-name": (CATALOG[:-2] + ACTION, PAGE, b"<</S/Java#53cript/JS(app.alert\\(1\\))>>"),
    "named-javascript": (
        CATALOG[:-2] + b"/Names<</JavaScript 4 0 R>>>>",
        PAGE,
        b"<</Names[(a)<</S/JavaScript/JS(x)>>]>>",
    ),
    "launch-on-opening-a-page": (CATALOG, PAGE[:-2] + b"/AA<</O 4 0 R>>>>", b"<</S/Launch/F(calc.exe)>>"),
    "launch-link": (CATALOG, PAGE[:-2] + b"/Annots[4 0 R]>>", b"<</Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a)>>>>"),
    "form-sent-away": (CATALOG[:-2] + ACTION, PAGE, b"<</S/SubmitForm/F(http://example.jp)>>"),
    "rendition": (CATALOG[:-2] + ACTION, PAGE, b"<</S/Rendition/JS(app.alert\\(1\\))>>"),
    "javascript-address": (CATALOG[:-2] + ACTION, PAGE, b"<</S/URI/URI(javascript:alert\\(1\\))>>"),
    "xfa": (CATALOG[:-2] + b"/AcroForm 4 0 R>>", PAGE, b"<</Fields[]/XFA[(a)(b)]>>"),
}


@pytest.mark.parametrize("make", [pdf, packed_pdf], ids=["plain", "packed"])
@pytest.mark.parametrize("name", ACTIVE)
def test_a_pdf_that_acts_when_opened_is_refused_however_it_hides_it(name: str, make: Callable[..., bytes]) -> None:
    catalog, page, action = ACTIVE[name]
    content = make(catalog, page, (action,))
    assert refused(content, "a.pdf")[0] == "pdf-active"


@pytest.mark.parametrize("make", [pdf, packed_pdf], ids=["plain", "packed"])
def test_a_pdf_with_files_attached_is_refused(make: Callable[..., bytes]) -> None:
    catalog = CATALOG[:-2] + b"/Names<</EmbeddedFiles<</Names[(a.exe)4 0 R]>>>>>>"
    assert refused(make(catalog, PAGE, (b"<</Type/Filespec/F(a.exe)>>",)), "a.pdf")[0] == "pdf-attachments"


def test_a_pdf_with_an_ordinary_link_is_taken() -> None:
    link = b"<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.jp/)>>>>"
    assert examine(packed_pdf(CATALOG, PAGE[:-2] + b"/Annots[4 0 R]>>", (link,)), "a.pdf").pages == 1


def test_a_pdf_with_a_password_is_refused_and_one_that_only_forbids_printing_is_read() -> None:
    rule, problem = refused(locked_pdf(b"secret"), "a.pdf")
    assert rule == "password" and "外して" in problem.ja
    assert examine(locked_pdf(b""), "a.pdf").pages == 1
    acts = CATALOG[:-2] + b"/OpenAction<</S/Java#53cript/JS(x)>>>>"
    assert refused(locked_pdf(b"", acts), "a.pdf")[0] == "pdf-active"


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    def book(pages: int) -> bytes:
        kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(pages))
        page = b"<</Type/Page/Parent 4 0 R/MediaBox[0 0 9 9]>>"
        tree = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids.replace(b"4 0 R", b"3 0 R", 1), pages)
        return pdf(b"<</Type/Catalog/Pages 4 0 R>>", page, (tree, *[page] * pages))

    assert examine(book(PAGES), "a.pdf").pages == PAGES
    rule, problem = refused(book(PAGES + 1), "a.pdf")
    assert rule == "too-many-pages" and "2,001ページ" in problem.ja


def encrypted_workbook() -> bytes:
    written = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(workbook())).encrypt("secret", written)
    return written.getvalue()


VBA = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
RELATION = '<Relationships><Relationship Id="r" Type="http://x/relationships/%s" TargetMode="External" Target="%s"/></Relationships>'
OFFICES = {
    "password": (encrypted_workbook(), "a.xlsx"),
    "macros": (office("xlsx", {"xl/vbaProject.bin": b"x"}), "a.xlsx"),
    "macros-2": (office("docx", {"word/VBAPROJECT.BIN": b"x"}), "a.docx"),
    "macros-3": (office("xlsx", types=f'<Override PartName="/a" ContentType="{VBA}"/>'), "a.xlsx"),
    "macros-4": (office("xlsx", {"xl/macrosheets/sheet1.xml": b"<x/>"}), "a.xlsx"),
    "macros-5": (office("pptx", {"ppt/activeX/activeX1.bin": b"x"}), "a.pptx"),
    "packed-file": (
        office("docx", {"word/embeddings/oleObject1.bin": "\x01Ole10Native".encode("utf-16-le")}),
        "a.docx",
    ),
    "outside-content": (
        office(
            "docx", {"word/_rels/settings.xml.rels": (RELATION % ("attachedTemplate", "https://x/y.dotm")).encode()}
        ),
        "a.docx",
    ),
    "too-large-inside": (office("docx", {"word/media/a.bmp": bytes(60_000_000)}), "a.docx"),
    "too-large-inside-2": (office("pptx", {f"ppt/{number}": b"" for number in range(5_001)}), "a.pptx"),
    "damaged": (workbook()[:-200], "a.xlsx"),
}


@pytest.mark.parametrize("rule", OFFICES)
def test_office_documents_that_are_locked_or_do_something_are_refused(rule: str) -> None:
    content, name = OFFICES[rule]
    assert refused(content, name)[0] == rule.rstrip("-2345")


def test_an_old_office_document_under_a_new_name_is_told_so(tmp_path: Path) -> None:
    old = ole(tmp_path, [("WordDocument", b"x")])
    assert refused(old, "a.docx")[0] == "old-office"
    assert refused(old.read_bytes()[:600], "a.docx")[0] == "damaged"


def test_office_documents_may_link_and_have_a_local_template() -> None:
    local = (RELATION % ("attachedTemplate", "file:///C:/Normal.dotm")).encode()
    link = (RELATION % ("hyperlink", "https://example.jp/")).encode()
    parts = {
        "word/_rels/settings.xml.rels": local,
        "word/_rels/document.xml.rels": link,
        "word/embeddings/a.xlsx": b"x",
    }
    assert examine(office("docx", parts), "a.docx").extension == "docx"


def test_content_hidden_in_other_content_is_refused() -> None:
    for content, name in (
        (pdf() + plain_zip(), "a.pdf"),
        (picture("JPEG") + plain_zip(), "a.jpg"),
        (picture("JPEG", comment=b"%PDF-1.4"), "a.jpg"),
        (picture("JPEG", comment=b"<script>alert(1)</script>"), "a.jpg"),
        (picture("PNG") + b"<?php system($_GET[0]); ?>", "a.png"),
        (pdf().replace(b"%\xe2\xe3\xcf\xd3", b"%<html><script>alert(1)</script>"), "a.pdf"),
    ):
        assert refused(content, name)[0] == "two-in-one", content[:20]


def test_what_is_empty_cut_off_or_broken_is_refused() -> None:
    assert refused(b"", "a.pdf")[0] == "empty"
    for form in ("pdf", "jpg", "png", "tif", "webp"):
        content = HONEST[form][0]
        cut = content[: len(content) // 2] if form != "pdf" else b"%PDF-1.7\n" + bytes(300)
        assert refused(cut, f"a.{form}")[0] == "damaged", form
    assert refused(b"%PDF-1.7", "a.pdf")[0] == "damaged"


def test_a_picture_that_blows_up_is_refused_before_it_does() -> None:
    bomb = picture("PNG", (16_000, PIXELS // 4_000), mode="1", compress_level=1)
    assert len(bomb) < 2_000_000
    rule, problem = refused(bomb, "a.png")
    assert rule == "too-many-pixels" and "400メガピクセル" in problem.ja


def test_the_largest_picture_is_still_read() -> None:
    examined = examine(picture("PNG", (10_000, 10_000)), "a.png")
    assert examined.width_px == 10_000 and examined.thumbnail_png


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(Problem) as raised:
        examine(path, "a.pdf")
    assert raised.value.kind is TOO_LARGE and "50MB" in raised.value.ja
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(Problem):
        examine(path, "a.pdf")


def test_a_page_too_hard_to_draw_costs_its_picture_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.applications.documents.files._LIMITS", Limits(cpu_seconds=3, wait_seconds=90.0))
    drawing = zlib.compress(b"q " + b"0 0 m 595 842 l 0 842 595 0 1 1 c f " * 1_000_000)
    content = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(drawing), drawing)
    examined = examine(pdf(CATALOG, PAGE[:-2] + b"/Contents 4 0 R>>", (content,)), "a.pdf")
    assert examined.pages == 1 and examined.thumbnail_png is None


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    examine(pdf(), "a.pdf")
    refused(b"%PDF-", "a.pdf")
    assert list(tmp_path.iterdir()) == []


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\図面\\平面図.pdf": "平面図.pdf",
    "\u202egnp.exe": "gnp.exe",
    "a\x00b\x1b[31m.pdf": "ab[31m.pdf",
    "見積\u200b\u2066（改）\u2069.pdf": "見積（改）.pdf",
    "か\u3099いろ.pdf": "がいろ.pdf",
    "a<b>:c|d?.pdf": "a_b__c_d_.pdf",
    "  . 図面.pdf . ": "図面.pdf",
    "con.pdf": "_con.pdf",
    "図\u3000面\u00a01.pdf": "図 面 1.pdf",
    "": "file",
    "...": "file",
    "\ud800.pdf": "pdf",
    "髙𠮷.pdf": "髙𠮷.pdf",
}


@pytest.mark.parametrize("given", NAMES, ids=[ascii(name) for name in NAMES])
def test_names_are_made_safe(given: str) -> None:
    assert safe_name(given) == NAMES[given]


def awkward_names() -> Iterator[str]:
    yield "長" * 300 + ".pdf"
    yield "x" * 1000
    yield "a." + "y" * 400
    yield "\u202e" * 300
    yield "か\u3099" * 200 + ".docx"
    yield os.fsdecode(b"\xff\xfe.pdf")


def test_a_safe_name_is_short_and_safe_already() -> None:
    for name in awkward_names():
        safe = safe_name(name)
        assert 0 < len(safe.encode()) <= 255 and safe_name(safe) == safe
    assert safe_name("長" * 300 + ".pdf") == "長" * 83 + ".pdf"
