"""Debian's Chromium through Playwright; without either, the tests of this folder are skipped and say why."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser: ``CROSSROADS_CHROMIUM``, or the first that is on the path."""
    return os.environ.get("CROSSROADS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (it is in the extra dev)")
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on the path: apt-get install chromium, or set CROSSROADS_CHROMIUM")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


class Visit:
    """A page that was opened, with all that it asked for and complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def open(self, file: Path, *, drawn: bool = True) -> "Visit":
        self.page.goto(file.as_uri())
        return self.wait() if drawn else self

    def wait(self) -> "Visit":
        """Until every chart that shows is drawn."""
        self.page.wait_for_selector("html[data-charts=done]", state="attached", timeout=120_000)
        return self


Visitor = Callable[..., Any]


@pytest.fixture(scope="module")
def look(visit: Visitor) -> Iterator[Callable[..., Visit]]:
    """``look(file, width=1280, dark=False)``: a page that tests only look at, opened once for all of them."""
    with ExitStack() as left_open:
        opened = cache(lambda file, width, dark: left_open.enter_context(visit(file, width=width, dark=dark)))
        yield lambda file, *, width=1280, dark=False: opened(file, width, dark)


@pytest.fixture(scope="module")
def visit(browser: Any) -> Visitor:
    """``with visit(file, width=1280, dark=False, script=True) as opened: ...``: a page of one's own, to be changed.

    Pages of one look share a process, which has the charting library compiled after the first of them.
    """

    @cache
    def context(width: int, dark: bool, script: bool) -> Any:
        return browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )

    @contextmanager
    def visiting(
        file: Path, *, width: int = 1280, dark: bool = False, script: bool = True, drawn: bool = True
    ) -> Iterator[Visit]:
        page = context(width, dark, script).new_page()
        try:
            yield Visit(page).open(file, drawn=drawn and script)
        finally:
            page.close()

    return visiting
