"""What a calendar part says, in a few plain lines (RFC 5545, RFC 5546).

Only what a person needs to see that there is an appointment: what is asked, its title, when,
where and by whom. The part stays an attachment for the calendar. The labels are English in
every language, as the lines belong to the stored text.
"""

import re
from dataclasses import dataclass

from maildesk.mail import charset

OCTETS = 128 * 1024
_LINES = 4_000
_EVENTS = 3
_SHOWN = 300
_PARTS = {"VEVENT": "event", "VTODO": "task"}

# RFC 5546 section 1.4.
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time proposed",
    "DECLINECOUNTER": "Proposed time declined",
    "ADD": "Further date",
    "REFRESH": "Asks for the invitation again",
}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "perhaps",
            "DELEGATED": "passed on"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    parameters: dict[str, str]
    value: str


def lines(source: str) -> str:
    """Return the appointments of a calendar source as text, "" where it holds none.

    At most 3 of them, each field at most 300 characters; `source` is looked at for 128 KiB.
    Raises nothing.
    """
    method = ""
    events: list[dict[str, _Line]] = []
    inside: list[str] = []
    for line in _content_lines(source[:OCTETS]):
        if line.name == "BEGIN":
            inside.append(line.value.strip().upper()[:40])
            if inside[-1] in _PARTS and len(events) < _EVENTS:
                events.append({})
        elif line.name == "END":
            if inside:
                inside.pop()
        elif line.name == "METHOD":
            method = line.value.strip().upper()
        elif inside and inside[-1] in _PARTS and events:
            events[-1].setdefault(line.name, line)
    return "\n\n".join(filter(None, (_event(event, method) for event in events)))


def _content_lines(source: str) -> list[_Line]:
    """Unfolded and cut into name, parameters and value (RFC 5545 section 3.1)."""
    unfolded = re.sub(r"\n[ \t]", "", source.replace("\r\n", "\n"))
    found = []
    for text in unfolded.split("\n", _LINES)[:_LINES]:
        matched = _CONTENT_LINE.match(text[:4_000])
        if matched:
            given = {
                each[1].upper(): each[2].strip('"') for each in _PARAMETER.finditer(matched[2])
            }
            found.append(_Line(matched[1].upper(), given, matched[3]))
    return found


_CONTENT_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[^=:;"]{1,60}=(?:"[^"]*"|[^":;]*)*+)*+):(.*)')
_PARAMETER = re.compile(r';([^=:;"]{1,60})=((?:"[^"]*"|[^":;]*)*+)')


def _event(event: dict[str, _Line], method: str) -> str:
    title = _text(event.get("SUMMARY"))
    start = _moment(event.get("DTSTART"))
    if not title and not start:
        return ""
    label = _METHODS.get(method, "Appointment")
    if event.get("STATUS") and event["STATUS"].value.strip().upper() == "CANCELLED":
        label = "Cancelled"
    attendee = event.get("ATTENDEE")
    if method == "REPLY" and attendee:
        answer = attendee.parameters.get("PARTSTAT", "").upper()
        label = f"{label} ({_ANSWERS.get(answer, 'no decision')})"
    rows = [(label, title or "(no title)"), ("When", _when(event, start))]
    rule = re.search(r"FREQ=([A-Za-z]{5,8})", event["RRULE"].value) if "RRULE" in event else None
    rows += [
        ("Repeats", rule[1].lower() if rule else ""),
        ("Where", _text(event.get("LOCATION"))),
        ("Organiser", _person(event.get("ORGANIZER"))),
    ]
    return "\n".join(f"{name}: {value}" for name, value in rows if value)


def _when(event: dict[str, _Line], start: str) -> str:
    end = _moment(event.get("DTEND") or event.get("DUE"))
    if end and start:
        if end[:11] == start[:11] and len(end) > 11:
            end = end[11:]
        zone = start.partition("(")[2]
        if zone and end.endswith(f"({zone}"):
            start = start.partition(" (")[0]
        return start if end == start else f"{start} to {end}"
    length = event.get("DURATION")
    return f"{start}, {_length(length.value)}" if start and length else start or end


_MOMENT = re.compile(r"\s*(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z)?)?\s*\Z")


def _moment(line: _Line | None) -> str:
    """A date, or a time with its zone: "2026-03-05 14:00 (Europe/Berlin)"."""
    found = _MOMENT.match(line.value) if line else None
    if not line or not found:
        return ""
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if not found[4]:
        return day
    zone = "UTC" if found[6] else charset.one_line(line.parameters.get("TZID", ""), 60)
    return f"{day} {found[4]}:{found[5]}" + (f" ({zone})" if zone else "")


_LENGTH = re.compile(r"\s*\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?)?")


def _length(value: str) -> str:
    found = _LENGTH.match(value)
    units = zip(found.groups(), ("weeks", "days", "h", "min"), strict=True) if found else ()
    return " ".join(f"{int(number)} {unit}" for number, unit in units if number and int(number))


_ESCAPED = re.compile(r"\\([\\;,nN])")


def _text(line: _Line | None) -> str:
    if line is None:
        return ""
    value = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], line.value)
    return charset.one_line(value, _SHOWN)


def _person(line: _Line | None) -> str:
    if line is None:
        return ""
    name = charset.one_line(line.parameters.get("CN", ""), _SHOWN)
    address = charset.one_line(re.sub(r"\A\s*mailto:", "", line.value, flags=re.I), _SHOWN)
    return f"{name} <{address}>" if name and address and name != address else name or address
