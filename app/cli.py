"""The command line: serve, migrate, load, look after."""

import json
import sys
from typing import Annotated, NoReturn

import typer
from psycopg.errors import UndefinedTable
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from app.accounts.commands import token, trail
from app.assets.lists import ASSETS
from app.config import PROJECT_ROOT, get_settings
from app.coverage.commands import coverage
from app.db import make_engine, make_sessions
from app.lists.commands import add_import_command
from app.surveys.commands import survey
from app.wifi.lists import WIFI

main = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="つながる: 公共アセットと通信の地図と窓口"
)
geodata = typer.Typer(no_args_is_help=True, help="公開データの取り込み")
imports = typer.Typer(no_args_is_help=True, help="一覧の取り込み")
demo = typer.Typer(no_args_is_help=True, help="サンプルデータ")
main.add_typer(geodata, name="geodata")
main.add_typer(demo, name="demo")
main.add_typer(token, name="token")
main.add_typer(trail, name="audit")
main.add_typer(imports, name="import")
main.add_typer(survey, name="survey")
main.add_typer(coverage, name="coverage")
for _name, _kind in (("assets", ASSETS), ("wifi", WIFI)):
    add_import_command(imports, _name, _kind, {_kind.name: _kind})


@survey.callback()
@imports.callback()
def log_to_stderr() -> None:
    """Keep standard output for the report, which programs read."""
    from app.edge import configure_logs

    configure_logs(as_json=False)


@main.command()
def migrate() -> None:
    """データベースを最新の形にします。"""
    from alembic import command
    from alembic.config import Config

    command.upgrade(Config(PROJECT_ROOT / "alembic.ini"), "head")


@geodata.command("load")
def load_geodata(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="取り込む出典。省くとすべて")] = None,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="まだ取り込んでいない出典だけ")] = False,
) -> None:
    """公開データを取り込みます。"""
    from app.geodata.load import load_sources
    from app.geodata.manifest import read_manifest

    sources = read_manifest()
    if unknown := [name for name in names or () if name not in sources]:
        typer.echo(f"知らない出典 / unknown source: {', '.join(unknown)}（{', '.join(sources)}）", err=True)
        raise typer.Exit(2)
    wanted = {name: sources[name] for name in names or sources}
    settings = get_settings()
    if not load_sources(make_sessions(make_engine(settings)), settings, wanted, typer.echo, only_new=if_empty):
        raise typer.Exit(1)


@geodata.command("list")
def list_geodata() -> None:
    """公開データの出典と、取り込んだかどうかを並べます。"""
    from app.geodata.listing import source_lines
    from app.geodata.manifest import read_manifest

    settings = get_settings()
    for line in source_lines(make_sessions(make_engine(settings)), settings, read_manifest()):
        typer.echo(line)


@demo.command("load")
def load_demo_register(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="まだなければ作ります")] = False,
) -> None:
    """サンプルのアセット・基地局・Wi-Fi・利用者・案件・電波調査を入れます（架空のデータ）。"""
    from app.demo.load import is_loaded, load_demo
    from app.demo.load_cases import load_demo_cases
    from app.demo.people import add_demo_people
    from app.demo.survey_builds import build_demo_coverage
    from app.demo.surveys import load_demo_surveys

    settings = get_settings()
    sessions = make_sessions(make_engine(settings))
    if not (if_empty and is_loaded(sessions)):
        load_demo(sessions, typer.echo)
    add_demo_people(settings, typer.echo)
    load_demo_cases(sessions, typer.echo)
    load_demo_surveys(sessions, typer.echo)
    build_demo_coverage(settings, typer.echo)


@main.command()
def serve(
    port: Annotated[int, typer.Option(help="待ち受けるポート")] = 8000,
    host: Annotated[str, typer.Option(help="待ち受けるアドレス")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="プロセスの数")] = 1,
) -> None:
    """Web サービスを始めます。"""
    import uvicorn

    from app.scratch import scratch_folder

    with scratch_folder():
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
        )


@main.command()
def worker() -> None:
    """待っている仕事（一覧の判定・公開、メール）を片付け続けます。"""
    import asyncio

    from app.edge import configure_logs
    from app.scratch import scratch_folder
    from app.worker import work

    settings = get_settings()
    configure_logs(settings.log_json)
    with scratch_folder():
        asyncio.run(work(settings))


@main.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="JSON で出します")] = False) -> None:
    """データベースに何が入っているかを言います。"""
    from app.doctor import is_migrated

    with make_engine(get_settings()).connect() as connection:
        migrated = is_migrated(connection)
        counts = {"assets": 0, "sample": 0}
        if migrated:
            row = connection.execute(text("SELECT count(*), count(*) FILTER (WHERE is_sample) FROM ogc.assets")).one()
            counts = {"assets": row[0], "sample": row[1]}
    typer.echo(
        json.dumps({"migrated": migrated, **counts})
        if as_json
        else f"アセット {counts['assets']:,} 件（うちサンプル {counts['sample']:,} 件）"
    )


@main.command()
def doctor() -> None:
    """足りないものと、その直し方を言います。なくてはならないものが欠けていれば 1 で終わります。"""
    from app.doctor import examine

    findings = list(examine(get_settings()))
    for finding in findings:
        typer.echo(finding.line())
    if any(finding.is_needed and not finding.is_well for finding in findings):
        raise typer.Exit(1)


@main.command()
def openapi() -> None:
    """API の説明（OpenAPI 3.1）を出します。"""
    from app.main import create_app

    typer.echo(json.dumps(create_app().openapi(), ensure_ascii=False, indent=0))


def run() -> None:
    """The command line; what an operator can mend is said in one line."""
    try:
        main()
    except ValidationError as error:
        if error.title != "Settings":
            raise
        names = ", ".join(str(problem["loc"][0]).upper() for problem in error.errors())
        _stop(f"設定を確かめてください / check the settings: {names}")
    except ArgumentError:
        _stop("DATABASE_URL を解釈できません / DATABASE_URL is not of the form postgresql://…")
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):
            raise
        _stop("データベースが最新の形ではありません / not migrated: python -m app migrate")
    except OperationalError as error:
        _stop(f"データベースを使えません / the database cannot be used: {str(error.orig).strip().splitlines()[0]}")


def _stop(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    sys.exit(1)
