"""Every setting of the server: read once from the environment and `.env`, frozen, explained by `server.py --help`."""

from __future__ import annotations

import ipaddress
import re
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

API_KEY = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,64}):(?P<hash>[0-9a-f]{64})\Z")


class SandboxUse(Enum):
    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Misconfigured(Exception):
    """A setting that cannot be used; the message is one line that names it."""


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/?#@]+[^\s?#@]*\Z", value):
        raise ValueError("must be an http:// or https:// address without query or credentials")
    return value.rstrip("/")


def _setting(default: Any, help: str, **bounds: Any) -> Any:
    return Field(default=default, description=help, **bounds)


class Settings(BaseSettings):
    """Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", hide_input_in_errors=True)

    echotik_username: str = _setting("", "EchoTik account; with its password it configures the provider")
    echotik_password: SecretStr = _setting(SecretStr(""), "EchoTik password")
    echotik_base_url: Annotated[str, AfterValidator(_web_address)] = _setting(
        "https://open.echotik.live/api", "where EchoTik is; ending in /v2 or /v3 it speaks that version alone"
    )
    echotik_calls_per_second: float = _setting(
        10.0, "rate kept towards EchoTik, burst twice as many; 0 = none", ge=0, le=10_000
    )
    shopgraph_deadline_ms: int = _setting(20_000, "time an operation may take, milliseconds", ge=100, le=600_000)
    shopgraph_call_timeout_ms: int = _setting(
        10_000, "time one upstream call may take, milliseconds", ge=50, le=600_000
    )
    shopgraph_batch_wait_ms: int = _setting(
        1000, "how long a part-filled lookup waits at most for what may still add ids to it", ge=0, le=60_000
    )
    shopgraph_max_concurrency: int = _setting(16, "calls in flight to a provider", ge=1, le=1000)
    shopgraph_max_body_mb: int = _setting(16, "largest upstream answer, decompressed, MB", ge=1, le=1024)
    shopgraph_store_memory_mb: int = _setting(256, "what is remembered in memory, MB, about", ge=0, le=1_000_000)
    shopgraph_quota_pause_s: float = _setting(600, "pause after a provider's quota is used up, seconds", ge=0)
    shopgraph_auth_pause_s: float = _setting(60, "pause after a provider refused the credentials, seconds", ge=0)
    shopgraph_sandbox: SandboxUse = _setting(
        SandboxUse.AUTO, "serve emulated data: auto (when no provider is configured), on, off"
    )
    shopgraph_api_keys: SecretStr = _setting(
        SecretStr(""), "clients that may ask, name:SHA-256 of the key in hex, separated by commas; none = anyone local"
    )
    shopgraph_log_level: str = _setting("info", "debug, info, warning or error", pattern="^(debug|info|warning|error)$")
    shopgraph_log_format: str = _setting("console", "console or json", pattern="^(console|json)$")

    @model_validator(mode="after")
    def _whole_credentials(self) -> Settings:
        if bool(self.echotik_username) != bool(self.echotik_password.get_secret_value()):
            missing = "ECHOTIK_PASSWORD" if self.echotik_username else "ECHOTIK_USERNAME"
            raise ValueError(f"{missing}: is missing beside the other of the pair")
        parse_keys(self.shopgraph_api_keys.get_secret_value())
        return self

    @property
    def has_echotik(self) -> bool:
        return bool(self.echotik_username)

    @property
    def uses_sandbox(self) -> bool:
        """Whether the embedded sandbox answers; it never mixes with a provider."""
        auto = self.shopgraph_sandbox is SandboxUse.AUTO and not self.has_echotik
        return auto or self.shopgraph_sandbox is SandboxUse.ON

    @property
    def api_keys(self) -> dict[str, str]:
        """Hash of a client's key → the client's name."""
        return parse_keys(self.shopgraph_api_keys.get_secret_value())


def parse_keys(text: str) -> dict[str, str]:
    """Hash → name of "name:hash,name:hash"."""
    keys: dict[str, str] = {}
    for number, entry in enumerate((entry.strip() for entry in text.split(",") if entry.strip()), start=1):
        found = API_KEY.match(entry)
        if found is None:
            raise ValueError(f"SHOPGRAPH_API_KEYS: entry {number} is not name:SHA-256 in hex")
        keys[found["hash"]] = found["name"]
    return keys


def load(**given: Any) -> Settings:
    """The settings of this process; `given` ones win. Raises Misconfigured with one line."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(step) for step in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name}: {reason}" if name else reason) from None


def check_bind(settings: Settings, host: str, *, asked_for_sandbox: bool) -> None:
    """Whether this address may be served to; raises Misconfigured for one beyond this machine that anyone could use."""
    if _is_loopback(host):
        return
    if not settings.api_keys:
        raise Misconfigured(f"--host {host}: serving beyond this machine needs client keys (SHOPGRAPH_API_KEYS)")
    if settings.uses_sandbox and not asked_for_sandbox:
        raise Misconfigured(f"--host {host}: serving sandbox data beyond this machine needs --sandbox")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def listing(settings: Settings | None = None) -> list[tuple[str, str, str]]:
    """Name, value (or default) and help of every setting, secrets hidden."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.default if settings is None else getattr(settings, name)
        shown = _shown(value)
        rows.append((name.upper(), shown, field.description or ""))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    return str(value.value if isinstance(value, Enum) else value)
