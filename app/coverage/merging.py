"""Parts put together: a new batch gives the same states as everything at once, exactly, in any order and grouping."""

from collections.abc import Sequence
from functools import reduce

import ibis.expr.types as ir

from app.coverage.aggregation import (
    CELL_MONTH_BITS,
    CELL_MONTH_KEY,
    CELL_MONTH_SUMS,
    SEGMENT_PASS_KEY,
    SEGMENT_PASS_SUMS,
    bit_or,
)


def merge_segment_passes(parts: Sequence[ir.Table]) -> ir.Table:
    """Segment passes of any parts of the rows, as those of all rows."""
    whole = _stacked(parts)
    return whole.group_by(SEGMENT_PASS_KEY).aggregate(
        **{name: whole[name].sum().cast("int64") for name in SEGMENT_PASS_SUMS}
    )


def merge_cell_months(parts: Sequence[ir.Table]) -> ir.Table:
    """Cell months of parts that share no segment pass: parts by survey, by device, by day or by area of whole segments.

    Where one phone's day may be spread over parts, merge segment passes instead.
    """
    whole = _stacked(parts)
    return whole.group_by(CELL_MONTH_KEY).aggregate(
        **{name: whole[name].sum().cast("int64") for name in CELL_MONTH_SUMS},
        **{name: bit_or(whole[name]).cast("int64") for name in CELL_MONTH_BITS},
        newest=whole.newest.max(),
        oldest=whole.oldest.min(),
    )


def _stacked(parts: Sequence[ir.Table]) -> ir.Table:
    return reduce(lambda above, below: above.union(below, distinct=False), parts)
