"""What the work on a ticket means for the one that it is merged into (PROCESS.md section 1.5).

Its entries stay with it and are read there too (`store.merged`). What was approved beyond the base
hour adds up, and the meter is looked at at once with all the work together.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from maildesk.rules import letters as words
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.kinds import is_dearer
from maildesk.rules.number import tag
from maildesk.rules.plan import Change, Step, Touch
from maildesk.rules.process import holding, meter
from maildesk.rules.process.booking import with_booked
from maildesk.rules.process.request_words import limit_of
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State


def join_work(work: Work, target: TicketFacts) -> None:
    """Let the work of the ticket at hand count in `target`: limit, warning, meter."""
    policy, name = work.scene.policy, tag(work.scene.policy.code, target.id)
    work.steps.append(Touch(target.id))
    if _is_stricter(work, target):
        kinds = {kind.name: kind for kind in policy.kinds}
        kind = kinds.get(target.kind, policy.kinds[0])
        label = words.kind_words(kind, work.language)
        due_at = None if target.paused_at else target.due_at
        due = work.moment(due_at) if due_at else ""
        work.say(tell.was_stricter(name, label, due, work.language))
    approved = _approved(work, target)
    if approved:
        work.steps.append(Change(target.id, approved, "merged", str(work.ticket.id)))
        total = approved.get("limit_minutes")
        span = words.span_words(total, work.language) if total else ""
        work.say(tell.approved_together(name, span, work.language))
    _measure(work, replace(target, **approved))


def keeps_limit(work: Work) -> None:
    """Say, where a ticket is parted again, that what is approved stays where it is."""
    ticket = work.as_it_will_be()
    if ticket.limit_open or ticket.limit_minutes is not None:
        span = words.span_words(ticket.limit_minutes or 0, work.language)
        span = "" if ticket.limit_open else span
        work.say(tell.limit_stays(tag(work.scene.policy.code, ticket.id), span, work.language))


def _is_stricter(work: Work, target: TicketFacts) -> bool:
    """Tell whether the ticket had the dearer kind, or had to be done sooner."""
    ticket, kinds = work.ticket, {kind.name: kind for kind in work.scene.policy.kinds}
    mine, theirs = kinds.get(ticket.kind), kinds.get(target.kind)
    if mine and theirs and is_dearer(mine, theirs):
        return True
    if ticket.due_at is None or ticket.paused_at or ticket.met_at:
        return False
    due_at = None if target.paused_at or target.met_at else target.due_at
    return due_at is None or ticket.due_at < due_at


def _approved(work: Work, target: TicketFacts) -> dict[str, Any]:
    """Return what changes of the target's limit: the base hour counts once, the rest adds up."""
    ticket, policy, customer = work.as_it_will_be(), work.scene.policy, work.facts.customer
    if target.limit_open:
        return {}
    if ticket.limit_open:
        return {"limit_open": True}
    base = limit_of(replace(target, limit_minutes=None), customer, policy)
    mine, theirs = limit_of(ticket, customer, policy), limit_of(target, customer, policy)
    more = (mine or 0) - (base or 0)
    return {"limit_minutes": (theirs or 0) + more} if more > 0 else {}


def _measure(work: Work, target: TicketFacts) -> None:
    """Hold the target, or warn, where all the work together asks for it."""
    scene, facts = work.scene, _together(work, target)
    checked = meter.check(target, facts, scene.policy, scene.now)
    steps: Iterable[Step] = ()
    if checked.hold:
        steps = holding.hold(
            target, target.state, facts, scene.policy, scene.now, agent=scene.agent,
            delay=scene.policy.undo_seconds,
        )  # fmt: skip
        waits = State.WAITING_APPROVAL.words(work.language)
        name = tag(scene.policy.code, target.id)
        if target.state is not State.ACCEPTANCE:
            work.say(tell.held_there(name, waits, work.language))
    elif checked.warn:
        steps = meter.warning(target, facts, scene.policy, checked, scene.agent)
    # Not `take`: what is asked and booked there is nothing that this ticket's deed can undo.
    work.steps += steps
    over = 0 if checked.limit is None else checked.worked - checked.limit
    if over > 0:
        work.say(tell.over_limit(over, work.language))


def _together(work: Work, target: TicketFacts) -> Facts:
    """Return the facts as they are then: the entries of both tickets are the target's."""
    facts = with_booked(work.facts, work.ticket.id, work.books, work.scene.now)
    known = facts.process.entries
    both = (*known.get(target.id, ()), *known.get(work.ticket.id, ()))
    return replace(facts, process=replace(facts.process, entries={**known, target.id: both}))
