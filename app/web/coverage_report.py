"""What the report of a municipality prints: one page of A4 that stands alone in a meeting."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.web.coverage_drawing import draw
from app.web.coverage_tables import CLAIMS, SHARES, STATES, survey_words
from app.web.coverage_words import SHOWN, carrier_name, profile_title, town_name
from app.web.messages import Language, message

Facts = dict[str, Any]


def report_facts(found: Mapping[str, Any], drawn: Mapping[str, Any], language: Language, address: str) -> Facts:
    """What the report of a municipality prints; `found` is what its page shows, `drawn` its cells."""
    name, build, say = town_name(found["code"], language), found["build"], partial(message, language)
    return {
        "language": language,
        "title": say("coverage.report.title", town=name),
        "lead": say("coverage.report.lead", as_of=build["as_of"], profile=profile_title(build["profile"], language)),
        "says": [say("coverage.report.says", **found["figures"])],
        "is_sample": build["is_sample"],
        "sample_note": say("coverage.sample"),
        "sample_word": message(language, "sample"),
        "map": draw(drawn, say("coverage.report.map.alt", town=name)) or "",
        "map_alt": say("coverage.report.map.alt", town=name),
        "map_keys": [[state, say(f"coverage.shown.{state}")] for state in SHOWN],
        **_states(found, language),
        **_gaps(found, language),
        **_beside(found, language),
        **_rests(found, language),
        "foot": address,
    }


def _states(found: Mapping[str, Any], language: Language) -> Facts:
    """Cells, roads and people by state, a row a carrier."""
    say = partial(message, language)
    return {
        "states_title": say("coverage.report.states"),
        "state_headings": [
            say("coverage.carrier"),
            *(say(f"coverage.shown.{state}") for state in STATES),
            say("coverage.report.people"),
        ],
        "state_rows": [
            [
                carrier_name(row["carrier"], language),
                *(f"{row['cells'].get(state, 0):,} / {row['road_km'].get(state, 0.0):,.1f} km" for state in STATES[:3]),
                f"{row['cells'].get('unknown', 0):,}",
                f"{row['population'].get('gap', 0.0):,.0f}",
            ]
            for row in found["states"]
        ],
        "states_note": say("coverage.report.note"),
    }


def _gaps(found: Mapping[str, Any], language: Language) -> Facts:
    """Gaps, a row a kind."""
    say = partial(message, language)
    return {
        "gaps_title": say("coverage.report.gaps"),
        "gap_headings": [
            say("coverage.gap.kind"),
            say("coverage.gap.places"),
            say("coverage.cells"),
            "km²",
            say("coverage.gap.road"),
            say("coverage.gap.people"),
            say("coverage.newest"),
        ],
        "gap_rows": [
            [
                say(f"coverage.gap.{row['kind']}"),
                f"{row['places']:,}",
                f"{row['cells']:,}",
                f"{row['area_km2']:,.2f}",
                f"{row['road_km']:,.1f} km",
                f"{row['population']:,.0f}",
                str(row["newest_on"] or "—"),
            ]
            for row in found["kinds"]
        ],
        "gaps_note": say("coverage.gap.note"),
    }


def _beside(found: Mapping[str, Any], language: Language) -> Facts:
    """What stands beside the measured cells: shares of each survey, and carriers' claims."""
    say = partial(message, language)
    return {
        "shares_title": say("coverage.shares"),
        "share_headings": [say("coverage.table.survey"), *(f"{say(f'coverage.share.{part}')} (%)" for part in SHARES)],
        "share_rows": [
            [survey_words(row, language), *(f"{row[part]:.1f}" for part in SHARES)] for row in found["shares"]
        ],
        "shares_note": say("coverage.shares.note"),
        "claims_title": say("coverage.claims"),
        "claims_note": say("coverage.claims.note"),
        "claim_headings": [say("coverage.carrier"), *(say(f"coverage.claims.{part}") for part in CLAIMS)],
        "claim_rows": [
            [f"{carrier_name(row['carrier'], language)} ({row['as_of']})", *(f"{row[part]:,}" for part in CLAIMS)]
            for row in found["claimed"]
        ],
    }


def _rests(found: Mapping[str, Any], language: Language) -> Facts:
    """What the figures rest on."""
    build, say = found["build"], partial(message, language)
    return {
        "rests_title": say("coverage.report.rests"),
        "rests": [
            say("coverage.report.rests.samples", n=f"{found['samples']:,}", newest=found["newest"] or "—"),
            say(
                "coverage.report.rests.profile",
                profile=f"{profile_title(build['profile'], language)} ({build['profile']})",
            ),
            say("coverage.report.rests.unknown"),
        ],
    }
