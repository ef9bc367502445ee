"""The shared corpus of real mails, read in this process: none crashes, and most are read right.

Where its sources disagree we chose: attached messages stay closed (their attachments are not
ours), a file name keeps no colon, and a domain is shown as A-labels.
"""

import importlib.util
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from maildesk.mail.corpus_form import as_dict
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
NOW = datetime(2026, 3, 3, tzinfo=UTC)
# mail-parser reaches 167 of 193, flufl.bounce 201 of 251, talon 66 of 100, stdlib email 17 of 27.
AT_LEAST = {"crash": 134, "parse": 187, "bounce": 247, "reply-trim": 92, "auto": 26}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")


def test_the_corpus_is_read_at_least_as_well_as_before() -> None:
    runner = _runner()
    passed = dict.fromkeys(AT_LEAST, 0)
    slowest = 0.0
    for line in (CORPUS / "cases" / "index.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        raw = (CORPUS / "cases" / case["file"]).read_bytes()
        began = time.monotonic()
        reading = read(raw, Envelope("", (), "file", NOW))
        slowest = max(slowest, time.monotonic() - began)
        assert "unreadable" not in reading.mail.defects, case["id"]
        passed[case["kind"]] += _passes(runner, case, as_dict(reading))
    assert {kind: passed[kind] for kind in AT_LEAST if passed[kind] < AT_LEAST[kind]} == {}
    assert slowest < 2


def _passes(runner: ModuleType, case: dict[str, Any], got: dict[str, Any]) -> bool:
    expected = dict(case["expect"])
    extra = expected.pop("extra", {})
    checks = expected or extra
    return all(runner.check(name, value, got, case)[0] for name, value in checks.items())


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus_run", CORPUS / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
