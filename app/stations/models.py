"""Table of base stations."""

from app.stations.fields import FIELDS, ID_FIELD
from app.versioned import versioned_table

station = versioned_table("station", ID_FIELD.name, FIELDS, "POINT")
