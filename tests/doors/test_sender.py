import asyncio
import logging
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from maildesk.doors.relay import Pace
from maildesk.rules.backoff import LONGEST_SEND
from tests.doors.shelf import RAW, Shelf, on_a_loop, sending
from tests.peers import free_port
from tests.peers.relay import DROP, OBEDIENT, Act, RelayPeer

LETTERS_FATE = [
    # step   what the relay does                  state    words in the reply      why
    ("RCPT", "550 5.1.1 unknown", "failed", "550 5.1.1", "5yz at RCPT"),
    ("RCPT", "450 4.2.0 greylisted", "queued", "450 4.2.0", "4yz at RCPT"),
    ("RCPT", DROP, "queued", "closed the connection", "the relay cannot have taken it"),
    ("RCPT", Act("421 4.3.2 bye", hang_up=True), "queued", "421 4.3.2 bye", "going down"),
    ("DATA", "554 5.5.1 no", "failed", "554 5.5.1", "5yz at DATA"),
    ("DATA", "451 4.3.0 later", "queued", "451 4.3.0", "4yz at DATA"),
    ("DATA", DROP, "queued", "closed the connection", ""),
    ("DOT", "554 5.7.1 spam", "failed", "554 5.7.1 spam", "5yz after the dot"),
    ("DOT", "451 4.7.1 later", "queued", "451 4.7.1 later", "4yz after the dot"),
    ("DOT", DROP, "queued", "unknown whether the relay took it", "RFC 1047"),
    ("DOT", "nonsense", "queued", "unknown whether", "not a reply"),
    ("MAIL", "552 5.3.4 too big", "failed", "552 5.3.4", "this letter only, though at MAIL"),
    ("MAIL", "550 5.6.7 not this content", "failed", "5.6.7", "5.6.z anywhere"),
    ("RCPT", "552 5.2.2 mailbox full", "failed", "552", ""),
    ("RCPT", b"550 5.1.1 unbekannt: M\xfcller\x00", "failed", "M\N{REPLACEMENT CHARACTER}ller", "storable text"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "act", "state", "words", "why"), LETTERS_FATE)
@on_a_loop
async def test_what_fails_one_letter_lets_the_next_one_through(step, act, state, words, why):
    with RelayPeer() as peer:
        peer.once(step, act)
        shelf = Shelf()
        bad, good = shelf.put(), shelf.put()
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: shelf.rows[good].state == "sent")
            row = await desk.until_replied(bad)
    assert (row.state, row.attempts) == (state, 1), why
    assert words in str(row.reply), why
    if state == "queued":
        assert timedelta(seconds=50) < row.due - datetime.now(UTC) < timedelta(seconds=61), why
    assert (desk.held, shelf.given_back) == ([], 0), why
    assert "503 5.5.1" not in str(shelf.rows[good].reply), "the refused letter was forgotten"


QUEUE_HELD = [
    # step     what the relay does            words for staff               why
    ("CONNECT", "421 4.3.2 too busy", "421 4.3.2 too busy", "4yz in the greeting"),
    ("CONNECT", "554 5.7.1 not from you", "554 5.7.1 not from you", "5yz in the greeting"),
    ("CONNECT", DROP, "cannot be reached", "no greeting"),
    ("CONNECT", Act(after=1.2), "nobody answers", "silence"),
    ("EHLO", "550 5.7.1 bad name", "EHLO", "5yz at EHLO"),
    ("EHLO", "421 4.3.2 bye", "421 4.3.2 bye", "4yz at EHLO"),
    ("EHLO", DROP, "closed the connection", ""),
    ("MAIL", "550 5.7.1 sender not allowed", "550 5.7.1 sender not allowed", "5yz at MAIL"),
    ("MAIL", "451 4.3.0 try later", "451 4.3.0 try later", "4yz at MAIL"),
    ("MAIL", "421 4.3.2 bye", "421 4.3.2 bye", "on a fresh connection"),
    ("MAIL", DROP, "closed the connection", "on a fresh connection"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "act", "words", "why"), QUEUE_HELD)
@on_a_loop
async def test_what_holds_the_queue_counts_no_attempt_and_goes_on_by_itself(step, act, words, why):
    with RelayPeer() as peer:
        peer.once(step, act, act)
        shelf = Shelf()
        for _ in range(3):
            shelf.put()
        async with sending(peer.port, shelf, timeout=0.5) as desk:
            await desk.until(lambda: shelf.states() == {"sent": 3})
    assert len(desk.held) == 1, why
    assert words in desk.held[0], why
    assert "waits in the queue" in desk.held[0]
    assert [row.attempts for row in shelf.rows.values()] == [1, 1, 1], why
    assert [taken.raw for taken in peer.taken] == [RAW] * 3, why


@on_a_loop
async def test_nobody_listens_and_then_the_relay_is_back():
    shelf, port = Shelf(), free_port()
    number = shelf.put()
    async with sending(port, shelf) as desk:
        await desk.until(lambda: desk.held)
        desk.sender.wake()  # a hint shortens no pause
        await asyncio.sleep(0.7)
        assert "cannot be reached" in desk.held[0]
        assert shelf.rows[number].state == "queued"
        with RelayPeer(port=port):
            await desk.until(lambda: shelf.rows[number].state == "sent")
    assert len(desk.held) == 1
    assert shelf.rows[number].attempts == 1


@on_a_loop
async def test_a_wrong_password_is_tried_once_each_time_and_never_sent_in_the_clear_by_chance():
    greeting = "250-relay.example\r\n250 AUTH CRAM-MD5 PLAIN LOGIN"
    with RelayPeer(always={"EHLO": greeting, "AUTH": "535 5.7.8 wrong password"}) as peer:
        shelf = Shelf()
        shelf.put()
        async with sending(peer.port, shelf, user="desk", password="secret") as desk:
            await desk.until(lambda: desk.held)
            tries = [line for line in peer.said if line.startswith("AUTH")]
            assert tries == ["AUTH CRAM-MD5"]
            assert "refused our login (AUTH): 535 5.7.8 wrong password" in desk.held[0]
        async with sending(peer.port, shelf, user="desk", password="secret", tls="opportunistic") as desk:  # fmt: skip
            peer.said.clear()
            await desk.until(lambda: desk.held)
            assert "no TLS" in desk.held[0]
            assert not [line for line in peer.said if line.startswith("AUTH")]
        assert shelf.rows[1].attempts == 0


@on_a_loop
async def test_many_letters_go_over_one_connection_byte_for_byte():
    letters = {
        "m1@x.example": RAW,
        "m2@x.example": b"A: b\r\n\r\n.\r\n..two\r\n.end\r\n",
        "m3@x.example": b".: first byte is a dot\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n",
        '"a b"@x.example': b"A: b\r\n\r\n" + b"x" * 300_000 + b"\r\n",
    }
    with RelayPeer() as peer:
        shelf = Shelf()
        for rcpt_to, raw in letters.items():
            shelf.put(raw, rcpt_to, return_path="")
        for _ in range(120):
            shelf.put()
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: shelf.states() == {"sent": 124})
        assert {taken.connection for taken in peer.taken} == {1}
        assert [taken.raw for taken in peer.taken[:4]] == list(letters.values())
        assert [taken.rcpt for taken in peer.taken[:4]] == [f"RCPT TO:<{to}>" for to in letters]
        assert peer.taken[0].mail == f"MAIL FROM:<> SIZE={len(RAW)}"
        assert peer.taken[2].mail.endswith(" BODY=8BITMIME")
        await asyncio.sleep(0.1)
        assert peer.said[-1] == "QUIT"
    assert len(shelf.settled) < 30


UNSENDABLE = [
    # raw                       recipient             code   why
    (b"A: b\n\nbare LF\n", "a@x.example", "5.6.0", "bare LF: SMTP smuggling"),
    (b"A: b\r\n\r\nx\r.\r\n", "a@x.example", "5.6.0", "bare CR"),
    (b"A: b\r\n\r\n\r\n\n", "a@x.example", "5.6.0", "one bare LF at the end"),
    (RAW, "a@x.example> SIZE=1 <b@x.example", "5.1.3", "a parameter in the address"),
    (RAW, "a@x.example\r\nDATA", "5.1.3", "a command in the address"),
    (RAW, "m\xfcller@x.example", "5.6.7", "the relay has no SMTPUTF8"),
    (RAW, "", "5.1.3", "nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "rcpt_to", "code", "why"), UNSENDABLE)
@on_a_loop
async def test_what_cannot_be_said_in_smtp_is_failed_without_saying_it(raw, rcpt_to, code, why):
    with RelayPeer() as peer:
        shelf = Shelf()
        bad, good = shelf.put(raw, rcpt_to), shelf.put()
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: shelf.rows[good].state == "sent")
            row = await desk.until_replied(bad)
    assert (row.state, row.reply.enhanced) == ("failed", code), why
    assert len([line for line in peer.said if line.startswith("MAIL")]) == 1, why


@on_a_loop
async def test_a_relay_that_closes_an_idle_connection_costs_no_attempt():
    with RelayPeer() as peer:
        shelf = Shelf()
        shelf.put()
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: shelf.states() == {"sent": 1})
            peer.hang_up(b"421 4.4.2 idle too long\r\n")
            await asyncio.sleep(0.05)
            shelf.put()
            desk.sender.wake()
            await desk.until(lambda: shelf.states() == {"sent": 2})
            peer.once("MAIL", Act("421 4.7.0 enough letters here", hang_up=True))
            shelf.put()
            await desk.until(lambda: shelf.states() == {"sent": 3})
            peer.once("MAIL", DROP)
            shelf.put()
            await desk.until(lambda: shelf.states() == {"sent": 4})
    assert [taken.connection for taken in peer.taken] == [1, 2, 3, 4]
    assert (desk.held, shelf.given_back) == ([], 0)
    assert {row.attempts for row in shelf.rows.values()} == {1}


@on_a_loop
async def test_our_own_idle_connection_is_closed_politely():
    with RelayPeer() as peer:
        shelf = Shelf()
        shelf.put()
        async with sending(peer.port, shelf, Pace(poll=0.1, settle=0.05, idle=0.3)) as desk:
            await desk.until(lambda: shelf.states() == {"sent": 1})
            await desk.until(lambda: peer.said[-1] == "QUIT")


@on_a_loop
async def test_a_slow_letter_holds_up_one_connection_and_is_sent():
    with RelayPeer() as peer:
        peer.once("DOT", Act(OBEDIENT["DOT"], after=3))
        shelf = Shelf()
        for _ in range(60):
            shelf.put()
        begin = time.monotonic()
        async with sending(peer.port, shelf, connections=2, timeout=1) as desk:
            await desk.until(lambda: shelf.states() == {"sent": 59, "queued": 1})
            assert time.monotonic() - begin < 2.5
            await desk.until(lambda: shelf.states() == {"sent": 60})
    assert len(peer.taken) == 60
    assert {row.attempts for row in shelf.rows.values()} == {1}


def test_ten_minutes_for_the_final_dot_and_no_send_outlives_its_claim():
    pace = Pace()
    assert pace.final_dot == 600, "RFC 5321 section 4.5.3.2.6"
    assert pace.data == 120, "RFC 5321 section 4.5.3.2.4"
    longest = pace.fresh + pace.before_dot + pace.final_dot
    assert timedelta(seconds=longest) + timedelta(minutes=2) < LONGEST_SEND


@on_a_loop
async def test_no_answer_to_the_dot_in_time_is_unknown_and_the_same_bytes_go_again():
    with RelayPeer() as peer:
        peer.once("DOT", Act(OBEDIENT["DOT"], after=1))
        shelf = Shelf()
        number = shelf.put()
        async with sending(peer.port, shelf, Pace(poll=0.1, settle=0.05, final_dot=0.3)) as desk:
            row = await desk.until_replied(number)
            assert "did not answer in time, after the message was sent" in str(row.reply)
            row.due = datetime.now(UTC)
            await desk.until(lambda: row.state == "sent")
            await desk.until(lambda: len(peer.taken) == 2)
    assert {taken.raw for taken in peer.taken} == {RAW}
    assert row.attempts == 2


@on_a_loop
async def test_one_connection_too_many_for_the_relay_holds_nothing():
    with RelayPeer() as peer:
        shelf = Shelf()
        shelf.put()
        async with sending(peer.port, shelf, connections=2) as desk:
            await desk.until(lambda: shelf.states()["sent"] == 1)
            await desk.until(lambda: peer.connections == 2)
            peer.hang_up()
            await asyncio.sleep(0.05)
            peer.once("CONNECT", OBEDIENT["CONNECT"])
            peer.always["CONNECT"] = Act("421 4.7.0 too many connections", after=0.05, hang_up=True)
            for _ in range(200):
                shelf.put()
            await desk.until(lambda: shelf.states() == {"sent": 201})
    assert desk.held == []


@on_a_loop
async def test_tls(tmp_path: Path):
    ca, stranger = trustme.CA(), trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(server)
    ours, theirs = tmp_path / "ca.pem", tmp_path / "stranger.pem"
    ca.cert_pem.write_to_path(str(ours))
    stranger.cert_pem.write_to_path(str(theirs))
    offers = {"EHLO": "250-relay.example\r\n250-AUTH PLAIN\r\n250 STARTTLS"}
    plain = {"EHLO": "250 relay.example"}
    login = {"user": "desk", "password": "secret"}
    ways = [
        # tls             ca_file offers implicit more  words          why
        ("starttls", ours, offers, False, login, "", "verified, then logged in"),
        ("tls", ours, offers, True, login, "", ""),
        ("opportunistic", None, offers, False, login, "", "any certificate is better than none"),
        ("opportunistic", None, plain, False, {}, "", "no STARTTLS, then without"),
        ("starttls", theirs, offers, False, login, "certificate verify failed", "not our CA"),
        ("tls", theirs, offers, True, login, "certificate verify failed", "not our CA"),
        ("starttls", ours, plain, False, {}, "STARTTLS", "downgrade: held, not sent"),
        ("starttls", tmp_path / "none.pem", offers, False, {}, "No such file", "no CA file"),
    ]  # fmt: skip
    for tls, ca_file, always, implicit, more, words, why in ways:
        with RelayPeer(context=server, implicit_tls=implicit, always=dict(always)) as peer:
            shelf = Shelf()
            shelf.put()
            async with sending(peer.port, shelf, tls=tls, ca_file=ca_file, **more) as desk:
                await desk.until(lambda: shelf.rows[1].state == "sent" or desk.held)  # noqa: B023
            if words:
                assert words in desk.held[0], why
                assert not any(line.startswith(("AUTH", "MAIL")) for line in peer.said), why
            else:
                assert shelf.states() == {"sent": 1}, (why, desk.held)
                assert any(line.startswith("AUTH PLAIN") for line in peer.said) == bool(more), why


@on_a_loop
async def test_stop_finishes_the_letter_in_hand_and_gives_the_rest_back():
    with RelayPeer() as peer:
        peer.once("DOT", OBEDIENT["DOT"], Act(OBEDIENT["DOT"], after=0.5))
        shelf = Shelf()
        for _ in range(30):
            shelf.put()
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: len(peer.taken) == 1)
            await asyncio.sleep(0.1)
            await desk.sender.stop()
        assert len(peer.taken) == 2
    assert shelf.states() == {"sent": 2, "queued": 28}
    assert [row.attempts for row in shelf.rows.values()] == [1] * 2 + [0] * 28
    assert all(row.due <= datetime.now(UTC) for row in shelf.rows.values() if row.state == "queued")


@on_a_loop
async def test_stop_waits_for_a_bounded_time_only():
    with RelayPeer() as peer:
        peer.once("DOT", Act(OBEDIENT["DOT"], after=3))
        shelf = Shelf()
        shelf.put()
        async with sending(peer.port, shelf, Pace(stop=0.3)) as desk:
            await desk.until(lambda: "DATA" in peer.said)
            begin = time.monotonic()
            await desk.sender.stop()
            assert time.monotonic() - begin < 1
    assert (shelf.rows[1].state, shelf.rows[1].attempts) == ("queued", 1)
    assert "stopped before the relay answered" in str(shelf.rows[1].reply)


@on_a_loop
async def test_an_outbox_that_fails_for_a_while_loses_no_answer(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL)
    with RelayPeer() as peer:
        shelf = Shelf()
        shelf.put()
        peer.once("DOT", Act(OBEDIENT["DOT"], after=0.3))
        async with sending(peer.port, shelf) as desk:
            await desk.until(lambda: "DATA" in peer.said)
            shelf.broken = True
            shelf.put()
            await desk.until(lambda: len(peer.taken) == 1)
            await asyncio.sleep(0.5)
            assert (shelf.rows[1].state, len(peer.taken)) == ("queued", 1)
            shelf.broken = False
            await desk.until(lambda: shelf.states() == {"sent": 2})
    assert len(peer.taken) == 2


@on_a_loop
async def test_letters_that_waited_too_long_in_hand_are_given_back_unoffered():
    with RelayPeer() as peer:
        peer.once("DOT", Act(OBEDIENT["DOT"], after=1.5))
        shelf = Shelf()
        for _ in range(5):
            shelf.put()
        pace = Pace(poll=0.1, settle=0.05, fresh=0.5)
        async with sending(peer.port, shelf, pace) as desk:
            await desk.until(lambda: shelf.given_back >= 4)
            await desk.until(lambda: shelf.states() == {"sent": 5})
    assert len(peer.taken) == 5
    assert {row.attempts for row in shelf.rows.values()} == {1}


@on_a_loop
async def test_without_a_relay_everything_stays_queued():
    shelf = Shelf()
    shelf.put()
    async with sending(1, shelf, host="") as desk:
        await asyncio.sleep(0.3)
    assert (shelf.rows[1].state, shelf.rows[1].attempts, desk.held) == ("queued", 0, [])
