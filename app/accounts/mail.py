"""Mail about accounts."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import aiosmtplib
import anyio.from_thread
import structlog

from app.config import Settings

_log = structlog.get_logger()


def send_invitation(settings: Settings, *, to: str, secret: str, expires_at: datetime) -> None:
    """Mail an invitation's link; without a mail server the link goes to the log of the person who runs the service."""
    link = f"{settings.public_url or 'http://127.0.0.1:8000'}/invitations/{secret}"
    until = expires_at.astimezone(ZoneInfo("Asia/Tokyo"))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, "「つながる」への招待"
    message.set_content(
        f"「つながる」の利用に招待されました。\n次のリンクから {until:%Y年%m月%d日 %H:%M} までに登録してください。\n\n{link}\n\n"
        "心当たりがなければ、このメールは捨ててください。\n\n--\n"
        f"You have been invited to Tsunagaru. Please open the link above by {until:%Y-%m-%d %H:%M} (JST).\n"
    )
    if settings.smtp_host is None:
        _log.warning("no mail server is set (SMTP_HOST): hand the link over yourself", to=to, link=link)
        return
    _deliver(settings, message)


NOTICES = {
    "password": ("パスワードが変更されました", "Your password was changed"),
    "totp.create": ("ワンタイムコードが設定されました", "A time code was set up"),
    "totp.remove": ("ワンタイムコードが解除されました", "The time code was removed"),
    "passkey.create": ("パスキーが追加されました", "A passkey was added"),
    "passkey.remove": ("パスキーが削除されました", "A passkey was removed"),
}


def send_notice(settings: Settings, *, to: str, what: str) -> None:
    """Tell people of a change to how they sign in, so that they notice one they did not make."""
    ja, en = NOTICES[what]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, f"「つながる」{ja}"
    message.set_content(
        f"「つながる」のアカウントで、{ja}。\nほかの端末でのサインインはすべて終了しました。\n\n"
        "心当たりがなければ、すぐに組織の管理者に連絡してください。\n\n--\n"
        f"{en} on your Tsunagaru account. If this was not you, contact your organisation's admin at once.\n"
    )
    if settings.smtp_host is not None:
        _deliver(settings, message)


def _deliver(settings: Settings, message: EmailMessage) -> None:
    """Hand a message to the mail server; a server that does not take it is noted, for the change it tells of stands."""
    try:
        anyio.from_thread.run(send, settings, message)
    except (OSError, aiosmtplib.SMTPException):
        _log.exception("mail was not sent", subject=message["Subject"])


async def send_anchor(settings: Settings, line: Mapping[str, Any]) -> None:
    """Mail an anchor of the audit chain to the address that keeps them; nothing without a mail server."""
    if settings.smtp_host is None or settings.audit_anchor_mail is None:
        return
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, settings.audit_anchor_mail
    message["Subject"] = f"監査記録の控え {line['at'][:10]}"
    message.set_content(f"この行を、データベースとは別の場所に保管してください。\n\n{json.dumps(line)}\n")
    await send(settings, message)


async def send(settings: Settings, message: EmailMessage) -> None:
    """Hand a message to the mail server. Raises OSError, aiosmtplib.SMTPException."""
    await aiosmtplib.send(message, hostname=settings.smtp_host, port=settings.smtp_port, timeout=10)
