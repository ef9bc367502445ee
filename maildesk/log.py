"""The mail log: one function for every line an operator will grep for.

    inbound=12 accepted via=lmtp from=<a@example.org> to=<support@example.com> size=4711
    inbound=12 handled ticket=7 steps=OpenTicket,AddMessage,Notify
    outbound=31 sent to=<a@example.org> attempts=1 reply="250 2.0.0 queued as 5F2"

The first word is always the id, so `journalctl -u maildesk | grep 'inbound=12 '` is the whole
story of one message. How long lines are kept is the journal's setting (addresses are personal
data). Lines of libraries (aiosmtpd, imapclient, aiosmtplib) begin with `log=` and their name.

Whatever strangers wrote is shown with its control and direction characters escaped and, where
it holds blanks, in quotes: nobody writes a line, or a field, that looks like one of ours.
"""

import logging
import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from maildesk.mail.smtp import Envelope, Reply

VALUE_MAX = 500  # characters of one value; a relay may answer with pages

# RFC 5424 section 6.2.1, as sd-daemon(3) reads them at the beginning of a line.
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_QUIET = {
    "mail.log": logging.ERROR,  # aiosmtpd warns about session.login_data at every message
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
    "aiosmtplib": logging.WARNING,
    "imapclient": logging.WARNING,  # its debug lines hold the conversation, passwords too
}

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def setup(format: str = "console", level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged, ours and the libraries', to one stream (stderr if None).

    `format` is "console" or "json" (one object a line, not ASCII only), `level` the lowest that
    is shown. Under systemd console lines carry their priority (sd-daemon(3)). May be called again.
    """
    target = stream or sys.stderr
    if format == "json":
        render: list[Processor] = [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        render = [_journal_line if "JOURNAL_STREAM" in os.environ else _line]
    _configure([structlog.processors.add_log_level, _exception, _clean, *render], level, target)
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_foreign],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.stdlib.add_log_level,
                _exception,
                _clean,
                *render,
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if getattr(each, "maildesk", False)]:
        root.removeHandler(old)
    handler.maildesk = True  # type: ignore[attr-defined]  # marks what the next call replaces
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name, lowest in _QUIET.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))


def _configure(processors: Sequence[Processor], level: str, target: TextIO | None) -> None:
    """Have our own lines go straight to the stream: the way through `logging` takes five times as long."""
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
    )


# What comes in


def accepted(inbound_id: int, envelope: Envelope, size: int) -> None:
    """A message is on stable storage: whoever brought it may forget it."""
    _log.info(
        "accepted",
        inbound=inbound_id,
        via=envelope.via,
        **{"from": f"<{envelope.return_path}>"},
        to=_addresses(envelope.rcpt_to),
        size=size,
        login=envelope.login or None,
        peer=envelope.peer or None,
        account=envelope.account or None,
        uid=envelope.uid or None,
    )


def handled(inbound_id: int, ticket_id: int | None, steps: str | Sequence[str]) -> None:
    """All that a message asked for is committed."""
    words = steps if isinstance(steps, str) else ",".join(steps)
    _log.info("handled", inbound=inbound_id, ticket=ticket_id, steps=words)


def left(inbound_id: int, state: str, reason: str) -> None:
    """A message became nothing but its own row: a duplicate, a machine's mail, our own."""
    _log.info("left", inbound=inbound_id, state=state, reason=reason)


def refused(peer: str, rcpt_to: str, reply: Reply) -> None:
    """A recipient or message that a peer offered was not taken."""
    _log.info("refused", peer=peer or "local", to=f"<{rcpt_to}>", reply=str(reply))


def logged_in(login: str, peer: str) -> None:
    """An agent logged in at a listener."""
    _log.info("logged-in", login=login, peer=peer or "local")


def login_refused(login: str, peer: str, why: str) -> None:
    """Somebody did not get in. `login` is an agent's, never what was typed: that may be a password."""
    _log.warning("login-refused", login=login or "?", peer=peer or "local", why=why)


def retried(inbound_id: int, attempt: int, reason: str) -> None:
    _log.warning("retried", inbound=inbound_id, attempt=attempt, reason=reason)


def handling_failed(inbound_id: int, error: BaseException) -> None:
    """Our own mistake while handling a message; the traceback follows."""
    _log.error("failed", inbound=inbound_id, error=type(error).__name__, exc_info=error)


def set_aside(inbound_id: int, reason: str) -> None:
    """A message is given up until somebody replays it (`maildesk quarantine`)."""
    _log.error("set-aside", inbound=inbound_id, reason=reason)


def replayed(inbound_id: int) -> None:
    _log.info("replayed", inbound=inbound_id)


def forged(inbound_id: int, words: str) -> None:
    """A message claims what its proofs do not bear out."""
    _log.warning("forged", inbound=inbound_id, why=words)


# The time


def passed(ticket_id: int, steps: str) -> None:
    """The time asked for something on a ticket, and it is committed."""
    _log.info("passed", ticket=ticket_id, steps=steps)


def passing_failed(ticket_id: int, error: BaseException, seconds: int) -> None:
    """What the time asks for on a ticket could not be done; it is tried again. A traceback follows."""
    _log.error(
        "passing-failed", ticket=ticket_id, error=type(error).__name__, again_in=seconds,
        exc_info=error,
    )  # fmt: skip


def staff_mail_failed(kind: str, login: str, error: BaseException) -> None:
    """An agent's mail of the day could not be made; it is tried again. A traceback follows."""
    _log.error(
        "staff-mail-failed", kind=kind, agent=login, error=type(error).__name__, exc_info=error
    )


def reminding_failed(invoice_id: int, error: BaseException) -> None:
    """The reminder of an invoice could not be made; it is tried again. A traceback follows."""
    _log.error("reminding-failed", invoice=invoice_id, error=type(error).__name__, exc_info=error)


# What goes out


def settled(
    outbound_id: int, verdict: str, rcpt_to: str, attempts: int, reply: Reply | str | None
) -> None:
    """An attempt to send a letter is over; `verdict` is the state it left the letter in."""
    say = _log.warning if verdict in ("failed", "held") else _log.info
    answer = str(reply) if reply else None
    say(verdict, outbound=outbound_id, to=f"<{rcpt_to}>", attempts=attempts, reply=answer)


def held(queue: str, words: str) -> None:
    """A whole queue waits, for a reason that is no letter's fault."""
    _log.warning("held", queue=queue, why=words)


def released(queue: str) -> None:
    _log.info("released", queue=queue)


# The desk itself


def mailbox(account: str, words: str) -> None:
    """Something went as it should; the words are ours, not the server's."""
    _log.info(words, mailbox=account)


def mailbox_trouble(account: str, words: str) -> None:
    _log.warning("trouble", mailbox=account, why=words)


def started(version: str, database: str) -> None:
    """The desk takes mail. `database` is its address without a password."""
    _log.info("started", maildesk=version, database=database)


def listening(address: str, protocol: str) -> None:
    _log.info("listening", listener=address, protocol=protocol)


def applying() -> None:
    """This process is the one that applies; there is one for each database."""
    _log.info("applying", process=os.getpid())


def days_off_unknown(words: str) -> None:
    """The public holidays of the years ahead could not be looked up beforehand."""
    _log.warning("days-off-unknown", why=words, then="each process looks them up itself")


def worker_ended(code: int) -> None:
    """The process that handles mail has ended and is started again; no mail is lost by that."""
    _log.error("worker-ended", code=code, then="it is started again")


def worker_trouble(words: str) -> None:
    """The process that handles mail cannot be started; it is tried again."""
    _log.error("worker-not-started", why=words, then="it is tried again")


def database_trouble(words: str) -> None:
    _log.error("database-trouble", process=os.getpid(), why=words)


def keys_changed(signs: str) -> None:
    """Another key signs from now on; `signs` is its id."""
    _log.info("keys-changed", signs=signs)


def keys_trouble(words: str) -> None:
    """The keys file has changed and cannot be used; the keys in use stay."""
    _log.error("keys-trouble", process=os.getpid(), why=words)


def page_decided(request: str, verdict: str, peer: str) -> None:
    """Somebody decided on a page. The request is named as in letters ("1042v2"), never its token."""
    _log.info("page-decided", request=request, verdict=verdict, peer=peer or "local")


def page_refused(request: str, why: str, peer: str) -> None:
    """A form that was sent decided nothing."""
    _log.warning("page-refused", request=request, why=why, peer=peer or "local")


def page_failed(error: BaseException, reference: str) -> None:
    """Our own mistake while making a page, under the number that the page shows."""
    _log.error("page-failed", reference=reference, error=type(error).__name__, exc_info=error)


def page_sent(inbound_id: int, by: str, peer: str) -> None:
    """Somebody who is signed in sent something from a page; it is a mail like any other now."""
    _log.info("page-sent", inbound=inbound_id, by=by, peer=peer or "local")


def page_did(deed: str, about: str, by: str, peer: str) -> None:
    """Somebody who is signed in did something on a page that is no mail."""
    _log.info("page-did", deed=deed, about=about, by=by, peer=peer or "local")


def not_explained(inbound_id: int, error: BaseException) -> None:
    """What the desk would do with a mail cannot be said; its page is shown without that."""
    _log.warning(
        "not-explained", inbound=inbound_id, error=type(error).__name__, why=str(error)[:300]
    )


def signed_in(by: str, peer: str) -> None:
    """Somebody used the link in his mail."""
    _log.info("signed-in", by=by, peer=peer or "local")


def sign_in_refused(why: str, peer: str) -> None:
    """A link was not mailed, or did not sign anybody in."""
    _log.warning("sign-in-refused", why=why, peer=peer or "local")


def page_template_failed(template: str, words: str) -> None:
    """A page's template of this site fails; ours was taken."""
    _log.error("page-template-failed", template=template, why=words)


def stopping(reason: str) -> None:
    _log.info("stopping", process=os.getpid(), reason=reason)


def stopped() -> None:
    _log.info("stopped", process=os.getpid())


def alarm(words: str) -> None:
    """Something that staff are told too."""
    _log.error("alarm", process=os.getpid(), why=words)


def _addresses(addresses: Sequence[str]) -> str:
    return ",".join(f"<{address}>" for address in addresses)


# How a line is made


def _foreign(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    return {"log": getattr(record, "name", "?"), **event}


def _exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if event.get("exc_info"):
        return structlog.processors.format_exc_info(_logger, _name, event)
    event.pop("exc_info", None)
    return event


def _clean(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Drop what is None and escape what could forge a line or steer a terminal."""
    clean: EventDict = {}
    for key, value in event.items():
        if key == "exception":
            clean[key] = "\n".join(map(_visible, str(value).split("\n")))
        elif isinstance(value, str):
            cut = value if len(value) <= VALUE_MAX else f"{value[:VALUE_MAX]}..."
            clean[key] = _visible(cut)
        elif value is None or isinstance(value, bool | int | float):
            clean[key] = value
        else:
            clean[key] = _visible(str(value)[:VALUE_MAX])
    return {key: value for key, value in clean.items() if value is not None}


def _visible(text: str) -> str:
    """Return a text on one line; the backslash is escaped too, so that it stays unambiguous."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(
        each if each.isprintable() and each != "\\" else each.encode("unicode_escape").decode()
        for each in text
    )


def _line(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    """Return `id word field=value ...`: the first field is the id, then what happened."""
    level, word = event.pop("level", "info"), event.pop("event", "")
    trace = event.pop("exception", "")
    fields = [f"{key}={_quoted(value)}" for key, value in event.items()]
    if "log" in event and level != "info":
        fields.append(f"level={level}")
    line = " ".join((*fields[:1], word, *fields[1:]))
    # Indented, so that no line of a traceback begins like one of ours.
    return line + "".join(f"\n  | {each}" for each in trace.split("\n") if each)


def _journal_line(logger: WrappedLogger, name: str, event: EventDict) -> str:
    prefix = f"<{_PRIORITIES.get(event.get('level', ''), 6)}>"
    return "\n".join(prefix + each for each in _line(logger, name, event).split("\n"))


_PLAIN = re.compile(r'[^\s"\\]+')


def _quoted(value: object) -> str:
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace('"', '\\"') + '"'


_configure([_exception, _clean, _line], "warning", sys.stderr)  # until `setup`
