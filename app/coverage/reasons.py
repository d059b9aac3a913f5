"""Why a cell has its state: a code each, in words for people."""

from typing import NamedTuple


class Reason(NamedTuple):
    """The state it leads to, and its words."""

    state: str
    ja: str
    en: str


REASONS: dict[str, Reason] = {
    "bound_above": Reason(
        "covered", "測定値から、9割以上の場所で基準を満たすと95%の確かさで言えます", "With 95 % confidence the signal reaches the threshold in at least 90 % of it"
    ),
    "bound_below": Reason(
        "gap", "測定値から、基準を満たす場所は9割未満と95%の確かさで言えます", "With 95 % confidence the signal reaches the threshold in less than 90 % of it"
    ),
    "no_service": Reason(
        "gap", "圏外の区間があり、圏外または弱い区間が1割を超えると95%の確かさで言えます", "There are segments without service; with 95 % confidence more than a tenth of it is not served"
    ),
    "share_above": Reason("covered", "測定した場所のうち、決められた割合を超えて基準を満たします", "More than the required share of what was measured reaches the threshold"),
    "share_below": Reason("gap", "測定した場所のうち、基準を満たすのは決められた割合以下です", "No more than the required share of what was measured reaches the threshold"),
    "not_surveyed": Reason("unknown", "測定されていません", "Not surveyed"),
    "few_samples": Reason("unknown", "測定の数が足りません", "Too few samples"),
    "few_segments": Reason("unknown", "測定した区間が足りません", "Too few segments of road were measured"),
    "between_bounds": Reason("uncertain", "基準を満たすとも満たさないとも言い切れません", "Neither covered nor a gap can be said with confidence"),
    "no_service_unsure": Reason("uncertain", "圏外の区間がありますが、広がりを言い切れません", "There are segments without service; how many cannot be said with confidence"),
    "contradictory": Reason("uncertain", "新しい測定と古い測定が食い違います", "Newer and older measurements contradict each other"),
    "stale": Reason("uncertain", "圏内とした測定が古くなりました。再測定が必要です", "The measurements that showed coverage are too old: survey again"),
    "decayed": Reason("uncertain", "圏内とした測定が古く、確かさが足りません。再測定が必要です", "The measurements that showed coverage have aged and no longer suffice: survey again"),
    "station_opened": Reason("uncertain", "測定の後、近くで基地局が開設されました。再測定が必要です", "A station opened near by after the measurements: survey again"),
    "station_closed": Reason("uncertain", "測定の後、近くの基地局が廃止されました。再測定が必要です", "A station near by closed after the measurements: survey again"),
}  # fmt: skip
