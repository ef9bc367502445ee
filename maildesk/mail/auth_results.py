"""What a mail server of ours says about a sender: Authentication-Results (RFC 8601).

Nothing in the field says who wrote it; only where it stands does (section 5 there). So the place
is looked at first, and only what our own server wrote is parsed (SECURITY.md section 5.2 A).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import authres

FIELD_MAX = 4_096  # characters; what servers write has a few hundred
FIELDS_MAX = 10
RECEIVED, RESULTS = "received", "authentication-results"

# A Received that begins with "from" has the sender's own word next: that is never the "by".
_BY = re.compile(r"(?:from\s+\S+\s(?:.*?\s)??)?by\s+([^\s;()]{1,255})", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_DMARC = re.compile(r";\s*dmarc\s*=([^;]*)")
_DMARC_FAIL = re.compile(r"\bdmarc\s*=\s*fail\b")
_POLICY = re.compile(
    r"(?<![\w.-])(?:p|policy|policy\.dmarc|policy\.published-domain-policy)"
    r"\s*=\s*(none|quarantine|reject)(?![\w@.-])"
)


class _Strict(authres.core.AuthenticationResultsHeader):  # type: ignore[misc]  # has no types
    """A field as authres reads it, but none whose properties it would pass over as broken."""

    def __init__(self, features: Any) -> None:
        super().__init__(features, strict=True)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server of ours; all names in lower case.

    `received_by` is its name in its own Received, `hops` are patterns of those that may stand
    above that one. `below`: it writes its results below its Received, not above.
    """

    authserv_id: str
    received_by: str
    hops: tuple[str, ...] = ()
    below: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one server says. `domain` has passed DMARC, `account` has logged in, "" for nobody.

    `failed`: DMARC failed for somebody, and `policy` is what that domain wishes then (none,
    quarantine, reject), "" where the field does not say. `why` says in words how it came to this.
    """

    domain: str = ""
    account: str = ""
    failed: bool = False
    policy: str = ""
    why: str = ""


def verdict_of(trace: Sequence[tuple[str, str]], server: Server) -> Verdict:
    """Return what a server of ours says in the trace fields of a message; raises nothing.

    `trace` is that of `Evidence`. Two results for DMARC, or two logins, are none: one of them
    would be the wrong one. A field of that server that cannot be read spoils the others too.
    """
    values, why = _written_by(trace, server)
    if not values:
        return Verdict(why=why)
    found = [_read(value, server.authserv_id) for value in values[:FIELDS_MAX]]
    dmarc = [each for one in found for each in one.dmarc]
    auth = [each for one in found for each in one.auth]
    failed = [each for each in dmarc if each.result == "fail"]
    if failed:
        policies = {each.policy for each in failed}
        strict = next((word for word in ("reject", "quarantine", "") if word in policies), "none")
        return Verdict(failed=True, policy=strict, why=f"{server.authserv_id} says dmarc=fail")
    if any(one.is_broken for one in found) or len(values) > FIELDS_MAX:
        return Verdict(why=f"an Authentication-Results of {server.authserv_id} cannot be read")
    domain = dmarc[0].value if len(dmarc) == 1 and dmarc[0].result == "pass" else ""
    account = auth[0].value if len(auth) == 1 and auth[0].result == "pass" else ""
    return Verdict(domain, account, why=_words(server.authserv_id, dmarc, auth))


@dataclass(frozen=True, slots=True)
class _Result:
    """One result; `value` is its one header.from or smtp.auth, "" where there is not just one."""

    result: str
    value: str
    policy: str = ""


@dataclass(frozen=True, slots=True)
class _Field:
    dmarc: tuple[_Result, ...] = ()
    auth: tuple[_Result, ...] = ()
    is_broken: bool = False


def _written_by(trace: Sequence[tuple[str, str]], server: Server) -> tuple[list[str], str]:
    """Return the results that stand where only this server writes, or why there are none.

    Whatever is not by it or its hops ends the search: below that anybody may have written.
    """
    above: list[str] = []
    for place, (name, value) in enumerate(trace):
        if name == RESULTS:
            above.append(value)
        elif (host := _by(value)) == server.received_by:
            if server.below:
                above = [each for what, each in trace[place + 1 : place + 2] if what == RESULTS]
            ours = [each for each in above if server.authserv_id in each.lower()]
            where = "below" if server.below else "above"
            return ours, "" if ours else f"no result of {server.authserv_id} stands {where} it"
        elif not any(fnmatchcase(host, hop) for hop in server.hops):
            return [], f"the topmost Received is by {host or 'nobody'}, not {server.received_by}"
    return [], f"no Received is by {server.received_by}"


def _by(received: str) -> str:
    """Return the host that wrote a Received, as it calls itself, "" where it does not say."""
    for _ in range(3):  # comments may stand in comments
        received = _COMMENT.sub(" ", received)
    found = _BY.match(received.strip())
    return found[1].lower() if found else ""


def _read(value: str, authserv_id: str) -> _Field:
    """Return the results of one field if it is of this server: the whole id, in any case."""
    try:
        if len(value) > FIELD_MAX:
            raise ValueError(f"more than {FIELD_MAX} characters")
        field = _Strict.parse_value(authres.core_features(), value)
    except Exception:  # noqa: BLE001 - it raises its own, and what its parts raise
        failed = _DMARC_FAIL.search(value[: 2 * FIELD_MAX].lower())
        return _Field((_Result("fail", ""),) if failed else (), is_broken=True)
    if field.authserv_id != authserv_id:
        return _Field()
    policies = [_policy(words) for words in _DMARC.findall(_QUOTED.sub('""', value.lower()))]
    dmarc: list[_Result] = []
    auth: list[_Result] = []
    for result in field.results:
        if result.method == "dmarc":
            policy = policies[len(dmarc)] if len(dmarc) < len(policies) else ""
            dmarc.append(_Result(result.result, _only(result, "header", "from"), policy))
        elif result.method == "auth":
            auth.append(_Result(result.result, _only(result, "smtp", "auth")))
    return _Field(tuple(dmarc), tuple(auth))


def _policy(words: str) -> str:
    """Return the policy that stands in a result, mostly in a comment, which authres leaves out."""
    found = set(_POLICY.findall(words))
    return next((word for word in ("reject", "quarantine", "none") if word in found), "")


def _only(result: Any, kind: str, name: str) -> str:
    values = [each.value for each in result.properties if (each.type, each.name) == (kind, name)]
    return str(values[0] or "").lower() if len(values) == 1 else ""


def _words(authserv_id: str, dmarc: list[_Result], auth: list[_Result]) -> str:
    said = [f"dmarc={each.result} for {each.value or 'no one domain'}" for each in dmarc]
    said += [f"auth={each.result} for {each.value or 'no one login'}" for each in auth]
    return f"{authserv_id} says {', '.join(said) or 'nothing of DMARC or a login'}"
