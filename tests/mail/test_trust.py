"""Whose word on a sender counts: Authentication-Results by place, name and grammar."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.auth_results import Server, Verdict, verdict_of
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MX = Server("mx.desk.example", "mx.desk.example", hops=("imap.desk.example", "2002:*"))
BELOW = Server("mx.desk.example", "mx.desk.example", hops=("2002:*",), below=True)
BY_MX = (
    "Received: from out.agency.example (out [192.0.2.7]) by mx.desk.example (Postfix) with ESMTP; x"
)
BY_HOP = "Received: from mx.desk.example by imap.desk.example with LMTP id 1; x"
BY_EVIL = "Received: from out.agency.example by evil.example; x"
PASS = "mx.desk.example; dmarc=pass (p=reject) header.from=agency.example"
FAIL = "mx.desk.example; dmarc=fail (p=reject dis=none) header.from=agency.example"


def results(value: str) -> str:
    return f"Authentication-Results: {value}"


def found(*fields: str, server: Server = MX) -> Verdict:
    raw = "\r\n".join([*fields, "From: lena@agency.example", "", "Text"]).encode()
    return verdict_of(read(raw, Envelope("", (), "imap", NOW)).evidence.trace, server)


BELIEVED = [
    # fields, top first                                            domain, account, why
    ((results(PASS), BY_MX), "agency.example", "", "right above its own Received"),
    ((BY_HOP, results(PASS), BY_MX), "agency.example", "", "below a server of ours that follows"),
    ((results(PASS), "DKIM-Signature: x", "X-Spam: no", BY_MX), "agency.example", "", "others between"),
    ((results(PASS.upper()), BY_MX), "agency.example", "", "case is free"),
    ((results(PASS.replace("; ", ";\r\n\t").replace(" h", "\r\n h")), BY_MX), "agency.example", "", "folded"),
    ((results(f"(a (b) c) {PASS.replace(';', ' 1 ;')}"), BY_MX), "agency.example", "", "comments and a version"),
    ((results("mx.desk.example; spf=pass smtp.mailfrom=a@b.example"), results(PASS), BY_MX), "agency.example", "", "two fields of ours"),
    ((results("other.example; dmarc=pass header.from=agency.example; dmarc=none"), results(PASS), BY_MX), "agency.example", "", "another filter of ours says something else"),
    ((results("dmarc=pass header.from=evil.example"), results(PASS), BY_MX), "agency.example", "", "one without an id is nobody's"),
    ((results("mx.desk.example; auth=pass smtp.auth=Lena@agency.example smtp.mailfrom=x@y.example"), BY_MX), "", "lena@agency.example", "a login"),
    ((results('mx.desk.example; spf=pass smtp.mailfrom="dmarc=fail; x"@evil.example; dmarc=pass header.from=agency.example'), BY_MX), "agency.example", "", "a quoted local part is data"),
    ((results(f"{PASS}; arc=pass (i=1 dmarc=pass fromdomain=evil.example)"), BY_MX), "agency.example", "", "ARC's comment is none"),
    (("Received: by 2002:a05:6402:1 with SMTP id 1; x", results(PASS), BY_MX), "agency.example", "", "a hop by pattern"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "domain", "account", "why"), BELIEVED, ids=[row[3] for row in BELIEVED]
)
def test_what_our_server_says_is_read(
    fields: tuple[str, ...], domain: str, account: str, why: str
) -> None:
    verdict = found(*fields)
    assert (verdict.domain, verdict.account, verdict.failed) == (domain, account, False), why


FORGED = [
    # fields, top first                                                            why
    ((BY_MX, results(PASS)), "below its Received: anybody wrote that"),
    ((BY_MX, results(PASS), BY_MX), "with a Received in its name below, too"),
    ((results(PASS),), "no Received by it at all"),
    ((results(PASS), BY_EVIL), "the Received below is another's"),
    ((BY_EVIL, results(PASS), BY_MX), "it went through strange hands after that"),
    ((results(PASS), "Received: from by mx.desk.example; x"), "a greeting that looks like it"),
    ((results(PASS), "Received: from x (by mx.desk.example) by evil.example; x"), "in a comment"),
    ((results(PASS), "Received: from x by mx.desk.example.evil.example; x"), "its name in front"),
    ((results(PASS.replace("mx.desk", "evil")), BY_MX), "a foreign id"),
    ((results(PASS.replace("mx.", "mx.desk.example.mx.")), BY_MX), "ours inside another id"),
    ((results(PASS.replace("desk.example;", "desk.example.evil.example;")), BY_MX), "ours as a prefix"),
    ((results(PASS.replace("mx.", "xmx.")), BY_MX), "ours as a suffix"),
    ((results(f"evil.example (mx.desk.example); {PASS.partition('; ')[2]}"), BY_MX), "ours in a comment"),
    ((results(f"{PASS}; dmarc=pass header.from=evil.example"), BY_MX), "two results in one field"),
    ((results(PASS), results(PASS.replace("agency", "evil")), BY_MX), "two in two fields"),
    ((results(PASS), results("mx.desk.example; dmarc=none"), BY_MX), "the other one is none"),
    ((results(f"{PASS} header.from=evil.example"), BY_MX), "two domains in one result"),
    ((results(PASS.partition(" header")[0]), BY_MX), "no domain"),
    ((results(PASS.replace("pass", "bestguesspass")), BY_MX), "a result that is not pass"),
    ((results(PASS.replace("pass", "none")), BY_MX), "nothing was published"),
    ((results("mx.desk.example; x=none (dmarc=pass header.from=agency.example)"), BY_MX), "in a comment"),
    ((results("mx.desk.example; x=none (a (b) dmarc=pass (c)) header.from=agency.example"), BY_MX), "in a nested one"),
    ((results('mx.desk.example; spf=none reason="; dmarc=pass header.from=agency.example"'), BY_MX), "in quotes"),
    ((results('mx.desk.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=agency.example ;"@evil.example'), BY_MX), "in a quoted local part"),
    ((results("mx.desk.example; dmarc=pass (((( header.from=agency.example"), BY_MX), "comments that do not end"),
    ((results("mx.desk.example; dmarc=pass " + "(" * 3000), BY_MX), "very many of them"),
    ((results(PASS + '; spf=pass smtp.mailfrom="a'), BY_MX), "a quote that does not end"),
    ((results(f"mx.desk.example 2; {PASS.partition('; ')[2]}"), BY_MX), "a version that there is not"),
    ((results(PASS + " " + "x" * 5000), BY_MX), "more than a field may have"),
    ((results(PASS), results("mx.desk.example; ="), BY_MX), "one of ours that cannot be read spoils all"),
    ((*[results("mx.desk.example; spf=none")] * 10, results(PASS), BY_MX), "more fields than we read"),
    ((results("mx.desk.example; auth=pass smtp.auth=a smtp.auth=b"), BY_MX), "two logins"),
    ((results("mx.desk.example; auth=fail smtp.auth=lena@agency.example"), BY_MX), "a login that failed"),
    ((f"ARC-{results(PASS)}", f"X-{results(PASS)}", BY_MX), "fields of other names"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "why"), FORGED, ids=[row[1] for row in FORGED])
def test_p15_a_field_that_is_not_our_servers_proves_nothing(
    fields: tuple[str, ...], why: str
) -> None:
    verdict = found(*fields)
    assert (verdict.domain, verdict.account) == ("", ""), (why, verdict)
    assert verdict.why


def test_below_its_received_only_the_first_counts() -> None:
    top = "Received: by 2002:a05:6402:1 with SMTP id 1; x"
    other = results("other.example; spf=none")
    assert found(top, BY_MX, "Received-SPF: pass", results(PASS), server=BELOW).domain
    assert not found(top, BY_MX, other, results(PASS), server=BELOW).domain
    assert not found(top, BY_MX, BY_EVIL, results(PASS), server=BELOW).domain
    assert not found(results(PASS), BY_MX, server=BELOW).domain


FAILED = [
    # value, its policy, why
    (FAIL, "reject", "as OpenDMARC writes it"),
    (FAIL.replace("p=reject dis=none", "p=NONE sp=REJECT dis=NONE"), "none", "as Gmail does: sp= is of subdomains"),
    ('mx.desk.example; dmarc=fail reason="p=none" header.from=agency.example (policy=quarantine)', "quarantine", "as Rspamd does"),
    ("mx.desk.example; dmarc=fail policy.dmarc=none header.from=agency.example", "none", "as a property"),
    ("mx.desk.example; dmarc=fail header.from=agency.example", "", "without a policy"),
    ("mx.desk.example; dmarc=fail header.from=p=none.agency.example", "", "a name that looks like one"),
    (f"mx.desk.example; spf=none (p=none); {FAIL.partition('; ')[2]}", "reject", "another result's is not its"),
    (f"{PASS}; dmarc=fail header.from=x.example", "", "one of two"),
    (f"{FAIL} (", "", "though the field is broken"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "policy", "why"), FAILED, ids=[row[2] for row in FAILED])
def test_a_failure_is_found_however_it_is_written(value: str, policy: str, why: str) -> None:
    verdict = found(results(value), BY_MX)
    assert (verdict.failed, verdict.policy, verdict.domain) == (True, policy, ""), why
    assert not found(BY_MX, results(value)).failed, "a stranger's word harms nobody"
