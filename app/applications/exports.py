"""Downloads of just what a list shows: CSV and XLSX, with cells that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from app.applications.procedure import PARTY_LABELS, Party
from app.applications.sites import SiteRow
from app.applications.standard_procedure import REASON_CODES, STANDARD
from app.clock import TOKYO

HEADINGS = {
    "ja": (
        "案件番号", "事業者", "アセットID", "名称", "所在地", "区市町村", "所管", "状態", "次に動く側", "期限", "受付日時",
        "決定日", "理由", "運用開始日", "更新日時", "サンプル",
    ),
    "en": (
        "Case", "Carrier", "Asset", "Name", "Address", "Municipality", "Owner", "State", "Next step by", "Due", "Submitted",
        "Decided", "Reason", "On air", "Updated", "Sample",
    ),
}  # fmt: skip
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def cells(site: SiteRow, language: str) -> list[str]:
    """A site as a row of text; times in JST."""
    n = 0 if language == "ja" else 1
    state = STANDARD.by_state.get(site["state"])
    asset: Mapping[str, Any] = site["asset"]
    reason = REASON_CODES.get(site["reason_code"] or "")
    values = (
        site["code"], site["carrier_name"], site["asset_id"], asset.get("name"), asset.get("address"),
        asset.get("municipality"), site.get("owner_name"), (state.ja, state.en)[n] if state else site["state"],
        PARTY_LABELS[Party(site["party"])][n], site["due_on"], _time(site["submitted_at"]), site["decided_on"],
        reason[n] if reason else None, site["on_air_on"], _time(site["updated_at"]),
        ("サンプル", "sample")[n] if site["is_sample"] else None,
    )  # fmt: skip
    return ["" if value is None else str(value) for value in values]


def _time(at: Any) -> str | None:
    return None if at is None else f"{at.astimezone(TOKYO):%Y-%m-%d %H:%M}"


def as_csv(sites: Iterable[SiteRow], language: str) -> Iterator[bytes]:
    """CSV in UTF-8 with BOM, row by row."""
    yield "\ufeff".encode()
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in ([*HEADINGS[language]], *(cells(site, language) for site in sites)):
        writer.writerow([harmless(value) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_DANGEROUS) else value


def as_xlsx(sites: Iterable[SiteRow], language: str) -> bytes:
    """A workbook whose cells are all text, so that nothing in them is computed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("案件" if language == "ja" else "Cases")
    sheet.freeze_panes = "A2"
    for row in ([*HEADINGS[language]], *(cells(site, language) for site in sites)):
        sheet.append([_text_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text_cell(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value="".join(c for c in value if c >= " " or c in "\n\t"))
    cell.data_type = "s"
    return cell
