"""Kinds that cost more: ordered, offered or noted. Mail in, letters out, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.store.tables import ContactRow, EventRow, MessageRow
from maildesk.store.work_tables import RequestRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, Office, Sent, mail

KARL = "karl@elsewhere.example"


def order(desk: Office, who: str, subject: str = "[QT hoch] Shop is down") -> list[Sent]:
    """Send a new mail, and return the letters that it causes."""
    text = "Der Shop ist seit heute Morgen leer. Bitte sehen Sie nach."
    if who == EMILY:
        text = "The shop has been empty since this morning. Please have a look."
    text += f"\n{len(desk.tickets())}"
    desk.receive(mail(who, subject, text, Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"))
    return desk.new_letters()


def reply(desk: Office, who: str, letter: Sent, tags: str, text: str = "Hurry.") -> list[Sent]:
    """Answer a letter with tags in front of its subject."""
    subject = f"{tags} Re: {letter.message['Subject']}"
    mid = f"reply{len(desk.rows(MessageRow))}@{who.partition('@')[2]}"
    desk.receive(mail(who, subject, text, to=letter.reply_to, reply_to=[letter.mid], message_id=mid,
                      Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"), letter.reply_to)  # fmt: skip
    return desk.new_letters()


def use(desk: Office, **changed: object) -> None:
    """Go on with other rules."""
    desk.use(replace(desk.desk, policy=replace(desk.desk.policy, **changed)))


def limit(desk: Office, name: str, **quota: int) -> None:
    """Give a kind a quota."""
    kinds = desk.desk.policy.kinds
    use(desk, kinds=tuple(
        replace(kind, **quota) if kind.name == name else kind for kind in kinds
    ))  # fmt: skip


def purposes(letters: list[Sent]) -> list[tuple[str, str]]:
    return [(letter.rcpt_to, letter.purpose) for letter in letters]


def requests(desk: Office) -> list[tuple[str, str, str, str]]:
    """Return (name, kind, state before, verdict) of every request."""
    return [
        (f"{row.ticket_id}v{row.number}", row.kind, row.before, row.verdict)
        for row in desk.rows(RequestRow)
    ]


def moves(desk: Office, ticket_id: int) -> list[tuple[str, str, str, str]]:
    """Return (trigger, row, from, to) of the changes of state of a ticket."""
    return [
        (row.trigger, row.row, row.from_state, row.to_state)
        for row in desk.rows(EventRow)
        if row.ticket_id == ticket_id and row.to_state
    ]


def test_a_stranger_is_offered_what_he_wishes(desk):
    offer, notice = order(desk, f"Win a prize <{KARL}>", "[QT hoch] Visit www.evil.example now")
    assert purposes([offer, notice]) == [(KARL, "quick_offer"), (LENA, "staff_new")]
    assert offer.counted
    assert str(offer.message["Subject"]) == "[DD-10008]"
    assert offer.message["To"] == KARL
    for his in ("evil", "Win a prize", "leer"):
        assert his not in offer.raw.decode() + offer.text
    assert "190,00 € pro Stunde" in offer.text
    assert "innerhalb von 2 Arbeitsstunden" in offer.text
    assert "BESTELLEN:" in offer.text
    assert "NORMAL:" in offer.text
    assert "steht noch nicht fest, wer bezahlt" in notice.text
    assert f"Gefragt: {KARL}; bis zum Auftrag ruht das Ticket" in notice.text

    (opened,) = desk.tickets()
    assert (opened.state, opened.kind, opened.wish, opened.waits_for) == (
        "waiting_approval", "normal", "quick-high", "order",
    )  # fmt: skip
    assert (opened.version, opened.closed, opened.due_at, opened.paused_at, opened.alert_at) == (
        1, False, None, desk.now, None,
    )  # fmt: skip
    assert moves(desk, 1000) == [
        ("T01", "", "", "new"), ("order missing", "T05", "new", "waiting_approval"),
    ]  # fmt: skip
    assert requests(desk) == [("1000v1", "quick-high", "new", "open")]
    # His answer leads to his ticket, whatever he writes; a thank-you orders nothing.
    assert purposes(reply(desk, KARL, offer, "", "Sounds good.")) == [(LENA, "staff_decided")]
    assert desk.tickets()[0].state == "waiting_approval"
    assert len(desk.tickets()) == 1


def test_a_strangers_budget_holds_for_offers_too(desk):
    told = [purposes(order(desk, KARL)) for _ in range(5)]
    assert told[0] == [(KARL, "quick_offer"), (LENA, "staff_new")]
    assert [each[:-1] for each in told].count([]) == 2, "three an hour"
    last = desk.tickets()[-1]
    assert (last.state, last.kind, last.wish) == ("new", "normal", "quick-high")
    letter = [each for each in desk.letters() if each.purpose == "staff_new"][-1]
    assert "deshalb wurde niemand gefragt" in letter.text
    assert len(requests(desk)) == 3


def test_who_did_not_accept_the_terms_is_asked_first(desk):
    offer, notice = order(desk, EMILY, "[Quick hoch] Slow")
    assert purposes([offer, notice]) == [(EMILY, "quick_offer"), (LENA, "staff_new")]
    assert (offer.message["Subject"], offer.message["Content-Language"]) == (
        "[DD-10008] Slow",
        "en",
    )
    assert offer.message["Auto-Submitted"] == "auto-replied"
    assert "€190.00 per hour" in offer.text
    assert "ORDER: We start" in offer.text
    assert "Our terms and prices are not agreed" in offer.text
    assert "nicht vereinbart" in notice.text
    assert desk.ticket(1000).state == "waiting_approval"


def test_only_who_may_approve_orders(desk):
    letters = order(desk, BERT)
    assert purposes(letters) == [
        (ANNA, "quick_offer"), (BERT, "offer_sent"), (LENA, "staff_new"),
    ]  # fmt: skip
    offer, sent, notice = letters
    assert offer.message["In-Reply-To"] is None, "she never saw his mail"
    assert offer.message["Subject"] == sent.message["Subject"] == "[DD-10008] Shop is down"
    assert "Gewünscht hat das Bert Berger." in offer.text
    assert "Anna Berger" in sent.text
    assert "190" not in sent.text
    assert sent.message["Auto-Submitted"] == "auto-replied"
    assert "Der Absender darf nicht selbst bestellen" in notice.text
    # Nobody of Emily's firm may approve any more.
    row = update(ContactRow).where(col(ContactRow.address) == EMILY).values(may_approve=False)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(row)
    confirmation, notice = order(desk, EMILY, "[Quick] Slow")
    assert confirmation.purpose == "confirm_normal"
    assert "who may approve costs" in confirmation.text
    assert "Bei diesem Kunden darf niemand bestellen" in notice.text
    opened = desk.tickets()[-1]
    assert (opened.state, opened.kind, opened.wish) == ("new", "normal", "quick")


QUOTAS = [
    # quota                days between  offered                       why
    ({"quota_day": 2}, 0, [False, False, True], "two a day"),
    ({"quota_day": 2}, 1, [False, False, False], "the next day counts anew"),
    ({"quota_week": 2}, 1, [False, False, True], "two a week"),
    ({"quota_week": 2}, 4, [False, False, False], "from Monday on Friday, then Tuesday"),
    ({}, 0, [False, False, False], "any number"),
]


@pytest.mark.parametrize(("quota", "days", "offered", "why"), QUOTAS)
def test_a_quota_makes_an_offer_of_an_order(desk, quota, days, offered, why):
    limit(desk, "quick-high", **quota)
    seen = []
    for _ in offered:
        letters = order(desk, ANNA)
        seen.append(letters[0].purpose == "quick_offer")
        assert letters[0].rcpt_to == ANNA
        desk.later(days=days)
    assert seen == offered, why
    if any(offered):
        assert "ohne Rückfrage annehmen" in letters[0].text
        assert "Kontingent" in letters[1].text


def test_what_comes_after_hours_counts_for_the_next_working_day(desk):
    limit(desk, "quick-high", quota_day=1)
    desk.now = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # Monday, 19:00 in Berlin
    assert order(desk, ANNA)[0].purpose == "confirm_quick_high"
    desk.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert order(desk, ANNA)[0].purpose == "quick_offer"
    desk.now = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # exactly at closing
    assert order(desk, ANNA)[0].purpose == "confirm_quick_high"


def test_two_orders_that_are_handled_together_share_the_quota(desk):
    limit(desk, "quick-high", quota_day=1)
    desk.receive_all([mail(ANNA, "[QT hoch] One"), mail("anna@firm.example", "[QT hoch] Two")])
    kinds = sorted((row.kind, row.state) for row in desk.tickets())
    assert kinds == [("normal", "waiting_approval"), ("quick-high", "new")]


def test_where_terms_are_always_needed_a_normal_ticket_waits_too(desk):
    use(desk, terms="always")
    offer, notice = order(desk, EMILY, "Slow")
    assert purposes([offer, notice]) == [(EMILY, "quick_offer"), (LENA, "staff_new")]
    assert "€95.00 per hour" in offer.text
    assert "NORMAL:" not in offer.text
    assert "Time limit" not in offer.text
    assert (desk.ticket(1000).state, desk.ticket(1000).wish) == ("waiting_approval", "")
    assert requests(desk) == [("1000v1", "normal", "new", "open")]
    assert order(desk, ANNA, "Slow")[0].purpose == "confirm_normal", "her firm accepted them"
    assert order(desk, EMILY, "[Anfrage] Offer?")[0].purpose == "confirm_normal", "free"
    assert purposes(reply(desk, EMILY, offer, "")) == [(LENA, "staff_decided")]


def test_an_approver_raises_the_kind_in_a_reply(desk):
    confirmation, _ = order(desk, ANNA, "Shop is slow")
    desk.later(hours=1)
    letters = reply(desk, ANNA, confirmation, "[QT hoch]")
    assert purposes(letters) == [(ANNA, "confirm_quick_high"), (LENA, "staff_reply")]
    raised, notice = letters
    assert "spätestens Montag, 23.11.2026, 13:00 Uhr" in raised.text, "from the order"
    assert "190,00 €" in raised.text
    assert "Bestellt:" in notice.text
    assert "Art: Quickticket hoch" in notice.text
    row = desk.ticket(1000)
    assert (row.kind, row.cycle, row.clock_started_at, row.state) == (
        "quick-high", 2, desk.now, "new",
    )  # fmt: skip
    assert ("T11", f"quick-high ordered by {ANNA}") in desk.journal(1000)
    # What the letter's own subject says is no order, nor is the same kind once more.
    assert purposes(reply(desk, ANNA, raised, "[QT hoch]")) == [(LENA, "staff_reply")]
    # A cheaper kind is the agency's to give.
    (notice,) = reply(desk, ANNA, raised, "[Quick]")
    assert "Wunsch: Quickticket, noch nicht bestellt" in notice.text
    assert desk.ticket(1000).kind == "quick-high"
    assert requests(desk) == []


def test_others_wish_and_the_approver_is_asked_while_the_ticket_goes_on(desk):
    confirmation, _ = order(desk, BERT, "Shop is slow")
    letters = reply(desk, BERT, confirmation, "[Quick]")
    assert purposes(letters) == [
        (ANNA, "quick_offer"), (BERT, "offer_sent"), (LENA, "staff_reply"),
    ]  # fmt: skip
    assert "ABLEHNEN: Es bleibt, wie es ist." in letters[0].text
    assert "läuft das Ticket weiter wie bisher: Normales Ticket" in letters[1].text
    assert "bis dahin läuft das Ticket unverändert weiter" in letters[2].text
    row = desk.ticket(1000)
    assert (row.state, row.kind, row.wish, row.waits_for) == ("new", "normal", "quick", "")
    assert purposes(reply(desk, BERT, confirmation, "[Quick]")) == [(LENA, "staff_reply")], "asked"
    reply(desk, BERT, confirmation, "[QT hoch]")
    assert requests(desk) == [
        ("1000v1", "quick", "new", "replaced"), ("1000v2", "quick-high", "new", "open"),
    ]  # fmt: skip


def test_a_reply_that_reopens_may_order_too(desk):
    confirmation, _ = order(desk, ANNA, "Shop is slow")
    desk.set_state(1000, "resolved", closed=True, resolved_at=desk.now)
    letters = reply(desk, ANNA, confirmation, "[QT hoch]", "It is slow again.")
    assert purposes(letters) == [(ANNA, "confirm_quick_high"), (LENA, "staff_reply")]
    row = desk.ticket(1000)
    assert (row.state, row.kind, row.closed) == ("in_progress", "quick-high", False)
    desk.set_state(1000, "closed", closed=True)
    letters = reply(desk, BERT, confirmation, "[QT hoch]", "And again.")
    assert purposes(letters) == [
        (ANNA, "quick_offer"), (BERT, "offer_sent"), (LENA, "staff_new"),
    ]  # fmt: skip
    assert "Das Ticket DD-10008 ist bereits abgeschlossen" in letters[0].text.replace(
        "das T", "Das T"
    )
    assert desk.tickets()[-1].follows == 1000


def test_a_stranger_orders_with_one_word(desk):
    offer = order(desk, KARL)[0]
    desk.later(hours=3)
    letters = reply(desk, KARL, offer, "", "BESTELLEN")
    assert (KARL, "confirm_quick_high") in purposes(letters)
    row = desk.ticket(1000)
    assert (row.kind, row.wish, row.waits_for, row.paused_at) == ("quick-high", "", "", None)
    assert row.state == "planned"
    assert row.due_at == datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "two hours from the order"
    assert [(name, kind, verdict) for name, kind, _, verdict in requests(desk)] == [
        ("1000v1", "quick-high", "yes")
    ]
    # It counts for the quota of the day, though its mail was another kind's.
    limit(desk, "quick-high", quota_day=1)
    assert order(desk, ANNA)[0].purpose == "quick_offer"


def test_a_strangers_words_go_to_no_one_else_who_answers_for_him(desk):
    offer = order(desk, KARL)[0]
    forged = mail("mallory@elsewhere.example", "Re: x", "BESTELLEN", to=offer.reply_to,
                  Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}")  # fmt: skip
    desk.receive(forged, offer.reply_to)
    desk.new_letters()
    assert desk.ticket(1000).state == "waiting_approval"
    assert purposes(reply(desk, KARL, offer, "", "NORMAL"))[0][0] == KARL
    assert (desk.ticket(1000).state, desk.ticket(1000).kind) == ("planned", "normal")


def test_an_approver_orders_for_a_colleague(desk):
    offer = order(desk, BERT)[0]
    letters = reply(desk, ANNA, offer, "", "BESTELLEN")
    assert (BERT, "confirm_quick_high") in purposes(letters)
    assert desk.ticket(1000).kind == "quick-high"
    confirmation = order(desk, BERT, "Another one")[0]
    offer = reply(desk, BERT, confirmation, "[Quick]")[0]
    assert purposes(reply(desk, BERT, offer, "", "BESTELLEN"))[-1] == (LENA, "staff_decided")
    ticket_id = desk.tickets()[-1].id
    assert desk.ticket(ticket_id).kind == "normal", "the address was made for Anna"
    reply(desk, ANNA, offer, "", "BESTELLEN")
    row = desk.ticket(ticket_id)
    assert (row.kind, row.state, row.cycle) == ("quick", "new", 2)
