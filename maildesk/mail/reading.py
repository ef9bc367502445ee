"""Reading a message: octets in, everything that is to be known about it out, whatever they are."""

from maildesk.mail import (
    address,
    body,
    bounce,
    bounce_prose,
    charset,
    classify,
    limits,
    quote,
    thread,
    trust,
)
from maildesk.mail.content_key import content_key
from maildesk.mail.header import Head, decode_words, split, to_text
from maildesk.mail.language import language
from maildesk.mail.message import Mail, Reading
from maildesk.mail.mime import tree
from maildesk.mail.smtp import PAGE, Envelope


def read(raw: bytes, envelope: Envelope, headers_only: bool = False) -> Reading:
    """Return what there is to know about a message; raises on no octets whatever.

    What is wrong with them stands in `mail.defects`. With `headers_only` the body is not looked
    at: the second try for a message whose reading took too long. Should the reading itself fail,
    the header block alone is tried, and then the message is nobody's, with the defect "unreadable".
    """
    try:
        return _read(raw, envelope, headers_only, [])
    except Exception:  # noqa: BLE001 - any exception here would be poison for the whole queue
        defects = ["unreadable"]
    try:
        return _read(raw[: limits.HEADER_BLOCK], envelope, True, defects)
    except Exception:  # noqa: BLE001 - the same; what is left is a message without any field
        return _read(b"", envelope, True, ["unreadable"])


def _read(raw: bytes, envelope: Envelope, headers_only: bool, defects: list[str]) -> Reading:
    head, rest = split(raw, limits.HEADER_BLOCK, defects)
    root = tree(head, b"" if headers_only else rest, [] if headers_only else defects)
    found = body.read(root, defects)
    shown = address.shown(head, defects, found.charset)
    subject = charset.one_line(
        decode_words(_subject(head, found.charset)[: limits.HEADER_STRUCTURED], defects),
        limits.SUBJECT_CHARACTERS,
    )
    author = address.author(head)
    if author is None:
        defects.append("no-single-author")
    references = thread.message_ids(head.text("references"))
    in_reply_to = thread.message_ids(head.text("in-reply-to"))
    reply = found.text  # whoever typed it on a page of ours quoted nobody
    if envelope.via != PAGE:
        is_reply = quote.is_reply(subject, bool(references or in_reply_to))
        reply = quote.own_words(found.text, found.html, is_reply, found.beside)
    suspect = _suspect(head, found, subject, shown, envelope)
    report = bounce.report(suspect)
    verdict = classify.classify(
        classify.Question(
            head, root, envelope, author, shown.sender.address, subject, report,
            found.text, tuple(found.leaves), suspect.ours,
        )
    )  # fmt: skip
    mail = Mail(
        author=author,
        sender=shown.sender,
        to=shown.to,
        cc=shown.cc,
        reply_to=shown.reply_to,
        subject=subject,
        message_id=next(
            (id for each in head.all("message-id") for id in thread.message_ids(each)), ""
        ),
        in_reply_to=in_reply_to,
        references=references,
        date=shown.date,
        text=found.text,
        reply=reply,
        html=found.has_html,
        attachments=tuple(found.attachments),
        language=language(head, reply),
        content_key=content_key(head, found.leaves),
        hops=len(head.values.get("received", ())),
        size=len(raw),
        defects=tuple(dict.fromkeys(defects)),
    )
    evidence = trust.gather(head, envelope, shown.to, shown.cc)
    return Reading(mail, verdict.origin, verdict.reason, verdict.no_answer, report, evidence)


def _subject(head: Head, label: str) -> str:
    """The first subject that says something: an empty one before it is a gateway's."""
    values = head.values.get("subject", ())
    return next((text for value in values if (text := to_text(value, label)).strip()), "")


def _suspect(
    head: Head, found: body.Body, subject: str, shown: address.Shown, envelope: Envelope
) -> bounce_prose.Suspect:
    ours = {shown.sender.address, *envelope.rcpt_to, *(to.address for to in (*shown.to, *shown.cc))}
    return bounce_prose.Suspect(
        head=head,
        leaves=found.leaves,
        text=found.text,
        subject=subject,
        sender=shown.sender.address,
        null_path=classify.has_null_path(head, envelope),
        ours=frozenset(one.lower() for one in ours if one),
    )
