"""`make fuzz`: let atheris look for octets that break what tests/fuzz/targets.py promises.

    python -m tests.fuzz [--seconds 600] [TARGET ...]

All targets share the time. What was learnt is kept in .fuzz/, so that the next run goes on; a
finding is written to tests/fuzz/found/, where a test replays it from then on.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.targets import SECONDS, TARGETS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OWN_MAILS = (ROOT / "tests/mails", ROOT / "tests/promises/mails", HERE / "found")
LONGEST = 16_384  # octets of one input: enough for all that nests, and quick
SLOWER = 4  # times, at most, that code runs slower while it is watched


def main() -> int:
    """Run what the command line asks for; 1 if anything was found."""
    asked = argparse.ArgumentParser(prog="make fuzz", description=__doc__.partition("\n")[0])
    asked.add_argument("--seconds", type=int, default=600, help="for all targets together")
    asked.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    given = asked.parse_args()
    chosen = given.targets or list(TARGETS)
    if unknown := [each for each in chosen if each not in TARGETS]:
        asked.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    before = {file.name for file in (HERE / "found").glob("*")}
    broken = [each for each in chosen if not _hunt(each, max(1, given.seconds // len(chosen)))]
    for file in sorted((HERE / "found").glob("*")):
        if file.name not in before:
            print(f"found: {file.relative_to(ROOT)}; it is a test now (tests/fuzz/test_found.py)")
    print("nothing was found" if not broken else f"broken: {', '.join(broken)}")
    return 1 if broken else 0


def _hunt(target: str, seconds: int) -> bool:
    """Run one target in a process of its own; tell whether it held."""
    learnt = ROOT / ".fuzz" / target
    learnt.mkdir(parents=True, exist_ok=True)
    seeds = HERE / "seeds" / TARGETS[target][1]
    folders = [learnt, seeds, *(OWN_MAILS if seeds.name == "mail" else ())]
    print(f"{target}: {seconds} s from {sum(len(list(each.iterdir())) for each in folders)} inputs")
    began = time.monotonic()
    run = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz.harness", target, *map(str, folders),
            f"-dict={HERE / 'words.dict'}", f"-max_total_time={seconds}", f"-max_len={LONGEST}",
            f"-timeout={int(SECONDS * SLOWER * 2)}", "-rss_limit_mb=2048", "-print_final_stats=1",
            f"-artifact_prefix={HERE / 'found' / target}-", "-verbosity=0",
        ],
        cwd=ROOT, check=False,
    )  # fmt: skip
    print(
        f"{target}: {'held' if run.returncode == 0 else 'BROKEN'}, {time.monotonic() - began:.0f} s"
    )
    return run.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
