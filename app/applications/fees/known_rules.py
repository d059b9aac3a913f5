"""Fee rules that are known, as facts with their source; where a text was not at hand the rule says so and computes nothing.

The days from which the rates hold were not at hand either: they are taken to hold since the window opened, before which
there is no application.
"""

from datetime import date

from app.applications.fees.rules import AppliesTo, FeeKind, FeeRule, Reduction

WINDOW_OPENED_ON = date(2019, 11, 8)  # first day of the one-stop window

_MINATO = "港区行政財産使用料条例 https://www.city.minato.tokyo.jp/reiki/reiki_honbun/g104RG00000226.html"
_KOTO = "江東区 減免の規定 https://www.city.koto.lg.jp/reiki-koho/reiki_honbun/g109RG00001347.html（アンテナは都市公園条例の表による）"
_TOKYO = "東京都の条例（条文は未入手。同系の規則は月額を土地の位置・形状等で定める https://www.reiki.metro.tokyo.lg.jp/reiki/reiki_honbun/g101RG00001519.html）"
_MINATO_NOTE = (
    "率は条例の要約によります。端数、1月未満の扱い、率の施行日は手元になく、1円未満切捨て・1月未満は1月として計算しています。",
    "The rates are from a summary of the ordinance. Rounding, parts of a month and the day the rates took effect were not "
    "at hand: amounts are rounded down to 1 yen and part of a month counts as a month.",
)
_ADMINISTRATIVE = ("administrative",)


def _minato(slug: str, ja: str, en: str, kind: FeeKind, rates: dict[str, str], asset_kinds: tuple[str, ...]) -> FeeRule:
    return FeeRule(
        rule_id=f"minato-{slug}", owner_name="港区", title_ja=f"港区 行政財産使用料（{ja}）",
        title_en=f"Minato City, fee for administrative property ({en})", kind=kind,
        parameters={
            **rates, "rounding": {"mode": "floor", "unit_jpy": "1", "at": "month"}, "part_month": "whole",
            "note_ja": _MINATO_NOTE[0], "note_en": _MINATO_NOTE[1],
        },
        valid_from=WINDOW_OPENED_ON, valid_to=None, source=_MINATO, applies_to=AppliesTo(asset_kinds, _ADMINISTRATIVE),
    )  # fmt: skip


_KOTO_REDUCTIONS = tuple(
    Reduction(
        f"koto-{percent}", f"江東区の減免 {percent}%", f"Koto City reduction of {percent} %", percent,
        conditions=(f"koto-{percent}-granted",),
    )
    for percent in ("100", "50", "30")
)  # fmt: skip

KNOWN_FEE_RULES: tuple[FeeRule, ...] = (
    _minato("land", "土地", "land", FeeKind.MONTHLY_RATE_LAND, {"land_rate": "2.5/1000"}, ("land",)),
    # Structures are charged by analogy with buildings.
    _minato(
        "building", "建物・工作物", "buildings and structures", FeeKind.MONTHLY_RATE_BUILDING_PART,
        {"building_rate": "6/1000", "land_rate": "2.5/1000"}, ("building", "structure"),
    ),
    _minato("movable", "物品", "movables", FeeKind.MOVABLE_RATE, {"movable_rate": "8.5/1000"}, ("movable",)),
    FeeRule(
        rule_id="koto-parks", owner_name="江東区", title_ja="江東区 公園の使用料（アンテナ）", title_en="Koto City, park fees (antennas)",
        kind=FeeKind.NEGOTIATED,
        parameters={
            "note_ja": "アンテナの使用料は都市公園条例の表で決まりますが、表の額は手元にありません。所管に確かめてください。",
            "note_en": "Antennas are charged by the table of the park ordinance; its amounts are not at hand. Ask the owner.",
        },
        valid_from=WINDOW_OPENED_ON, valid_to=None, source=_KOTO, reductions=_KOTO_REDUCTIONS,
    ),
    FeeRule(
        rule_id="tokyo", owner_name="東京都", title_ja="東京都 公有財産の使用料", title_en="Tokyo Metropolitan Government, fees for public property",
        kind=FeeKind.NEGOTIATED,
        parameters={
            "note_ja": "東京都の条例の条文は手元になく、額を計算していません。所管局に確かめてください。",
            "note_en": "The ordinance of the Metropolitan Government is not at hand and nothing is computed. Ask the bureau in charge.",
        },
        valid_from=WINDOW_OPENED_ON, valid_to=None, source=_TOKYO,
    ),
)  # fmt: skip
