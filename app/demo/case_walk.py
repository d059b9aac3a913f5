"""One sample case walked through the procedure: the site as it then stands, with everything that lies beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from app.applications.deadlines import due_on
from app.applications.procedure import RESUME, Party, State, Transition
from app.applications.standard_procedure import STANDARD
from app.clock import add_months
from app.demo import case_words as words
from app.demo.case_effects import EFFECTS, GIVEN
from app.demo.case_people import SERVICE, Author, Cast
from app.demo.case_records import OfficeHours, Row, document_row, event_row, sample_id
from app.demo.cases import Case
from app.demo.histories import transition_of
from app.demo.work_days import WorkDays


@dataclass(slots=True)
class Told:
    """What a case left behind, as rows by table."""

    site: Row
    events: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    reservation: Row | None = None
    reviews: list[Row] = field(default_factory=list)
    offers: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    station: Row | None = None
    partner_events: list[Row] = field(default_factory=list)  # of the case that holds the slot


class Walk:
    """A case on its way; every step is one of the standard procedure."""

    def __init__(self, case: Case, site: Row, asset: Mapping[str, Any], days: WorkDays, cast: Cast, carrier: Author):
        self.case, self.asset, self.days, self.cast, self.carrier = case, asset, days, cast, carrier
        self.rng: Random = case.rng
        self.hours = OfficeHours(self.rng)
        self.told = Told(site)
        self.site = site
        self.day = days.at(case.start)  # of the last act
        self.window = cast.window(self.rng, self.day)
        self.owner = cast.somebody(case.office, self.rng)
        self.content: Row = {}

    def run(self) -> Told:
        """All acts in order, then what is still being said and asked."""
        for action, number in self.case.acts(self.days):
            day = self.days.at(number)
            self.between(day)
            self._act(action, day)
        if self.site["stage"] != "end" and self.site["submitted_at"] is not None:
            self.between(self.days.at(self.days.latest), is_last=True)
        return self.told

    # What happens between two steps

    def between(self, until: date, *, is_last: bool = False) -> None:
        """Comments, and opinions asked for, while a step is owed."""
        room = self.days.on_or_after(until) - self.days.on_or_after(self.day)
        if room < 3:
            return
        first = self.days.on_or_after(self.day) + 1
        is_reviewed = self.site["state"] in ("consultation", "permit_applied") and not self.told.reviews
        if is_reviewed and self.rng.random() < (0.7 if is_last else 0.4):
            self._ask_opinions(first, first + room - 2, is_last=is_last)
        elif self.site["stage"] not in ("operation", "end") and self.rng.random() < 0.16:
            self._comment(self.days.at(first + self.rng.randint(0, room - 2)))

    def _comment(self, day: date) -> None:
        is_inside = self.rng.random() < 0.4 and self.site["referred_at"] is not None
        party = self.rng.choice((Party.WINDOW, Party.OWNER)) if is_inside else Party(self.site["party"])
        said = self.rng.choice(words.SAID_INSIDE if is_inside else words.SAID_TO_ALL[party.value])
        audience = "inside" if is_inside else "all"
        self.say("comment", day, party, self.author(party, day), audience=audience, comment=said)

    def _ask_opinions(self, first: int, last: int, *, is_last: bool) -> None:
        """Ask one or two offices; while the step is still owed, some have not answered."""
        offices = self._offices()
        if is_last:  # so that answers are due from last week to the week after next
            first = self.rng.randint(max(first, last - 13), last)
        asked_on = self.days.at(first)
        due = self.days.at(first + 10)
        rule = {"rule": "all", "needed": len(offices), "round": 1}
        question = self.rng.choice(words.QUESTIONS)
        names = [self.cast.name(key) for key in offices]
        said = {**rule, "offices": names, "question": question, "due_on": due.isoformat()}
        at = self.say("ask_review", asked_on, Party.OWNER, self.owner, audience="inside", content=said)
        for key in offices:
            self.told.reviews.append(
                {
                    "review_id": sample_id(f"review {self.case.key} {key}"), "site_id": self.site["site_id"], "round": 1,
                    "organisation_id": self.cast.ids[key], "organisation_name": self.cast.name(key), "question": question,
                    "asked_by": self.owner.person_id, "asked_at": at, "due_on": due,
                }
            )  # fmt: skip
        self.site["reviewer_organisations"] = [self.cast.ids[key] for key in offices]
        self.site["review_rule"] = rule
        for review, key in zip(self.told.reviews, offices, strict=True):
            if not is_last or self.rng.random() < 0.3:
                self._answer(review, key, self.days.at(self.rng.randint(self.days.on_or_after(self.day), last)))

    def _offices(self) -> list[str]:
        located = {"13103": "minato", "13307": "hinohara"}.get(self.site["municipality_code"] or "")
        return ["construction"] + ([located] if located and located != self.case.office else [])

    def _answer(self, review: Row, key: str, day: date) -> None:
        answer = "yes_with_conditions" if self.rng.random() < 0.3 else "yes"
        if self.case.target in ("declined", "permit_denied"):
            answer = "no"
        comment, author = self.rng.choice(words.ANSWERS[answer]), self.cast.somebody(key, self.rng)
        content = {"answer": answer, "round": 1}
        at = self.say("answer_review", day, Party.OWNER, author, audience="inside", comment=comment, content=content)
        review |= {"answer": answer, "comment": comment, "answered_by": author.person_id, "answered_at": at}

    # A step

    def _act(self, action: str, day: date) -> None:
        step = transition_of(self.site["state"], action)
        if action == "resubmit":
            self._mend(day)
        self._attach(step, day)
        self.content = self._given(step, day)
        came_from = self.site["state"]
        at = self.hours.next_on(day)
        for effect in step.effects:
            if effect in EFFECTS:
                EFFECTS[effect](self, day, at)
        self._stand(step, day, at)
        comment = self._words(step)
        if action == "withdraw":
            self.site |= {"reason_code": self.content["reason_code"], "reason": comment}
        if "decide" in step.effects:
            self._decide(day, comment)
        self.say(
            action, day, step.party, self.author(step.party, day), comment=comment, content=self.content, at=at,
            states=(came_from, self.site["state"]),
        )  # fmt: skip

    def _stand(self, step: Transition, day: date, at: datetime) -> None:
        """The columns that follow from being in a state."""
        is_back = step.target == RESUME
        state = STANDARD.by_state[self.site["resume_state"] if is_back else step.target]
        resumed = self.site["resume_days"] if is_back else None
        self.site |= {
            "state": state.code, "party": state.party.value, "stage": state.stage, "state_since": at,
            "due_on": due_on(
                state, day, is_new_structure=self.site["plan"]["is_new_structure"], closures=self.closures(state),
                resumed_days=resumed,
            ),
        }  # fmt: skip
        if is_back:
            self.site |= {"resume_state": None, "resume_days": None}

    def closures(self, state: State) -> frozenset[date]:
        """Days the office that owes a state's step is closed."""
        return self.cast.closures.get(self.case.office, frozenset()) if state.party is Party.OWNER else frozenset()

    def author(self, party: Party, day: date) -> Author:
        """Who acts for a party on a day."""
        if party is Party.WINDOW and day >= self.cast.window_since and self.window.person_id is None:
            self.window = self.cast.somebody("window", self.rng)
        return {Party.CARRIER: self.carrier, Party.WINDOW: self.window, Party.OWNER: self.owner}.get(party, SERVICE)

    def say(
        self, action: str, day: date, party: Party, author: Author, *, audience: str = "all", comment: str | None = None,
        content: Row | None = None, at: datetime | None = None, states: tuple[str | None, str | None] = (None, None),
    ) -> datetime:  # fmt: skip
        """Write an event and answer its instant."""
        at = at or self.hours.next_on(day)
        self.told.events.append(
            event_row(self.site, action, at, party, author, audience, comment or None, content, states)
        )
        self.day = day
        return at

    def _words(self, step: Transition) -> str | None:
        reason = self.content.get("reason_code")
        if reason and step.action in ("decline", "deny", "withdraw"):
            return words.REASONS[reason][step.party is Party.CARRIER]
        said = self.rng.choice(words.COMMENTS[step.action])
        return said or None

    def _given(self, step: Transition, day: date) -> Row:
        """What is given with an action, as its fields ask."""
        given: Row = {}
        for name in step.fields:
            if name in GIVEN:
                given[name] = GIVEN[name](self, day)
        return given

    # Documents and corrections

    def _attach(self, step: Transition, day: date) -> None:
        is_structure = self.asset["asset_kind"] == "structure"
        for document_type in step.documents + (step.structure_documents if is_structure else ()):
            if step.party is Party.CARRIER:
                self.attach(document_type, day)

    def attach(self, document_type: str, day: date) -> None:
        """Add a document, or its next version."""
        version = 1 + sum(row["document_type"] == document_type for row in self.told.documents)
        self.told.documents.append(
            document_row(self.site, document_type, version, self.hours.next_on(day), self.carrier)
        )

    def _mend(self, day: date) -> None:
        """Change what was asked for: new versions of documents, and fields of the plan."""
        fields = []
        for item in self.site["correction"]:
            kind, _, name = item["target"].partition(":")
            if kind == "document":
                self.attach(name, day)
            else:
                fields.append(name)
        if fields:
            after = {name: self.site["plan"][name] for name in fields}
            before = {name: _before(value) for name, value in after.items()}
            content = {"fields": sorted(fields), "before": before, "after": after}
            self.say("change_plan", day, Party.CARRIER, self.carrier, content=content)

    def _decide(self, day: date, comment: str | None) -> None:
        reason = self.content.get("reason_code")
        reopens = reason in ("rebuild_planned", "no_space", "no_power", "no_fibre", "other_permit_exists")
        reopen_on = add_months(day, self.rng.choice((6, 12, 24))) if reopens else None
        self.site |= {
            "decided_on": day, "reason_code": reason, "reason": comment if reason else None, "reopen_on": reopen_on,
        }  # fmt: skip
        if reopen_on:
            self.content["reopen_on"] = reopen_on.isoformat()


def _before(value: Any) -> Any:
    """What stood in a field before it was mended."""
    return value[:-1] if isinstance(value, list) else round(value * 0.8, 1)
