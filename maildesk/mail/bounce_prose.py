"""Bounces in prose: what mail servers write that do not know RFC 3464.

Prose is believed only where a server speaks. Who may say how much:

- a mailer daemon: its subject or its words suffice. It shows in From, in the return path, or by
  an address of an office (postmaster, no-reply, admin) together with the null return path;
- such an address or the null return path alone: people have the one, responders the other. The
  subject and the words have to say it, and a recipient or a code has to be named;
- X-Failed-Recipients: the field itself suffices;
- anybody else: nothing. A person who pastes a bounce into a question stays a person.
"""

import re
from dataclasses import dataclass

from maildesk.mail import charset, limits
from maildesk.mail.bounce_words import DELAY, PHRASES, RETURNED, SUBJECT
from maildesk.mail.header import Head
from maildesk.mail.message import Report
from maildesk.mail.mime import Part


@dataclass(frozen=True, slots=True)
class Suspect:
    """What is looked at. `sender` is the shown From address, `null_path` the envelope's.

    `ours` are addresses that are not failing recipients: sender and recipients of the message.
    """

    head: Head
    leaves: list[tuple[Part, bytes]]
    text: str
    subject: str
    sender: str
    null_path: bool
    ours: frozenset[str]


STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
ADDRESS = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f<>@\"'(),;:=|\[\]]{1,128}"
    r"@[A-Za-z0-9\xa0-\u2027\u202a-\uffff.-]{1,253}[A-Za-z0-9\xa0-\u2027\u202a-\uffff]"
)
_REPLY = re.compile(r"(?<![\d.:-])([45])[0-5]\d(?=[ \-])(?!-?\d)")
_DAEMON = re.compile(
    r"(?:mailer[-_. ]?daemon|mailerdaemon|mail[-_.]?(?:delivery|deliver)[-_.a-z]*|mail[-_.]?system"
    r"|mdaemon|microsoftexchange\w{0,64}|delivery[-_.]?(?:system|subsystem|daemon))\Z",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"(?:.{0,20}post[-_.]?master|mailer|mail[-_.]?admin\w{0,9}|(?:sys|system)?[-_.]?admin\w{0,9}|root"
    r"|no-?reply|bounces?|deliver(?:y|ies)?[-_.\w]{0,20}|amavis|virus\w{0,9}|mail[-_.]?gate\w{0,9})\Z",
    re.IGNORECASE,
)


def _local(sender: str) -> str:
    return sender.partition("@")[0].strip("<> ")


def is_server(sender: str) -> bool:
    """Return whether an address is one that only mail servers write from; "" is one too."""
    local = _local(sender)
    return not local or bool(_DAEMON.match(local))


def spoken(suspect: Suspect) -> str | None:
    """Return the words of the server in a bounce, without the message it returns, else None."""
    failed = suspect.head.text("x-failed-recipients")
    path = suspect.head.text("return-path").strip(" <>")
    nobody = suspect.null_path or bool(_DAEMON.match(_local(path)))
    office = bool(_OFFICE.match(_local(suspect.sender)))
    server = is_server(suspect.sender) or (office and nobody)
    office = office or nobody
    if not failed and not ((server or office) and suspect.text):
        return None
    text = suspect.text[: limits.REPORT_CHARACTERS]
    cut = RETURNED.search(text, 40)
    words = text[: cut.start()] if cut else text
    if failed:
        return words
    subject, phrase = SUBJECT.search(suspect.subject), PHRASES.search(words)
    if is_server(suspect.sender):
        return words if subject or phrase else None
    enough = (subject or phrase) if server else (subject and phrase)
    return words if enough and _names_something(words) else None


def _names_something(words: str) -> bool:
    return bool("@" in words or STATUS.search(words) or _REPLY.search(words))


def report(suspect: Suspect, words: str, message_ids: tuple[str, ...]) -> Report | None:
    """Return what the words of a server say, or None where they name neither whom nor why.

    Permanent is what it does not call a delay, in code or words: servers write in prose when
    they give up. `failed` is False for delays.
    """
    named = ADDRESS.findall(suspect.head.text("x-failed-recipients")[: limits.HEADER_STRUCTURED])
    recipients = dict.fromkeys(named) or _failing(words, suspect.ours)
    status = next((code for code in STATUS.findall(words) if code[0] in "45"), "")
    reply = _REPLY.search(words)
    if not recipients and not status and not SUBJECT.search(suspect.subject):
        return None
    code = status[:1] or (reply[1] if reply else "")
    delayed = code != "5" and bool(DELAY.search(words) or DELAY.search(suspect.subject))
    return Report(
        recipients=tuple(recipients)[: limits.REPORT_RECIPIENTS],
        status=status,
        permanent=not delayed and code != "4",
        failed=not delayed,
        message_ids=message_ids,
        diagnostic=charset.one_line(_line_around(words, reply), 500),
    )


# Words before an address that is not the failing one.
_NOT_FAILING = re.compile(
    r"(?:from|sender|reply-to|return-path|absender|von|contact|envelope-from|mailto|message-id|e-?mail"
    r" an)[ \t]*[:=]?[ \t]*[<\"']?\Z",
    re.IGNORECASE,
)
_SERVERS = ("mailer-daemon@", "postmaster@", "mailto:postmaster@", "abuse@")


def _failing(words: str, ours: frozenset[str]) -> dict[str, None]:
    """The addresses that prose names, those alone on a line or in brackets before all others.

    Sender and recipients of the bounce fail only where nobody else is named: whoever writes to
    himself.
    """
    alone: dict[str, None] = {}
    others: dict[str, None] = {}
    own: dict[str, None] = {}
    for line in words.split("\n")[: limits.QUOTE_LINES]:
        if "@" not in line:
            continue
        line = line[: limits.QUOTE_LINE_CHARACTERS]
        stripped = line.strip(" \t<>:*-\"'")
        for found in ADDRESS.finditer(line):
            address = found[0].strip(".").removeprefix("mailto:")
            if address.lower().startswith(_SERVERS):
                continue
            if _NOT_FAILING.search(line[max(0, found.start() - 24) : found.start()]):
                continue
            first = stripped.startswith(address) or f"<{address}>" in line
            if address.lower() in ours:
                if first:
                    own.setdefault(address)
                continue
            (alone if first else others).setdefault(address)
    return alone or others or own


def _line_around(words: str, found: re.Match[str] | None) -> str:
    if not found:
        return ""
    start = words.rfind("\n", 0, found.start()) + 1
    end = words.find("\n", found.end())
    return words[start : end if end >= 0 else len(words)]
