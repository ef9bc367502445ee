"""`make bench`: the figures of a desk, the peers' in the same rounds, and how far apart they are.

Absolute figures drift with the machine and its load; ratios of one round hold.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import desk
from bench.corpus import Corpus, corpus
from bench.peers import FOLDER, PEERS, Absent, Peers
from bench.reading import reading
from bench.report import Report, conditions
from bench.stock import KEPT_OCTETS, OPEN_SHARE, Stock

CONNECTIONS = 10  # end to end
MANY = 50  # receive and commit


def main() -> None:
    """Measure, and print the table."""
    wanted = _wanted()
    peers = Peers(wanted.peers, "postgresql" if wanted.postgresql else "sqlite")
    with tempfile.TemporaryDirectory(prefix="maildesk-bench-") as name:
        mails = corpus(Path(name), wanted.new, wanted.replies, peers.corpus)
        stock = Stock(Path(name), mails.all, desk.fill, wanted.postgresql)
        report = Report(
            conditions(stock.name, wanted.new, wanted.replies, mails.origin, wanted.rounds)
        )
        try:
            for number in range(wanted.rounds):
                _tell(f"round {number + 1} of {wanted.rounds}")
                _round(report, stock, mails, peers, wanted.tickets)
        finally:
            stock.close()
    print(report.for_people())
    if wanted.markdown:
        wanted.markdown.write_text(report.markdown(), encoding="utf-8")


def _round(
    report: Report, stock: Stock, mails: Corpus, peers: Peers, tickets: tuple[int, ...]
) -> None:
    rates = [_end_to_end(report, stock, mails, peers, number) for number in tickets]
    for number, rate in zip(tickets[1:], rates[1:], strict=True):
        report.add("growth: rate / rate with the fewest", rate / rates[0], number, 2, ">= 0.9")
        report.note(
            f"Of the tickets beforehand one in {OPEN_SHARE} is open; of their mails and letters"
            f" {KEPT_OCTETS} octets are kept."
        )
    _receive(report, stock, mails, peers)
    _tell("reading")
    ours, theirs = reading(mails.all)
    report.add("reading one mail, ms of CPU", ours, None, 2)
    report.add("reading one mail / mail-parser alone", ours / theirs, None, 2, "<= 1.3")
    _tell("an idle desk")
    waits, start = desk.idle(stock, mails.new[:21])
    report.add("idle desk: end of mail to confirmation, p50, ms", 1000 * _at(waits, 0.5), 0, 1,
               "<= 40")  # fmt: skip
    report.add("start to ready, s", start, None, 2, "<= 2.5")
    report.add("maildesk --help, s", desk.help_seconds(), None, 2, "<= 0.3")


def _end_to_end(report: Report, stock: Stock, mails: Corpus, peers: Peers, tickets: int) -> float:
    new, replies = len(mails.new), len(mails.replies)
    theirs = []
    for peer in PEERS:
        _tell(f"{peer.name}, {tickets} tickets")
        try:
            seen = peers.measure(peer, new, replies, tickets)
        except Absent as reason:
            report.note(f"{peer.name} skipped: {reason}.")
            continue
        theirs.append(seen)
        report.add(f"{peer.name}, in process: mails/s", seen.rate, tickets, 1)
        report.add(f"{peer.name}: CPU for a mail, ms", seen.cpu_ms, tickets, 1)
        report.add(f"{peer.name}: memory, MiB", seen.rss_mb, tickets)
    _tell(f"maildesk, {tickets} tickets")
    ours = desk.end_to_end(stock, tickets, mails, CONNECTIONS, told_of_new=False)
    report.add("maildesk, end to end: mails/s", ours.rate, tickets, 1)
    if theirs:
        fastest = max(seen.rate for seen in theirs)
        report.add("times the fastest peer", ours.rate / fastest, tickets, 1, "10, then 15; >= 5")
    report.add("maildesk: CPU for a mail, ms", ours.cpu_ms, tickets, 1, "5; <= 8")
    report.add("maildesk: accepted, mails/s", ours.accepted, tickets)
    report.add("maildesk: end of mail to 250, p50, ms", ours.waited_ms, tickets, 1)
    report.add("maildesk: memory, all processes, MiB", ours.rss_mb, tickets, 0, "<= 300")
    report.add("maildesk: memory, shared pages once, MiB", ours.pss_mb, tickets)
    _tell("maildesk, the agent told of new tickets too")
    both = desk.end_to_end(stock, tickets, mails, CONNECTIONS, told_of_new=True)
    report.add("maildesk, new tickets told to the agent too: mails/s", both.rate, tickets, 1)
    letters = both.rate * both.letters / len(mails.all)
    report.add("maildesk, the same: letters/s", letters, tickets, 1)
    return ours.rate


def _receive(report: Report, stock: Stock, mails: Corpus, peers: Peers) -> None:
    _tell(f"receive and commit, {MANY} connections")
    rate = desk.receive(stock, mails, MANY).rate
    report.add(f"receive and commit, {MANY} connections: mails/s", rate, 0, 0, ">= 1,000")
    if stock.name == "SQLite":
        try:
            limit = peers.limit(len(mails.all), MANY)
        except Absent as reason:
            report.note(f"Prototype of receiving skipped: {reason}.")
            return
        report.add("receive and commit / bulk prototype", rate / limit, 0, 2, ">= 0.7")


def _at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def _tell(words: str) -> None:
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, few mails, no growth")
    parser.add_argument("--postgresql", default="", metavar="URL",
                        help="a server where databases may be made; else SQLite")  # fmt: skip
    parser.add_argument("--tickets", help="held beforehand, such as 0,10000")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--new", type=int, help="new mails (500)")
    parser.add_argument("--replies", type=int, help="replies to them (300)")
    parser.add_argument("--peers", default=os.environ.get(FOLDER, ""), metavar="FOLDER",
                        help=f"where the peers are installed; else ${FOLDER}")  # fmt: skip
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    wanted = parser.parse_args()
    usual = ("0", 1, 100, 60) if wanted.quick else ("0,10000", 3, 500, 300)
    wanted.tickets = tuple(int(n) for n in (wanted.tickets or usual[0]).split(","))
    wanted.rounds = wanted.rounds or usual[1]
    wanted.new = wanted.new or usual[2]
    wanted.replies = usual[3] if wanted.replies is None else wanted.replies
    return wanted


if __name__ == "__main__":
    main()
