"""Random walks of everybody through the procedure, on a real database, beside a model: `scripts/faults walks` walks far.

After each step the database must say what the model says: states, parties, events without a gap, every acknowledged act
in the history and in the audit trail, refusals without a trace, never more slots taken than there are.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.accounts.actor import Service
from app.applications import handling, reviews
from app.applications.deadlines import read_site_clock
from app.applications.procedure import Procedure
from app.applications.schemas import CommentRequest, ReviewAnswer, ReviewersRequest
from app.applications.sharing_offers import answer_as_holder
from app.applications.sites import procedure_of, vary_procedure
from app.applications.timers import RENEWAL_BEFORE, WORKER, run_timers
from app.applications.workflow import transition
from app.clock import supposing, today
from app.problems import Problem
from tests.accounts_world import World, transactions
from tests.applications.stage import CARRIER, OTHER_CARRIER, OWNER, REVIEWER, WAY, WINDOW, Stage, request_of, staged
from tests.applications.test_procedure import LEADS_TO, MATRIX

STEPS = int(os.environ.get("WALK_STEPS", "240"))
STEPS_EACH = 60
ACTIONS = sorted({action for _, action in MATRIX})
# Who somebody is in the matrix; carriers by whose the site is.
ROLE_OF = {WINDOW: "window", OWNER: "owner", REVIEWER: "reviewer"}
ENDS = {"closed", "cancelled", "withdrawn", "lapsed", "declined", "permit_denied", "permit_expired"}
ONWARD = {action for _, action in WAY} | {
    "resubmit", "accept_sharing", "acknowledge_sharing", "report_road_permits", "request_modification", "require_consultation",
    "approve_modification", "request_renewal", "renew", "begin_removal", "report_restoration", "confirm_restoration",
}  # fmt: skip
AWAY = {"correction", "sharing_offered", "road_permits"}  # to come back from
# What may stop a step that the table allows: told with 409 or 422 and these reasons.
MAY_FAIL = {
    "refer": {"no_slot"}, "deem_complete": {"no_slot"}, "permit": {"no_slot", "reviews_waiting", "reviews_refused"},
    "agree": {"reviews_waiting", "reviews_refused"}, "go_on_air": {"no_slot"},
    "acknowledge_sharing": {"not_shared", "needs_own_permit", "reviews_waiting", "reviews_refused"},
    "propose_sharing": {None, "sharing_open"}, "submit": {"application_is_draft"}, "request_correction": {None},
}  # fmt: skip

# What may happen in a step, and how often.
KINDS = {
    "go_on": 24, "try_anything": 8, "days_pass": 3, "apply": 2, "say_something": 1, "ask_an_office": 2,
    "answer_as_the_holder": 1, "the_owner_changes_its_procedure": 1, "somebody_acts_for_the_service": 2,
}  # fmt: skip


@dataclass
class Expected:
    """What the model knows of a site."""

    site_id: UUID
    asset_id: str
    carrier: str
    procedure: Procedure = field(repr=False)
    state: str = "submitted"
    came_from: str | None = None
    moves: list[tuple[str, str, str]] = field(default_factory=list)  # action, from, to
    days: dict[int, date] = field(default_factory=dict)  # of events by number
    has_station: bool = False
    clock: Any = None  # as read when it was decided

    def role_of(self, person: str) -> str:
        if person in (CARRIER, OTHER_CARRIER):
            return "carrier" if person == self.carrier else "other_carrier"
        return ROLE_OF[person]

    @property
    def has_survey(self) -> bool:
        """Whether the owner's procedure had one when the case began."""
        return "survey_pending" in self.procedure.by_state

    def verdict(self, action: str, role: str) -> str:
        """What the second table says; an action of the survey is unknown where there is none."""
        known = {t.action for t in self.procedure.transitions}
        return MATRIX[self.state, action][role] if action in known else "409"

    def takes(self, action: str) -> None:
        """The step as the second table tells it; what ends while a station is on air only ends its change."""
        target, before = LEADS_TO[self.state, action], self.state
        if target == "survey_pending" and not self.has_survey:
            target = "surveyed"
        if target == "back":
            assert self.came_from is not None
            target, self.came_from = self.came_from, None
        if target in AWAY:
            self.came_from = before
        if target in ENDS and target != "closed" and self.has_station:
            target = "on_air"
        if action == "go_on_air":
            self.has_station = True
        self.state = target
        self.moves.append((action, before, target))


class Walk(RuleBasedStateMachine):
    """Two carriers, the window, the owner, an office asked for its opinion, and the service's timers."""

    stage: Stage
    counted: Counter[str]

    @initialize(
        slots=st.integers(1, 2), kind=st.sampled_from(["building", "structure"]), far=st.integers(0, len(WAY))
    )  # fmt: skip
    def begin(self, slots: int, kind: str, far: int) -> None:
        """A case that is some steps on its way already."""
        self.day = today()
        self.asset_id, self.slots = self.stage.new_asset(slots, kind), slots
        self.other_asset_id = self.stage.new_asset(1)
        self.sites: dict[UUID, Expected] = {}
        self._vary({})  # what the walk before set is no part of this one
        self._apply(CARRIER, [self.asset_id])
        (site,) = self.sites.values()
        for person, action in WAY[:far]:
            if action in ("propose_survey", "confirm_survey", "report_survey") and not site.has_survey:
                continue
            self._take(site, person, action)

    def _apply(self, carrier: str, assets: list[str]) -> None:
        with supposing(self.day):
            made = self.stage.apply(carrier, *assets)
        for site_id, asset_id in zip(made, sorted(assets), strict=True):
            kept = self.stage.site(site_id)
            with self.stage.db.begin(WORKER) as session:
                procedure = procedure_of(session, kept)
            site = Expected(site_id, kept["asset_id"], carrier, procedure, moves=[("submit", "draft", "submitted")])
            assert site.asset_id == asset_id and kept["version"] >= 1
            site.days[1] = self.day
            self.sites[site_id] = site

    @rule(data=st.data(), kind=st.sampled_from([kind for kind, many in KINDS.items() for _ in range(many)]))
    def step(self, data: st.DataObject, kind: str) -> None:
        """One of what may happen, some oftener than others: else most cases would lapse before they get anywhere."""
        getattr(self, kind)(data)
        self.counted["steps"] += kind != "go_on"

    def apply(self, data: st.DataObject) -> None:
        if len(self.sites) < 5:
            assets = [self.asset_id, self.other_asset_id] if data.draw(st.booleans()) else [self.asset_id]
            self._apply(data.draw(st.sampled_from([CARRIER, OTHER_CARRIER])), assets)
            self.counted["apply"] += 1

    def go_on(self, data: st.DataObject) -> None:
        """Somebody takes a step that is theirs to take, with all it asks for; mostly one that leads on."""
        site = self._draw_open(data)
        if site is None:
            return
        steps = [
            (person, action)
            for (state, action), row in MATRIX.items() if state == site.state
            for person in (site.carrier, WINDOW, OWNER) if row[site.role_of(person)] == "yes"
        ]  # fmt: skip
        onward = [step for step in steps if step[1] in ONWARD]
        if steps:
            self._take(site, *data.draw(st.sampled_from(onward * 4 + steps)))

    def _take(self, site: Expected, person: str, action: str) -> None:
        with supposing(self.day):
            self.stage.attach_needed(site.carrier, site.site_id, action)
        self._note_events(site)
        self._attempt(site, person, action, "*", self._with(site, action))
        self.counted["steps"] += 1

    def try_anything(self, data: st.DataObject) -> None:
        """Anybody tries any action, with an old page or none at all now and then."""
        site, action = self._draw(data), data.draw(st.sampled_from(ACTIONS))
        version = data.draw(st.sampled_from(["*", "*", "stale", None]))
        person = data.draw(st.sampled_from([CARRIER, OTHER_CARRIER, WINDOW, OWNER, REVIEWER]))
        sent = '"0"' if version == "stale" else version
        self._attempt(site, person, action, sent, self._with(site, action), may_lack=True)

    def _with(self, site: Expected, action: str) -> dict[str, Any]:
        if action == "propose_sharing":
            rivals = [s.site_id for s in self.sites.values() if s.asset_id == site.asset_id and s is not site]
            return {"with_site_id": rivals[0] if rivals else None}
        kept = dict.fromkeys(("is_area_kept", "is_load_kept", "is_purpose_kept", "is_height_kept"), "yes")
        sharing = {"structure_owner": "holder", "under_holder_responsibility": "yes", **kept}
        return {"sharing": sharing} if action == "acknowledge_sharing" else {}

    def _attempt(
        self, site: Expected, person: str, action: str, if_match: str | None, content: dict[str, Any], *, may_lack: bool = False
    ) -> None:  # fmt: skip
        before = self.stage.fingerprint(*self.sites)
        was = site.state
        expected = self._judge(site, person, action, if_match)
        try:
            with supposing(self.day):
                moved = self.stage.act(person, site.site_id, action, if_match, **content)
        except Problem as problem:
            status, reason = str(problem.kind.status), problem.members.get("reason")
            self.counted[f"refused {status}"] += 1
            if expected != "yes":
                assert status == expected, (was, action, person, problem.en)
            else:
                lacks = may_lack and status == "422"
                assert lacks or reason in MAY_FAIL.get(action, set()), (was, action, person, problem.en, reason)
            assert self.stage.fingerprint(*self.sites) == before, "a refusal left a trace"
            return
        assert expected == "yes", (was, action, person)
        self.counted[action] += 1
        site.takes(action)
        site.days[moved["last_n"]] = self.day
        assert moved["state"] == site.state
        self._note_events()

    def _judge(self, site: Expected, person: str, action: str, if_match: str | None) -> str:
        """What must come of it: sees it at all, the page as it is, then the matrix."""
        role, kept = site.role_of(person), self.stage.site(site.site_id)
        asked = self.stage.world.organisations["hinohara"]
        unseen = {
            "other_carrier": True, "owner": kept["referred_at"] is None, "reviewer": str(asked) not in kept["reviewer_organisations"],
        }  # fmt: skip
        # Who is only asked for an opinion reads the case, and cannot lock it.
        if unseen.get(role, False) or role == "reviewer":
            return "404"
        if if_match is None:
            return "428"
        if if_match == '"0"':
            return "412"
        return site.verdict(action, role)

    def days_pass(self, data: st.DataObject) -> None:
        """The timers run, and take exactly the steps whose limit has passed."""
        self.counted["days pass"] += 1
        self.day += timedelta(days=data.draw(st.sampled_from([1, 3, 8, 15, 40, 120])))
        before = {site_id: self.stage.site(site_id) for site_id in self.sites}
        with supposing(self.day):
            run_timers(self.stage.db, self.day)
        for site_id, site in self.sites.items():
            kept, due = self.stage.site(site_id), self._falls_due(site, before[site_id])
            if kept["state"] == site.state:
                assert due is None or due == "deem_complete", (site.state, due)  # no slot: told in the events
                continue
            assert due is not None, (site.state, kept["state"])
            site.takes(due)
            self.counted[due] += 1
        self._note_events()

    def _falls_due(self, site: Expected, kept: dict[str, Any]) -> str | None:
        state = site.procedure.by_state[site.state]
        if state.on_limit and kept["due_on"] and kept["due_on"] < self.day.isoformat():
            return state.on_limit
        ends = kept["permit_to"]
        if site.state == "on_air" and ends and ends <= (self.day + RENEWAL_BEFORE).isoformat():
            return "begin_renewal"
        return "expire" if site.state == "renewal_due" and ends and ends < self.day.isoformat() else None

    def somebody_acts_for_the_service(self, data: st.DataObject) -> None:
        """What the service does by itself nobody else does, and it does nothing else."""
        site, action = self._draw(data), data.draw(st.sampled_from(ACTIONS))
        if site.verdict(action, "service") == "yes":
            return
        before = self.stage.fingerprint(*self.sites)
        try:
            with self.stage.db.begin(Service("worker")) as session:
                transition(
                    session, Service("worker"), site.site_id, request_of(action, **self._with(site, action)), "*"
                )
        except Problem as problem:
            assert str(problem.kind.status) == site.verdict(action, "service")
            assert self.stage.fingerprint(*self.sites) == before
        else:
            raise AssertionError((site.state, action))

    def say_something(self, data: st.DataObject) -> None:
        site = self._draw_open(data)
        if site is None:
            return
        person = data.draw(st.sampled_from([site.carrier, WINDOW]))
        actor = self.stage.actor(person)
        with self.stage.db.begin(actor) as session:
            handling.comment(session, actor, site.site_id, CommentRequest(text="ひとこと", audience="all"))
        self._note_events(site)

    def ask_an_office(self, data: st.DataObject) -> None:
        """The owner asks a second office, which may answer."""
        sites = [site for site in self.sites.values() if site.state in ("referred", "consultation", "permit_applied")]
        if not sites:
            return
        site, answer = data.draw(st.sampled_from(sites)), data.draw(st.sampled_from([None, "no", "yes", "yes"]))
        office, owner = self.stage.world.organisations["hinohara"], self.stage.actor(OWNER)
        wanted = ReviewersRequest(organisation_ids=[office], question="支障は?", due_on=self.day + timedelta(days=5))
        try:
            with supposing(self.day), self.stage.db.begin(owner) as session:
                reviews.ask_reviewers(session, owner, site.site_id, wanted)
            if answer is not None:
                with self.stage.db.begin(self.stage.actor(REVIEWER)) as session:
                    reviews.answer_review(
                        session, self.stage.actor(REVIEWER), site.site_id, ReviewAnswer(answer=answer)
                    )
            self.counted["ask_review"] += 1
        except Problem as problem:
            assert problem.kind.status == 409, problem.en
        self._note_events(site)

    def answer_as_the_holder(self, data: st.DataObject) -> None:
        site, accepts = self._draw(data), data.draw(st.booleans())
        actor = self.stage.actor(site.carrier)
        try:
            with self.stage.db.begin(actor) as session:
                answer_as_holder(session, actor, site.site_id, accepts)
            self.counted["answer_sharing"] += 1
        except Problem as problem:
            assert problem.kind.status in (404, 409)
        self._note_events(site)

    def the_owner_changes_its_procedure(self, data: st.DataObject) -> None:
        """Running cases keep theirs."""
        days, without_survey = data.draw(st.integers(3, 30)), data.draw(st.booleans())
        self.counted["procedure"] += 1
        self._vary({"limit_days": {"referred": days}, "without_survey": without_survey})

    def _vary(self, variation: dict[str, Any]) -> None:
        owner = self.stage.actor(OWNER)
        with self.stage.db.begin(owner) as session:
            vary_procedure(session, owner, "局", variation)

    def _draw(self, data: st.DataObject) -> Expected:
        return data.draw(st.sampled_from(list(self.sites.values())))

    def _draw_open(self, data: st.DataObject) -> Expected | None:
        sites = [site for site in self.sites.values() if site.state not in ENDS]
        return data.draw(st.sampled_from(sites)) if sites else None

    def _note_events(self, *sites: Expected) -> None:
        """The day of events that are new: they carry the hour of the machine, the walk has days of its own."""
        for site in sites or self.sites.values():
            for n in range(len(site.days) + 1, self.stage.site(site.site_id)["last_n"] + 1):
                site.days.setdefault(n, self.day)

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        sites = getattr(self, "sites", {})
        kept = self._rows("SELECT site_id, to_jsonb(s) FROM site s WHERE site_id = ANY (%s)", list(sites))
        events = self._rows(
            "SELECT site_id, n, action, from_state, to_state FROM site_event WHERE site_id = ANY (%s) ORDER BY n",
            list(sites),
        )
        audited = self._rows(
            "SELECT substring(subject, 6)::uuid, action, before->>'state', after->>'state', (after->>'n')::int"
            " FROM audit_event WHERE subject = ANY (%s) AND after ? 'state' ORDER BY audit_id",
            [f"site:{site_id}" for site_id in sites],
        )
        for site_id, site in sites.items():
            self._compare(site, kept[site_id][0][0], events[site_id], audited[site_id])

    def _rows(self, query: str, ids: list[Any]) -> dict[UUID, list[tuple[Any, ...]]]:
        found: dict[UUID, list[tuple[Any, ...]]] = {site_id: [] for site_id in self.sites} if ids else {}
        for site_id, *row in self.stage.owner.execute(query.encode(), (ids,)):
            found[site_id].append(tuple(row))
        return found

    def _compare(
        self, site: Expected, kept: dict[str, Any], events: list[tuple[Any, ...]], audited: list[tuple[Any, ...]]
    ) -> None:  # fmt: skip
        assert (kept["state"], kept["procedure_id"]) == (site.state, site.procedure.procedure_id)
        state = site.procedure.by_state[site.state]
        assert (kept["party"], kept["stage"]) == (state.party.value, state.stage)
        assert [n for n, *_ in events] == list(range(1, kept["last_n"] + 1)), "a number is missing"
        moves = [(action, was, now) for _, action, was, now in events if now is not None]
        assert moves == site.moves, "acts and history differ"
        assert [was for _, was, _ in moves] == ["draft", *(now for *_, now in moves[:-1])], "a state was skipped"
        told = [(f"site.{action}", was, now, n) for n, action, was, now in events if now is not None]
        assert audited == told, "the audit trail tells another history"
        noon = time(3, tzinfo=UTC)
        self._clock_stands(
            site, kept,
            [{"to_state": now, "at": datetime.combine(site.days.get(n, self.day), noon)} for n, _, _, now in events],
        )  # fmt: skip

    def _clock_stands(self, site: Expected, kept: dict[str, Any], events: list[dict[str, Any]]) -> None:
        """Once decided the office's clock never moves again."""
        if kept["decided_on"] is None:
            assert site.clock is None
            return
        row = {**kept, **{name: date.fromisoformat(kept[name]) for name in ("started_on", "decided_on")}}
        reading = read_site_clock(row, site.procedure, events, (), self.day)
        assert reading is not None
        now = (
            row["started_on"],
            row["decided_on"],
            reading.used_days,
            reading.days_left,
            sum(reading.stopped_days.values()),
        )
        site.clock = site.clock or now
        assert site.clock == now

    @invariant()
    def slots_are_never_given_twice(self) -> None:
        for asset_id, slots in (
            ((self.asset_id, self.slots), (self.other_asset_id, 1)) if hasattr(self, "sites") else ()
        ):
            held = self.stage.held(asset_id)
            assert len(held) == len(set(held)) <= slots
            assert self.stage.owner.execute("SELECT slots_free(%s)", (asset_id,)).fetchone() == (slots - len(held),)
            for site in self.sites.values():
                if site.asset_id == asset_id and site.state in ENDS:
                    assert site.site_id not in held, "an ended case keeps a slot"

    @invariant()
    def the_map_shows_just_what_is_on_air(self) -> None:
        sites = getattr(self, "sites", {})
        shown = self._rows(
            "SELECT site_id, count(*) FROM site JOIN station USING (station_id) WHERE site_id = ANY (%s)"
            " AND station.valid_to IS NULL AND station.status = 'on_air' GROUP BY 1",
            list(sites),
        )
        for site_id, site in sites.items():
            is_gone = site.state in ("removal", "restored", "closed")
            assert shown[site_id] == ([(1,)] if site.has_station and not is_gone else []), site.state


def test_random_walks(world_url: str, world: World) -> None:
    """As many steps as WALK_STEPS says; what is counted is printed."""
    counted: Counter[str] = Counter()
    with transactions(world_url) as db, staged(world_url, world, db) as stage:

        class OnThisStage(Walk):
            pass

        OnThisStage.stage, OnThisStage.counted = stage, counted
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            OnThisStage,
            settings=settings(
                max_examples=max(STEPS // 50, 1), stateful_step_count=STEPS_EACH, deadline=None, database=None,
                suppress_health_check=list(HealthCheck), phases=(Phase.generate,), print_blob=True,
            ),
        )  # fmt: skip
    print(f"{counted.pop('steps')} steps:", dict(counted.most_common()))
    assert counted["withdraw"] + counted["refer"] > 0, "nobody got anywhere"
