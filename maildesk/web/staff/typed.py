"""The fields of a form again, from the mail that was made of it: nothing that was typed is lost."""

import re
from collections.abc import Callable, Mapping

from maildesk.rules.commands.words import Name, row_of
from maildesk.web.staff.orders import AFTER

_COMMAND = re.compile(r"(?:^|(?<=\s))#(?=[^\W\d_])")


def typed(action: str, subject: str, text: str) -> dict[str, str]:
    """Return the fields of a form again, from what was sent of it: nothing typed is lost."""
    fields = {"text": text}
    parts = [part.partition(" ") for part in _COMMAND.split(subject)[1:]]
    for name, _, argument in parts:
        row = row_of(f"#{name}")
        if row is None:
            continue
        if row.name in _GIVEN_IN:
            fields |= _GIVEN_IN[row.name](argument.strip())
        if action == "time" and row.name is not Name.TIME:
            fields |= {"type": row.name.value, "minutes": argument.strip()}
        if action == "reply" and row.name.value in AFTER:
            fields["after"] = row.name.value
    return fields


def _called(argument: str) -> dict[str, str]:
    minutes, _, rest = argument.partition(" ")
    address, _, title = rest.partition(" ")
    return {"how": "call", "minutes": minutes, "address": address, "title": title}


def _for(argument: str) -> dict[str, str]:
    address, _, title = argument.partition(" ")
    return {"address": address, "title": title}


def _timed(argument: str) -> dict[str, str]:
    minutes, _, title = argument.partition(" ")
    return {"minutes": minutes} | ({"title": title} if title else {})


def _assigned(argument: str) -> dict[str, str]:
    agent, _, title = argument.partition(" ")
    return {"agent": agent} | ({"title": title} if title else {})


def _asked(argument: str) -> dict[str, str]:
    return {"at_cost": "yes"} if argument == "open" else {"total": argument}


_GIVEN_IN: Mapping[Name, Callable[[str], dict[str, str]]] = {
    Name.CALL: _called, Name.FOR: _for, Name.TIME: _timed, Name.TO: _assigned, Name.ASK: _asked,
    Name.WAIT: lambda words: {"wait": words}, Name.PLAN: lambda words: {"plan": words.replace(" ", "T")},
    Name.KIND: lambda words: {"kind": words}, Name.TEST: lambda words: {"url": words},
    Name.PHONE: lambda words: {"said": words}, Name.ADD: lambda words: {"address": words},
    Name.REMOVE: lambda words: {"address": words}, Name.MERGE: lambda words: {"ticket": words},
}  # fmt: skip
