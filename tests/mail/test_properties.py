"""Whatever the bytes are: reading, judging, trimming and ordering raise nothing and keep limits.

The strategies put mails together from the pieces of real ones, whole and broken: that gets much
deeper than noise does. `make fuzz` goes on from here.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import targets

FIELDS = (
    "From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Date",
    "Received", "Return-Path", "Auto-Submitted", "Precedence", "List-Id", "X-Failed-Recipients",
    "X-Auto-Response-Suppress", "Authentication-Results", "DKIM-Signature", "MIME-Version",
)  # fmt: skip
PIECES = (
    b"anna@firm.example", b"Anna <anna@firm.example>", b'"Anna" <', b">", b"<", b"(", b")", b";",
    b"MAILER-DAEMON@mx.example", b"=?utf-8?q?a=0D=0Ab?=", b"=?utf-8?b?w4R=?=", b"=?gb2312?b?xOO6",
    b"=?x?q?", b"?=", b"\r\n ", b"\r\n\t", b"\r", b"\n", b"\0", b"\xff\xfe", b"\xe4\xf6", b'"',
    b"<a@b.example>", b"Re: ", b"AW: ", b"Fwd: ", b"[DD-10008]", b"#zu +25m", b"auto-replied", b"no",
    b"bulk", b"Undelivered Mail Returned to Sender", b"failure notice", b"31 Dec 9999 23:59:59 -2359",
    b"Mon, 23 Nov 2026 09:59:00 +0100", b"a@[::1", b"\xf0\x9f\x98\x80", b"\xe2\x80\xae", b"1.0",
)  # fmt: skip
TYPES = (
    b"text/plain", b"text/plain; charset=utf-16", b"text/plain; charset=utf-7", b"text/html",
    b"text/plain; charset=iso-2022-jp", b"text/plain; charset=x\0y", b"text/plain; format=flowed; delsp=yes",
    b"message/rfc822", b"message/delivery-status", b"text/rfc822-headers", b"message/feedback-report",
    b"message/disposition-notification", b"text/calendar; method=REPLY", b"application/ms-tnef",
    b"application/pkcs7-mime", b"application/pgp-encrypted", b"image/png; name*0*=utf-8''%2e%2e%2f; name*1=x",
    b'text/plain; name="=?utf-8?q?../x?="', b"text/plain" + b";" * 300, b"nonsense", b"",
)  # fmt: skip
CODINGS = (b"", b"7bit", b"base64", b"quoted-printable", b"x-uuencode", b"binary", b"nonsense")
LINES = (
    b"Hello.", b"> quoted", b">> twice", b"On Mon, 23 Nov 2026 at 09:59 Anna <a@b.example> wrote:",
    b"Am Montag, 23. November 2026 schrieb Anna:", b"-----Original Message-----", b"-- ", b"--",
    b"From: a@b.example", b"Subject: x", b"Final-Recipient: rfc822; a@b.example", b"Action: failed",
    b"Status: 5.1.1", b"Message-ID: <a@b.example>", b"550 5.1.1 no such user", b"<a@b.example>:", b"",
    b"Hi. This is the mail server at mx.example.", b"#zu", b"+1h", b"#kind quick", b"Sent from my iPhone",
    b"<div class=gmail_quote>", b"<blockquote type=cite>", b"</div>", b"<a href=x", b"<br>&nbsp;", b"=E4=",
    b"w4TDlsOc", b"----==_b--", b"\x1b$B", b"\xc3", b"x" * 1200, b"________________________________",
)  # fmt: skip

pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=6).map(b"".join)
fields = st.tuples(st.sampled_from(FIELDS), pieces).map(lambda f: f[0].encode() + b": " + f[1])
lines = st.lists(st.sampled_from(LINES) | st.binary(max_size=12), max_size=12)
bodies = st.tuples(lines, st.sampled_from((b"\r\n", b"\n", b"\r"))).map(lambda b: b[1].join(b[0]))


def _leaf(drawn: tuple[bytes, bytes, bytes]) -> bytes:
    kind, coding, body = drawn
    return b"Content-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (kind, coding, body)


def _many(drawn: tuple[bytes, bytes, list[bytes], bool]) -> bytes:
    kind, boundary, parts, closed = drawn
    head = b"Content-Type: multipart/%b; report-type=delivery-status; boundary=%b\r\n\r\n"
    inside = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    return head % (kind, boundary) + inside + (b"--%b--\r\n" % boundary if closed else b"")


leaves = st.tuples(st.sampled_from(TYPES), st.sampled_from(CODINGS), bodies).map(_leaf)
kinds = st.sampled_from((b"mixed", b"alternative", b"report", b"related", b"signed", b"digest"))
boundaries = st.sampled_from((b"b", b"c", b'"a b"', b"", b"--"))
parts = st.recursive(
    leaves,
    lambda inner: st.tuples(kinds, boundaries, st.lists(inner, max_size=3), st.booleans()).map(
        _many
    ),
    max_leaves=6,
)
mails = st.tuples(st.lists(fields, max_size=8), parts).map(
    lambda m: b"".join(field + b"\r\n" for field in m[0]) + m[1]
)
texts = st.lists(
    st.sampled_from([line.decode("latin-1") for line in LINES]) | st.text(max_size=12), max_size=25
).map("\n".join)
subjects = st.lists(
    st.sampled_from(
        ["Re: ", "AW[2]: ", "Fwd:", "[DD-10008]", "DD-10008", "[Quick hoch]", "[dringend]", "#zu ",
         "#an lena ", "+25m ", "+1:30", "#call 5m a@b.example", "#wait 3d", "#", "+", "[", "]", "*** SPAM",
         "＃zu", "１５", "\u202e", "\ud800", "#kind ", "DD-99999999999999999999", " "]
    )
    | st.text(max_size=6),
    max_size=14,
).map("".join)  # fmt: skip

often = settings(
    max_examples=250, deadline=2000, suppress_health_check=[HealthCheck.too_slow], database=None
)


@often
@given(mails | st.binary(max_size=400))
def test_reading_never_raises_and_keeps_its_limits(raw: bytes) -> None:
    targets.parse(raw)


@often
@given(mails)
def test_judging_never_raises_and_says_nothing_of_its_own(raw: bytes) -> None:
    targets.classify(raw)


@often
@given(texts, st.sampled_from(("", "<div>", "<blockquote><p>")))
def test_cutting_a_reply_never_raises_and_adds_nothing(text: str, html: str) -> None:
    targets.cut(text, html)


@often
@given(subjects, texts, subjects)
def test_orders_are_understood_or_refused(subject: str, text: str, parent: str) -> None:
    targets.order(subject, text, parent)
