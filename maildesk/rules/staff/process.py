"""The commands of the process: asking, deciding by phone, delivering, going live, charging.

PROCESS.md sections 1.2, 1.3 and 2.4. What has to hold before a ticket moves is looked at in
`GUARDS`; each guard raises Refused with what is missing.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from maildesk.rules import letters as words
from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.entries import Entry, Free
from maildesk.rules.facts import Facts
from maildesk.rules.kinds import is_dearer
from maildesk.rules.plan import Book, Note
from maildesk.rules.process import ordering
from maildesk.rules.process.asking import NobodyToAskError, open_request
from maildesk.rules.process.billable import is_to_bill, is_undecided
from maildesk.rules.process.booking import with_booked
from maildesk.rules.process.request_words import charged_minutes, limit_of
from maildesk.rules.requests import About, Verdict
from maildesk.rules.staff import chains, times
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State, is_closed

COSTS = (About.OVERRUN, About.QUOTE)


def facts_then(work: Work) -> Facts:
    """Return the facts with what this mail books."""
    return with_booked(work.facts, work.ticket.id, work.books, work.scene.now)


def worked(work: Work) -> int:
    """Return the charged work of the ticket after this mail so far, in minutes."""
    return charged_minutes(facts_then(work).process.entries.get(work.ticket.id, ()))


def limit(work: Work) -> int | None:
    """Return the approved total by now, in minutes; None for no limit."""
    return limit_of(work.as_it_will_be(), work.facts.customer, work.scene.policy)


def _open_about(work: Work) -> About | None:
    request = open_request(work.facts, work.ticket.id)
    return request.about if request else None


def _gave_up(work: Work) -> bool:
    """Tell whether the desk proposed to close, as all reminders stayed without an answer (T15).

    A ticket that waits without an end is looked at again until then (`rules.process.reminding`).
    """
    ticket = work.ticket
    waits = work.state is State.WAITING_CUSTOMER is ticket.state and ticket.wake_at is None
    return waits and ticket.alert_at is None and ticket.paused_at is not None


def _before_close(work: Work, command: Command) -> None:
    """A job is closed when nothing is open about it (T30, T33)."""
    about, name = _open_about(work), command.name.value
    if about is About.ACCEPTANCE and work.state is State.ACCEPTANCE:
        raise Refused("acceptance_open", name)
    if about in COSTS:
        raise Refused("approval_open", name)
    past = work.facts.process.requests.get(work.ticket.id, ())
    delivered = [each for each in past if each.about is About.ACCEPTANCE]
    verdict = delivered[-1].verdict if delivered else Verdict.YES
    in_rework = work.state is State.REWORK and verdict is not Verdict.YES
    # Back from a question about a defect (T60, T61), which is not mended by that.
    is_back = work.as_it_will_be().category == Free.REWORK and verdict is Verdict.DEFECTS
    if in_rework or (is_back and not _gave_up(work)):
        raise Refused("acceptance_first", name)
    times.stop_all(work)


def _before_live(work: Work, command: Command) -> None:
    """Live goes what was accepted, unless the site lets it go without (golive_needs_acceptance)."""
    if work.state is not State.ACCEPTED and work.scene.policy.golive_needs_acceptance:
        raise Refused("golive_first", command.name.value)
    _before_close(work, command)


def _before_open(work: Work, command: Command) -> None:
    """Only within the limit does work go on without the customer's answer (T56)."""
    if work.state is not State.WAITING_APPROVAL:
        return
    if work.as_it_will_be().waits_for == About.ORDER:
        raise Refused("order_open", command.name.value)
    most = limit(work)
    if most is not None and worked(work) >= most:
        raise Refused("limit_used", command.name.value)


def _before_plan(work: Work, command: Command) -> None:
    """Nobody is at work on what is put back (T09)."""
    name = command.name.value
    if work.state is State.RESOLVED:
        raise Refused("open_first", name)
    if work.state is not State.IN_PROGRESS:
        return
    if times.starts(work):
        raise Refused("contradiction", f"#{Name.START} #{name}")
    if others := times.running_besides_mine(work):
        raise Refused("timer_of_other", name, ", ".join(others))
    times.stop_mine(work)


def _before_start(work: Work, command: Command) -> None:
    """Where a ticket waits for an approval timers are stopped."""
    if work.state is not State.WAITING_APPROVAL:
        return
    ordered = work.as_it_will_be().waits_for == About.ORDER
    raise Refused("order_open" if ordered else "start_waits", command.name.value)


def _before_rest(work: Work, command: Command) -> None:
    """From rework a ticket comes back to work, where it is not known any more (T60, T61).

    What is done then is free all the same: its category says so. Enquiries are free anyway.
    """
    if work.state is State.REWORK and work.as_it_will_be().category != Free.PRESALES:
        work.fields["category"] = Free.REWORK.value


def _before_merge(work: Work, command: Command) -> None:
    """No timer runs on where nobody finds it: a reply to this ticket is one to the other then."""
    times.stop_all(work)


def _before_defect(work: Work, command: Command) -> None:
    work.need_text("defects_missing", command.name)


def defect(work: Work, command: Command) -> None:
    """Note the defects that the customer named; mending them is free (T28, T32, T35, T57)."""
    request = open_request(work.facts, work.ticket.id)
    if request is not None and request.about is About.ACCEPTANCE:
        work.judge(request, Verdict.DEFECTS)
    work.steps.append(Note(work.ticket.id, "defects", work.text))
    work.say(tell.defects_noted(work.language))


def live(work: Work, command: Command) -> None:
    """Note that the change is live; the customer is told of the closing (T31)."""
    work.say(tell.live(work.language))


def close(work: Work, command: Command) -> None:
    """Close the ticket, unfinished where the customer answered no reminder (T15)."""
    if _gave_up(work):
        work.unanswered = True
        work.go(State.RESOLVED, f"#{command.name.value}", "T15")
    else:
        work.move(command.name)
    work.say(say.closed(work.language))


def reopen(work: Work, command: Command) -> None:
    """Note that work goes on."""
    work.say(say.opened(work.language))


def third(work: Work, command: Command) -> None:
    """Note that somebody else has to do something first (T23)."""
    work.say(tell.waits_for_third(work.language))


def cancel(work: Work, command: Command) -> None:
    """Cancel the ticket (T48; T22 where it only waits for an order or an answer to a quote)."""
    chains.must(Name.CANCEL, work.state)
    times.stop_all(work)
    waits = work.as_it_will_be().waits_for
    refused = work.state is State.WAITING_APPROVAL and waits in (About.ORDER, About.QUOTE)
    work.go(State.CANCELLED, f"#{command.name.value}", "T22" if refused else "T48")
    work.said = bool(work.text)
    work.say(tell.cancelled(work.language))


def kind(work: Work, command: Command) -> None:
    """Offer a dearer kind to the customer, or give a cheaper one with the reason (T11, T12)."""
    scene = work.scene
    known = {kind.name: kind for kind in scene.policy.kinds}
    wanted, now = known[command.kind], known.get(work.ticket.kind, scene.policy.kinds[0])
    name, label = command.name.value, words.kind_words(known[command.kind], work.language)
    if wanted.name == now.name:
        raise Refused("already_so", name)
    about = (work.as_it_will_be(), wanted.name, work.facts, scene.policy, scene.now, scene.agent)
    if not is_dearer(wanted, now):
        reason = work.need_text("kind_reason_missing", command.name)
        work.take(ordering.lower(*about, reason))
        work.say(say.kind_changed(label, work.language))
        return
    try:
        work.take(ordering.raise_by_agent(*about, work.text))
    except NobodyToAskError:
        raise Refused("nobody_to_ask", name) from None
    except ordering.OtherRequestError:
        raise Refused("other_request", name) from None
    work.said = bool(work.text)
    work.say(tell.kind_offered(label, work.language))


def free(work: Work, command: Command) -> None:
    """Charge nothing on this ticket: what is booked is booked over as goodwill, and what comes."""
    if work.as_it_will_be().free:
        raise Refused("already_so", command.name.value)
    work.fields["free"] = Free.GOODWILL.value
    sums: dict[Entry, int] = {}
    for entry in work.facts.process.entries.get(work.ticket.id, ()):
        if not entry.free:
            same = Entry(
                entry.agent_id, 0, work.scene.now, entry.type, kind=entry.kind,
                factor=entry.factor, rate_minor=entry.rate_minor,
            )  # fmt: skip
            sums[same] = sums.get(same, 0) + entry.minutes
    for same, minutes in sums.items():
        if minutes:
            work.take((_over(work, same, -minutes, Free.CHARGED),))
            work.take((_over(work, same, minutes, Free.GOODWILL),))
    work.say(tell.goodwill(work.language))


def _over(work: Work, same: Entry, minutes: int, why: Free) -> Book:
    return Book(
        work.ticket.id, same.agent_id, minutes, "#free", same.type, same.kind, same.factor,
        same.rate_minor, why.value,
    )  # fmt: skip


def bill(work: Work, command: Command) -> None:
    """Hand the ticket to billing (T36, T49), or close it where there is nothing to bill (T37)."""
    chains.must(Name.BILL, work.state)
    scene, ticket, facts = work.scene, work.as_it_will_be(), facts_then(work)
    if is_undecided(ticket, facts, scene.policy):
        raise Refused("unapproved_left", command.name.value)
    trigger = f"#{command.name.value}"
    if is_to_bill(ticket, facts):
        work.go(State.BILLING, trigger)
        work.say(tell.to_billing(work.language))
    elif work.state is State.CANCELLED:
        raise Refused("nothing_to_bill", command.name.value)
    else:
        work.go(State.CLOSED, trigger)
        work.say(tell.nothing_to_bill(work.language))


def settle(work: Work) -> None:
    """Take back the request that the ticket no longer waits for, after all commands."""
    request = open_request(work.facts, work.ticket.id)
    if request is None or work.asked is not None or work.undone:
        return
    if request.about is About.ACCEPTANCE:
        is_moot = work.state is not State.ACCEPTANCE
    else:
        waited = work.ticket.state is State.WAITING_APPROVAL
        is_moot = is_closed(work.state) or (waited and work.state is not State.WAITING_APPROVAL)
    if is_moot:
        work.judge(request, Verdict.REPLACED)
        work.say(tell.request_taken_back(work.language))


# What has to hold before a command moves a ticket.
GUARDS: Mapping[Name, Callable[[Work, Command], None]] = MappingProxyType(
    {
        Name.CLOSE: _before_close,
        Name.LIVE: _before_live,
        Name.OPEN: _before_open,
        Name.DEFECT: _before_defect,
        Name.MERGE: _before_merge,
        Name.PLAN: _before_plan,
        Name.START: _before_start,
        Name.WAIT: _before_rest,
        Name.THIRD: _before_rest,
    }
)
