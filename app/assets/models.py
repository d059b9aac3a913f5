"""Tables of the asset register."""

from app.assets.fields import FIELDS, ID_FIELD
from app.versioned import versioned_table

asset = versioned_table("asset", ID_FIELD.name, FIELDS)
