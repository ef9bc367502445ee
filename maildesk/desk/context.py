"""What every function of the desk works with, made once at the start."""

from dataclasses import dataclass, field

from maildesk.config import ConfigError, Site
from maildesk.desk.dns_keys import Keys, Lookup
from maildesk.desk.trust import Trust, trust_of
from maildesk.render import Renderer
from maildesk.rules.assign import How, Rule
from maildesk.rules.calendars import calendar_of
from maildesk.rules.facts import NO_LIMIT, Budget
from maildesk.rules.kinds import kind_of
from maildesk.rules.money import Money
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Keyring
from maildesk.rules.verdict import Filter
from maildesk.store.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk: its database, its configuration in two forms, its keys and its templates.

    `trust` are the mail servers that are believed. `lookup` asks DNS for keys, None: never.
    """

    db: Database
    site: Site
    policy: Policy
    keyring: Keyring
    renderer: Renderer
    trust: Trust = field(default_factory=Trust)
    lookup: Lookup | None = None


def open_desk(site: Site, keyring: Keyring, renderer: Renderer) -> Desk:
    """Return the desk of a site. Raises ConfigError for what only now turns out to be wrong."""
    policy, trust = policy_of(site), trust_of(site)
    lookup = Keys() if site.proofs.dkim else None
    return Desk(Database(site.database.url), site, policy, keyring, renderer, trust, lookup)


def policy_of(site: Site) -> Policy:
    """Return the rules' form of a configuration. Raises ConfigError with the key to mend."""
    desk, money, process = site.desk, site.money, site.process
    try:
        calendar = calendar_of(
            site.hours.timezone,
            site.hours.week,
            site.hours.holidays,
            site.hours.special,
            site.hours.closures,
        )
    except ValueError as error:
        raise ConfigError(f"[hours]: {error}") from error
    try:
        kinds = tuple(kind_of(**kind.model_dump()) for kind in site.kinds)
    except ValueError as error:
        raise ConfigError(f"[[kinds]]: {error}") from error
    rate = Money.of(money.rate, money.currency)
    budgets = site.budgets
    return Policy(
        code=desk.code,
        own=frozenset(desk.addresses),
        language=desk.language,
        calendar=calendar,
        kinds=kinds,
        rate=rate,
        limit_minutes=money.limit_minutes,
        increment=money.increment,
        round_scope=site.billing.round_scope,
        minimum=site.billing.minimum,
        terms=site.terms.require,
        assign=Rule(How(site.assign.rule), site.assign.agent),
        reopen_days=desk.reopen_days,
        undo_seconds=desk.undo_seconds,
        warn_minutes=process.warn_minutes,
        hold_on_request=process.hold_on_request,
        step_minutes=process.step_minutes,
        mail_limit=Money.of(process.mail_limit, money.currency),
        reminder_days=process.reminder_days,
        acceptance_days=process.acceptance_days,
        give_up_days=process.give_up_days,
        third_party_pauses=process.third_party_pauses,
        golive_needs_acceptance=process.golive_needs_acceptance,
        has_page=bool(site.web.base_url),
        automatic_from=frozenset(address.lower() for address in desk.automatic_from),
        spam=Filter(site.spam.fields, site.spam.position == "anywhere"),
        budget=Budget(
            budgets.address_hour, budgets.address_day, budgets.domain_hour, budgets.all_hour
        ),
        contact_budget=Budget(budgets.contact_hour, budgets.contact_day, NO_LIMIT, NO_LIMIT),
        biller=site.billing.agent,
    )
