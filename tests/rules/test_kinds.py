"""Kinds of ticket: the three we ship, and those a site names itself."""

from decimal import Decimal

import pytest

from maildesk.rules.kinds import DEFAULT_KINDS, Kind, Measure, is_dearer, kind_named, kind_of
from maildesk.rules.promise import Mode, Promise


def test_the_kinds_we_ship():
    shipped = [(kind.name, kind.factor, kind.promise) for kind in DEFAULT_KINDS]
    assert shipped == [
        ("normal", Decimal(1), None),
        ("quick", Decimal("1.5"), Promise(Mode.BUSINESS, 480)),
        ("quick-high", Decimal(2), Promise(Mode.BUSINESS, 120)),
    ]
    assert {kind.measures for kind in DEFAULT_KINDS} == {Measure.DONE}


def test_a_kind_of_plain_values_is_the_same_kind():
    values = ("quick", ["Quickticket", "Quick", "Quickticket normal", "QT"], Decimal("1.5"))
    assert kind_of(*values, "business", 480) == kind_named(DEFAULT_KINDS, "quick")


def test_dearer_is_what_an_hour_costs():
    normal, quick, high = DEFAULT_KINDS
    assert is_dearer(quick, normal)
    assert is_dearer(high, quick)
    assert not is_dearer(normal, normal)
    assert not is_dearer(Kind("slow", factor=Decimal("0.8")), normal)


REFUSED = [
    (lambda: kind_named(DEFAULT_KINDS, "gold"), "no kind 'gold'; there are normal, quick"),
    (lambda: kind_of("gold", promise="soon"), "kind 'gold': 'soon' is not a promise"),
    (lambda: kind_of("gold", promise="business"), "kind 'gold': minutes above 0"),
    (lambda: kind_of("gold", measures="luck"), "kind 'gold'.*'luck'"),
    (lambda: Kind("gold", factor=Decimal(0)), "kind 'gold': 0 is not a factor"),
    (lambda: Kind("gold", factor=Decimal("NaN")), "kind 'gold': NaN"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_what_is_no_kind_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
