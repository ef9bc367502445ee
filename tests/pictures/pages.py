"""The story of docs/service-area.md: every page, at a week of a small agency."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.web.pages import PAGES
from tests.peers.chromium import PHONE, SCREEN, Tab, running
from tests.pictures.look import Album
from tests.stories.agency import Agency
from tests.web.furnished import SHOWN, UNSEEN, furnish, opened, plain

DARK = frozenset(
    {"desk", "desk-tickets-ticket", "tickets-tests", "new"}
)  # pictured in the dark, too
HIGH = 1800  # pixels at most: what is below repeats itself


def play(album: Album) -> None:
    """Picture every page at the width of a screen and of a phone, and some in the dark."""
    missed = [plain(each) for each in PAGES if each.show and plain(each) not in {*SHOWN, *UNSEEN}]
    if missed:
        raise SystemExit(f"tests/web/furnished.py does not say where {missed[0]} is")
    readers = Readers(1, ReaderLimits())
    with tempfile.TemporaryDirectory(prefix="maildesk-pictures-") as folder:
        agency = Agency(f"sqlite:///{folder}/desk.db", Path(folder), readers)
        try:
            addresses = furnish(agency).addresses()
            with running() as chromium, opened(agency, chromium) as house:
                for kind, size, dark in (
                    ("", SCREEN, False), ("-phone", PHONE, False), ("-dark", SCREEN, True)
                ):  # fmt: skip
                    with house.windows(size, dark) as show:
                        for name, path in addresses:
                            if not dark or name in DARK:
                                album.screen(f"{name}{kind}", _taken(show(path)))
        finally:
            agency.close()
            readers.close()


def _taken(tab: Tab) -> Image.Image:
    tab.page.wait_for_load_state()
    picture = Image.open(io.BytesIO(tab.page.screenshot(full_page=True)))
    return picture.crop((0, 0, picture.width, min(picture.height, HIGH)))
