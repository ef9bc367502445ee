"""The commands that ask the customer for a decision, and those that note what he decided.

PROCESS.md sections 1.2 (T16, T25, T26, T27), 1.3 and 2.4.
"""

import re
from dataclasses import replace

from maildesk.rules import letters as words
from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.hours import Calendar
from maildesk.rules.kinds import Kind
from maildesk.rules.plan import Tell
from maildesk.rules.process.answerable import why_not
from maildesk.rules.process.answers import Word, verdict_of
from maildesk.rules.process.asking import (
    NobodyToAskError,
    ask,
    deciders,
    first_reminder,
    next_number,
    open_request,
)
from maildesk.rules.process.course import Decision
from maildesk.rules.process.deciding import decided
from maildesk.rules.process.receipts import accepted
from maildesk.rules.process.request_words import amount_of, day_words, working_day_after
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.rules.staff import chains, times
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff.process import COSTS, facts_then, limit, worked
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State

_LONGEST_REASON = 4000  # characters of a text that a request carries


def ask_more(work: Work, command: Command) -> None:
    """Ask the customer to approve a total of work, or work at cost (T16).

    The duration is the new total, as the customer reads it. It has to be above what is approved
    and at least what is worked: anything less would settle nothing. Without `hold_on_request` the
    ticket stays where it is, and work goes on up to the limit.
    """
    way = chains.must(Name.ASK, work.state)
    reason = work.need_text("reason_missing", command.name)
    _refuse_total(work, command)
    scene, before = work.scene, work.state
    holds = scene.policy.hold_on_request and before is not State.WAITING_APPROVAL
    if holds:
        times.stop_all(work)
    total = None if command.is_open else command.minutes
    kind = _kind(work)
    asked = open_request(work.facts, work.ticket.id)
    came_from = asked.before if asked and before is State.WAITING_APPROVAL else before.value
    amount = None if total is None else amount_of(total, kind, work.facts.customer, scene.policy)
    request = replace(
        _request(work, About.OVERRUN, reason), minutes=total, is_open_limit=total is None,
        amount=amount, before=came_from,
    )  # fmt: skip
    if holds:
        for after in way:
            work.go(after, f"#{command.name.value}", chains.row_of(Name.ASK, work.state, after))
    if work.state is State.WAITING_APPROVAL:
        work.fields["waits_for"] = About.OVERRUN.value
    people = _send(work, command, request, waits=work.state is State.WAITING_APPROVAL)
    of = words.span_words(total, work.language) if total else ""
    sum_ = amount.words(work.language) if amount else ""
    done = words.span_words(worked(work), work.language) if worked(work) > 0 else ""
    work.say(tell.asked_total(of, sum_, done, people, work.language))
    if not holds and before is not State.WAITING_APPROVAL:
        work.say(tell.goes_on(words.span_words(limit(work) or 0, work.language), work.language))


def _refuse_total(work: Work, command: Command) -> None:
    name, most, language = command.name.value, limit(work), work.language
    if work.as_it_will_be().waits_for == About.ORDER and work.state is State.WAITING_APPROVAL:
        raise Refused("order_open", name)
    if most is None:
        raise Refused("limit_open", name)
    if command.is_open:
        return
    if command.minutes <= most:
        raise Refused("not_above", name, words.span_words(most, language))
    if command.minutes < worked(work):
        raise Refused("not_above_worked", name, words.span_words(worked(work), language))


def test(work: Work, command: Command) -> None:
    """Ask the customer to accept what was delivered on the test system (T25)."""
    way = chains.must(Name.TEST, work.state)
    changed = work.need_text("changed_missing", command.name)
    asked = open_request(work.facts, work.ticket.id)
    if asked is not None and asked.about in COSTS:
        raise Refused("approval_open", command.name.value)
    times.stop_mine(work)
    request = replace(_request(work, About.ACCEPTANCE, changed), url=command.url)
    for after in way:
        work.go(after, f"#{command.name.value}")
    people = _send(work, command, request)
    by = working_day_after(work.scene.now, work.scene.policy.acceptance_days, _calendar(work))
    work.say(
        tell.asked_acceptance(people, day_words(by, _calendar(work), work.language), work.language)
    )


def phone(work: Work, command: Command) -> None:
    """Carry out what somebody decided on the phone; he gets the receipt (section 1.3, c)."""
    chains.must(Name.PHONE, work.state)
    said, name = command.said, command.name.value
    request = open_request(work.facts, work.ticket.id)
    if request is None or said is None:
        raise Refused("nothing_asked", name)
    verdict = verdict_of(said, request.about)
    if verdict is None:
        raise Refused("phone_other", name, _fitting(request.about, work.language))
    by = _speaker(work, request, verdict)
    scene = work.scene
    ticket = work.as_it_will_be()
    facts = replace(work.facts, agent=scene.agent)
    work.take(
        decided(
            request, verdict, facts, ticket, scene.policy, scene.now, by=by, how=How.PHONE,
            words=work.text,
        )
    )  # fmt: skip
    work.say(
        tell.decided_by_phone(by, verdict.value, work.state.words(work.language), work.language)
    )


def _speaker(work: Work, request: Request, verdict: Verdict) -> str:
    """Return the address of the person whom the agent's text names. Raises Refused.

    He is named by his address, his name, or a part of it that is his.
    """
    ticket, policy = work.as_it_will_be(), work.scene.policy
    able = [to for to, _, _ in deciders(ticket, work.facts, request)]
    allowed = [
        to
        for to in able
        if why_not(request, verdict, to.address, work.facts, ticket, policy, How.PHONE) is None
    ]
    names = ", ".join(dict.fromkeys(to.name or to.address for to in allowed))
    if not names:
        raise Refused("nobody_to_ask", Name.PHONE.value)
    if not work.text:
        raise Refused("who_missing", Name.PHONE.value, names)
    work.said = True
    text = work.text.casefold()
    spoken = set(re.findall(r"[^\W_]+", text))
    for to in allowed:
        own = {part for part in re.findall(r"[^\W_]+", to.name.casefold()) if len(part) > 1}
        if to.address.casefold() in text or own & spoken:
            return to.address
        if not own and to.address.partition("@")[0].casefold() in spoken:
            return to.address
    raise Refused("phone_who", Name.PHONE.value, names)


def _fitting(about: About, language: str) -> str:
    """Return the words that answer such a request, as the agent would write them."""
    german = {
        Word.APPROVE: "freigabe", Word.DECLINE: "ablehnen", Word.ORDER: "bestellen",
        Word.NORMAL: "normal", Word.WITHDRAW: "storno", Word.ACCEPT: "abnahme",
    }  # fmt: skip
    fits = [word for word in german if verdict_of(word, about) is not None]
    return ", ".join(german[w] if words.is_german(language) else w.value for w in fits)


def deemed(work: Work, command: Command) -> None:
    """Take the work as accepted, as nobody named a defect in time (T27, § 640 (2) BGB).

    Only an agent may: the desk never accepts work by itself.
    """
    chains.must(Name.DEEMED, work.state)
    scene, name = work.scene, command.name.value
    request = open_request(work.facts, work.ticket.id)
    if request is None or request.about is not About.ACCEPTANCE:
        raise Refused("no_acceptance", name)
    if request.bounced:
        raise Refused("acceptance_bounced", name)
    by = working_day_after(request.asked_at, scene.policy.acceptance_days, _calendar(work))
    zone = _calendar(work).timezone
    if scene.now.astimezone(zone).date() <= by.astimezone(zone).date():
        raise Refused("deemed_early", name, day_words(by, _calendar(work), work.language))
    work.said = bool(work.text)
    ticket = work.as_it_will_be()
    work.judge(request, Verdict.YES, deemed=True)
    work.go(State.ACCEPTED, f"#{name}", "T27")
    decision = Decision(
        request, Verdict.YES, work.facts, ticket, scene.policy, scene.now, scene.agent.login,
        How.AGENT, work.text,
    )  # fmt: skip
    tells = accepted(decision, work.as_it_will_be())
    work.take(replace(tell, more=tell.more | {"deemed": True}) for tell in tells)
    work.say(tell.deemed(work.language))


def _request(work: Work, about: About, text: str) -> Request:
    scene = work.scene
    return Request(
        ticket_id=work.ticket.id,
        number=next_number(work.facts, work.ticket.id),
        about=about,
        asked_at=scene.now,
        asked_by=scene.agent.id,
        words=text[:_LONGEST_REASON],
        before=work.state.value,
        remind_at=first_reminder(scene.now, scene.policy),
    )


def _send(work: Work, command: Command, request: Request, *, waits: bool = True) -> str:
    """Send a request, and return to whom. Raises Refused where nobody may decide it.

    `waits`: the ticket does, until it is answered.
    """
    scene = work.scene
    thread = work.facts.staff.threads.get(work.ticket.id, ())
    ticket = work.as_it_will_be()
    facts = facts_then(work)
    try:
        steps = ask(
            ticket, facts, scene.policy, request, thread=thread, sender=scene.agent.name,
            delay=scene.policy.undo_seconds,
        )  # fmt: skip
    except NobodyToAskError:
        raise Refused("nobody_to_ask", command.name.value) from None
    work.take(
        replace(step, ticket=ticket, more=step.more | {"waits": waits})
        if isinstance(step, Tell)
        else step
        for step in steps
    )
    return ", ".join(step.to.address for step in steps if isinstance(step, Tell))


def _kind(work: Work) -> Kind:
    kinds, name = work.scene.policy.kinds, work.as_it_will_be().kind
    return next((kind for kind in kinds if kind.name == name), kinds[0])


def _calendar(work: Work) -> Calendar:
    return work.scene.policy.calendar
