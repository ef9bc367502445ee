"""Every promise of the desk has a test that bears its number, and every attack is used by one."""

import ast
import re
from pathlib import Path

from tests.promises.mails import FOLDER

PROMISED = {*range(1, 16), 16, 17, 18, 19, 20, 21, 22}


def _tests() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for file in Path(__file__).parent.glob("test_p*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (
                name := re.match(r"test_p(\d\d)_", node.name)
            ):
                assert file.stem.startswith(f"test_p{name[1]}_"), node.name
                found.setdefault(int(name[1]), []).append(node.name)
    return found


def test_each_promise_has_a_test_of_its_number():
    assert set(_tests()) >= PROMISED


def test_each_attack_is_used():
    words = {
        number: next(Path(__file__).parent.glob(f"test_p{number:02}_*.py")).read_text("utf-8")
        for number in _tests()
    }
    for mail in FOLDER.glob("*.eml"):
        number = int(mail.stem[1:3])
        family = f'names("p{number:02}")' in words[number]
        assert family or f'"{mail.stem}"' in words[number], mail.name
