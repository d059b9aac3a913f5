"""Table of public Wi-Fi access points."""

from app.versioned import versioned_table
from app.wifi.fields import FIELDS, ID_FIELD

access_point = versioned_table("access_point", ID_FIELD.name, FIELDS, "POINT")
