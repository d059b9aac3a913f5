"""Collections that a TOML file names: tables published without any code."""

from app.config import Settings
from app.ogc.collections import Collection


def read_collections_file(settings: Settings) -> tuple[Collection, ...]:
    return ()
