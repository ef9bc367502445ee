"""What a subject says: numbers, kinds, prefixes of many mail programs, and hostile ones."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.kinds import DEFAULT_KINDS, Kind
from maildesk.rules.number import tag
from maildesk.rules.subject import LONGEST, Subject, read_subject

REPLY, FORWARD = {"is_reply": True}, {"is_forward": True}


def wish(*names: str) -> dict[str, object]:
    return {"kind": names[0] if len(names) == 1 else None, "wishes": names,
            "contradiction": len(names) > 1}  # fmt: skip


TITLES = [
    # subject                                title             and              why
    ("Warenkorb leer", "Warenkorb leer", {}, "a plain subject"),
    ("", "", {}, "none at all"),
    ("AW: Warenkorb", "Warenkorb", REPLY, "German Outlook"),
    ("Re: Re: AW: Warenkorb", "Warenkorb", REPLY, "repeatedly"),
    ("Re[2]: Warenkorb", "Warenkorb", REPLY, "a counter, The Bat"),
    ("AW (3): Warenkorb", "Warenkorb", REPLY, "a counter, Lotus"),
    ("Re^2: Re*3: Warenkorb", "Warenkorb", REPLY, "older counters"),
    ("RE : Warenkorb", "Warenkorb", REPLY, "French Outlook: blank before the colon"),
    ("回复：Warenkorb", "Warenkorb", REPLY, "full-width colon"),
    ("Vá: Odp: Отв: 返信: YNT: Warenkorb", "Warenkorb", REPLY, "other languages"),
    ("WG: Warenkorb", "Warenkorb", FORWARD, "German forward"),
    ("Fwd: FW: 转发: I: Warenkorb", "Warenkorb", FORWARD, "other forwards"),
    ("AW: WG: Warenkorb", "Warenkorb", REPLY | FORWARD, "an answer to a forward"),
    ("Betr: Warenkorb", "Warenkorb", {}, "a prefix that is neither"),
    ("[EXTERN] Re: Warenkorb", "Warenkorb", REPLY, "a gateway's mark"),
    ("Re: [EXT] ***SPAM*** {Spam?} Warenkorb", "Warenkorb", REPLY, "more marks"),
    ("Shop: Warenkorb", "Shop: Warenkorb", {}, "a colon makes no prefix"),
    ("TS3: Warenkorb", "TS3: Warenkorb", {}, "a digit makes no counter"),
    ("Re", "Re", {}, "no colon, no prefix"),
    ("Regarding: Warenkorb", "Regarding: Warenkorb", {}, "a longer word"),
    ("Frage Re: Warenkorb", "Frage Re: Warenkorb", {}, "only in front"),
    ("  Waren\u200bkorb \r\n\t leer\ufeff ", "Warenkorb leer", {}, "zero-width, spaces, folds"),
    ("\u202eWaren\x00korb", "Waren korb", {}, "directions and control characters"),
    ("Re\u00a0: Warenkorb", "Warenkorb", REPLY, "a no-break space"),
    ("Re:", "", REPLY, "nothing left"),
]  # fmt: skip

NUMBERS = [
    ("[DD-10429] Warenkorb", "Warenkorb", {"numbers": (1042,)}, "ours"),
    ("AW: [DD-10429] Warenkorb", "Warenkorb", REPLY | {"numbers": (1042,)}, "a reply to ours"),
    ("[DD-10429] AW: Warenkorb", "Warenkorb", REPLY | {"numbers": (1042,)}, "tag before prefix"),
    ("dd-10429 Warenkorb", "Warenkorb", {"numbers": (1042,)}, "no brackets, lower case"),
    ("[ dd - 10429 ]: Warenkorb", "Warenkorb", {"numbers": (1042,)}, "blanks and a colon"),
    ("Frage zu DD-10429, dringend", "Frage zu , dringend", {"numbers": (1042,)}, "anywhere"),
    ("Warenkorb (DD\u201110429)", "Warenkorb ( )", {"numbers": (1042,)}, "a no-break hyphen"),
    (f"[{tag('DD', 7)}] [DD-10429] [{tag('DD', 7)}] x", "x", {"numbers": (7, 1042)}, "each once"),
    ("[DD-10428] Warenkorb", "[DD-10428] Warenkorb", {}, "the check digit is wrong"),
    ("[DD-1042] Warenkorb", "[DD-1042] Warenkorb", {}, "an id without its check digit"),
    ("[DDX-10429] x", "[DDX-10429] x", {"foreign": ("DDX-10429",)}, "another desk's code"),
    ("[ADD-10429] x", "[ADD-10429] x", {"foreign": ("ADD-10429",)}, "another desk's code"),
    ("[DD-10429-2] x", "[DD-10429-2] x", {}, "somebody else's number"),
    ("[#1042] [Ticket#2026112310000017] x", "[#1042] [Ticket#2026112310000017] x",
     {"foreign": ("1042", "2026112310000017")}, "foreign"),
]  # fmt: skip

KINDS = [
    ("[Quickticket] Warenkorb", "Warenkorb", wish("quick"), "as we print it"),
    ("[QUICK TICKET] Warenkorb", "Warenkorb", wish("quick"), "case and spacing are free"),
    ("[Quickticket normal] x", "x", wish("quick"), "the longer name"),
    ("[ qt  Hoch ]x", "x", wish("quick-high"), "short, no blank behind"),
    ("【Quick】x", "【Quick】x", {}, "brackets of another script are text"),
    ("［Quick］x", "x", wish("quick"), "full-width ones are brackets"),
    ("[Quick] [QT] x", "x", wish("quick"), "the same kind twice"),
    ("[Quick] [QT hoch] x", "x", wish("quick", "quick-high"), "two that contradict each other"),
    ("[dringend] x", "x", {"urgent": True}, "urgent costs nothing"),
    ("[Urgent][OFFLINE] x", "x", {"urgent": True}, "English, twice"),
    ("[Störung] x", "x", {"urgent": True}, "umlaut"),
    ("[Sto\u0308rung] [Stoerung] x", "x", {"urgent": True}, "umlaut in two, and spelled out"),
    ("[dringend] [Quick] x", "x", wish("quick") | {"urgent": True}, "both"),
    ("[Anfrage] neuer Shop", "neuer Shop", {"presales": True}, "free of charge"),
    ("[Angebot] [quote] x", "x", {"presales": True}, "the other words"),
    ("Shop [Quick] offline", "Shop [Quick] offline", {}, "only leading tags count"),
    ("[Shop] [Quick] offline", "[Shop] [Quick] offline", {}, "behind a foreign tag it leads not"),
    ("Quick: Shop", "Quick: Shop", {}, "no brackets, no tag"),
    ("[Quick", "[Quick", {}, "a bracket that is not closed"),
    ("AW: [Quick] x", "x", REPLY, "it was in the mail that is answered"),
    ("AW: [dringend] [Anfrage] x", "x", REPLY, "so do these"),
    ("[QT] AW: [DD-10429] x", "x", REPLY | wish("quick") | {"numbers": (1042,)}, "a wish added"),
    ("[DD-10429] [QT] AW: x", "x", REPLY | wish("quick") | {"numbers": (1042,)}, "a wish added"),
    ("[QT] AW: [QT hoch] x", "x", REPLY | wish("quick"), "the inherited one contradicts nothing"),
    ("WG: [Quick] x", "x", FORWARD | wish("quick"), "a forward of an order is one"),
    ("AW: WG: [Quick] x", "x", REPLY | FORWARD, "an answer to one is not"),
    ("[EXTERN] [Quick] x", "x", wish("quick"), "a gateway's mark does not hide it"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "title", "rest", "why"), [*TITLES, *NUMBERS, *KINDS])
def test_read_subject(subject, title, rest, why):
    assert read_subject(subject, "DD", DEFAULT_KINDS) == Subject(title, **rest), why


def test_a_site_may_name_its_own_kinds():
    kinds = (Kind("normal"), Kind("prio", ("Prio-Ticket",), Decimal(2)))
    assert read_subject("[prio ticket] x", "ABC", kinds).kind == "prio"
    assert read_subject("[Quick] x", "ABC", kinds) == Subject("[Quick] x")


HOSTILE = [
    "Re: " * 25_000,
    "Re[" * 33_000,
    "[" * 100_000,
    "[a] " * 25_000,
    "[Quick]" * 14_000,
    "DD-" * 33_000,
    "DD-1" * 25_000,
    "[ " * 50_000,
    "*" * 100_000,
    "***SPAM***" * 10_000,
    " " * 100_000,
    " \t\u200b" * 33_000,
    "\u0301\u0316" * 50_000,
    "\ufdfa" * 100_000,
    "a" * 100_000,
]


@pytest.mark.parametrize("subject", HOSTILE, ids=lambda subject: ascii(subject[:6]))
def test_a_hostile_subject_takes_no_longer_than_a_long_one(subject):
    began = time.perf_counter()
    seen = read_subject(subject, "DD", DEFAULT_KINDS)
    assert time.perf_counter() - began < 0.5
    assert len(seen.title) <= LONGEST


@given(st.text())
def test_any_text_is_read_and_its_title_is_one_line(subject):
    seen = read_subject(subject, "DD", DEFAULT_KINDS)
    assert " ".join(seen.title.split()) == seen.title
    assert seen.title.isprintable() or not seen.title.isascii()


@given(st.integers(1, 10**12), st.sampled_from(["Re: ", "AW: ", "WG: ", "", "[EXTERN] Re: "]))
def test_our_own_subject_comes_back_whole(ticket_id, prefix):
    seen = read_subject(f"{prefix}[{tag('DD', ticket_id)}] Warenkorb leer", "DD", DEFAULT_KINDS)
    assert (seen.title, seen.numbers) == ("Warenkorb leer", (ticket_id,))
