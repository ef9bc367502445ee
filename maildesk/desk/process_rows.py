"""The rows of requests: asked, decided, reminded of; and lines of the journal."""

from sqlalchemy import Update, func, update
from sqlmodel import Session, col

from maildesk.desk.effects import meet_one
from maildesk.desk.rows import Cause, Rows
from maildesk.rules.plan import Ask, Bounced, Judge, Note, Remind
from maildesk.rules.requests import How, Request, Verdict
from maildesk.rules.ticket import State
from maildesk.store.work_tables import LinkRow, RequestRow


def gather(rows: Rows, step: Ask | Judge | Bounced | Remind | Note, cause: Cause) -> None:
    """Add what a request asks for. If it was decided meanwhile, writing raises Changed."""
    match step:
        case Ask():
            _ask(rows, step.request, cause)
        case Judge():
            _judge(rows, step, cause)
        case Remind():
            changed = update(RequestRow).where(
                col(RequestRow.ticket_id) == step.ticket_id,
                col(RequestRow.number) == step.number,
                col(RequestRow.verdict) == Verdict.OPEN.value,
            ).values(reminders=step.reminders, remind_at=step.remind_at)  # fmt: skip
            rows.firsts.append(lambda session: meet_one(session, changed))
        case Bounced():
            _bounced(rows, step, cause)
        case Note():
            rows.journal(cause, step.ticket_id, step.trigger, detail=step.detail)


def _ask(rows: Rows, request: Request, cause: Cause) -> None:
    replaced = update(RequestRow).where(
        col(RequestRow.ticket_id) == request.ticket_id,
        col(RequestRow.verdict) == Verdict.OPEN.value,
    ).values(
        verdict=Verdict.REPLACED.value, decided_at=rows.now, decided_by=cause.actor,
        how=How.AGENT.value, remind_at=None,
    )  # fmt: skip
    rows.firsts.append(lambda session: _do(session, replaced))
    rows.new[RequestRow].append(
        {
            "ticket_id": request.ticket_id,
            "number": request.number,
            "about": request.about.value,
            "asked_at": request.asked_at,
            "asked_by": request.asked_by,
            "kind": request.kind,
            "minutes": request.minutes,
            "limit_open": request.is_open_limit,
            "amount_minor": request.amount.minor if request.amount else None,
            "currency": request.amount.currency if request.amount else "EUR",
            "words": request.words,
            "url": request.url,
            "before": request.before,
            "verdict": Verdict.OPEN.value,
            "decided_by": "",
            "how": "",
            "reminders": 0,
            "remind_at": request.remind_at,
            "inbound_id": cause.inbound_id,
        }
    )
    rows.journal(cause, request.ticket_id, "asked", detail=f"{request.about} {request.name}")


def _do(session: Session, statement: Update) -> None:
    session.execute(statement)


def _judge(rows: Rows, step: Judge, cause: Cause) -> None:
    judged = update(RequestRow).where(
        col(RequestRow.ticket_id) == step.ticket_id,
        col(RequestRow.number) == step.number,
        col(RequestRow.verdict) == step.was.value,
    )
    is_open = step.verdict is Verdict.OPEN
    values = {
        "verdict": step.verdict.value,
        "decided_at": None if is_open else rows.now,
        "decided_by": "" if is_open else step.by,
        "how": "" if is_open else step.how.value,
        "deemed": step.deemed,
        "remind_at": None,
    }
    if step.held:
        values["before"] = State.WAITING_APPROVAL.value
    rows.firsts.append(lambda session: meet_one(session, judged.values(**values)))
    if step.how is How.LINK and not is_open:
        used = update(LinkRow).where(
            col(LinkRow.ticket_id) == step.ticket_id,
            col(LinkRow.number) == step.number,
            func.lower(col(LinkRow.address)) == step.by.lower(),
        )
        rows.others.append(lambda session: _do(session, used.values(used_at=rows.now)))
    detail = f"{step.ticket_id}v{step.number} by {step.by} ({step.how})"
    rows.journal(cause, step.ticket_id, f"request: {step.verdict}", detail=detail)


def _bounced(rows: Rows, step: Bounced, cause: Cause) -> None:
    asked = update(RequestRow).where(
        col(RequestRow.ticket_id) == step.ticket_id,
        col(RequestRow.number) == step.number,
        col(RequestRow.verdict) == Verdict.OPEN.value,
    )
    rows.others.append(lambda session: _do(session, asked.values(bounced=True)))
    detail = f"{step.ticket_id}v{step.number}"
    rows.journal(cause, step.ticket_id, "request bounced", detail=detail)
