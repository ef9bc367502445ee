"""The configuration file as one frozen Site: `models` says what may stand in it, `load` reads it."""

from maildesk.config.load import default_path, load
from maildesk.config.models import (
    DatabaseSection,
    Desk,
    Imap,
    Keys,
    Limits,
    Listen,
    Log,
    Relay,
    Site,
    Templates,
)
from maildesk.config.part import ConfigError
from maildesk.config.spam import Spam
from maildesk.config.work import (
    DEFAULT_KINDS,
    Assign,
    Budgets,
    Hours,
    KindSection,
    MoneySection,
    Terms,
)

__all__ = [
    "DEFAULT_KINDS",
    "Assign",
    "Budgets",
    "ConfigError",
    "DatabaseSection",
    "Desk",
    "Hours",
    "Imap",
    "Keys",
    "KindSection",
    "Limits",
    "Listen",
    "Log",
    "MoneySection",
    "Relay",
    "Site",
    "Spam",
    "Templates",
    "Terms",
    "default_path",
    "load",
]
