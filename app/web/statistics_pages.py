"""Pages of figures: `/statistics` for window, offices and planners; `/progress` for everybody."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.statistics.case_facts import Facts
from app.applications.statistics.counts import PLAN, Wanted, figure_for, is_staff, public_figure, year_of, year_term
from app.applications.statistics.figures import PUBLIC_FIGURES, STAFF_FIGURES, Figure
from app.applications.statistics.router import Keeper, unless_known
from app.clock import add_months, today
from app.web.account_forms import PageRequires, account_page, look_up_viewer
from app.web.account_words import local_time
from app.web.messages import Language, message
from app.web.pages import page_language, render
from app.web.statistics_words import show

router = APIRouter(include_in_schema=False)
StatisticsViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_STATISTICS))]
_LAST_YEAR = "12m"


@router.get("/statistics")
def show_statistics(request: Request, viewer: StatisticsViewer, keeper: Keeper) -> Response:
    """Every figure, limited to the term and office of the address."""
    facts, language = keeper.facts(), page_language(request)
    period = request.query_params.get("period", "")
    offices = _offices(facts) if is_staff(viewer.actor) else []
    office = next((found for found, _, _ in offices if str(found) == request.query_params.get("office")), None)
    wanted = _term(period, office)
    limits = {"since": wanted.since, "until": wanted.until, "office": office, "lang": language}
    query = urlencode({name: value for name, value in limits.items() if value})
    shown = [
        show(figure_for(viewer.actor, name, facts, wanted), language, f"/api/v1/statistics/{name}.csv?{query}")
        for name in STAFF_FIGURES
    ]
    return account_page(
        request, "statistics/index.html", shown=shown, periods=_periods(facts, language), period=period,
        offices=offices, office=office, as_of=facts.as_of,
    )  # fmt: skip


def _offices(facts: Facts) -> list[tuple[UUID, str, str]]:
    """Offices that cases are with, by name."""
    owners = {sent.owner for sent in facts.sent if sent.owner in facts.offices}
    return sorted(((owner, *facts.offices[owner]) for owner in owners if owner), key=lambda office: office[1])


def _periods(facts: Facts, language: Language) -> list[tuple[str, str]]:
    """Terms to choose from: all, the last twelve months, financial years."""
    this_year = year_of(today())
    first = min((year_of(sent.started_on) for sent in facts.sent), default=this_year)
    years = [
        (str(year), message(language, "statistics.period.year", year=year)) for year in range(this_year, first - 1, -1)
    ]
    return [
        ("", message(language, "statistics.period.all")),
        (_LAST_YEAR, message(language, "statistics.period.last")),
        *years,
    ]


def _term(period: str, office: UUID | None) -> Wanted:
    """The term an address names; all of it for words it does not know."""
    if period == _LAST_YEAR:
        return Wanted(add_months(today(), -12) + timedelta(days=1), today(), office)
    if period.isascii() and period.isdigit() and len(period) == 4 and period[0] == "2":
        return Wanted(*year_term(int(period)), office)
    return Wanted(office=office)


@router.api_route("/progress", methods=["GET", "HEAD"], dependencies=[Depends(look_up_viewer)])
def show_progress(request: Request, keeper: Keeper) -> Response:
    """Totals for everybody, without an account."""
    language = page_language(request)
    try:
        facts = keeper.facts()
    except SQLAlchemyError:
        return render(request, "statistics/progress.html", 503, shown=[], at_a_glance=[], as_of="", credits=())
    found = {name: public_figure(name, facts) for name in PUBLIC_FIGURES}
    shown = [show(figure, language, f"/api/v1/progress/{name}.csv?lang={language}") for name, figure in found.items()]
    response = render(
        request, "statistics/progress.html", shown=shown, at_a_glance=_at_a_glance(found, language),
        as_of=local_time(facts.as_of), credits=facts.credits,
    )  # fmt: skip
    return unless_known(request, response)


def _at_a_glance(found: Mapping[str, Figure], language: Language) -> list[tuple[str, str]]:
    """The numbers people come for: each with what it is of."""
    standing = [row["standing"] for row in found["on-air"].rows][-1:] or [0]
    days = [row["median_days"] for row in found["days"].rows if row["median_days"] is not None][-1:]
    glance = [
        (standing[0], message(language, "progress.glance.stations", plan=PLAN[max(PLAN)])),
        *((value, message(language, "progress.glance.days")) for value in days),
        (len(found["municipalities"].rows), message(language, "progress.glance.municipalities")),
    ]
    return [(f"{value:,}", label) for value, label in glance]
