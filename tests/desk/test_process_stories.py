"""Six tickets from the first mail to the last: mail in, mail out, and a clock that is moved."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.desk.office import ANNA, LENA, Office, Sent, mail

BERLIN = ZoneInfo("Europe/Berlin")
STRANGER = "karl@elsewhere.example"


class Story:
    """A desk, and what people do in their mail programs."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk

    def at(self, moment: str) -> None:
        """Let the time pass until then ("24 10:15" is a day of November 2026 in Berlin)."""
        day, clock = moment.split()
        hour, minute = map(int, clock.split(":"))
        until = datetime(2026, 11, int(day), hour, minute, tzinfo=BERLIN)
        while self.desk.now < until:
            self.desk.later(minutes=1)
            self.desk.look_around()

    def writes(self, who: str, subject: str, text: str) -> list[Sent]:
        """Send a new mail, and return the letters that it causes."""
        raw = mail(who, subject, text, Date=self._date())
        self.desk.receive(raw, return_path=who)
        return self.desk.new_letters()

    def answers(self, letter: Sent, text: str = "", orders: str = "") -> list[Sent]:
        """Answer a letter as its reader, and return the letters that this causes."""
        subject = f"AW: {letter.message['Subject']} {orders}".rstrip()
        raw = mail(letter.rcpt_to, subject, text, to=letter.reply_to, reply_to=[letter.mid],
                   Date=self._date())  # fmt: skip
        self.desk.receive(raw, letter.reply_to, return_path=letter.rcpt_to)
        return self.desk.new_letters()

    def told(self) -> list[Sent]:
        """Return the letters that the time alone has caused since."""
        return self.desk.new_letters()

    def _date(self) -> str:
        return f"{self.desk.now:%a, %d %b %Y %H:%M:%S +0000}"


def only(letters: list[Sent], purpose: str, to: str = "") -> Sent:
    """Return the one letter of a purpose among others."""
    found = [each for each in letters if each.purpose == purpose and to in ("", each.rcpt_to)]
    assert len(found) == 1, [(each.rcpt_to, each.purpose) for each in letters]
    return found[0]


def kinds(letters: list[Sent]) -> set[tuple[str, str]]:
    return {(each.rcpt_to, each.purpose) for each in letters}


def test_normal_from_request_to_ready_for_billing(desk):
    story = Story(desk)
    letters = story.writes(ANNA, "Cart is empty", "Since today the cart is empty.")
    confirmation, notice = only(letters, "confirm_normal"), only(letters, "staff_new")
    assert "95,00 €" in confirmation.text
    assert confirmation.rcpt_to == ANNA

    story.at("23 11:00")
    (question,) = story.answers(notice, "On the phone too?", "#warte 3t +10m")
    assert question.rcpt_to == ANNA
    story.at("23 14:00")
    back = only(story.answers(question, "No, only on the computer."), "staff_reply")
    assert desk.ticket(1000).state == "in_progress"

    story.at("23 15:00")
    closing = only(story.answers(back, "It was the cache.", "#zu +25m"), "closing")
    assert "35 Min." in closing.text
    story.at("24 09:00")
    story.told()
    assert kinds(story.answers(closing, "Vielen Dank!\nAnna")) == {(LENA, "staff_reply")}
    assert desk.ticket(1000).state == "resolved", "thanks wake nothing"

    desk.later(days=15)
    desk.look_around()
    assert desk.ticket(1000).state == "billing", "the window is over, and 35 minutes are to be paid"
    desk.look_around()
    assert [row for row, _ in desk.journal(1000)].count("handed to billing") <= 1


def test_quick_high_wished_by_a_stranger_offered_ordered_done_in_time(desk):
    story = Story(desk)
    letters = story.writes(STRANGER, "[Quickticket hoch] Casino on our page", "Please help!")
    offer = only(letters, "quick_offer", STRANGER)
    assert "Casino" not in f"{offer.message['Subject']} {offer.text}", "nothing that he wrote"
    assert "190,00 €" in offer.text
    assert "BESTELLEN" in offer.text
    assert desk.ticket(1000).state == "waiting_approval"

    story.at("23 10:20")
    ordered = story.answers(offer, "BESTELLEN")
    confirmation = only(ordered, "confirm_quick_high", STRANGER)
    assert "12:20" in confirmation.text, "two working hours from the order"
    notice = next(each for each in ordered if each.rcpt_to == LENA)
    assert desk.ticket(1000).kind == "quick-high"

    story.at("23 11:00")
    assert not story.told()
    story.at("23 11:25")
    half = only(story.told(), "staff_promise", LENA)
    assert "12:20" in half.text
    closing = only(
        story.answers(
            half if "Kunden" in half.text else notice, "It is gone.", "#antwort #zu +40m"
        ),
        "closing",
    )
    assert closing.rcpt_to == STRANGER
    story.at("23 13:00")
    assert not story.told(), "done in time: nothing more to say"
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.breached_at) == ("resolved", None)


def begin(story: Story) -> Sent:
    """Anna asks, and Lena has a notice to work with."""
    return only(story.writes(ANNA, "Import", "The import stops at 40 articles."), "staff_new")


def test_overrun_approved_by_mail(desk):
    story = Story(desk)
    notice = begin(story)
    story.at("23 10:30")
    asked = story.answers(notice, "The files have to be read anew.", "+20m #freigabe 3h")
    request = only(asked, "approval_request", ANNA)
    assert "3 Stunden" in request.text
    assert "285,00 €" in request.text
    assert "The files have to be read anew." in request.text
    assert desk.ticket(1000).state == "waiting_approval"

    story.at("23 12:50")
    said = story.answers(request, "FREIGABE\n\nAnna Berger")
    receipt = only(said, "approval_receipt", ANNA)
    assert "STOP" in receipt.text
    told = next(each for each in said if each.rcpt_to == LENA)
    assert desk.ticket(1000).state == "in_progress"
    closing = only(story.answers(told, "All 4,000 are in.", "#antwort #zu +100m"), "closing")
    assert "2 Std." in closing.text


def test_overrun_refused_and_forgotten_by_the_agent(desk):
    story = Story(desk)
    notice = begin(story)
    story.at("23 11:00")
    story.answers(notice, "", "#start")
    story.at("23 11:44")
    assert "staff_warning" not in {each.purpose for each in story.told()}
    story.at("23 11:45")
    assert only(story.told(), "staff_warning", LENA)
    story.at("23 11:59")
    assert desk.ticket(1000).state == "in_progress"
    story.at("23 12:00")
    told = story.told()
    request = only(told, "approval_request_auto", ANNA)
    assert "1 Stunde" in request.text
    assert desk.ticket(1000).state == "waiting_approval"
    assert desk.minutes(1000) == 60, "the timer stopped and is booked"

    story.at("23 13:00")
    said = story.answers(request, "ABLEHNEN")
    receipt = only(said, "decline_receipt", ANNA)
    assert "1 Stunde" in receipt.text
    assert desk.ticket(1000).state == "resolved", "nothing is left of what was approved"


def test_acceptance_with_two_defects_and_rework(desk):
    story = Story(desk)
    notice = begin(story)
    story.at("23 11:00")
    delivered = story.answers(
        notice, "The import takes any number.", "+40m #abnahme https://test.firm.example/"
    )
    request = only(delivered, "acceptance_request", ANNA)
    assert "https://test.firm.example/" in request.text
    assert "ABNAHME" in request.text

    story.at("24 09:30")
    story.told()
    said = story.answers(request, "1. Prices are missing.\n2. The bar stands still.")
    back = next(each for each in said if each.rcpt_to == LENA)
    assert "Prices are missing." in back.text
    story.answers(back, "Prices missing; bar stands still.", "#mangel")
    assert desk.ticket(1000).state == "rework"
    story.at("24 11:00")
    again = story.answers(back, "Both are mended.", "+90m #abnahme https://test.firm.example/")
    assert "approval_request_auto" not in {each.purpose for each in again}, "rework is free"
    second = only(again, "acceptance_request", ANNA)
    story.answers(request, "ABNAHME")
    assert desk.ticket(1000).state == "acceptance", "that request was replaced"

    story.at("24 12:00")
    story.told()
    said = story.answers(second, "ABNAHME\n\nAnna Berger")
    only(said, "acceptance_receipt", ANNA)
    told = next(each for each in said if each.rcpt_to == LENA)
    assert desk.ticket(1000).state == "accepted"
    closing = only(story.answers(told, "It is live.", "#antwort #live"), "closing")
    assert closing.rcpt_to == ANNA
    assert desk.ticket(1000).state == "resolved"


def test_a_contract_and_what_goes_beyond_it(desk):
    story = Story(desk)
    desk.agree(customer_id=1, name="Wartung", minutes=60)
    letters = story.writes(ANNA, "Cart is empty", "Since today the cart is empty.")
    only(letters, "confirm_contract", ANNA)
    notice = only(letters, "staff_new")
    story.at("23 11:00")
    told = only(story.answers(notice, "", "#vertrag +50m"), "staff_contract", LENA)
    assert "80 Prozent" in told.text, "50 of 60 minutes"
    assert "es bleiben 10 Minuten" in told.text
    assert desk.charged(1000) == 0, "all of it is covered"
    story.at("23 12:00")
    told = only(story.answers(notice, "", "+50m"), "staff_contract", LENA)
    assert "ist verbraucht" in told.text
    assert desk.charged(1000) == 40, "ten of the fifty were covered"
    story.at("23 13:00")
    beyond = story.answers(notice, "", "+30m")
    assert only(beyond, "approval_request_auto", ANNA), "70 charged minutes: more than an hour"
    assert desk.ticket(1000).state == "waiting_approval"


def test_a_phone_call_to_ticket_to_closed(desk):
    story = Story(desk)
    begin(story)
    held = story.writes(LENA, f"#anruf 12m {ANNA} Printer prints grey", "Only in the office.")
    (asked,) = held
    letters = story.answers(asked, "OK")
    history = only(letters, "staff_call", LENA)
    assert "Import" in history.text, "what she has besides"
    confirmation = only(letters, "confirm_normal", ANNA)
    assert "Telefon" in confirmation.text or "Anruf" in confirmation.text
    closing = only(story.answers(history, "The drum is changed.", "#antwort #zu +10m"), "closing")
    assert "22 Min." in closing.text
    desk.later(days=15)
    desk.look_around()
    assert desk.tickets()[-1].state == "billing"


def test_a_forgotten_timer_uses_up_the_contract_first(desk):
    story = Story(desk)
    desk.agree(customer_id=1, name="Wartung", minutes=30)
    notice = only(story.writes(ANNA, "Cart is empty", "Since today."), "staff_new")
    story.at("23 11:00")
    story.answers(notice, "", "#vertrag #start")
    story.at("23 12:29")
    assert desk.ticket(1000).state == "in_progress", (
        "half an hour is covered, 59 minutes are charged"
    )
    story.at("23 12:30")
    assert only(story.told(), "approval_request_auto", ANNA)
    assert (desk.minutes(1000), desk.charged(1000)) == (90, 60)
