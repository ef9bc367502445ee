"""Who is known: customers who pay, their contacts, and the agents of the desk."""

from dataclasses import dataclass
from decimal import Decimal

from maildesk.rules.money import Money


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The organisation that pays. `rate` is net, for an hour; None means the desk's."""

    id: int
    name: str
    language: str = ""
    rate: Money | None = None
    contract: str = ""
    has_accepted_terms: bool = False
    limit_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """What is agreed with a customer about his bills; None and "": as for everybody.

    `increment` and `minimum` are minutes, `discount` is percent of each line and
    `total_discount` of the whole.
    """

    increment: int | None = None
    round_scope: str = ""
    minimum: int | None = None
    discount: Decimal = Decimal(0)
    total_discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A person of a customer, known by his address.

    `approve_up_to` is the highest sum, net, in minor units, that he may approve; None: any.
    `is_let_in`: the service area was opened to him.
    """

    customer_id: int
    address: str
    name: str = ""
    language: str = ""
    id: int = 0
    may_approve: bool = False
    approve_up_to: int | None = None
    is_let_in: bool = False


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """A person of the agency. `address` is where he gets his mail.

    `told_of_new` says whether he gets one for each new ticket; of answers he is always told.
    """

    id: int
    login: str
    name: str
    address: str
    language: str = ""
    enabled: bool = True
    told_of_new: bool = True
