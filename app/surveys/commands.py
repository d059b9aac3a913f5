"""`python -m app survey …`: the same examination and loading as the page's, done at once by the command line."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.accounts.actor import Service, Transactions
from app.config import get_settings
from app.db import make_worker_engine
from app.problems import NOT_FOUND, TOO_LARGE, Problem
from app.surveys import campaigns, files, jobs
from app.surveys.campaigns import Row

survey = typer.Typer(no_args_is_help=True, help="電波の調査と測定の取り込み")
_WHO = Service("command-line")
_DAY = ["%Y-%m-%d"]

Code = Annotated[str, typer.Option("--survey", help="調査コード")]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出します")]


@survey.command("make")
def make(
    code: Annotated[str, typer.Argument(help="調査コード（英小文字・数字・ハイフン）")],
    title: Annotated[str, typer.Option(help="名前")],
    began_on: Annotated[datetime, typer.Option(formats=_DAY, help="開始日")],
    ended_on: Annotated[datetime, typer.Option(formats=_DAY, help="終了日")],
    method: Annotated[str, typer.Option(help="drive、walk、fixed、mixed")] = "drive",
    municipality: Annotated[list[str] | None, typer.Option(help="市区町村コード（5桁）。繰り返せます")] = None,
    carriers_public: Annotated[
        bool, typer.Option("--carriers-public", help="通信事業者ごとの結果を公開します")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """調査を下書きとして作ります。"""
    wanted = {
        "code": code, "title": title, "began_on": began_on.date(), "ended_on": ended_on.date(), "method": method,
        "municipality_codes": municipality or [], "carriers_public": carriers_public,
    }  # fmt: skip

    def act(transactions: Transactions) -> dict[str, Any]:
        from pydantic import ValidationError

        from app.problems import INVALID
        from app.surveys.schemas import SurveyRequest

        try:
            checked = SurveyRequest.model_validate(wanted)
        except ValidationError as error:
            said = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
            raise Problem(INVALID, f"指定を直してください（{said}）。", f"Mend the options ({said}).") from error
        with transactions.begin(_WHO) as session:
            return _told(campaigns.make_survey(session, _WHO, checked.model_dump()))

    _answer(act, as_json)


@survey.command("import")
def import_log(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE", help="ログ")],
    code: Code,
    recipe: Annotated[str | None, typer.Option(help="読み方（gnettrack-pro など。省くと見つけます）")] = None,
    zone: Annotated[str | None, typer.Option(help="時差のない時刻の地域（例 Asia/Tokyo）")] = None,
    carrier: Annotated[str | None, typer.Option(help="通信事業者が書かれていないときの通信事業者")] = None,
    device: Annotated[str | None, typer.Option(help="端末が書かれていないときの端末")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="読み取るだけ。取り込みません")] = False,
    as_json: AsJson = False,
) -> None:
    """ログを読み取り、取り込めるものがあれば取り込みます。"""
    chosen = {"recipe": recipe, "zone": zone, "carrier": carrier, "device": device}
    settings = {name: value for name, value in chosen.items() if value is not None}
    _answer(lambda transactions: import_file(transactions, file, code, settings, dry_run=dry_run), as_json)


@survey.command("publish")
def publish(code: Annotated[str, typer.Argument(help="調査コード")], as_json: AsJson = False) -> None:
    """調査を公開し、電波の届く範囲に数え入れます（計算は `coverage build` か worker が行います）。"""

    def act(transactions: Transactions) -> dict[str, Any]:
        with transactions.begin(_WHO) as session:
            found = campaigns.get_survey(session, _survey_of(session, code)["survey_id"], for_change=True)
            return _told(campaigns.publish_survey(session, found))

    _answer(act, as_json)


def import_file(
    transactions: Transactions, file: Path, code: str, settings: dict[str, Any], *, dry_run: bool = False
) -> dict[str, Any]:
    """Examine a log and, unless `dry_run`, load it into the survey of that code. Raises Problem."""
    _refuse_too_large(file)
    with transactions.begin(_WHO) as session, file.open("rb") as content:
        taken = files.receive_file(session, _survey_of(session, code), _WHO, file.name, content, settings)
    jobs.examine(transactions, taken["file_id"], _WHO)
    with transactions.begin(_WHO) as session:
        found = files.get_file(session, None, taken["file_id"], for_change=True)
        if found["state"] == "examined" and not dry_run and found["rows_taken"]:
            found = files.ask_to_load(session, found)
    if found["state"] == "loading":
        jobs.load(transactions, found["file_id"], _WHO)
    with transactions.begin(_WHO) as session:
        found = files.get_file(session, None, taken["file_id"], for_change=True)
        report = {"file": file.name, "survey": code, "state": found["state"], "rows_taken": found["rows_taken"]}
        report |= {"refusal": found["refusal"], "report": found["report"]}
        if found["state"] != "loaded":
            files.set_state(session, found["file_id"], "removed", progress=None)
    return report


def _refuse_too_large(file: Path) -> None:
    """Raises Problem before a byte is taken in."""
    from app.surveys.reading import refuse_too_large
    from app.tabular.table import Unreadable

    try:
        refuse_too_large(file.stat().st_size)
    except Unreadable as reason:
        raise Problem(TOO_LARGE, reason.ja, reason.en) from reason


def _survey_of(session: Any, code: str) -> Row:
    found = campaigns.find_survey(session, code)
    if found is None:
        raise Problem(
            NOT_FOUND, f"調査「{code}」はありません。survey make で作ってください。", f"There is no survey {code!r}."
        )
    return found


def _told(found: Row) -> dict[str, Any]:
    return {name: found[name] for name in ("survey_id", "code", "title", "state", "files", "measurements")}


def _answer(act: Any, as_json: bool) -> None:
    """Do it and say what came of it; 1 where it was refused."""
    try:
        report = act(Transactions(make_worker_engine(get_settings())))
    except Problem as problem:
        report = {"refusal": {"rule": problem.kind.slug, "ja": problem.ja, "en": problem.en}}
    typer.echo(json.dumps(report, ensure_ascii=False, indent=1, default=str) if as_json else in_words(report))
    if report.get("refusal"):
        raise typer.Exit(1)


def in_words(report: dict[str, Any]) -> str:
    """The same for people at a terminal."""
    if refusal := report.get("refusal"):
        return f"できません / refused [{refusal['rule']}]: {refusal['ja']} / {refusal['en']}"
    if "report" not in report:
        return f"{report['code']}「{report['title']}」：{report['state']}、測定 {report['measurements']:,} 行"
    said = report["report"] or {}
    lines = [
        f"{report['file']}：{said.get('recipe')}、{said.get('rows', 0):,} 行のうち {said.get('taken', 0):,} 行（{report['state']}）"
    ]
    lines += [f"  {one['level']:14}{one['count']:>9,}  {one['ja']}" for one in said.get("findings", [])]
    return "\n".join(lines)
