"""``crossroads explore`` in a real browser: it asks for nothing elsewhere, complains of nothing, and a slider works."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.app.test_session import MODEL
from tests.browser.conftest import Visit

pytest.importorskip("nicegui", reason="the page needs the extra [app]")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The link that the command prints, while it serves."""
    (folder / "strait.yaml").write_text(MODEL, encoding="utf-8")
    command = [sys.executable, "-m", "sim", "explore", "strait.yaml", "--no-browser", "-n", "2000", *options]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    assert process.returncode in (0, 130)


def environment() -> dict[str, str]:
    """Ours, in which nothing says that this is a test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served")) as url:
        wait_for(url)
        yield url


def wait_for(url: str) -> int:
    """The status with which the server answers, as soon as it does."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nobody answers at {url}")


@pytest.fixture
def opened(browser, link) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    visit = Visit(context.new_page())
    visit.page.goto(link)
    visit.page.wait_for_selector(".x-story time", timeout=60_000)
    yield visit
    context.close()


def test_nothing_is_asked_of_others_and_nothing_complains(opened, link):
    own = urlsplit(link).netloc
    assert opened.requests
    assert {urlsplit(url).netloc for url in opened.requests if not url.startswith(("data:", "blob:"))} == {own}
    assert opened.complaints == []
    assert opened.page.locator("header h1").inner_text() == "A strait <b>under</b> blockade"


def test_a_click_on_a_slider_repaints_and_the_address_keeps_it(opened):
    page = opened.page
    before = page.locator(".x-rows").first.inner_text()
    page.locator(".x-control", has_text="reserves").locator(".q-slider__track-container").click(
        position={"x": 200, "y": 8}
    )
    page.wait_for_function("!document.querySelector('.x-busy') && document.querySelector('.x-chip')")
    assert page.locator(".x-rows").first.inner_text() != before
    assert "set=reserves" in page.url
    shown = page.locator(".x-rows").first.inner_text()
    page.goto(page.url)
    page.wait_for_selector(".x-story time", timeout=60_000)
    assert page.locator(".x-rows").first.inner_text() == shown
    assert opened.complaints == []


@pytest.mark.slow  # starts another server
def test_with_a_host_the_token_is_required(tmp_path):
    with served(tmp_path, "--host", "127.0.0.1") as url:
        assert wait_for(url) == 200
        assert "token=" in url
        assert wait_for(url.partition("?")[0]) == 403
        assert wait_for(url + "x") == 403
