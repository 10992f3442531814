"""Every setting of the server: read once from the environment and `.env`, frozen, explained by `server.py --help`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError, create_model, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from serving import documents, keys
from serving.keys import Client
from upstream.access import Access
from upstream.provider import Incomplete, Provider
from upstream.providers import ENDPOINTS, PROVIDERS, named

SQLITE = re.compile(r"sqlite:(?!//|:).+")
NAMES = [provider.name for provider in PROVIDERS]
SECRET = {setting.name for provider in PROVIDERS for setting in provider.settings if setting.secret}
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
ORIGIN = re.compile(rf"[a-z][a-z0-9+.-]*://(?:{HOST.pattern})(?::[0-9]{{1,5}})?")
REDIS = re.compile(r"rediss?://(?P<secret>[^\s/?#@]*@)?(?P<server>[^\s/?#@]+(?:/[0-9]*)?)(?P<query>\?[^\s#@]*)?")


class SandboxUse(Enum):
    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Incremental(Enum):
    ON = "on"
    OFF = "off"


class Misconfigured(Exception):
    """A setting that cannot be used; the message is one line that names it."""


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/?#@]+[^\s?#@]*\Z", value):
        raise ValueError("must be an http:// or https:// address without query or credentials")
    return value.rstrip("/")


def _public(value: str) -> str:
    return _web_address(value) if value else value


def _long(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 16:
        raise ValueError("must have 16 characters or more")
    return value


def _store(value: str) -> str:
    if value in ("", "memory:") or SQLITE.fullmatch(value) or REDIS.fullmatch(value):
        return value
    raise ValueError("must be memory:, sqlite:PATH, redis://… or rediss://…; / ? # @ of a password are escaped by %")


def _names(value: str) -> str:
    if any(name != "*" and not keys.CLIENT_NAME.fullmatch(name) for name in _listed(value)):
        raise ValueError("must be names of clients, separated by commas, or * for all")
    return value


def _providers(value: str) -> str:
    unknown = [name for name in _listed(value) if name not in NAMES]
    if unknown or len(set(_listed(value))) < len(_listed(value)):
        raise ValueError(f"must be names of providers, each once, separated by commas: {', '.join(NAMES)}")
    return value


def _endpoints(value: str) -> str:
    unknown = [name for name in _listed(value) if not _switched(name)]
    if unknown:
        raise ValueError(f"{unknown[0]} is no endpoint; docs/providers.md has their names")
    return value


def _switched(name: str) -> frozenset[str]:
    """The routes of the endpoints of that name; * stands for any text."""
    return frozenset(each.route for each in ENDPOINTS if fnmatchcase(each.title, name) or fnmatchcase(each.route, name))


def _prices(value: str) -> str:
    try:
        prices = _priced(value)
    except ValueError:
        prices = {"": 0.0}
    if any(name not in NAMES or not 0 < price < 1_000_000_000 for name, price in prices.items()):
        raise ValueError(f"must be name=number, separated by commas, the number above 0; names: {', '.join(NAMES)}")
    return value


def _priced(value: str) -> dict[str, float]:
    pairs = (re.split("[=:]", item, maxsplit=1) for item in _listed(value.strip().strip("{}")))
    return {name.strip(' "'): float(price) for name, price in pairs}


def _origins(value: str) -> str:
    if any(origin != "*" and not ORIGIN.fullmatch(origin) for origin in _listed(value)):
        raise ValueError("must be origins such as https://app.example:8443 without a path, separated by commas, or *")
    return value


def _hosts(value: str) -> str:
    if any(host != "*" and not HOST.fullmatch(host) for host in _listed(value)):
        raise ValueError("must be names or addresses without ports, separated by commas, or *; IPv6 in brackets")
    return value


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _setting(default: Any, help: str, **bounds: Any) -> Any:
    return Field(default=default, description=help, **bounds)


class Shared(BaseSettings):
    """Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", hide_input_in_errors=True)


class Settings(Shared):
    """The server's own; those of the providers are declared by their packages."""

    _clients: dict[str, Client] = PrivateAttr(default_factory=dict)
    _provided: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    _accesses: Sequence[Access] = PrivateAttr(default_factory=list)
    _given: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    shopgraph_providers: Annotated[str, AfterValidator(_providers)] = _setting(
        "", "the providers that are asked, in their order where they cost the same; none = all, by name"
    )
    shopgraph_credit_prices: Annotated[str, AfterValidator(_prices)] = _setting(
        "", 'what a credit of a provider is worth beside those of others, such as "keyapi=0.5"; 1 where none is given'
    )
    shopgraph_deadline_ms: int = _setting(20_000, "time an operation may take, milliseconds", ge=100, le=600_000)
    shopgraph_call_timeout_ms: int = _setting(
        10_000, "time one upstream call may take, milliseconds", ge=50, le=600_000
    )
    shopgraph_batch_wait_ms: int = _setting(
        1000, "how long a part-filled lookup waits at most for what may still add ids to it", ge=0, le=60_000
    )
    shopgraph_max_operations: int = _setting(256, "operations that are answered at once", ge=1, le=100_000)
    shopgraph_max_queued: int = _setting(
        512, "operations that wait for their turn; what comes beyond is turned away with 503", ge=0, le=1_000_000
    )
    shopgraph_drain_s: float = _setting(
        0, "how long the server goes on serving when it is told to end, not ready any more, seconds", ge=0, le=3600
    )
    shopgraph_disabled_endpoints: Annotated[str, AfterValidator(_endpoints)] = _setting(
        "", "endpoints that are never asked, such as echotik.product.comment, separated by commas; keyapi.* = all"
    )
    shopgraph_secrets_dir: str = _setting(
        "", "folder of files that each hold a setting and are named like it, such as ECHOTIK_PASSWORD"
    )
    shopgraph_max_concurrency: int = _setting(16, "calls in flight to a provider", ge=1, le=1000)
    shopgraph_max_body_mb: int = _setting(16, "largest upstream answer, decompressed, MB", ge=1, le=1024)
    shopgraph_store_memory_mb: int = _setting(256, "what is remembered in memory, MB, about", ge=0, le=1_000_000)
    shopgraph_store: Annotated[str, AfterValidator(_store)] = _setting(
        "",
        "where answers and counters are kept: memory:, sqlite:PATH, redis://… or rediss://…; none = SQLite in the data "
        "folder",
        repr=False,
    )
    shopgraph_data_dir: Path = _setting(Path(".shopgraph"), "folder for what is kept on disk")
    shopgraph_store_disk_mb: int = _setting(1024, "what is kept on disk, MB", ge=1, le=1_000_000)
    shopgraph_max_credits_per_request: int = _setting(
        200, "credits that a request may spend; X-Credit-Budget can only lower it", ge=1, le=1_000_000
    )
    shopgraph_max_request_kb: int = _setting(100, "largest request of a client, KB", ge=1, le=100_000)
    shopgraph_max_tokens: int = _setting(2000, "words and signs of a document", ge=10, le=100_000)
    shopgraph_max_depth: int = _setting(16, "fields of a document below each other", ge=1, le=50)
    shopgraph_max_fields: int = _setting(
        1000, "fields of a document, counted again wherever a fragment is spread", ge=1, le=100_000
    )
    shopgraph_max_root_fields: int = _setting(100, "fields of the root in an operation", ge=1, le=10_000)
    shopgraph_max_aliases: int = _setting(100, "aliases in an operation", ge=0, le=10_000)
    shopgraph_max_directives: int = _setting(50, "directives in an operation", ge=0, le=10_000)
    shopgraph_max_variables: int = _setting(50, "variables that an operation declares", ge=0, le=10_000)
    shopgraph_max_nodes: int = _setting(
        20_000, "objects that the lists of an operation may have together", ge=1, le=100_000_000
    )
    shopgraph_quota_pause_s: float = _setting(600, "pause after a provider's quota is used up, seconds", ge=0)
    shopgraph_outage_pause_s: float = _setting(5, "pause after a provider was found to be down, seconds", ge=0)
    shopgraph_auth_pause_s: float = _setting(60, "pause after a provider refused the credentials, seconds", ge=0)
    shopgraph_sandbox: SandboxUse = _setting(
        SandboxUse.AUTO, "serve emulated data: auto (when no provider is configured), on, off"
    )
    shopgraph_api_keys: SecretStr = _setting(
        SecretStr(""),
        "clients that may ask, name:SHA-256 of the key in hex[:daily credits][:option=value…], between commas; none = "
        "anyone local",
    )
    shopgraph_api_keys_file: str = _setting(
        "", "file of more such entries, one a line, # before a comment; read again when it changes; see scripts/keys"
    )
    shopgraph_no_cache_off: Annotated[str, AfterValidator(_names)] = _setting(
        "", "clients whose Cache-Control: no-cache and max-age are not heeded, separated by commas; * = all"
    )
    shopgraph_client_operations_per_second: float = _setting(
        0, "operations that a client may ask each second whose entry has no rate=; 0 = no limit", ge=0, le=100_000
    )
    shopgraph_cors_origins: Annotated[str, AfterValidator(_origins)] = _setting(
        "", "origins whose pages may ask, such as https://app.example, separated by commas; * = all; none = none other"
    )
    shopgraph_allowed_hosts: Annotated[str, AfterValidator(_hosts)] = _setting(
        "",
        "names by which the server may be reached, without ports, separated by commas; * = all; none = this machine's "
        "alone where nobody is asked for a key, else all",
    )
    shopgraph_graphiql: bool = _setting(True, "whether browsers are shown GraphiQL at /graphql")
    shopgraph_introspection: bool = _setting(True, "whether clients may learn the schema from the server")
    shopgraph_get_queries: bool = _setting(True, "whether queries may be asked by GET")
    shopgraph_incremental: Incremental = _setting(Incremental.OFF, "whether @defer and @stream may be asked: on, off")
    shopgraph_trusted_documents: str = _setting(
        "", "file of documents that clients may name: {hash: document} or Apollo's manifest; read again when it changes"
    )
    shopgraph_trusted_documents_only: bool = _setting(False, "whether no other documents are run")
    shopgraph_public_url: Annotated[str, AfterValidator(_public)] = _setting(
        "", "where clients reach this server, such as https://graph.example; none = as each request says"
    )
    shopgraph_image_key: Annotated[SecretStr, AfterValidator(_long)] = _setting(
        SecretStr(""), "secret behind the addresses of pictures, 16 characters or more; none = one made and kept"
    )
    shopgraph_image_proxy: bool = _setting(
        False, "whether /images/ passes pictures on itself, instead of leading to their hosts"
    )
    shopgraph_image_credits_per_day: int = _setting(
        1000, "credits that pictures may cost on a UTC day that were told to no client with a key", ge=0, le=1_000_000
    )
    shopgraph_export_disk_mb: int = _setting(1024, "what exports of clients may take on disk, MB", ge=1, le=1_000_000)
    shopgraph_mcp: bool = _setting(False, "whether agents find tools at /mcp; needs scripts/install --extras")
    shopgraph_agent_operations: str = _setting(
        "", "folder of .graphql files whose queries are the agents' tools; none = agents/operations/"
    )
    shopgraph_metrics: bool = _setting(True, "whether /metrics tells Prometheus what is counted")
    shopgraph_metrics_token: Annotated[SecretStr, AfterValidator(_long)] = _setting(
        SecretStr(""),
        "bearer token for /metrics, 16 characters or more; none = only this machine reads it where clients have keys",
    )
    shopgraph_credits_per_month: Annotated[str, AfterValidator(_prices)] = _setting(
        "", 'credits that an account has a UTC month, such as "echotik=100000": told at /metrics beside what is used'
    )
    shopgraph_log_variables: bool = _setting(False, "whether variables of operations are logged, long values cut")
    shopgraph_log_level: str = _setting("info", "debug, info, warning or error", pattern="^(debug|info|warning|error)$")
    shopgraph_log_format: str = _setting("console", "console or json", pattern="^(console|json)$")

    def provide(self, provided: BaseSettings) -> Settings:
        """These, with those of the providers; raises Incomplete where some of one are lacking."""
        self._provided = {name: _plain(getattr(provided, name)) for name in type(provided).model_fields}
        reached = (provider.access(self._provided) for provider in self.order)
        self._accesses = [access for access in reached if access is not None]
        return self

    @model_validator(mode="after")
    def _known_clients(self) -> Settings:
        entries = keys.entries_of("SHOPGRAPH_API_KEYS", self.shopgraph_api_keys.get_secret_value())
        if self.shopgraph_api_keys_file:
            entries += keys.entries_in(Path(self.shopgraph_api_keys_file))
        self._clients = keys.parse(entries)
        return self

    @model_validator(mode="after")
    def _known_documents(self) -> Settings:
        if self.shopgraph_trusted_documents:
            try:
                documents.read(Path(self.shopgraph_trusted_documents))
            except documents.BadManifest as error:
                raise ValueError(f"SHOPGRAPH_TRUSTED_DOCUMENTS: {error}") from None
        elif self.shopgraph_trusted_documents_only:
            raise ValueError("SHOPGRAPH_TRUSTED_DOCUMENTS_ONLY: needs SHOPGRAPH_TRUSTED_DOCUMENTS, a file of them")
        return self

    @property
    def provided(self) -> Mapping[str, Any]:
        """The settings of the providers, those that are secret as plain text."""
        return self._provided

    @property
    def accesses(self) -> Sequence[Access]:
        """The providers that are configured, in the operator's order."""
        return self._accesses

    @property
    def order(self) -> Sequence[Provider]:
        """The providers that may be asked, in the operator's order."""
        listed = _listed(self.shopgraph_providers)
        return [named(name) for name in listed] if listed else PROVIDERS

    @property
    def disabled_endpoints(self) -> frozenset[str]:
        """The routes of those that are never asked."""
        return frozenset().union(*map(_switched, _listed(self.shopgraph_disabled_endpoints)))

    def again(self) -> Settings:
        """Those of now, read as these were; raises Misconfigured."""
        return load(**self._given)

    @property
    def credit_prices(self) -> Mapping[str, float]:
        """What a credit is worth, by provider."""
        return _priced(self.shopgraph_credit_prices)

    @property
    def secrets(self) -> Sequence[str]:
        """What no line of the log may hold."""
        own = (self.shopgraph_image_key, self.shopgraph_metrics_token)
        store = REDIS.fullmatch(self.shopgraph_store)
        password = ((store and store["secret"]) or "").removesuffix("@").rpartition(":")[2]
        given = (value.get_secret_value() for value in own)
        return [text for text in (*given, password, *self._passed) if text]

    @property
    def _passed(self) -> Iterator[str]:
        for access in self._accesses:
            yield from access.secrets
            yield from access.headers.values()

    @property
    def monthly_credits(self) -> Mapping[str, float]:
        """Credits that an account has a month, by provider, where that is set."""
        return _priced(self.shopgraph_credits_per_month)

    @property
    def uses_sandbox(self) -> bool:
        """Whether the embedded sandbox answers; it never mixes with a provider."""
        auto = self.shopgraph_sandbox is SandboxUse.AUTO and not self.accesses
        return auto or self.shopgraph_sandbox is SandboxUse.ON

    @property
    def store(self) -> str:
        """Where answers and counters are kept; those of the embedded sandbox in a file of their own."""
        file = "sandbox.sqlite" if self.uses_sandbox else "store.sqlite"
        return self.shopgraph_store or f"sqlite:{self.shopgraph_data_dir / file}"

    @property
    def clients(self) -> Mapping[str, Client]:
        """Hash of a key → the client that it lets in; a client may have several keys."""
        return self._clients

    @property
    def cors_origins(self) -> Sequence[str]:
        """The origins whose pages may ask."""
        return _listed(self.shopgraph_cors_origins)

    @property
    def allowed_hosts(self) -> Sequence[str]:
        """The names by which the server may be reached; none where the operator gave none."""
        return [name.lower() for name in _listed(self.shopgraph_allowed_hosts)]

    def may_bypass(self, client: str) -> bool:
        """Whether the client's no-cache and max-age are heeded."""
        return not {"*", client} & set(_listed(self.shopgraph_no_cache_off))


def _declared() -> type[BaseSettings]:
    """The settings that the providers declare."""
    fields: dict[str, Any] = {}
    for setting in (each for provider in PROVIDERS for each in provider.settings):
        kind: Any = SecretStr if setting.secret else type(setting.default)
        if setting.address:
            kind = Annotated[str, AfterValidator(_web_address)]
        default = SecretStr(str(setting.default)) if setting.secret else setting.default
        fields[setting.name] = (kind, _setting(default, setting.help, **setting.bounds))
    return create_model("Provided", __base__=Shared, **fields)


Provided = _declared()


def load(**given: Any) -> Settings:
    """The settings of this process; `given` ones win. Raises Misconfigured with one line."""
    try:
        files = _secret_files(given)
        settings = Settings(**files, **given).provide(Provided(**files, **given))
        settings._given = given
        return settings
    except Incomplete as error:
        raise Misconfigured(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(step) for step in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name}: {reason}" if name else reason) from None


class Where(Shared):
    """Where settings are kept as files."""

    shopgraph_secrets_dir: str = ""


def _secret_files(given: Mapping[str, Any]) -> dict[str, Any]:
    """How the settings find those that are files; raises Misconfigured where one cannot be read."""
    known = {name: value for name, value in given.items() if name in ("_env_file", "shopgraph_secrets_dir")}
    folder = Where(**known).shopgraph_secrets_dir
    if not folder:
        return {}
    try:
        for file in Path(folder).iterdir():
            if file.is_file():
                file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"SHOPGRAPH_SECRETS_DIR: {folder} cannot be read ({type(error).__name__})") from None
    return {"_secrets_dir": folder}


def check_bind(settings: Settings, host: str, *, asked_for_sandbox: bool) -> None:
    """Whether this address may be served to; raises Misconfigured for one beyond this machine that anyone could use."""
    if _is_loopback(host):
        return
    if not settings.clients:
        raise Misconfigured(
            f"--host {host}: serving beyond this machine needs client keys (scripts/keys, SHOPGRAPH_API_KEYS)"
        )
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
    for name, field in (*Provided.model_fields.items(), *Settings.model_fields.items()):
        value = field.default
        if settings is not None:
            value = settings.provided[name] if name in Provided.model_fields else getattr(settings, name)
        if name in SECRET and not isinstance(value, SecretStr):
            value = SecretStr(value)
        rows.append((name.upper(), _shown(name, value), field.description or ""))
    return rows


def _shown(name: str, value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    redis = REDIS.fullmatch(value) if name == "shopgraph_store" else None
    if redis is not None:
        hidden = [f"{value.partition(':')[0]}://", "…@" if redis["secret"] else "", redis["server"]]
        return "".join([*hidden, "?…" if redis["query"] else ""])
    return str(value.value if isinstance(value, Enum) else value)
