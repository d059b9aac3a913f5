"""Every table, for migrations and for whoever needs the whole metadata."""

from app.accounts import models as accounts
from app.applications import models as applications
from app.applications.offices import models as office_models
from app.applications.outbox import models as outbox_models
from app.assets.models import asset
from app.coverage import models as coverage
from app.db import Base
from app.lists import models as lists
from app.stations.models import station
from app.surveys import models as surveys
from app.territory.models import DataSource, DataVersion, Municipality, PopulationMesh
from app.wifi.models import access_point

metadata = Base.metadata

__all__ = [
    "DataSource",
    "DataVersion",
    "Municipality",
    "PopulationMesh",
    "access_point",
    "accounts",
    "applications",
    "asset",
    "coverage",
    "lists",
    "metadata",
    "office_models",
    "outbox_models",
    "station",
    "surveys",
]
