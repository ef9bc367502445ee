"""What a desk is told before it starts: each table of the configuration file is one class.

The field's name is the key, its default the default; config/maildesk.toml shows all of them with
their reasons, and a test compares the two. Nothing is read here (see `load`): a Site that a
program makes itself holds what it was given and nothing of the environment.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from maildesk.config.billing import Agency, Billing
from maildesk.config.part import Count, Part, Port, Seconds
from maildesk.config.process import Digest, Process, Web
from maildesk.config.spam import Spam
from maildesk.config.trust import ProofsSection, Trust, only_once
from maildesk.config.work import (
    DEFAULT_KINDS,
    Assign,
    Budgets,
    Hours,
    KindSection,
    MoneySection,
    Terms,
)

PREFIX = "MAILDESK_"


class Desk(Part):
    """Who we are. `address` is the one that customers write to; `aliases` reach us too."""

    address: str
    aliases: tuple[str, ...] = ()
    name: str = "Support"
    code: Annotated[str, Field(pattern=r"^[A-Z]{2,6}$")] = "DD"
    language: Literal["de", "en"] = "de"
    hostname: str = ""
    signature: str = ""
    first_ticket: Count = 1000
    reopen_days: Annotated[int, Field(ge=0)] = 14
    undo_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    answers_from: str = "{agent}"
    automatic_from: tuple[str, ...] = ()

    @field_validator("address", "aliases")
    @classmethod
    def _plain_address(cls, value: Any) -> Any:
        for address in (value,) if isinstance(value, str) else value:
            local, at, domain = address.partition("@")
            if not (local and at and domain) or "+" in local or not set(address).isdisjoint(" <>,"):
                raise ValueError(
                    f"{address!r} is not a plain address such as support@agentur.example"
                )
        return value.lower() if isinstance(value, str) else tuple(a.lower() for a in value)

    @field_validator("answers_from")
    @classmethod
    def _names_somebody(cls, value: str) -> str:
        left = value.replace("{agent}", "").replace("{desk}", "")
        if left == value or "{" in left or "}" in left or not value.isprintable():
            raise ValueError(
                'it is a line with {agent} or {desk} in it, such as "{agent} ({desk})"'
            )
        return value

    @field_validator("name", "hostname")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("it must be one line without control characters")
        return value

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def host(self) -> str:
        """The name we greet with and that stands in our Message-IDs."""
        return self.hostname or self.domain

    def name_of(self, agent: str) -> str:
        """Return the name under which an agent's answers leave."""
        return self.answers_from.replace("{agent}", agent).replace("{desk}", self.name)

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, *self.aliases)


class DatabaseSection(Part):
    """Where everything is kept: sqlite:///path or postgresql://name@host/database."""

    url: str = "sqlite:////var/lib/maildesk/maildesk.db"
    migrate_at_start: bool = True

    @field_validator("url")
    @classmethod
    def _known_kind(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("it begins neither with sqlite:/// nor with postgresql://")
        return value


class Keys(Part):
    file: Path = Path("/var/lib/maildesk/keys.json")


class Listen(Part):
    """One listening address: "host:port", "[::1]:port", "unix:/path" or "systemd:NAME".

    With a certificate TLS begins at STARTTLS or, with `tls` "tls", with the connection.
    """

    address: Annotated[str, Field(pattern=r"^(unix:/.+|systemd:.+|.*:[0-9]+)$")]
    protocol: Literal["smtp", "lmtp"] = "smtp"
    tls: Literal["starttls", "tls"] = "starttls"
    auth: bool = False
    certificate: Path | None = None
    private_key: Path | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.private_key is None):
            raise ValueError("certificate and private_key go together: name both files or none")
        return self

    @model_validator(mode="after")
    def _secrets_need_tls(self) -> Self:
        if self.auth and self.protocol != "smtp":
            raise ValueError('auth is for people: it needs protocol = "smtp"')
        for key, wanted in (("auth = true", self.auth), ('tls = "tls"', self.tls == "tls")):
            if wanted and self.certificate is None:
                raise ValueError(f"{key} needs TLS: name certificate and private_key too")
        return self


class Limits(Part):
    """Sizes in octets, times in seconds; `idle` and `data` bound one wait, `session` the whole."""

    message: Annotated[int, Field(ge=65_536)] = 25 * 1024 * 1024
    line: Annotated[int, Field(ge=1000)] = 1024 * 1024
    recipients: Count = 100
    connections: Count = 200
    connections_per_peer: Count = 50
    errors: Count = 20
    idle: Seconds = 60
    session: Seconds = 600
    data: Seconds = 600
    free_space: Annotated[int, Field(ge=0)] = 64 * 1024 * 1024
    readers: Count = 2
    read_cpu: Count = 20
    read_wall: Seconds = 30
    read_memory: Annotated[int, Field(ge=64 * 1024 * 1024)] = 512 * 1024 * 1024


class Imap(Part):
    """One mailbox that is polled. `since` skips what is older; `done` says what happens after."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    host: str
    port: Port | None = None
    tls: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Path | None = None
    user: str
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"
    done: Literal["move", "flag", "leave", "delete"] = "move"
    done_folder: str = "maildesk"
    since: str = ""
    import_old: bool = False
    poll_seconds: Seconds = 60
    idle_minutes: Annotated[float, Field(gt=0, le=29)] = 8
    batch: Annotated[int, Field(ge=1, le=500)] = 50
    authserv_id: str = ""

    @field_validator("folder", "done_folder", "user")
    @classmethod
    def _no_line_ends(cls, value: str) -> str:
        # What IMAPClient writes on the wire unchecked would be a second command.
        if not value.isprintable():
            raise ValueError("it must not hold control characters")
        return value

    @field_validator("since")
    @classmethod
    def _a_day(cls, value: str) -> str:
        try:
            return value and date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError(f"{value!r} is not a day such as 2026-01-31") from None


class Relay(Part):
    """The smarthost that takes our mail. An empty host means: keep everything queued."""

    host: str = "127.0.0.1"
    port: Port = 25
    tls: Literal["tls", "starttls", "none", "opportunistic"] = "opportunistic"
    ca_file: Path | None = None
    user: str = ""
    password: SecretStr = SecretStr("")
    connections: Annotated[int, Field(ge=1, le=20)] = 2
    timeout: Seconds = 60


class Log(Part):
    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Templates(Part):
    folder: Path | None = None


class Site(BaseSettings):
    """Everything that a desk is told before it starts; frozen."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__"
    )

    desk: Desk
    database: DatabaseSection = DatabaseSection()
    keys: Keys = Keys()
    listen: tuple[Listen, ...] = ()
    limits: Limits = Limits()
    imap: tuple[Imap, ...] = ()
    relay: Relay = Relay()
    hours: Hours = Hours()
    kinds: tuple[KindSection, ...] = DEFAULT_KINDS
    money: MoneySection = MoneySection()
    agency: Agency = Agency()
    billing: Billing = Billing()
    terms: Terms = Terms()
    process: Process = Process()
    web: Web = Web()
    digest: Digest = Digest()
    assign: Assign = Assign()
    budgets: Budgets = Budgets()
    spam: Spam = Spam()
    trust: tuple[Trust, ...] = ()
    proofs: ProofsSection = ProofsSection()
    log: Log = Log()
    templates: Templates = Templates()

    @field_validator("imap", "kinds")
    @classmethod
    def _names_differ(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [part.name.lower() for part in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the name {twice[0]!r} stands there twice")
        return value

    @field_validator("kinds")
    @classmethod
    def _normal_exists(cls, value: tuple[KindSection, ...]) -> tuple[KindSection, ...]:
        if "normal" not in (kind.name for kind in value):
            raise ValueError('there is no kind "normal", which is what untagged mail becomes')
        return value

    @field_validator("trust")
    @classmethod
    def _each_once(cls, value: tuple[Trust, ...]) -> tuple[Trust, ...]:
        return only_once(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Only what is handed in: `load` lays file, environment and credentials over each other
        # itself, because only then can an error say from which of them a value came.
        return (init_settings,)
