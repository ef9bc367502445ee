"""`maildesk billing compute` and `maildesk girocode`: vectors byte for byte, and rows of our own."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from maildesk.cli.main import run

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not SHARED.is_dir(), reason="the process description is absent")
RULES = Path(__file__).resolve().parents[1] / "rules"
BILLS, CODES = RULES / "billing_vectors.csv", RULES / "epc_vectors.json"
ANSWERS = ("net", "vat", "gross", "payable", "expect")


@pytest.fixture
def maildesk(monkeypatch, capfdbinary):
    """Run a command in this process on given bytes; return exit code, stdout and stderr."""

    def command(given, *arguments):
        monkeypatch.setattr(sys, "argv", ["maildesk", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            run()
        out, trouble = capfdbinary.readouterr()
        assert trouble.count(b"\n") == (1 if trouble else 0), trouble
        return end.value.code or 0, out, trouble.decode()

    return command


@pytest.fixture
def compute(maildesk):
    """Compute one row; return its answers, expect as an object."""

    def row(op, given, **cells):
        text = given if isinstance(given, str) else json.dumps(given)
        rows = [{"id": "X", "op": op, "note": "", "input": text} | dict.fromkeys(ANSWERS, "")]
        code, out, trouble = maildesk(_csv([rows[0] | cells]), "billing", "compute")
        assert (code, trouble) == (0, "")
        answer = _rows(out)[0]
        return answer | {"expect": json.loads(answer["expect"])}

    return row


def _rows(given):
    return list(csv.DictReader(io.StringIO(given.decode(), newline="")))


def _csv(rows):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_bills_are_answered_byte_for_byte(maildesk):
    whole = BILLS.read_bytes()
    empty = _csv([row | dict.fromkeys(ANSWERS, "") for row in _rows(whole)])
    wrong = _csv([row | dict.fromkeys(ANSWERS, "9") for row in _rows(whole)])
    for given in (whole, empty, wrong):
        assert maildesk(given, "billing", "compute") == (0, whole, "")


@needs_vectors
def test_our_vectors_are_the_shared_ones():
    assert BILLS.read_bytes() == (SHARED / "billing_vectors.csv").read_bytes()
    assert CODES.read_bytes() == (SHARED / "epc_vectors.json").read_bytes()


def _ticket(*entries, **more):
    return {"id": "T1", "entries": list(entries)} | more


HOUR = {"min": 60}
INVOICES = [
    # input, net, lines, more of expect, why
    ({"tickets": [_ticket(HOUR, HOUR | {"billable": False})]}, "95.00", ["95.00"], {},
     "not billable"),
    ({"tickets": [_ticket(HOUR, rate="80"), _ticket(HOUR | {"rate": 70.5}, id="ü")]}, "150.50",
     ["80.00", "70.50"], {"minutes": {"T1": 60, "ü": 60}}, "rates of tickets and entries"),
    ({"tickets": [{"entries": [HOUR]}, {"entries": []}]}, "95.00", ["95.00"],
     {"minutes": {"T1": 60, "T2": 0}}, "tickets without a name"),
    ({"tickets": [_ticket(HOUR, approved=None), _ticket(HOUR, id="T2", approved="open")]},
     "190.00", ["95.00", "95.00"], {}, "no limit in two ways"),
    ({"tickets": [_ticket(HOUR, factor="2")], "budget": {"minutes": "60", "weighted": False}},
     "0.00", [], {"budget_left": "0", "breakdown": {}}, "not weighted"),
    ({"tickets": [_ticket(HOUR)], "budget": {"minutes": 100.5}}, "0.00", [],
     {"budget_left": "40.5"}, "half a minute of credit"),
    ({"tickets": [_ticket(HOUR)], "credit": True, "prepaid": "20.00", "doc_discount_pct": 10},
     "-85.50", ["-95.00"], {"breakdown": {"19": ["-85.50", "-16.25"]}, "minutes": {"T1": 60}},
     "a cancellation with everything"),
    ({"tickets": [_ticket(HOUR)], "day": "2020-08-01"}, "95.00", ["95.00"],
     {"breakdown": {"16": ["95.00", "15.20"]}}, "the day of the bill"),
    ({"flat": [{"price": "-10.00"}, {"qty": "-1", "price": "5.005", "discount_pct": "10"}]},
     "-14.51", ["-10.00", "-4.51"], {"breakdown": {"19": ["-14.51", "-2.76"]}},
     "given back: half a cent away from zero, twice"),
    ({"increment": 60, "minimum": 60, "tickets": [
        _ticket({"min": 20}, increment=1, minimum=30), _ticket({"min": 70}, id="T2")]},
     "237.50", ["47.50", "190.00"], {"minutes": {"T1": 30, "T2": 120}},
     "how a ticket is rounded comes before how all are"),
    ({"increment": 15, "tickets": [
        _ticket({"min": 5}, {"min": 5}, round_scope="entry", day="2020-08-01", increment=None)]},
     "47.50", ["47.50"], {"breakdown": {"16": ["47.50", "7.60"]}}, "the day of a ticket, null"),
    ({"tickets": [_ticket(HOUR | {"type": "call"}, HOUR | {"type": "estimate"},
                          HOUR | {"type": "presales"}, HOUR | {"type": "estimate",
                                                               "billable": True})]},
     "190.00", ["190.00"], {"minutes": {"T1": 120}}, "estimates are not paid unless agreed"),
    ({"vat": "O", "tickets": [_ticket(HOUR)], "flat": None, "budget": None}, "95.00", ["95.00"],
     {"breakdown": {"0": ["95.00", "0.00"]}, "budget_left": None}, "outside the EU"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "net", "lines", "more", "why"), INVOICES)
def test_invoices(compute, given, net, lines, more, why):
    answer = compute("invoice", {"rate": "95.00"} | given)
    assert (answer["net"], answer["expect"]["lines"]) == (net, lines), why
    assert {name: answer["expect"][name] for name in more} == more, why


def test_what_was_paid_before_may_be_more_than_the_sum(compute):
    answer = compute("invoice", {"flat": [{"price": "10.00"}], "prepaid": "20.00"})
    assert (answer["gross"], answer["payable"]) == ("11.90", "-8.10")


OTHERS = [
    ("interest", {"principal": "1000", "base_rate": "-0.88", "days": 365}, {"amount": "81.20"}),
    ("interest", {"principal": "1000", "base_rate": "1.27", "days": 365, "business": False},
     {"amount": "62.70"}),
    ("due_date", {"issue": "2026-12-11", "days": 14}, {"due": "2026-12-25"}),
    ("due_date", {"issue": "2026-12-11", "days": 14, "shift193": "NW"}, {"due": "2026-12-28"}),
    ("due_date", {"issue": "2026-12-11", "days": 14, "shift193": True}, {"due": "2026-12-28"}),
    ("due_date", {"issue": "2026-12-11", "days": 14, "shift193": None}, {"due": "2026-12-25"}),
    ("format", {"customer": {"country": "CH", "business": False}, "gross": "500.00",
                "issue": "2028-01-03"}, {"required": "none", "recommended": "pdf"}),
    ("format", {"customer": {"leitweg": None}, "gross": "250.01", "issue": "2028-01-03",
                "prev_turnover": "800000"}, {"required": "einvoice", "recommended": "zugferd"}),
]  # fmt: skip


@pytest.mark.parametrize(("op", "given", "expected"), OTHERS)
def test_other_operations(compute, op, given, expected):
    answer = compute(op, given, net="9", payable="9")
    assert answer["expect"] == expected
    assert not any(answer[name] for name in ANSWERS[:4])


BAD = [
    ("refund", {}, "op is 'refund'"),
    ("invoice", "", "input is not JSON"),
    ("invoice", "[" * 100_000, "input is not JSON"),
    ("invoice", '{"rate": NaN}', "NaN is not a number"),
    ("invoice", [], "input is not an object"),
    ("invoice", {"flats": []}, "input has 'flats', which is none of vat"),
    ("invoice", {"tickets": [_ticket(HOUR)]}, "an entry has no rate"),
    ("invoice", {"tickets": {}}, "tickets is not a list"),
    ("invoice", {"rate": "95,00", "tickets": [_ticket(HOUR)]}, "rate: '95,00' is not a number"),
    ("invoice", {"rate": True, "tickets": [_ticket(HOUR)]}, "rate: True is not a number"),
    ("invoice", {"rate": 1, "tickets": [_ticket({"min": 1.5})]}, "min: '1.5' is not a whole"),
    ("invoice", {"rate": 1, "tickets": [_ticket({})]}, "min: None is not a number"),
    ("invoice", {"rate": 1, "tickets": [_ticket(HOUR | {"covered": "no"})]}, "covered: 'no'"),
    ("invoice", {"rate": 1, "tickets": [_ticket(HOUR | {"day": "1.1.26"})]}, "day: '1.1.26'"),
    ("invoice", {"rate": 1, "tickets": [_ticket(HOUR | {"day": "2026-02-30"})]}, "is not a day"),
    ("invoice", {"rate": 1, "tickets": [_ticket(id=5)]}, "id: 5 is not a text"),
    ("invoice", {"vat": "X"}, "vat: 'X' is none of S, AE, O, E19"),
    ("invoice", {"vat": []}, r"vat: [] is none of"),
    ("invoice", {"prepaid": "0.005"}, "prepaid: '0.005' has fractions"),
    ("invoice", {"doc_discount_pct": "101"}, "the discount of the invoice of 101"),
    ("interest", {"principal": "1000", "days": 5}, "base_rate: None"),
    ("due_date", {"issue": "2026-12-11", "days": 5, "shift193": "XX"}, "'XX'"),
    ("due_date", {"issue": "2026-12-11", "days": -5}, "below 0"),
    ("format", {"gross": "1.00", "issue": "2026-12-11"}, "customer is not an object"),
]


@pytest.mark.parametrize(("op", "given", "sentence"), BAD)
def test_a_row_that_cannot_be_computed_says_why(compute, op, given, sentence):
    answer = compute(op, given)
    assert list(answer["expect"]) == ["error"]
    assert sentence in answer["expect"]["error"]
    assert not any(answer[name] for name in ANSWERS[:4])


def test_a_bad_row_does_not_stop_the_next(maildesk):
    rows = _rows(BILLS.read_bytes())[:2]
    given = _csv([rows[0], rows[0] | {"input": "{"}, rows[1]])
    code, out, _ = maildesk(given, "billing", "compute")
    answered = _rows(out)
    assert (code, answered[0], answered[2]) == (0, *rows)


UNREADABLE = [
    # a line,                          its answer,                       why
    (b"X,invoice", "2 cells under 9 columns", "too short"),
    (b"X,invoice,,{},,,,,,,", "11 cells under 9 columns", "too long"),
    (b"X,invoice,\xfc,{},,,,,", "it is not written in UTF-8", "Latin-1"),
    (b'X,invoice,,"{""tickets"": [{""id"": ""\\ud800"", ""entries"": []}]}",,,,,', None,
     "half a character in a name"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence", "why"), UNREADABLE)
def test_a_row_that_cannot_be_read_does_not_stop_the_next(maildesk, line, sentence, why):
    head, row = BILLS.read_bytes().split(b"\r\n")[:2]
    code, out, _ = maildesk(b"\r\n".join([head, line, row, b""]), "billing", "compute")
    _, bad, good, _ = out.split(b"\r\n")
    assert (code, good) == (0, row), why
    answer = json.loads(next(csv.reader([bad.decode("latin-1")]))[-1])
    assert answer == {"error": sentence} if sentence else answer["minutes"] == {"\ud800": 0}
    assert (b"\xfc" in line) == (b"\xfc" in bad), "octets stay as they are"


def test_what_is_no_such_csv_is_refused(maildesk):
    code, _, line = maildesk(b"id,op\r\n", "billing", "compute")
    assert code == 2
    assert "there is no input, net" in line


def test_codes_are_answered_byte_for_byte(maildesk):
    whole = CODES.read_bytes()
    empty = [{name: each[name] for name in ("note", "input")} for each in json.loads(whole)]
    assert maildesk(json.dumps(empty).encode(), "girocode") == (0, whole, "")
    assert maildesk(b"\xef\xbb\xbf" + whole + b"\n", "girocode") == (0, whole + b"\n", "")
    lines = "\n\n".join(json.dumps(each) for each in empty)
    code, out, _ = maildesk(lines.encode(), "girocode")
    assert [json.loads(line) for line in out.splitlines()] == json.loads(whole)
    assert (code, "Müller".encode() in out) == (0, True)


GOOD = {"name": "X", "iban": "DE02120300000000202051", "amount": "1.00", "text": "x"}
LINES = [
    ("{", {"error": "json"}, "no JSON"),
    ("5", {"error": "input"}, "no object"),
    ('{"note": "?"}', {"note": "?", "error": "input"}, "no input"),
    ({}, "amount", "nothing at all"),
    ({"amount": "1,00"}, "amount", "a comma"),
    ({"amount": "1.005"}, "amount", "half a cent"),
    ({"amount": None}, "amount", "null"),
    ({"name": 5}, "name", "a number for a name"),
    ({"text": "\ud800"}, "text", "half a character"),
]


@pytest.mark.parametrize(("line", "answer", "why"), LINES)
def test_a_line_that_makes_no_code_says_why(maildesk, line, answer, why):
    if isinstance(line, dict):
        line = json.dumps({"input": GOOD | line if line else {}})
    code, out, _ = maildesk(f"{line}\n{json.dumps({'input': GOOD})}".encode(), "girocode")
    first, second = (json.loads(each) for each in out.splitlines())
    assert code == 0
    assert first == answer if isinstance(answer, dict) else first["error"] == answer, why
    assert second["bytes"] == len(second["payload"])


def test_a_reference_has_two_names(maildesk):
    for name in ("reference", "structured"):
        given = {"input": GOOD | {"text": "", name: "RF18539007547034"}}
        _, out, _ = maildesk(json.dumps(given).encode(), "girocode")
        assert json.loads(out)["payload"].split("\n")[8:] == ["", "RF18539007547034", ""]


def test_amounts_may_be_numbers(maildesk):
    for amount, written in ((84.79, "EUR84.79"), (5, "EUR5.00"), (1234.5, "EUR1234.50")):
        _, out, _ = maildesk(json.dumps({"input": GOOD | {"amount": amount}}).encode(), "girocode")
        assert written in json.loads(out)["payload"].split("\n")


@pytest.mark.parametrize(("given", "sentence"), [(b"[1", "not JSON"), (b"\xff", "UTF-8")])
def test_what_is_no_such_json_is_refused(maildesk, given, sentence):
    code, out, line = maildesk(given, "girocode")
    assert (code, out) == (2, b"")
    assert sentence in line
