"""Logs of known apps, recognised by their headings, and what their columns mean where the dictionary cannot know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.surveys.fields import BY_NAME, LEXICON, factor_of, field_of, forms_of
from app.tabular.heading_words import normalise_heading
from app.tabular.table import Heading, Unreadable


@dataclass(frozen=True, slots=True)
class Recipe:
    """An app's log: the headings that tell it, and its columns as heading → (field, its unit's worth, or 1).

    `blank_is_no_service`: the app writes `-` as the network's mode where the phone has no service.
    `zone`: of times the app writes without a zone; None: the phone's own.
    """

    name: str
    ja: str
    en: str
    marks: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    blank_is_no_service: bool = False
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column taken: its place from 0, its heading, its field, and what one of its unit is in the field's."""

    place: int
    heading: str
    field: str
    factor: float = 1.0


PLAIN = Recipe("plain", "標準様式", "the plain template")
OTHER = Recipe("dictionary", "見出しから読み取り", "read by its headings")
RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "gnettrack-pro", "G-NetTrack Pro", "G-NetTrack Pro", ("timestamp", "operatorname", "networkmode", "rsrp"),
        # Bit rates in kbit/s, speed in km/h, a time of the phone's own zone. RSRP is the 4G cell's, NRxRSRP the 5G cell's.
        {
            "timestamp": ("at", 1), "operatorname": ("carrier", 1), "networkmode": ("technology", 1), "speed": ("speed_kmh", 1),
            "rsrp": ("rsrp_dbm", 1), "rsrq": ("rsrq_db", 1), "snr": ("sinr_db", 1), "dlbitrate": ("downlink_mbps", 0.001),
            "ulbitrate": ("uplink_mbps", 0.001), "pingavg": ("latency_ms", 1), "nrxrsrp": ("nr_rsrp_dbm", 1),
            "nrxrsrq": ("nr_rsrq_db", 1), "accuracy": ("accuracy_m", 1), "device": ("device", 1), "band": ("band", 1),
        },
        blank_is_no_service=True,
    ),
    Recipe(
        "tower-collector", "Tower Collector", "Tower Collector", ("mcc", "mnc", "measuredat", "nettype"),
        # Android's own units: metres per second; `dbm` of an LTE cell is its RSRP. Times in UTC where no zone is written.
        {
            "measuredat": ("at", 1), "speed": ("speed_kmh", 3.6), "dbm": ("rsrp_dbm", 1), "rsrp": ("rsrp_dbm", 1),
            "nettype": ("technology", 1), "neighboring": ("neighbour", 1), "ssrsrp": ("nr_rsrp_dbm", 1),
            "ssrsrq": ("nr_rsrq_db", 1), "rssnr": ("sinr_db", 1),
        },
        zone="UTC",
    ),
    Recipe(
        "opencellid", "OpenCelliD", "OpenCelliD", ("mcc", "mnc", "cellid", "measuredat", "signal"),
        {
            "measuredat": ("at", 1), "signal": ("rsrp_dbm", 1), "act": ("technology", 1), "speed": ("speed_kmh", 3.6),
            "rating": ("accuracy_m", 1),
        },
        zone="UTC",
    ),
    Recipe(
        "netmonster", "NetMonster", "NetMonster", ("mcc", "mnc", "pci", "rsrp", "latitude", "longitude"),
        {"technology": ("technology", 1), "timestamp": ("at", 1), "speed": ("speed_kmh", 3.6), "snr": ("sinr_db", 1)},
    ),
    Recipe(
        "ookla", "Ookla Speedtest", "Ookla Speedtest", ("conntype", "lat", "lon", "download", "upload", "latency"),
        {
            "date": ("at", 1), "conntype": ("technology", 1), "download": ("downlink_mbps", 0.001),
            "upload": ("uplink_mbps", 0.001), "latency": ("latency_ms", 1),
        },
    ),
)  # fmt: skip
# Files of the same field that hold no measurements: what tells them, and what they are.
_NOT_LOGS = (
    (("radio", "mcc", "net", "area", "cell", "range", "samples"), "基地局の位置の一覧（OpenCelliD）", "a list of base stations (OpenCelliD)"),
    (("quadkey", "avgdkbps", "tests"), "速度の集計（Ooklaのタイル）", "speeds already summed up (Ookla tiles)"),
)  # fmt: skip


def known_words() -> frozenset[str]:
    """Every heading of the dictionary and of the recipes, for finding the row of headings."""
    marks = (word for recipe in RECIPES for word in (*recipe.marks, *recipe.columns))
    return frozenset({*LEXICON, *marks})


def recognise(headings: Sequence[Heading], wanted: str | None = None) -> Recipe:
    """The recipe of a log by its headings, or the one wanted by name.

    Raises: Unreadable where the file is a known one without measurements, or no recipe has the wanted name.
    """
    words = {normalise_heading(heading.name) for heading in headings}
    for marks, ja, en in _NOT_LOGS:
        if words.issuperset(marks):
            raise Unreadable(
                "no-measurements",
                f"これは{ja}で、測定の記録ではありません。1行に1回の測定がある記録を送ってください。",
                f"This is {en}, not a log of measurements. Send the log with one row for each measurement.",
            )
    if wanted:
        return _wanted(wanted)
    found = [recipe for recipe in RECIPES if words.issuperset(recipe.marks)]
    if found:
        return max(found, key=lambda recipe: len(recipe.marks))
    return PLAIN if words.issuperset({"日時", "緯度", "経度", "通信事業者", "通信方式"}) else OTHER


def _wanted(name: str) -> Recipe:
    found = next((recipe for recipe in (*RECIPES, PLAIN, OTHER) if recipe.name == name), None)
    if found is None:
        names = "、".join(recipe.name for recipe in (*RECIPES, PLAIN, OTHER))
        raise Unreadable(
            "unknown-recipe",
            f"「{name[:40]}」という読み方はありません。{names}から選んでください。",
            f"There is no recipe “{name[:40]}”. Choose one of {names.replace('、', ', ')}.",
        )
    return found


def columns_of(headings: Sequence[Heading], recipe: Recipe, chosen: Mapping[str, str | None]) -> list[Column]:
    """What each column means: as a person chose, as the recipe knows, or by the dictionary; a field is taken once."""
    columns: list[Column] = []
    taken: set[str] = set()
    for heading in sorted(headings, key=lambda one: one.name not in chosen and _in(recipe, one) is None):
        name, factor = _meaning(heading, recipe, chosen)
        if name and name not in taken:
            taken.add(name)
            columns.append(Column(heading.place, heading.name, name, factor))
    return sorted(columns, key=lambda column: column.place)


def _in(recipe: Recipe, heading: Heading) -> tuple[str, float] | None:
    return next((recipe.columns[form] for form in forms_of(heading.name) if form in recipe.columns), None)


def _meaning(heading: Heading, recipe: Recipe, chosen: Mapping[str, str | None]) -> tuple[str | None, float]:
    known = _in(recipe, heading)
    if heading.name in chosen:
        name = chosen[heading.name]
        if name is not None and name not in BY_NAME:
            raise Unreadable(
                "unknown-field",
                f"列「{heading.name[:40]}」に選んだ項目「{name[:40]}」はありません。選び直してください。",
                f"There is no field “{name[:40]}”, chosen for column “{heading.name[:40]}”. Choose again.",
            )
    else:
        name = known[0] if known else field_of(heading.name)
    if not name:
        return None, 1.0
    said = factor_of(heading.name, name)
    if said is not None:
        return name, said
    return name, known[1] if known and known[0] == name else 1.0
