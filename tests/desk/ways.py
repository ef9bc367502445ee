"""What people do in their mail programs, and the real ways by which a ticket gets into each state."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from maildesk.desk import blocked
from maildesk.desk.answer import Outcome, answer
from maildesk.desk.spam import restore
from maildesk.rules.assign import How, Rule
from maildesk.rules.number import tag
from maildesk.rules.requests import Verdict
from maildesk.rules.ticket import State
from maildesk.store.tables import InboundRow
from tests.desk.office import ANNA, LENA, SUPPORT, Office, Sent, mail

TITLE = "Cart is broken"
QUICK, HIGH, NORMAL = f"[Quick] {TITLE}", f"[QT hoch] {TITLE}", TITLE


class Play:
    """A ticket of a customer's, and Lena, whose it is. `did` is the mail that came last."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        self.ticket = 0
        self.did: InboundRow | None = None
        self.notice: Sent | None = None
        self.other: Sent | None = None

    def receive(self, raw: bytes, to: str = SUPPORT, who: str = "", login: str = "") -> None:
        self.did = self.desk.receive(raw, to, return_path=who or None, login=login)

    def date(self) -> str:
        return f"{self.desk.now:%a, %d %b %Y %H:%M:%S +0000}"


Step = Callable[[Play], object]


def opens(subject: str = QUICK, who: str = ANNA, head: str = "") -> Step:
    """A customer writes to the desk. `head` is what our mail server wrote on it."""

    def step(play: Play) -> None:
        text = f"It has been so since {play.desk.now:%H:%M:%S}."
        play.receive(head.encode() + mail(who, subject, text, Date=play.date()), who=who)
        play.ticket = play.desk.tickets()[-1].id
        notices = [each for each in play.desk.letters() if each.rcpt_to == LENA]
        play.notice = notices[-1] if notices else None

    return step


def lena(orders: str = "", text: str = "", *, signed_in: bool = False, minutes: int = 1) -> Step:
    """Lena answers the notice of the ticket, so many minutes later, with commands and words."""

    def step(play: Play) -> None:
        play.desk.later(minutes=minutes)
        assert play.notice
        subject = f"Re: {play.notice.message['Subject']} {orders}".rstrip()
        raw = mail(LENA, subject, text, to=play.notice.reply_to, reply_to=[play.notice.mid],
                   Date=play.date())  # fmt: skip
        login = "lena" if signed_in else ""
        play.receive(raw, play.notice.reply_to, who=LENA, login=login)

    return step


def replies(
    text: str, tags: str = "", *, who: str = ANNA, hours: float = 2, purpose: str = ""
) -> Step:
    """A customer answers his last letter, or his last of a purpose, some hours later."""

    def step(play: Play) -> None:
        play.desk.later(hours=hours)
        letter = [
            each
            for each in play.desk.letters()
            if (each.rcpt_to, each.ticket_id) == (who, play.ticket)
            and each.reply_to
            and purpose in ("", each.purpose)
        ][-1]
        subject = f"{tags} Re: {letter.message['Subject']}".strip()
        raw = mail(who, subject, text, to=letter.reply_to, reply_to=[letter.mid], Date=play.date())
        play.receive(raw, letter.reply_to, who=who)

    return step


def page(verdict: Verdict, words: str = "", number: int = 1) -> Step:
    """Anna decides on the page of a request, two hours later."""

    def step(play: Play) -> None:
        play.desk.later(hours=2)
        play.did = None
        found = answer(play.desk.desk, play.ticket, number, verdict, ANNA, words, play.desk.now)
        assert found is Outcome.DONE, found

    return step


def passes(days: int = 0, hours: float = 0, minutes: float = 0) -> Step:
    """The time goes by, and the desk looks around afterwards."""

    def step(play: Play) -> None:
        play.desk.later(days=days, hours=hours, minutes=minutes)
        play.did = None
        play.desk.look_around()

    return step


def one_more(play: Play) -> None:
    """Another ticket of Anna's comes in, into which this one can be merged."""
    first, notice = play.ticket, play.notice
    opens(NORMAL)(play)
    play.other, play.ticket, play.notice = play.notice, first, notice


def merges(play: Play) -> None:
    """Lena merges the ticket into the other one."""
    assert play.other
    assert play.other.ticket_id
    lena(f"#zusammen {tag('DD', play.other.ticket_id)}", signed_in=True)(play)


def splits(play: Play) -> None:
    """Lena answers the notice of the ticket that it was merged into, and takes that apart."""
    play.notice = play.other
    lena("#trennen", signed_in=True)(play)


def manual(play: Play) -> None:
    """New tickets belong to nobody until somebody takes them."""
    policy = replace(play.desk.desk.policy, assign=Rule(How.NONE))
    play.desk.use(replace(play.desk.desk, policy=policy))


def blocks(play: Play) -> None:
    blocked.add(play.desk.desk.db, (SUPPORT,), ANNA, "a nuisance", 0, play.desk.now)


def restores(play: Play) -> None:
    """An operator says that the mail of the ticket is no spam."""
    play.desk.later(hours=1)
    (first,) = [row for row in play.desk.rows(InboundRow) if row.ticket_id == play.ticket][:1]
    restore(play.desk.desk.db, first.id)
    (play.did,) = play.desk.handle([first.id])


TEST = lena("#abnahme https://test.example/", "The discount is right now.")
MORE = lena("#freigabe 3h", "It is the import besides.")
ACCEPTS = replies("ABNAHME")
WAYS: Mapping[State, tuple[Step, ...]] = {
    State.NEW: (opens(),),
    State.PLANNED: (opens(), lena("#plan fr 14:00")),
    State.IN_PROGRESS: (opens(), lena("#antwort", "I am on it.")),
    State.WAITING_CUSTOMER: (opens(), lena("#warte antwort #antwort", "Which browser?")),
    State.WAITING_APPROVAL: (opens(), MORE),
    State.WAITING_THIRD: (opens(), lena("#dritte")),
    State.ACCEPTANCE: (opens(), TEST),
    State.REWORK: (opens(), TEST, page(Verdict.DEFECTS, "The tax is wrong.")),
    State.ACCEPTED: (opens(), TEST, ACCEPTS),
    State.RESOLVED: (opens(), lena("#zu", "It was the cache.")),
    State.BILLING: (opens(), lena("+20m #zu", "It was the cache."), lena("#rechnung")),
    State.CLOSED: (opens(), lena("#zu #rechnung", "It was the cache.")),
    State.CANCELLED: (opens(), lena("#storno", "You need it no more.")),
    State.MERGED: (opens(), one_more, merges),
    State.SPAM: (opens(), lena("#spam", signed_in=True)),
}
