"""A transition under way, as its effects see it, and what they make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.actor import Actor, Service
from app.applications.procedure import RESUME, Procedure, Transition
from app.applications.schemas import TransitionRequest
from app.applications.sites import SiteRow


@dataclass(frozen=True)
class Move:
    """A transition under way, as its effects see it."""

    session: Session
    site: SiteRow
    actor: Actor | Service
    procedure: Procedure
    step: Transition
    wanted: TransitionRequest
    on: date

    @property
    def stays_on_air(self) -> bool:
        """Whether what ends is only the change of a station that is on air: the station stays, and so does its slot."""
        if self.site["station_id"] is None or self.step.target in (RESUME, "closed"):
            return False
        return self.procedure.by_state[self.step.target].is_end


@dataclass(frozen=True, slots=True)
class Outcome:
    """What effects change: columns of the site, and what the event tells beyond what was asked for."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
