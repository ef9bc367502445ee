"""Sums of money: whole minor units and a currency, never a float, rounded only where asked."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import total_ordering

MINOR_DIGITS = 2  # cents; every currency here has them (ISO 4217)
MINOR = 10**MINOR_DIGITS  # minor units in a major one
SYMBOLS = {"EUR": "€", "CHF": "CHF", "GBP": "£", "USD": "$"}
# An exact product or an error, never a digit lost silently.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation])


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An exact sum in minor units (cents), of one currency (ISO 4217).

    Sums of two currencies are never equal; adding or ordering them raises ValueError, and so
    does an unknown currency.
    """

    minor: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if self.currency not in SYMBOLS:
            raise ValueError(f"{self.currency!r} is not one of {', '.join(SYMBOLS)}")

    @classmethod
    def of(cls, amount: Decimal | str, currency: str = "EUR") -> "Money":
        """Return a sum written as a decimal, such as "95.00".

        Raises ValueError if it is no number or has fractions of a minor unit.
        """
        try:
            minor = Decimal(amount).scaleb(MINOR_DIGITS, _EXACT)
            whole = int(minor)
        except (ArithmeticError, ValueError):
            raise ValueError(f"{amount!r} is not a sum of money such as 95.00") from None
        if whole != minor:
            raise ValueError(f"{amount!r} has fractions of a minor unit")
        return cls(whole, currency)

    @property
    def amount(self) -> Decimal:
        """The sum in major units, exact: Decimal("95.00")."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS, _EXACT)

    def times(self, factor: Decimal, *, rounded: bool = False) -> "Money":
        """Return the sum times a factor. With `rounded`, half a minor unit goes away from zero.

        Raises ValueError if the product has fractions of a minor unit and is not `rounded`.
        """
        product = _EXACT.multiply(Decimal(self.minor), factor)
        whole = product.to_integral_value(ROUND_HALF_UP)
        if whole != product and not rounded:
            raise ValueError(f"{self} times {factor} has fractions of a minor unit")
        return Money(int(whole), self.currency)

    def words(self, locale: str) -> str:
        """Return the sum as people write it: "1.234,50 €" for de, "€1,234.50" for others."""
        return _words(self.amount, self.currency, locale)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of two currencies")
        return other


def product(*factors: Decimal) -> Decimal:
    """Return the exact product. Raises decimal.Inexact beyond 60 digits."""
    found = Decimal(1)
    for factor in factors:
        found = _EXACT.multiply(found, factor)
    return found


def half_up(amount: Decimal, divisor: int = 1) -> int:
    """Return amount / divisor as the nearest whole number, half away from zero, exactly.

    `divisor` is above 0; nothing is rounded before the end.
    """
    upper, lower = amount.as_integer_ratio()
    lower *= divisor
    whole = (2 * abs(upper) + lower) // (2 * lower)
    return whole if upper >= 0 else -whole


def hourly_words(rate: Money, factor: Decimal, locale: str) -> str:
    """Return the price of an hour as people write it, exact: 89.95 x 1.5 is "134,925 €" in de.

    A unit price is not rounded, so a third and further digits show where they are needed.
    """
    with localcontext(_EXACT):
        return _words(rate.amount * factor, rate.currency, locale)


def _words(amount: Decimal, currency: str, locale: str) -> str:
    whole, _, digits = f"{abs(amount):,f}".partition(".")
    digits = digits.rstrip("0").ljust(MINOR_DIGITS, "0")
    sign = "-" if amount < 0 else ""
    symbol = SYMBOLS[currency]
    if locale.partition("_")[0].partition("-")[0].lower() == "de":
        return f"{sign}{whole.replace(',', '.')},{digits} {symbol}"
    space = " " if symbol.isalpha() else ""
    return f"{sign}{symbol}{space}{whole}.{digits}"
