"""Whatever was ever found by `make fuzz` stays in found/, and holds from then on."""

import time
from pathlib import Path

import pytest

from tests.fuzz.targets import SECONDS, TARGETS

HERE = Path(__file__).parent
FOUND = sorted(file for file in (HERE / "found").glob("*-*"))
SEEDS = sorted((HERE / "seeds").glob("*/*"))


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_what_was_found_is_mended(file: Path) -> None:
    began = time.process_time()
    TARGETS[file.name.partition("-")[0]][0](file.read_bytes())
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_seed_holds(file: Path) -> None:
    for target, folder in TARGETS.values():
        if folder == file.parent.name:
            target(file.read_bytes())
