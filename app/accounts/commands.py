"""Accounts on the command line: tokens for scripts, and looking after the audit trail."""

import json
from typing import Annotated

import typer

from app.accounts import audit, tokens
from app.accounts.actor import Service, Transactions
from app.accounts.permissions import Permission
from app.accounts.sessions import find_actor
from app.config import get_settings
from app.db import make_app_engine
from app.problems import Problem

token = typer.Typer(no_args_is_help=True, help="API トークン")
trail = typer.Typer(no_args_is_help=True, help="監査記録")


def _transactions() -> Transactions:
    return Transactions(make_app_engine(get_settings()))


@token.command("create")
def create_token(
    email: Annotated[str, typer.Option("--as", metavar="EMAIL", help="誰として")],
    scopes: Annotated[list[Permission], typer.Option("--scope", help="使える権限（何度でも）")],
    name: Annotated[str, typer.Option(help="見分けるための名前")] = "command line",
    days: Annotated[int, typer.Option(help="有効な日数")] = 90,
    organisation: Annotated[str | None, typer.Option(help="どの組織として（名称）。省くと最初の所属")] = None,
) -> None:
    """API トークンを作り、一度だけ表示します。"""
    db = _transactions()
    with db.begin(Service("command-line")) as session:
        actor = find_actor(session, email, organisation)
    if actor is None:
        typer.echo(f"{email} の所属が見つかりません / no membership in force", err=True)
        raise typer.Exit(1)
    try:
        with db.begin(actor) as session:
            made = tokens.create_token(session, actor, name=name, scopes=scopes, days=days)
    except Problem as problem:
        typer.echo(f"{problem.ja} / {problem.en}", err=True)
        raise typer.Exit(1) from None
    typer.echo(made["token"])


@trail.command("verify")
def verify_trail(as_json: Annotated[bool, typer.Option("--json", help="JSON で出します")] = False) -> None:
    """監査記録の鎖を、日々の控えとあわせて検証します。改ざんがあれば最初の行を示し、1 で終わります。"""
    anchors = audit.read_anchors(get_settings().audit_anchor_file)
    with _transactions().begin(Service("audit")) as session:
        verdict = audit.verify(session, anchors)
    if as_json:
        typer.echo(json.dumps({"rows": verdict.rows, "bad_row": verdict.bad_row, "reason": verdict.reason}))
    elif verdict.bad_row is None:
        typer.echo(
            f"{verdict.rows:,} 行と控え {len(anchors)} 件に矛盾はありません / intact; head {verdict.head_hash[:16]}"
        )
    else:
        typer.echo(f"改ざんを検知しました：{verdict.bad_row} 行目 / row {verdict.bad_row}: {verdict.reason}", err=True)
    if verdict.bad_row is not None:
        raise typer.Exit(1)


@trail.command("anchor")
def anchor_trail() -> None:
    """いまの末尾のハッシュを控えのファイルに書き足します（毎日自動でも行います）。"""
    with _transactions().begin(Service("audit")) as session:
        line = audit.anchor(session, get_settings().audit_anchor_file)
    typer.echo(json.dumps(line))
