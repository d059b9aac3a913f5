"""Receipts by mail: who published or undid what, when, of which file, with which counts."""

from email.message import EmailMessage
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.lists import imports
from app.lists.kinds import ListKind

_TOKYO = ZoneInfo("Asia/Tokyo")


def write_receipt(session: Session, settings: Settings, kind: ListKind, import_id: UUID) -> EmailMessage | None:
    """The receipt of a published import, to those who took part; None where nobody did (the command line)."""
    found = imports.get_import(session, import_id)
    people = session.execute(
        text("SELECT DISTINCT email, name FROM person WHERE person_id = ANY (:ids) ORDER BY email"),
        {"ids": [found[name] for name in ("person_id", "asked_by", "approved_by") if found[name]]},
    ).all()
    if not people:
        return None
    undone = found["undoes"] is not None
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, ", ".join(person.email for person in people)
    message["Subject"] = (
        f"【つながる】{kind.ja}を{'取り消しました' if undone else '公開しました'}（{found['file_name']}）"
    )
    # The same however often it is sent: a worker may die between handing it over and noting that it did.
    message["Message-ID"] = f"<receipt-{import_id}@{settings.mail_from.rpartition('@')[2]}>"
    message.set_content(_text(settings, kind, found, "、".join(person.name for person in people), undone))
    return message


def _text(settings: Settings, kind: ListKind, found: dict[str, Any], names: str, undone: bool) -> str:
    counts = found["report"]["published"]
    at = found["published_at"].astimezone(_TOKYO)
    address = f"{settings.public_url or 'http://127.0.0.1:8000'}/lists/{kind.name}/{found['import_id']}"
    return (
        f"{kind.ja}を{'取り消しました' if undone else '公開しました'}。\n\n"
        f"日時: {at:%Y年%m月%d日 %H:%M:%S}（日本時間）\n担当: {names}\n"
        f"ファイル: {found['file_name']}\nSHA-256: {found['file_sha256']}\n"
        f"新規 {counts['new']:,} 件、変更 {counts['changed']:,} 件、変更なし {counts['same']:,} 件、廃止 {counts['retired']:,} 件\n\n"
        f"内容の確認と取り消しは次の画面でできます。\n{address}\n\n--\n"
        f"{kind.en}: {'undone' if undone else 'published'} {at:%Y-%m-%d %H:%M:%S} JST, {counts['new']:,} new,"
        f" {counts['changed']:,} changed, {counts['same']:,} unchanged, {counts['retired']:,} retired.\n"
    )
