"""Debian's Chromium, driven by Playwright: what a person does in it, and what it asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.peers import require

_FLAGS = [
    "--no-sandbox", "--disable-quic", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]  # fmt: skip
PHONE, SCREEN = (390, 844), (1440, 900)


@dataclass
class Tab:
    """A page in a browser of its own cookies. `asked` are the addresses that it asked for.

    `dialogs` and `errors` are what scripts said: alerts that were opened, errors in the console.
    """

    page: Page
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._note)
        self.page.on("dialog", self._close)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else None
        )

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def _close(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def fits(self) -> bool:
        """Tell whether nothing makes the page scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


class Chromium:
    """A running browser; `tab` opens a window in it that knows nothing of the others."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextmanager
    def tab(
        self,
        size: tuple[int, int] = SCREEN,
        dark: bool = False,
        scripts: bool = True,
        locale: str = "de-DE",
    ) -> Iterator[Tab]:
        """Give a window of a size in pixels, until the end of the block."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=locale,
            timezone_id="Europe/Berlin",
            accept_downloads=True,
        )
        context.set_default_timeout(15_000)
        try:
            yield Tab(context.new_page())
        finally:
            context.close()


@contextmanager
def running() -> Iterator[Chromium]:
    """Run Chromium until the end of the block; without it the test is skipped."""
    program = require("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=_FLAGS)
        try:
            yield Chromium(browser)
        finally:
            browser.close()


def there() -> str:
    """Return the program; without it the test is skipped."""
    return str(require("chromium", "chromium"))


# Asked for by mark alone, before any fixture of a test: @pytest.mark.peer("chromium").
MARKED: dict[str, Callable[[], object]] = {"chromium": there}
