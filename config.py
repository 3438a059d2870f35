"""The environment, read once and checked at start. Open to every room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from environs import Env, EnvValidationError, ValidationError

SHUTDOWN_SECONDS = 25.0  # so long a process that is told to stop finishes what it is doing


class ConfigError(Exception):
    """The environment is wrong; the message names every fault at once."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings; repr hides the secret ones. Times are seconds. The README tells what they mean."""

    data_dir: Path
    database_url: str = field(repr=False)  # "" = embedded PostgreSQL in data_dir
    public_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    bitrix24_client_id: str
    bitrix24_client_secret: str = field(repr=False)
    bitrix24_oauth_urls: tuple[str, ...]
    bitrix24_library_url: str  # where pages load the BX24 library from; "portal" = from the portal that shows them
    diadoc_api_url: str
    diadoc_identity_url: str
    diadoc_web_url: str
    diadoc_client_id: str
    diadoc_client_secret: str = field(repr=False)
    diadoc_scope: str
    diadoc_developer_key: str = field(repr=False)
    blob_url: str
    status_poll_seconds: float
    deadline_check_seconds: float
    heartbeat_seconds: float
    stalled_seconds: float
    http_timeout_seconds: float
    retry_seconds: float  # the first pause before a call is tried again; later ones are longer
    worker_concurrency: int
    web_workers: int
    web_threads: int
    listen: str
    log_format: str
    allowed_networks: tuple[IPv4Network | IPv6Network, ...]
    trusted_proxies: int
    metrics_token: str = field(repr=False)

    @property
    def inbox_dir(self) -> Path:
        """Where verified calls wait, encrypted, while the database is away."""
        return self.data_dir / "inbox"


def read_config(environ: dict[str, str] | None = None) -> Config:
    """Read and check the environment. Raises ConfigError naming every missing or wrong variable."""
    env = Env(eager=False, expand_vars=False) if environ is None else _EnvOf(environ)
    values = {
        "data_dir": env.path("DATA_DIR", Path("var")),
        "database_url": env.str("DATABASE_URL", "", validate=_postgres_url),
        "public_url": env.str("PUBLIC_URL", validate=_https_or_loopback),
        "secret_keys": env.list("SECRET_KEYS", validate=_fernet_keys),
        "bitrix24_client_id": env.str("BITRIX24_CLIENT_ID", validate=_filled),
        "bitrix24_client_secret": env.str("BITRIX24_CLIENT_SECRET", validate=_filled),
        "bitrix24_oauth_urls": env.list(
            "BITRIX24_OAUTH_URLS", ["https://oauth.bitrix.info", "https://oauth.bitrix24.tech"], validate=_all_urls
        ),
        "bitrix24_library_url": env.str(
            "BITRIX24_LIBRARY_URL", "https://api.bitrix24.com/api/v1/", validate=_library_url
        ),
        "diadoc_api_url": env.str("DIADOC_API_URL", "https://diadoc-api.kontur.ru", validate=_https_or_loopback),
        "diadoc_identity_url": env.str(
            "DIADOC_IDENTITY_URL", "https://identity.kontur.ru", validate=_https_or_loopback
        ),
        "diadoc_web_url": env.str("DIADOC_WEB_URL", "https://diadoc.kontur.ru", validate=_https_or_loopback),
        "diadoc_client_id": env.str("DIADOC_CLIENT_ID", ""),
        "diadoc_client_secret": env.str("DIADOC_CLIENT_SECRET", ""),
        "diadoc_scope": env.str("DIADOC_SCOPE", "openid profile email offline_access Diadoc.PublicAPI"),
        "diadoc_developer_key": env.str("DIADOC_DEVELOPER_KEY", ""),
        "blob_url": env.str("BLOB_URL", ""),
        "status_poll_seconds": env.float("STATUS_POLL_SECONDS", 60.0, validate=_positive),
        "deadline_check_seconds": env.float("DEADLINE_CHECK_SECONDS", 15.0, validate=_positive),
        "heartbeat_seconds": env.float("HEARTBEAT_SECONDS", 5.0, validate=_positive),
        "stalled_seconds": env.float("STALLED_SECONDS", 15.0, validate=_positive),
        "http_timeout_seconds": env.float("HTTP_TIMEOUT_SECONDS", 20.0, validate=_within_grace),
        "retry_seconds": env.float("RETRY_SECONDS", 5.0, validate=_positive),
        "worker_concurrency": env.int("WORKER_CONCURRENCY", 8, validate=_positive),
        "web_workers": env.int("WEB_WORKERS", 2, validate=_positive),
        "web_threads": env.int("WEB_THREADS", 8, validate=_positive),
        "listen": env.str("LISTEN", "127.0.0.1:8080"),
        "log_format": env.str("LOG_FORMAT", "json", validate=_log_format),
        "allowed_networks": env.list("ALLOWED_NETWORKS", [], validate=_networks),
        "trusted_proxies": env.int("TRUSTED_PROXIES", 0, validate=_not_negative),
        "metrics_token": env.str("METRICS_TOKEN", ""),
    }
    try:
        env.seal()
    except EnvValidationError as error:
        raise ConfigError(_all_faults(error.error_messages)) from error
    return _finished(values)


class _EnvOf(Env):
    """An Env that reads a given mapping, so that tests never touch the process's environment."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(eager=False, expand_vars=False)
        self._environ = environ

    def _get_value(self, env_key: str, default: object) -> object:
        return self._environ.get(env_key, default)


def _finished(values: dict) -> Config:
    values["data_dir"] = values["data_dir"].resolve()
    values["blob_url"] = values["blob_url"] or f"file://{values['data_dir']}/blobs"
    values["public_url"] = values["public_url"].rstrip("/")
    values["allowed_networks"] = tuple(ip_network(text) for text in values["allowed_networks"])
    for name in ("diadoc_api_url", "diadoc_identity_url", "diadoc_web_url"):
        values[name] = values[name].rstrip("/")
    for name in ("secret_keys", "bitrix24_oauth_urls"):
        values[name] = tuple(text.rstrip("/") for text in values[name])
    if values["stalled_seconds"] <= values["heartbeat_seconds"]:
        raise ConfigError("STALLED_SECONDS must be greater than HEARTBEAT_SECONDS, or living workers count as dead.")
    return Config(**values)


def _all_faults(faults: Mapping[str, list[str]] | list[str]) -> str:
    if isinstance(faults, list):
        return " ".join(faults)
    lines = [f"  {name}: {' '.join(map(str, texts))}" for name, texts in sorted(faults.items())]
    return "These settings are missing or wrong:\n" + "\n".join(lines)


def is_loopback(host: str) -> bool:
    """Does this host name or address mean the machine itself?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _filled(value: str) -> None:
    if not value:
        raise ValidationError("Must not be empty.")


def _https_or_loopback(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise ValidationError("Must be an https:// address (http:// only on loopback).")


def _library_url(value: str) -> None:
    if value != "portal":
        _https_or_loopback(value)


def _all_urls(values: list[str]) -> None:
    if not values:
        raise ValidationError("Must name at least one address.")
    for value in values:
        _https_or_loopback(value)


def _postgres_url(value: str) -> None:
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise ValidationError("Must be a postgresql:// address, or unset for the embedded database.")


def _fernet_keys(values: list[str]) -> None:
    if not values:
        raise ValidationError("Must hold at least one key.")
    for value in values:
        try:
            Fernet(value)
        except ValueError as error:
            raise ValidationError("Each key must be 32 url-safe base64-encoded bytes (a Fernet key).") from error


def _positive(value: float) -> None:
    if value <= 0:
        raise ValidationError("Must be greater than zero.")


def _within_grace(value: float) -> None:
    _positive(value)
    if value >= SHUTDOWN_SECONDS:
        raise ValidationError(f"Must be below {SHUTDOWN_SECONDS:.0f}, or a polite stop interrupts an exchange.")


def _not_negative(value: float) -> None:
    if value < 0:
        raise ValidationError("Must not be negative.")


def _log_format(value: str) -> None:
    if value not in ("json", "console"):
        raise ValidationError("Must be json or console.")


def _networks(values: list[str]) -> None:
    for value in values:
        try:
            ip_network(value)
        except ValueError as error:
            raise ValidationError(f"{value} is not a network like 10.0.0.0/8.") from error
