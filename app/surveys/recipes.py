"""Logs of known apps, recognised by their headings, and what their columns mean where the dictionary cannot know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.surveys.fields import BY_NAME, LEXICON, factor_of, field_of, forms_of
from app.surveys.not_logs import refuse_headings
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
_GNETTRACK = {
    "timestamp": ("at", 1), "operatorname": ("carrier", 1), "networkmode": ("technology", 1), "speed": ("speed_kmh", 1),
    "snr": ("sinr_db", 1), "dlbitrate": ("downlink_mbps", 0.001), "ulbitrate": ("uplink_mbps", 0.001),
    "pingavg": ("latency_ms", 1), "nrxrsrp": ("nr_rsrp_dbm", 1), "nrxrsrq": ("nr_rsrq_db", 1), "accuracy": ("accuracy_m", 1),
    "device": ("device", 1), "band": ("band", 1),
}  # fmt: skip
RECIPES: tuple[Recipe, ...] = (
    # Bit rates in kbit/s, speed in km/h, a time of the phone's own zone. RSRP is the 4G cell's, NRxRSRP the 5G cell's.
    # Source: logs of uccmisl/5Gdataset (README and rows).
    Recipe(
        "gnettrack-pro", "G-NetTrack Pro", "G-NetTrack Pro", ("timestamp", "operatorname", "networkmode", "rsrp"),
        {**_GNETTRACK, "rsrp": ("rsrp_dbm", 1), "rsrq": ("rsrq_db", 1)},
        blank_is_no_service=True,
    ),
    # Its logs in text: the serving cell's level and quality, by tabs. Source: shunrin824/gnt2influx src/parser.rs, sample_log.txt.
    Recipe(
        "gnettrack-text", "G-NetTrack（テキスト）", "G-NetTrack (text)", ("timestamp", "networkmode", "level", "qual"),
        {**_GNETTRACK, "operator": ("carrier", 1), "level": ("rsrp_dbm", 1), "qual": ("rsrq_db", 1)},
        blank_is_no_service=True,
    ),
    # Android's own units: metres per second. `dbm` is RSRP of LTE, SS-RSRP of NR, RSCP of UMTS; a cell that is not the
    # primary one is `neighboring`. Source: zamojski/TowerCollector CsvExportFormatter.java, NetMonsterSignalConverter.java.
    Recipe(
        "tower-collector", "Tower Collector", "Tower Collector", ("mcc", "mnc", "measuredat", "nettype"),
        {
            "measuredat": ("at", 1), "speed": ("speed_kmh", 3.6), "dbm": ("rsrp_dbm", 1), "nettype": ("technology", 1),
            "neighboring": ("neighbour", 1), "ssrsrp": ("nr_rsrp_dbm", 1), "ssrsrq": ("nr_rsrq_db", 1), "rssnr": ("sinr_db", 1),
        },
        zone="UTC",
    ),
    # As sent to OpenCelliD: `rating` is the accuracy in metres; `signal` is in dBm, or in ASU, which is refused (no sign).
    # Source: zamojski/TowerCollector CsvUploadFormatter.java; the OpenCelliD wiki's measure/uploadCsv.
    Recipe(
        "opencellid", "OpenCelliD（送信用）", "OpenCelliD (as uploaded)", ("mcc", "mnc", "cellid", "measuredat", "signal"),
        {
            "measuredat": ("at", 1), "signal": ("rsrp_dbm", 1), "act": ("technology", 1), "speed": ("speed_kmh", 3.6),
            "rating": ("accuracy_m", 1), "devn": ("device", 1),
        },
        zone="UTC",
    ),
    # As downloaded from it. Source: the OpenCelliD wiki, “Database format”, measurements_*.csv.
    Recipe(
        "opencellid-download", "OpenCelliD（取得した測定）", "OpenCelliD (measurements downloaded)",
        ("mcc", "net", "area", "cell", "signal", "measured"),
        {
            "measured": ("at", 1), "signal": ("rsrp_dbm", 1), "radio": ("technology", 1), "speed": ("speed_kmh", 3.6),
            "rating": ("accuracy_m", 1),
        },
        zone="UTC",
    ),
    # NetMonster itself exports cells alone (see `not_logs`): this is for tables with the names of its library's values.
    # Source: mroczis/netmonster-core SignalLte.kt, SignalNr.kt.
    Recipe(
        "netmonster", "NetMonster（コア）", "NetMonster (core)", ("mcc", "mnc", "pci", "rsrp", "latitude", "longitude"),
        {
            "technology": ("technology", 1), "timestamp": ("at", 1), "speed": ("speed_kmh", 3.6), "snr": ("sinr_db", 1),
            "ssrsrp": ("nr_rsrp_dbm", 1), "ssrsrq": ("nr_rsrq_db", 1),
        },
    ),
    # What the Speedtest app's results export: kbit/s, times of the phone's own zone, no carrier. `ConnType` is Wifi, Cell
    # (no generation told, so refused), Edge, Umts, Lte, … Source: SpeedTest Visualizer (Liquid Labs) CsvDataParser.java.
    Recipe(
        "ookla", "Ookla Speedtest", "Ookla Speedtest", ("conntype", "lat", "lon", "download", "upload", "latency"),
        {
            "date": ("at", 1), "conntype": ("technology", 1), "download": ("downlink_mbps", 0.001),
            "upload": ("uplink_mbps", 0.001), "latency": ("latency_ms", 1),
        },
    ),
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
    refuse_headings(words)
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
