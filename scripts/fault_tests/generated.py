"""Generated lists of a municipality, and how they are sent."""

import csv
import io
import uuid

HEADINGS = ("番号", "名称", "所在地", "緯度", "経度", "高さ（m）", "構造", "建築年", "電源")
_ACROSS = 125  # points in a row of the grid
_STEP = 2e-4  # degrees, about 20 m


def old_list(rows: int) -> bytes:
    """`rows` buildings of 港区 without a fault, as CSV."""
    return _as_csv([_row(number, "見本会館") for number in range(1, rows + 1)])


def new_list(rows: int) -> bytes:
    """The same with a third renamed, one in thirty gone and one in fifteen added."""
    kept = [_row(number, "改名会館" if number % 3 == 0 else "見本会館") for number in range(1, rows + 1) if number % 30]
    return _as_csv([*kept, *(_row(number, "新築会館") for number in range(rows + 1, rows + 1 + rows // 15))])


def _row(number: int, name: str) -> tuple[str, ...]:
    lat, lon = 35.6380 + number // _ACROSS * _STEP, 139.7330 + number % _ACROSS * _STEP
    return (
        str(number), f"{name}{number}", f"東京都港区芝公園{number % 4 + 1}丁目5-{number}", f"{lat:.6f}", f"{lon:.6f}",
        f"{10 + number % 40}.5", "RC", str(1960 + number % 60), "あり",
    )  # fmt: skip


def _as_csv(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue().encode("utf-8-sig")


def multipart(content: bytes, name: str, **fields: str) -> tuple[bytes, str]:
    """A body of multipart/form-data and its content type."""
    boundary = uuid.uuid4().hex
    said = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    head = f'{said}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
