"""`python -m app import …`: the same examination and publication as the page's, done at once by the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.accounts.actor import Service, Transactions
from app.config import get_settings
from app.db import make_worker_engine
from app.lists import imports, jobs, publishing
from app.lists.examination import examine_import
from app.lists.kinds import ListKind
from app.lists.owners import owner_of_municipality
from app.lists.sending import take_file
from app.problems import CONFLICT, Problem

_WHO = Service("command-line")

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE", help="一覧のファイル")
]
Municipality = Annotated[str, typer.Option("--municipality", help="市区町村コード（5桁か6桁、例 13103）")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="判定と差分だけ。登録簿は変えません")]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出します")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="読むシート")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="文字コード（省くと見つけます）")]
Datum = Annotated[str | None, typer.Option("--datum", help="tokyo: 旧日本測地系として読みます")]
Retire = Annotated[bool, typer.Option("--retire-missing", help="ファイルにないものを廃止します")]
Approve = Annotated[bool, typer.Option("--approve", help="変わる行が多くても、確かめたうえで公開します")]
LeaveOut = Annotated[bool, typer.Option("--leave-out-errors", help="誤りのある行を除いて公開します")]


def add_import_command(app: typer.Typer, name: str, kind: ListKind, kinds: Mapping[str, ListKind]) -> None:
    """Add `import NAME FILE` for a kind of list."""

    @app.command(name, help=f"{kind.ja}を判定し、誤りがなければ公開します。")
    def import_list(
        file: File, municipality: Municipality, dry_run: DryRun = False, as_json: AsJson = False,
        sheet: Sheet = None, encoding: Encoding = None, datum: Datum = None, retire_missing: Retire = False,
        leave_out_errors: LeaveOut = False, approve: Approve = False,
    ) -> None:  # fmt: skip
        chosen = {
            "sheet": sheet, "encoding": encoding, "datum": datum, "retire_missing": retire_missing,
            "leave_out_errors": leave_out_errors,
        }  # fmt: skip
        settings = {key: value for key, value in chosen.items() if value}
        try:
            report = import_file(kind, kinds, file, municipality, settings, dry_run=dry_run, approve=approve)
        except Problem as problem:
            report = {"refusal": {"rule": problem.kind.slug, "ja": problem.ja, "en": problem.en}}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1, default=str) if as_json else in_words(report))
        # A dry run that could read the file has done what was asked, whatever it found.
        if report.get("refusal") or not (dry_run or report.get("published")):
            raise typer.Exit(1)


def import_file(
    kind: ListKind,
    kinds: Mapping[str, ListKind],
    file: Path,
    municipality: str,
    settings: dict[str, Any],
    *,
    dry_run: bool,
    approve: bool = False,
) -> dict[str, Any]:
    """Examine a file and, unless `dry_run`, publish it.

    Raises Problem for a municipality there is none of, for errors nobody agreed to leave out, and without `approve`
    where so much changes that the page would ask a second person.
    """
    transactions = Transactions(make_worker_engine(get_settings()))
    owner = owner_of_municipality(municipality.strip()[:5])
    with transactions.begin(_WHO) as session, file.open("rb") as content:
        import_id = take_file(session, kind, owner, _WHO, file.name, content, settings)["import_id"]
    examine_import(transactions, kinds, import_id, _WHO)
    with transactions.begin(_WHO) as session:
        found = imports.get_import(session, import_id)
        errors = imports.read_findings(session, import_id, None, 0, 100_000)
    report = told(found, errors)
    if dry_run or found["state"] != "examined":
        with transactions.begin(_WHO) as session:
            imports.delete_import(session, found)
        return report
    with transactions.begin(_WHO) as session:
        if not approve and (reasons := publishing.reasons_for_a_second(found)):
            raise Problem(
                CONFLICT,
                f"変わる行が多いため公開しませんでした（{'・'.join(reasons)}）。確かめてから --approve を付けてください。",
                f"Not published: much changes ({', '.join(reasons)}). Look at it, then add --approve.",
            )
        publishing.approve(session, found, _WHO)
    outcome = jobs.publish(transactions, kinds, import_id, _WHO)
    return report | {"published": outcome is not None, "import_id": str(import_id)}


_COUNTED = ("new", "changed", "same", "missing", "errors")


def told(found: imports.Import, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The report of the command line: counts of the difference, and each error with sheet, row, column, value, rule."""
    if found["state"] == "refused":
        return {
            "file": found["file_name"],
            "refusal": found["refusal"],
            "counts": dict.fromkeys(_COUNTED, 0),
            "errors": [],
        }
    report = found["report"]
    groups = {group["rule"]: group for group in report["groups"]}
    sheet = report["reading"]["sheet"]
    headings = {column["letter"]: column["heading"] for column in report["columns"]}
    errors = [
        {
            "sheet": sheet, "row": f["row"], "column": f["letter"], "heading": headings.get(f["letter"]),
            "value": f["value"], "rule": f["rule"], "ja": groups[f["rule"]]["ja"], "en": groups[f["rule"]]["en"],
            "repair": groups[f["rule"]]["repair_ja"],
        }
        for f in findings
        if f["rule"] in groups and groups[f["rule"]]["level"] == "error"
    ]  # fmt: skip
    diff = report.get("diff", {})
    counts = {name: diff.get(name, 0) for name in _COUNTED} | {"errors": report["counts"]["errors"]}
    return {
        "file": found["file_name"], "format": report["reading"]["format"], "encoding": report["reading"]["encoding"],
        "sheet": sheet, "rows": report["counts"]["rows"], "good_rows": report["counts"]["good_rows"],
        "counts": counts, **{name: diff.get(name, 0) for name in ("new", "changed", "same", "missing", "moved", "in_force")},
        "errors": errors, "error_count": report["counts"]["errors"], "warnings": report["counts"]["warnings"],
        "mended": report["counts"]["mended"], "missing_columns": report.get("missing_columns", []),
        "columns": {column["letter"]: column["target"] for column in report["columns"]},
        "groups": [
            {key: group[key] for key in ("rule", "level", "count", "ja", "repair_ja")} for group in report["groups"]
        ],
        "guard": report.get("guard", []), "score": (report.get("lint") or {}).get("score"),
        "max_rss_bytes": report.get("max_rss_bytes"),
    }  # fmt: skip


def in_words(report: Mapping[str, Any]) -> str:
    """The same for people at a terminal."""
    if refusal := report.get("refusal"):
        return f"読めません / refused [{refusal['rule']}]: {refusal['ja']} / {refusal['en']}"
    lines = [
        f"{report['file']}: {report['format']} {report['encoding'] or ''} {report['sheet'] or ''}".rstrip(),
        f"{report['rows']:,} 行、そのまま使える {report['good_rows']:,} 行",
        f"新規 {report['new']:,} / 変更 {report['changed']:,} / 変更なし {report['same']:,} / ファイルにない {report['missing']:,}",
    ]
    lines += [missing["ja"] for missing in report["missing_columns"]]
    lines += [f"  {g['level']:8}{g['count']:>7,}  {g['ja']}（{g['repair_ja']}）" for g in report["groups"]]
    lines += [
        f"  {e['sheet'] or ''}!{e['column'] or ''}{e['row']} 「{e['value'] or ''}」{e['ja']}"
        for e in report["errors"][:20]
    ]
    if "published" in report:
        lines.append("公開しました / published" if report["published"] else "公開しませんでした / not published")
    return "\n".join(lines)
