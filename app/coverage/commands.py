"""Coverage on the command line."""

import json
from datetime import datetime
from typing import Annotated

import typer

from app.accounts.actor import Service, Transactions
from app.config import get_settings
from app.coverage.models import ENGINES
from app.coverage.profiles import DEFAULT_PROFILE, get_profile
from app.db import make_worker_engine

coverage = typer.Typer(no_args_is_help=True, help="電波の届く範囲")


@coverage.command("build")
def build_coverage(
    engine: Annotated[str, typer.Option(help="集計に使うもの：duckdb、postgresql、spark")] = "duckdb",
    profile: Annotated[str, typer.Option(help="判定の決まり")] = DEFAULT_PROFILE,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="いつの時点か。省くと今日")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出します")] = False,
) -> None:
    """公開された調査の測定値から、メッシュの状態・つながりにくい区域・道路を作り直します。"""
    from app.coverage.build import build, today

    if engine not in ENGINES:
        raise typer.BadParameter(f"{', '.join(ENGINES)} のどれかです / one of these")
    try:
        judged_by = get_profile(profile)
    except KeyError as error:
        raise typer.BadParameter(f"知らない判定の決まりです / no such profile: {error.args[0]}") from None
    settings = get_settings()
    day = as_of.date() if as_of else today()
    try:
        made = build(
            Transactions(make_worker_engine(settings)), settings, judged_by, day, engine, Service("command-line")
        )
    except ImportError:
        typer.echo(
            "Spark を使えません。追加 spark と Java 17 を入れてください / install the extra [spark] and Java 17",
            err=True,
        )
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(made, ensure_ascii=False))
    else:
        typer.echo(
            f"{made['profile']} {made['as_of']}：測定 {made['rows_read']:,} 行 → {made['cells']:,} セル、"
            f"区域 {made['gaps']:,}（{made['seconds']} 秒）"
        )
