"""Settings, read once from the environment (and `.env`)."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _default_geodata_dir() -> Path | None:
    beside = PROJECT_ROOT.parent / "shared" / "geodata"
    return beside if beside.is_dir() else None


class Settings(BaseSettings):
    """What differs between installations; nothing secret has a default."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = Field(
        pattern=r"^postgres(ql)?(\+psycopg)?://",
        description="PostgreSQL URL with PostGIS, e.g. postgresql://user@host:5432/tsunagaru",
    )
    geodata_dir: Path | None = Field(
        default_factory=_default_geodata_dir, description="Folder with published data; none: download or skip"
    )
    geodata_download: bool = Field(True, description="Fetch sources that no folder holds from their official address")
    collections_file: Path | None = Field(None, description="TOML file naming further tables to publish")
    public_url: str | None = Field(None, description="Address the service is reached at, if a proxy stands before it")
    basemap_url: str = Field(
        "https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png", description="Raster tiles; empty: none"
    )
    basemap_attribution: str = Field(
        '<a href="https://maps.gsi.go.jp/development/ichiran.html">地理院タイル</a>',
        description="Credit of the base map",
    )
    read_pool_size: int = Field(8, ge=1, description="Connections a worker keeps for reading")
    read_timeout_s: float = Field(5.0, gt=0, description="A reading statement longer than this is cancelled")
    metrics_from: str = Field("127.0.0.0/8,::1/128", description="Networks that may read /metrics, by comma")
    log_json: bool = Field(True, description="Structured logs as JSON lines; false: for a terminal")

    @property
    def sqlalchemy_url(self) -> str:
        """The same database through SQLAlchemy's psycopg 3 dialect."""
        return "postgresql+psycopg://" + self.database_url.partition("://")[2]

    @property
    def libpq_url(self) -> str:
        """The same database for psycopg itself."""
        return "postgresql://" + self.database_url.partition("://")[2]


@lru_cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
