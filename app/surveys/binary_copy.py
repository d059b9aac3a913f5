"""Rows of Arrow as PostgreSQL's binary COPY: no number is written out and read again, which is most of what COPY costs.

Whole columns at a time: each becomes fields (length and value, big-endian), and Arrow joins the fields of each row.
Source: PostgreSQL, COPY, "Binary Format".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
NULL = pa.scalar(b"\xff\xff\xff\xff", pa.large_binary())
NOTHING = pa.scalar(b"", pa.large_binary())
SINCE_2000_US = 946_684_800_000_000  # from 1970: where moments are counted from


def binary_rows(columns: Sequence[pa.Array], before: Sequence[bytes] = ()) -> memoryview:
    """Rows of columns of one length, with `before` ahead of them: values the same for every row, as their bytes.

    Texts, moments, float32, float64, int32 and booleans; null is null. Raises TypeError for other columns.
    """
    head = (len(before) + len(columns)).to_bytes(2, "big")
    head += b"".join(len(value).to_bytes(4, "big") + value for value in before)
    fields = [_text_fields(column) if pa.types.is_string(column.type) else _fields(column) for column in columns]
    rows = pc.binary_join_element_wise(pa.scalar(head, pa.large_binary()), *fields, NOTHING)
    content = rows.buffers()[2]
    return memoryview(content) if content is not None else memoryview(b"")


def _fields(column: pa.Array) -> pa.Array:
    values = _big_endian(column)
    width = values.dtype.itemsize
    fields = np.empty((len(values), 4 + width), dtype=np.uint8)
    fields[:, :4] = np.frombuffer(width.to_bytes(4, "big"), np.uint8)
    fields[:, 4:] = values.view(np.uint8).reshape(len(values), width)
    return _or_null(column, _binaries(fields))


def _big_endian(column: pa.Array) -> NDArray[Any]:
    """The values as they are sent; whatever stands where null is."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        moments = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
        return (_plain(moments) - SINCE_2000_US).astype(">i8")
    if pa.types.is_boolean(kind):
        return _plain(column.cast(pa.uint8()))
    if kind in (pa.float32(), pa.float64(), pa.int32()):
        values = _plain(column)
        return values.astype(values.dtype.newbyteorder(">"))
    raise TypeError(f"no binary field for {kind}")


def _plain(column: pa.Array) -> NDArray[Any]:
    values: NDArray[Any] = (column.fill_null(0) if column.null_count else column).to_numpy(zero_copy_only=False)
    return values


def _text_fields(column: pa.Array) -> pa.Array:
    lengths = _plain(pc.binary_length(column.cast(pa.binary()))).astype(">i4").view(np.uint8).reshape(len(column), 4)
    texts = column.cast(pa.large_binary())
    fields = pc.binary_join_element_wise(_binaries(np.ascontiguousarray(lengths)), texts, NOTHING)
    return pc.if_else(column.is_valid(), fields, NULL)


def _binaries(rows: NDArray[np.uint8]) -> pa.Array:
    """Each row of bytes as a value."""
    count, width = rows.shape
    fixed = pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(rows)])
    return fixed.cast(pa.large_binary())


def _or_null(column: pa.Array, fields: pa.Array) -> pa.Array:
    return pc.if_else(column.is_valid(), fields, NULL) if column.null_count else fields
