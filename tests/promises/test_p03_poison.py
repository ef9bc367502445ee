"""P3: any single mail may be unreadable; it is kept, shown and can be run again; the rest goes on."""

from maildesk.desk.applier import Applier
from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.store.tables import InboundRow, MessageRow, RawRow
from tests.desk.office import ANNA, LENA, MURAT, Office, mail
from tests.promises.mails import load, names

SMALL = ReaderLimits(cpu=10, wall=20, memory=100 * 2**20)


def test_p03_poison_is_kept_and_everything_behind_it_proceeds(tmp_path, readers):
    killer = load("p03_killer", words=b"hello world\r\n" * 3_300_000)
    poison = [load(name) for name in names("p03") if name != "p03_killer"]
    queue = []
    for number, raw in enumerate([*poison, killer]):
        queue += [raw, mail(ANNA, f"Good {number}", f"Number {number}.")]
    small = Readers(1, SMALL)
    office = Office(f"sqlite:///{tmp_path}/desk.db", tmp_path, small)
    try:
        found = office.receive_all(queue)
        good = [f"Good {number}" for number in range(len(poison) + 1)]
        assert {row.title for row in office.tickets()} >= set(good)
        assert [row.state for row in found] == ["filed"] * (len(queue) - 2) + ["set_aside", "filed"]
        assert {bytes(row.content) for row in office.rows(RawRow, RawRow.sha256)} == set(queue)

        # What could not be handled is said once to those who can do something, with the remedy.
        dead = found[-2]
        office.new_letters()
        assert (office.look_around(), office.look_around()) == (1, 0)
        told = office.new_letters()
        assert {letter.rcpt_to for letter in told} == {LENA, MURAT}
        assert f"maildesk quarantine replay {dead.id}" in told[0].text
        assert office.handle([dead.id])[0].attempts == dead.attempts, "it is met no more"

        # Run again where there is more room, it is a ticket like any other.
        office._applier = Applier(office.desk, readers, lambda: office.now)
        assert office.replay(dead.id).state == "filed"
        assert {row.state for row in office.rows(InboundRow)} == {"filed"}
        assert len(office.rows(MessageRow)) == len(queue)
        office.check_letters()
    finally:
        small.close()
        office.close()
