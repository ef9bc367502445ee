"""A picture of an HTML page, taken by a Chromium that the machine has. It reaches no network."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from maildesk.config import ConfigError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT = 60  # seconds; a first start takes a few
HEIGHT_MAX = 8000  # pixels
_MEASURED = re.compile(r'data-height="(\d+)"')
# Beside the page, not in it: what is measured and pictured is what the letter is.
_MEASURE = (
    "<script>addEventListener('load',function(){{var page=document.getElementById('page');"
    "document.documentElement.dataset.height="
    "page.contentDocument.documentElement.scrollHeight}})</script>"
    '<body style="margin:0"><iframe id="page" style="border:0;display:block" width="{width}"'
    ' height="10" srcdoc="{page}"></iframe>'
)


def browser() -> str | None:
    """Return the path of a Chromium or Chrome, None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def take(page: str, picture: Path, width: int) -> None:
    """Write a PNG of an HTML page, `width` pixels wide and as high as the page is, at most 8000.

    Raises ConfigError, in one sentence, where there is no browser or it makes no picture.
    """
    program = browser()
    if program is None:
        raise ConfigError(
            "no picture was taken: neither chromium nor google-chrome is installed; install one of"
            " them, or look at the file of --html in any browser"
        )
    with tempfile.TemporaryDirectory(prefix="maildesk-picture-") as folder:
        place = Path(folder)
        letter, measure, shot = place / "letter.html", place / "measure.html", place / "letter.png"
        letter.write_text(page, "utf-8")
        framed = page.replace("&", "&amp;").replace('"', "&quot;")
        measure.write_text(_MEASURE.format(width=width, page=framed), "utf-8")
        window = f"--window-size={max(width, 500)},800"
        found = _MEASURED.search(_run(program, place, "--dump-dom", window, measure.as_uri()))
        height = min(int(found[1]), HEIGHT_MAX) if found else 1600
        _run(
            program, place, f"--screenshot={shot}", f"--window-size={width},{height}",
            letter.as_uri(),
        )  # fmt: skip
        if not shot.is_file():
            raise ConfigError(f"no picture was taken: {program} made none, and did not say why")
        shutil.copyfile(shot, picture)


def _run(program: str, place: Path, *options: str) -> str:
    """Run the browser once in a profile of its own, and return what it prints."""
    command = [
        program, "--headless", "--disable-gpu", "--disable-extensions", "--no-first-run",
        "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--hide-scrollbars",
        "--force-device-scale-factor=1", f"--user-data-dir={place / 'profile'}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # as root it refuses to start without
        *options,
    ]  # fmt: skip
    try:
        done = subprocess.run(  # a program of the machine, with our own arguments
            command, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(
            f"no picture was taken: {program} was not done after {TIMEOUT} seconds"
        ) from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1][:200] if lines else f"exit code {done.returncode}"
        raise ConfigError(f"no picture was taken: {program} failed: {why}")
    return done.stdout
