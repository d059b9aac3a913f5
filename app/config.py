"""Settings, read once from the environment (and `.env`)."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _default_geodata_dir() -> Path | None:
    beside = PROJECT_ROOT.parent / "shared" / "geodata"
    return beside if beside.is_dir() else None


class OidcProvider(BaseModel):
    """An OpenID provider people may sign in with."""

    id: str = Field(pattern="^[a-z0-9-]+$")
    name: str
    name_en: str
    issuer: str
    client_id: str
    client_secret: SecretStr
    scope: str = "openid email profile"
    trusts_email: bool = Field(False, description="Its verified addresses may find accounts that are not linked yet")


class Settings(BaseSettings):
    """What differs between installations; nothing secret has a default."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = Field(
        pattern=r"^postgres(ql)?(\+psycopg)?://",
        description="PostgreSQL URL with PostGIS, e.g. postgresql://user@host:5432/tsunagaru",
    )
    app_database_url: str | None = Field(
        None,
        pattern=r"^postgres(ql)?(\+psycopg)?://",
        description="The same database for the web process: a login that owns nothing, inherits nothing (NOINHERIT) and may"
        " take on tsunagaru_app and tsunagaru_reader; none: DATABASE_URL, and then arbitrary SQL could leave those roles",
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
    work_pool_size: int = Field(8, ge=1, description="Connections a worker keeps for commands and private records")
    read_pool_size: int = Field(8, ge=1, description="Connections a worker keeps for reading")
    private_pool_size: int = Field(4, ge=1, description="Connections a worker keeps for signed-in readers of /ogc")
    read_timeout_s: float = Field(5.0, gt=0, description="A reading statement longer than this is cancelled")
    largest_body: int = Field(1 << 20, ge=1024, description="Largest request body in bytes")
    largest_upload: int = Field(256 << 20, ge=1024, description="Largest list or file somebody may send, in bytes")
    largest_survey_file: int = Field(
        1 << 30, ge=1024, description="Largest log of a survey somebody may send, in bytes"
    )
    survey_folder: Path = Field(
        PROJECT_ROOT / ".local" / "surveys",
        description="Where measurements lie as Parquet for analysis; made when needed",
    )
    sign_ins_per_minute: int = Field(60, ge=1, description="Sign-in attempts from one address in a minute")
    commands_per_minute: int = Field(600, ge=1, description="Requests to /api from one token or address in a minute")
    reports_per_minute: int = Field(10, ge=1, description="Residents' reports from one address in a minute")
    reads_per_minute: int | None = Field(None, ge=1, description="Requests to /ogc likewise; none: not counted")
    mail_from: str = Field("noreply@localhost", description="Sender of the service's mail")
    smtp_host: str | None = Field(None, description="Mail server; none: links are written to the log instead")
    smtp_port: int = Field(25, description="Port of the mail server")
    webhook_private_hosts: str = Field(
        "",
        description="Hosts (host or host:port, by comma) of one's own network that webhooks may reach: over plain HTTP too,"
        " and at addresses that are not public; for everybody who may register webhooks",
    )
    audit_anchor_file: Path = Field(
        PROJECT_ROOT / ".local" / "audit-anchors.jsonl", description="Where the audit chain's head is noted daily"
    )
    audit_anchor_mail: str | None = Field(None, description="Address the daily head is mailed to as well")
    demo_accounts_file: Path = Field(
        PROJECT_ROOT / ".local" / "demo-accounts.txt",
        description="Where `demo load` writes the demo people's passwords",
    )
    oidc_providers: list[OidcProvider] = Field(default=[], description="JSON list of OpenID providers")
    metrics_from: str = Field("127.0.0.0/8,::1/128", description="Networks that may read /metrics, by comma")
    log_json: bool = Field(True, description="Structured logs as JSON lines; false: for a terminal")

    @field_validator("database_url", "app_database_url")
    @classmethod
    def _port_is_a_number(cls, url: str | None) -> str | None:
        """Raises ValueError for a port that is none, which drivers would meet later and say worse."""
        if url is not None:
            _ = urlsplit(url).port
        return url

    @property
    def sqlalchemy_url(self) -> str:
        """The database as its owner through SQLAlchemy's psycopg 3 dialect."""
        return _with_scheme("postgresql+psycopg", self.database_url)

    @property
    def libpq_url(self) -> str:
        """The same for psycopg itself."""
        return _with_scheme("postgresql", self.database_url)

    @property
    def app_sqlalchemy_url(self) -> str:
        """The database as the application through SQLAlchemy's psycopg 3 dialect."""
        return _with_scheme("postgresql+psycopg", self.app_database_url or self.database_url)

    @property
    def app_libpq_url(self) -> str:
        """The same for psycopg itself."""
        return _with_scheme("postgresql", self.app_database_url or self.database_url)


def _with_scheme(scheme: str, url: str) -> str:
    return f"{scheme}://" + url.partition("://")[2]


@lru_cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
