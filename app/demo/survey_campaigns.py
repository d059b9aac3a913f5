"""Which sample surveys there are, and the rows of their tables."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from app.clock import TOKYO, add_months
from app.demo.case_records import Row, sample_id
from app.demo.sample_drives import Drive
from app.demo.sample_signal import CARRIERS
from app.territory.facts import facts_by_code

CONTRACTOR = "電波調査会社（サンプル）"
NOTE = "架空のデータです。道路も電波も、決まった手順で作ったものです。"
DAYS = 2
PREVIEW_ROWS = 20
OPENED_MONTHS_AGO = 6  # a station in a place where none was heard, between two surveys


@dataclass(frozen=True, slots=True)
class Campaign:
    """A sample survey: the nth of its municipality, so many months ago."""

    code5: str
    nth: int
    months_ago: int
    main_roads_only: bool = False
    carriers_public: bool = False

    @property
    def code(self) -> str:
        """The survey's code."""
        return f"sample-{self.code5}-{self.nth}"

    @property
    def survey_id(self) -> UUID:
        """The same on every run."""
        return sample_id(f"survey {self.code}")

    def began_on(self, on: date) -> date:
        """Its first day, of a sample made on a day."""
        return add_months(on, -self.months_ago)

    def drives(self, on: date) -> list[Drive]:
        """One drive a day: out, and back the next day."""
        began = self.began_on(on)
        return [
            Drive(self.code, began + timedelta(days=n), self.main_roads_only, is_reversed=n % 2 == 1)
            for n in range(DAYS)
        ]


CAMPAIGNS = (
    Campaign("13308", 1, 11, main_roads_only=True, carriers_public=True),
    Campaign("13361", 1, 10, main_roads_only=True),
    Campaign("13402", 1, 5),
    Campaign("13382", 1, 5),
    Campaign("13364", 1, 4, carriers_public=True),
    Campaign("13362", 1, 4),
    Campaign("13307", 1, 2, carriers_public=True),
    Campaign("13308", 2, 2, carriers_public=True),
    Campaign("13361", 2, 1),
)


def survey_row(campaign: Campaign, on: date, owner: Mapping[str, UUID | None]) -> Row:
    """A published survey; `owner` has its organisation and person, where there are any."""
    began = campaign.began_on(on)
    name = facts_by_code()[campaign.code5].name
    which = "主な道路" if campaign.main_roads_only else "全路線"
    return {
        "survey_id": campaign.survey_id, "code": campaign.code,
        "title": f"サンプル {name} 電波状況調査 {began.year}年{began.month}月（{which}）",
        "municipality_codes": [campaign.code5], "began_on": began, "ended_on": began + timedelta(days=DAYS - 1),
        "method": "drive", "contractor": CONTRACTOR, "devices": [f"sample-phone-{carrier[-1]}" for carrier in CARRIERS],
        "note": NOTE, "carriers_public": campaign.carriers_public, "state": "published", "is_sample": True, **owner,
        "version": 2, "created_at": _at(began - timedelta(days=6), 10), "published_at": _at(_evaluated_on(began, on), 15),
    }  # fmt: skip


def file_id(campaign: Campaign, drive: Drive, carrier: str) -> UUID:
    """The same on every run."""
    return sample_id(f"survey file {campaign.code} {drive.is_reversed} {carrier}")


def file_row(campaign: Campaign, drive: Drive, carrier: str, rows: pa.Table, on: date) -> Row:
    """The log of one phone and day, as it stands after loading."""
    content = b"".join(rows[name].to_numpy().tobytes() for name in ("at", "lon", "lat", "rsrp_dbm"))
    sent_on = _evaluated_on(drive.day, on)
    return {
        "file_id": file_id(campaign, drive, carrier), "survey_id": campaign.survey_id, "kind": "log",
        "file_name": f"サンプル_{campaign.code5}_{carrier}_{drive.day:%Y%m%d}.csv",
        "file_sha256": hashlib.sha256(content).hexdigest(), "file_bytes": len(content),
        "state": "loaded", "settings": {"recipe": "plain", "carrier": carrier, "in_vehicle": True, "zone": "Asia/Tokyo"},
        "report": report_of(rows), "rows_taken": rows.num_rows, "version": 4, "created_at": _at(sent_on, 10),
        "examined_at": _at(sent_on, 10), "loaded_at": _at(sent_on, 11),
    }  # fmt: skip


def _evaluated_on(day: date, on: date) -> date:
    return min(day + timedelta(days=5), on)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), TOKYO)


def report_of(rows: pa.Table) -> dict[str, Any]:
    """What the examination of such a log tells; its findings agree with the rows."""
    period = pc.min_max(rows["at"]).as_py()
    box = [pc.min_max(rows[axis]).as_py()[end] for end in ("min", "max") for axis in ("lon", "lat")]
    return {
        "recipe": "plain", "headings": rows.column_names,
        "columns": [{"heading": name, "field": name} for name in rows.column_names],
        "rows": rows.num_rows, "taken": rows.num_rows, "period": [period[end].isoformat() for end in ("min", "max")],
        "bbox": box, "carriers": _counted(rows["carrier"]), "technologies": _counted(rows["technology"]),
        "findings": list(_findings(rows)), "preview": [_plain(row) for row in rows.slice(0, PREVIEW_ROWS).to_pylist()],
    }  # fmt: skip


def _findings(rows: pa.Table) -> list[Row]:
    """No service and poor positions, which are kept and told."""
    found = []
    for rule, field, where, ja, en in (
        ("no-service", "technology", pc.equal(rows["technology"], "none"),
         "圏外の行です。下限の値として数えます。", "Rows without service; they count at the floor."),
        ("poor-position", "accuracy_m", pc.greater(rows["accuracy_m"], 50.0),
         "位置の誤差が50 mを超える行です。残しますが、判定には使いません。",
         "Rows whose position may be off by more than 50 m; kept, but no state rests on them."),
    ):  # fmt: skip
        at = pc.indices_nonzero(where).to_pylist()
        if at:
            examples = [{"row": n + 2, "value": str(rows[field][n].as_py()), "now": None} for n in at[:5]]
            found.append(
                {
                    "rule": rule,
                    "level": "note",
                    "field": field,
                    "count": len(at),
                    "ja": ja,
                    "en": en,
                    "examples": examples,
                }
            )
    return found


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in column.value_counts().to_pylist()}


def _plain(row: Row) -> Row:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
