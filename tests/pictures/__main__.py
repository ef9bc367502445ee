"""Play the stories that docs/ tells, and picture them: `make pictures`.

    python -m tests.pictures [NAME]...          all of them, or those that are named

Needs Chromium and pdftoppm (poppler-utils).
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.pictures import from_mail_to_invoice, pages
from tests.pictures.look import Album

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
STORIES: Mapping[str, Callable[[Album], None]] = {
    "from-mail-to-invoice": from_mail_to_invoice.play,
    "pages": pages.play,
}


def main() -> None:
    """Each story has a folder of its own below docs/pictures/."""
    wanted = sys.argv[1:] or list(STORIES)
    if unknown := [each for each in wanted if each not in STORIES]:
        sys.exit(f"no story {unknown[0]}; there are {', '.join(STORIES)}")
    for name in wanted:
        STORIES[name](Album(FOLDER / name))


if __name__ == "__main__":
    main()
