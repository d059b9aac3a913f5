"""Papers follow their steps: made by the worker, once, and on every party's list of documents."""

from typing import Any

import psycopg
import pypdfium2

from tests.applications.conftest import Work
from tests.applications.playing import Window


def words_of(pdf: bytes) -> str:
    """What a PDF says, without its line ends."""
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "").replace("\n", "")


async def test_each_step_with_a_paper_gets_it(window: Window, work: Work, owner: psycopg.Connection[Any]) -> None:
    """照会書, 補正通知, 回答書 and 許可書 stand among the documents, with what was decided in them."""
    (site,) = await window.apply("carrier_member", "B1")
    await window.act("window_operator", site, "accept")
    items = [{"target": "field:weight_kg", "text": "重さの根拠がありません。"}]
    await window.act("window_operator", site, "request_correction", items=items)
    await window.act("carrier_member", site, "resubmit", comment="仕様書のとおりです。")
    await window.act("window_operator", site, "refer")
    await window.survey(site, "carrier_member", "owner_reviewer")
    await window.permit(site, "carrier_member", "owner_reviewer")
    await work()
    listed = await window.ok("carrier_member", "GET", f"/sites/{site['site_id']}/documents")
    papers = {one["document_type"]: one for one in listed if one["is_generated"]}
    assert set(papers) == {"correction_letter", "enquiry_letter", "reply_letter", "permit_letter"}
    said = {}
    for name, paper in papers.items():
        answer = await window.call("carrier_member", "GET", f"/documents/{paper['document_id']}/file")
        assert answer.headers["content-disposition"].startswith("attachment")
        said[name] = words_of(answer.content)
    assert "重さの根拠がありません。" in said["correction_letter"]
    assert site["code"] in said["permit_letter"] and "審査請求" in said["permit_letter"]
    thumbnail = await window.call(
        "carrier_member", "GET", f"/documents/{papers['permit_letter']['document_id']}/thumbnail"
    )
    assert thumbnail.content.startswith(b"\x89PNG")


async def test_a_paper_is_made_once(window: Window, work: Work, owner: psycopg.Connection[Any]) -> None:
    """A job begun again after a kill finds the paper there."""
    (site,) = await window.apply("carrier_member", "M2")
    await window.refer(site)
    await window.act("minato_reviewer", site, "decline", reason_code="no_space", comment="場所がありません。")
    for _ in range(2):
        owner.execute(
            "SELECT defer_job('window.paper', jsonb_build_object('site_id', site_id, 'n', n), NULL) FROM site_event"
            " WHERE site_id = %s AND action = 'decline'",
            (site["site_id"],),
        )
        await work()
    listed = await window.ok("minato_reviewer", "GET", f"/sites/{site['site_id']}/documents")
    assert [one["document_type"] for one in listed].count("reply_letter") == 1
