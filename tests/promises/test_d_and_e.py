"""The tables 4.4 and 4.5 of SECURITY.md: what each threat is tested by, and what is tested here.

D1 header injection          E1 scanners open the link
D2 script in mail            E2 replay, no expiry
D3 files that run            E3 Referer and logs
D4 remote content, overlay   E4 enumeration and timing
D5 file names                E5 login mail bomb
D6 guessable downloads       E6 Host header
D7 template injection        E7 approval by prefetch
D8 formulas in CSV
D9 PDF that reads files
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import maildesk
from maildesk.desk.reader import Readers
from tests.desk.office import ANNA, EMILY, Office, mail
from tests.web.browser import Browser, Served, dump, open_pages, verdicts
from tests.web.everything import SECRET, Everything, furnished

HERE = "promises/test_d_and_e"
TESTED: Mapping[str, tuple[str, ...]] = {
    "D1": ("promises/test_p16_clean_output::test_p16_nothing_that_came_in_leaves_as_a_field",),
    "D2": (
        "web/test_attacks::test_a_customer_looks_at_all_of_it",
        "web/test_attacks::test_staff_look_at_all_of_it",
        "promises/test_p18_safe_to_look_at::test_p18_what_people_wrote_is_shown_and_does_nothing",
    ),
    "D3": ("web/test_attacks::test_files_arrive_as_downloads",),
    "D4": (
        "web/test_attacks::test_a_customer_looks_at_all_of_it",
        "promises/test_p18_safe_to_look_at::test_p18_a_page_brings_all_that_it_needs_and_asks_nobody",
    ),
    "D5": (
        "web/test_attacks::test_files_arrive_as_downloads",
        "promises/test_p17_text_is_data::test_p17_words_stay_words_wherever_they_go",
    ),
    "D6": (
        f"{HERE}::test_d6_a_download_asks_who_is_there",
        "web/test_who_may::test_nobody_meets_anything_of_hers_on_any_page",
        "web/test_who_may::test_her_things_are_not_among_his_either",
    ),
    "D7": (
        "promises/test_p17_text_is_data::test_p17_words_stay_words_wherever_they_go",
        "promises/test_p18_safe_to_look_at::test_p18_what_people_wrote_is_shown_and_does_nothing",
    ),
    "D8": (f"{HERE}::test_d8_what_strangers_wrote_is_in_no_table",),
    "D9": ("paper/test_pages::test_hostile_words_stay_words",),
    "E1": ("web/test_sign_in::test_e1_what_opens_links_signs_nobody_in",),
    "E2": (
        "web/test_sign_in::test_e2_of_two_at_once_one_is_signed_in",
        "web/test_sign_in::test_e2_a_link_lasts_fifteen_minutes",
        "web/test_sign_in::test_e2_a_dump_holds_nothing_that_signs_in",
    ),
    "E3": ("web/test_sign_in::test_e3_no_token_leaks",),
    "E4": ("web/test_sign_in::test_e4_known_and_unknown_are_answered_alike",),
    "E5": ("web/test_sign_in::test_e5_nobody_is_bombed",),
    "E6": ("web/test_sign_in::test_e6_the_link_has_the_configured_host",),
    "E7": (
        "promises/test_p19_links::test_p19_scanners_may_open_a_link_as_often_as_they_like",
        f"{HERE}::test_e7_to_open_a_request_approves_nothing",
    ),
}


def test_each_threat_has_its_tests() -> None:
    assert list(TESTED) == [f"D{n}" for n in range(1, 10)] + [f"E{n}" for n in range(1, 8)]
    folder = Path(__file__).parents[1]
    for threat, tests in TESTED.items():
        for each in tests:
            file, _, name = each.partition("::")
            body = ast.parse((folder / f"{file}.py").read_text(encoding="utf-8")).body
            assert name in {n.name for n in body if isinstance(n, ast.FunctionDef)}, (threat, each)


@pytest.fixture
def desk(tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """A desk that may also write to a stranger who filled in the form: no letter to bounce."""
    office = Office(f"sqlite:///{tmp_path}/desk.db", tmp_path, readers)
    try:
        yield office
    finally:
        office.close()


@pytest.fixture
def things(desk: Office) -> Everything:
    open_pages(desk)
    return furnished(desk)


@pytest.fixture
def port(desk: Office, things: Everything) -> Iterator[int]:
    assert things
    with Served(desk) as running:
        yield running.port


def test_d6_a_download_asks_who_is_there(desk: Office, things: Everything, port: int) -> None:
    """Without a session a file that is there is answered as one that is not: go and sign in."""
    nobody, emily, anna = (Browser(port) for _ in range(3))
    emily.sign_in(desk, EMILY)
    anna.sign_in(desk, ANNA)
    files = [
        path
        for route, paths in things.paths.items()
        for path in paths
        if "/files/" in route or route.endswith(("/pdf", "/xml", "/raw", "/copy"))
    ]
    assert len(files) == 10
    for path in files:
        answer = nobody.get(path)
        assert (answer.code, answer.body) == (303, "")
        assert answer.headers["location"] == f"/sign-in?to={path}"
    (mine,) = things.paths["/tickets/{tag}/files/{message}/{number}"]
    assert anna.get(mine).body == SECRET
    assert nobody.get("/tickets/DD-99999/files/9/9").headers["location"].startswith("/sign-in?to=")
    there, nowhere = emily.get(mine), emily.get("/tickets/DD-99999/files/9/9")
    assert there.code == nowhere.code == 404
    assert there.body.replace(there.token, "") == nowhere.body.replace(nowhere.token, "")


def test_d8_what_strangers_wrote_is_in_no_table(desk: Office) -> None:
    """There is no CSV of what people wrote: a table would need the quote mark of SECURITY.md.

    The one module that writes CSV fills in the operator's own table of moments. Who asks for what
    is stored about him is given JSON, where a formula is a text.
    """
    formula = "=cmd|'/c calc'!A1"
    open_pages(desk)
    desk.receive(mail(f'"{formula}" <{ANNA}>', formula, f"{formula}\n\t@SUM(1)\n\uff1d1+1"))
    with Served(desk) as running:
        answer = Browser(running.port).sign_in(desk, ANNA).get("/me/copy")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment;")
    found = json.loads(answer.body)
    assert found["ticket_list"][0]["title"] == formula
    assert found["message_list"][0]["text"].startswith(formula)
    rooms = Path(maildesk.__file__).parent
    writers = {
        file.relative_to(rooms).as_posix()
        for file in rooms.rglob("*.py")
        if any(word in file.read_text(encoding="utf-8") for word in ("import csv", "text/csv"))
    }
    assert writers <= {"cli/filled.py", "cli/clock.py", "cli/billing.py"}


def test_e7_to_open_a_request_approves_nothing(desk: Office, things: Everything, port: int) -> None:
    anna = Browser(port).sign_in(desk, ANNA)
    (place,) = things.paths["/tickets/{tag}/requests/{number}"]
    ticket = place.partition("/requests/")[0]
    before = dump(desk)
    for _ in range(20):
        for path in (place, f"{place}?verdict=yes", ticket, f"{ticket}?verdict=yes"):
            assert anna.get(path).code in (200, 303)
            assert anna.ask("HEAD", path).code in (200, 303)
    foreign = {"Sec_Fetch_Site": "cross-site"}
    token = anna.get(ticket).token
    assert anna.post(place, verdict="yes").code == 403
    assert anna.post(place, verdict="yes", token="x").code == 403
    assert anna.post(place, foreign, verdict="yes", token=token).code == 403
    assert dump(desk) == before
    assert anna.post(place, verdict="yes", token=token).code == 303
    assert [row[:2] for row in verdicts(desk)] == [("yes", ANNA)]
