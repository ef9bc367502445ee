"""The names of all reasons for which something is not billed; `reason_words` has their sentences."""

from enum import StrEnum, auto


class Why(StrEnum):
    """Everything that may keep work from being billed, or wants somebody to look at it."""

    # What the law wants of the agency
    NAME = auto()
    STREET = auto()
    POSTCODE = auto()
    CITY = auto()
    TAX_ID = auto()
    SMALL_TAX_NUMBER = auto()
    TAX_NUMBER_WRONG = auto()
    VAT_ID_WRONG = auto()
    IBAN = auto()
    IBAN_WRONG = auto()
    BIC_WRONG = auto()
    RATES = auto()
    # ... of the customer
    ADDRESS = auto()
    COUNTRY = auto()
    RECIPIENT = auto()
    OWN_VAT_ID = auto()
    VAT_ID_UNCHECKED = auto()
    # ... and XRechnung of both
    CONTACT = auto()
    PHONE = auto()
    OWN_MAIL = auto()
    BUYER_MAIL = auto()
    # What is left for later, or to a person
    MISSING = auto()
    LATER = auto()
    BEYOND = auto()
    UNCOUNTABLE = auto()
    BELOW_ZERO = auto()
    PAID_MORE = auto()
    ON_HOLD = auto()
    OF_NOBODY = auto()
    HAS_INVOICE = auto()
    TICKETS_CHANGE = auto()
    FREE_CHANGED = auto()
    # What went wrong on the way to the number
    REFUSED = auto()
    FAILED = auto()
    REDRAFT = auto()
    TAKEN = auto()
    TAKEN_ENTRY = auto()
    TAKEN_ITEM = auto()
    SUMS = auto()
    STILL_WANTS = auto()
    XML_WRONG = auto()
    NOT_READY = auto()
    DAY_BEFORE = auto()
    NUMBER_TAKEN = auto()
    # ... and after it
    UNFINISHED = auto()
    WAITING = auto()
    NUMBERED_SUMS = auto()
    NUMBERED_XML = auto()
    NOT_MAILED = auto()
    # What to know of a cancellation
    PAY_BACK = auto()
    ELSEWHERE = auto()
