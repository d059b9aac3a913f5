"""How coverage pages say things: carriers, profiles, states and their reasons, and small drawings of evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.coverage.combining import TOGETHER_REASONS
from app.coverage.profiles import Profile, all_profiles
from app.coverage.reasons import REASONS
from app.territory.facts import facts_by_code
from app.web.messages import Language, message

SHOWN = ("covered", "weak", "gap", "uncertain", "unknown")
GRADES = ("none", "weak", "usable", "good")
_CARRIERS = {
    "docomo": ("NTTドコモ", "NTT DOCOMO"), "kddi": ("KDDI", "KDDI"), "softbank": ("ソフトバンク", "SoftBank"),
    "rakuten": ("楽天モバイル", "Rakuten Mobile"), "sample-a": ("通信事業者A", "Carrier A"),
    "sample-b": ("通信事業者B", "Carrier B"), "sample-c": ("通信事業者C", "Carrier C"),
    "sample-d": ("通信事業者D", "Carrier D"), "all": ("全社まとめて", "All carriers together"),
}  # fmt: skip
_LOWEST, _HIGHEST = -140, -70  # dBm, the ends of the scale that is drawn


def coverage_words(language: Language) -> dict[str, Any]:
    """Functions for templates, in the page's language."""
    return {
        "carrier_name": lambda carrier: carrier_name(carrier, language),
        "profile_title": lambda profile_id: profile_title(profile_id, language),
        "reason_words": lambda reason: reason_words(reason, language),
        "town_name": lambda code: town_name(code, language),
        "dbm": dbm,
        "thousands": lambda n: f"{n:,}",
        "km": lambda value: f"{value:,.1f}",
        "share_of": lambda part, whole: f"{100 * part / whole:.1f}" if whole else "0.0",
    }


def carrier_name(carrier: str, language: Language) -> str:
    """What people call a carrier."""
    return _CARRIERS.get(carrier, (carrier, carrier))[language == "en"]


def profile_title(profile_id: str, language: Language) -> str:
    """A profile's title; its id where it is no more."""
    profile = all_profiles().get(profile_id)
    return (profile.title_ja if language == "ja" else profile.title_en) if profile else profile_id


def town_name(code: str | None, language: Language) -> str:
    """A municipality's name."""
    town = facts_by_code().get(code or "")
    return (code or "") if town is None else town.name if language == "ja" else town.romaji


def dbm(value: float | None) -> str:
    """A level with its unit; a dash for none."""
    return "—" if value is None else f"{value:.1f} dBm".replace("-", "−")


def reason_words(reason: str, language: Language) -> str:
    """Why a cell has its state, as a sentence."""
    known = REASONS.get(reason) or TOGETHER_REASONS.get(reason)
    return reason if known is None else known.ja + "。" if language == "ja" else known.en + "."


def histogram_bars(counts: Sequence[int] | None, language: Language, profile: Profile | None) -> list[dict[str, Any]]:
    """Squares by level, weakest first: words, how many, share of the tallest in percent."""
    if not counts:
        return []
    tallest = max(counts) or 1
    labels = (
        _grade_labels(profile, language) if len(counts) == len(GRADES) else [str(n + 1) for n in range(len(counts))]
    )
    return [
        {"words": label, "n": n, "percent": round(100 * n / tallest), "grade": GRADES[min(i, 3)]}
        for i, (label, n) in enumerate(zip(labels, counts, strict=True))
    ]


def _grade_labels(profile: Profile | None, language: Language) -> list[str]:
    names = [message(language, f"coverage.grade.{grade}") for grade in GRADES]
    if profile is None:
        return names
    low, middle, high = (f"{bound:g}".replace("-", "−") for bound in profile.bounds.model_dump().values())
    spans = (f"< {low}", f"{low} – {middle}", f"{middle} – {high}", f"≥ {high}")
    return [f"{name} ({span})" for name, span in zip(names, spans, strict=True)]


def level_scale(cell: Mapping[Any, Any], profile: Profile | None, language: Language) -> Markup | None:
    """The tolerance bounds and the mean against the threshold, on a scale of dBm; None where nothing was judged by level."""
    lower, upper, mean = cell["lower_dbm"], cell["upper_dbm"], cell["mean_dbm"]
    if profile is None or lower is None or upper is None or mean is None:
        return None
    low, high = min(lower, upper), max(lower, upper)
    said = message(
        language, "coverage.scale", low=dbm(low), high=dbm(high), mean=dbm(mean), threshold=dbm(profile.threshold_dbm)
    )
    threshold = _x(profile.threshold_dbm)
    ticks = "".join(
        f'<text x="{_x(level)}" y="62" text-anchor="middle">{level}</text>'.replace(">-", ">−")
        for level in range(-140, -69, 20)
    )
    return Markup(  # noqa: S704 - numbers and our own words alone
        f'<svg class="scale" viewBox="0 0 360 66" role="img" aria-label="{said}">'
        f'<rect class="below" x="{_x(_LOWEST)}" y="16" width="{threshold - _x(_LOWEST)}" height="28"/>'
        f'<rect class="above" x="{threshold}" y="16" width="{_x(_HIGHEST) - threshold}" height="28"/>'
        f'<line class="bounds" x1="{_x(low)}" x2="{_x(high)}" y1="30" y2="30"/>'
        f'<line class="bounds" x1="{_x(low)}" x2="{_x(low)}" y1="23" y2="37"/>'
        f'<line class="bounds" x1="{_x(high)}" x2="{_x(high)}" y1="23" y2="37"/>'
        f'<circle class="mean" cx="{_x(mean)}" cy="30" r="5"/>'
        f'<line class="threshold" x1="{threshold}" x2="{threshold}" y1="12" y2="48"/>'
        f'<text x="{threshold}" y="10" text-anchor="middle">{message(language, "coverage.threshold")} '
        f"{profile.threshold_dbm:g}</text>{ticks}</svg>"
    )


def _x(level: float) -> float:
    inside = min(max(level, _LOWEST), _HIGHEST)
    return round(14 + 332 * (inside - _LOWEST) / (_HIGHEST - _LOWEST), 1)
