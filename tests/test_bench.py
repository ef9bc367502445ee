"""The measurement itself works: a small one runs through and prints its table."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def test_a_small_bench_prints_its_table(tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    options = ["--quick", "--new", "6", "--replies", "4", "--tickets", "0,40", "--peers", ""]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--markdown", str(table)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "maildesk, end to end: mails/s" in done.stdout
    assert "Roundup skipped: no folder of peers was named" in done.stdout
    assert "growth" in done.stdout
    assert "| maildesk --help, s |" in table.read_text()


def test_own_mix_is_the_same_each_time_and_its_replies_name_their_parents() -> None:
    from bench import mix

    made = mix.make(30, 20)
    assert made == mix.make(30, 20)
    asked = {m.message_id for m in made[:30]}
    assert len(asked) == 30
    for reply in made[30:]:
        assert reply.parent in asked
        assert reply.parent.encode() in reply.raw


def test_a_small_bench_of_the_pages_asks_for_every_one_of_them(tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    options = ["--tickets", "200", "--requests", "1", "--database", "sqlite"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.web", *options, "--markdown", str(table)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "FAILED" not in done.stdout  # how long they take is another matter: so is the code
    assert not done.stderr.count("Traceback"), done.stderr
    shown = table.read_text()
    for page in ("/desk", "/desk/search?q=drucker", "/desk/tickets/{tag}, 400 messages", "/me",
                 "/tickets/{tag}, 3 messages", "/desk/invoices/{number:path}"):  # fmt: skip
        assert f"| {page} |" in shown, shown
    assert "Left out: /desk/live" in done.stdout
