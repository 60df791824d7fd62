"""A real browser at the emulated portal's window, with the app served beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Page,
    Response,
    Route,
    expect,
    sync_playwright,
)

from tests.b24app.conftest import (  # noqa: F401 - fixtures
    World,
    beside,
    clock,
    config,
    emulator,
    make_world,
)
from tests.emulators.bitrix24 import BitrixEmulator
from tools.chromium import FLAGS
from tools.system_packages import program

Open = Callable[..., "Window"]
SIZE = {"width": 1100, "height": 900}
LOUD = ("error", "warning")
HERE = Path(__file__).parent
NO_PARAMETERS = SimpleNamespace(params={})

expect.set_options(timeout=30_000)  # on a machine that is busy; who finds it does not wait


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-all` in Russian what is tried in English too.

    `test_pages.py` has the Russian texts of pages, and the first run tests of its own in Russian.
    """
    for item in items:
        values = getattr(item, "callspec", NO_PARAMETERS).params.values()
        if item.path.parent == HERE and item.path.name != "test_pages.py" and "ru" in values:
            item.add_marker("deep")


@dataclass(frozen=True)
class Window:
    """A page of the portal with the application's frame in it, and what its console said."""

    page: Page
    said: list[str]
    waiting: list[Route]
    answers: list[Response]

    @property
    def frame(self) -> FrameLocator:
        """The application's own page, whichever is there when it is asked."""
        return self.page.frame_locator("iframe")

    def turned_until_answered(self, path: str) -> Response:
        """Turns the page's clock until `path` was asked and has answered: a timer that the page
        sets a moment too late for one turn comes with the next. A turn too many, while the answer
        is on its way, would end the page."""
        self.answers.clear()
        for _ in range(20):
            self.page.clock.fast_forward("56:00")
            for _ in range(40):
                self.page.wait_for_timeout(50)
                if matches := [answer for answer in self.answers if answer.url.endswith(path)]:
                    return matches[-1]
        raise AssertionError(f"nothing asked {path}")

    def until_held(self) -> None:
        """Waits until a request is held."""
        for _ in range(100):
            if self.waiting:
                break
            self.page.wait_for_timeout(50)
        assert self.waiting, "nothing asked for what is held"

    def let_go(self) -> None:
        """Lets the requests that are held go to the server; waits for the first, if need be."""
        self.until_held()
        while self.waiting:
            self.waiting.pop().continue_()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def window(browser: Browser, emulator: BitrixEmulator) -> Iterator[Open]:  # noqa: F811
    """Opens a page of the portal's window; `held` is a path whose requests wait to be let go,
    with `timers` the page's clock is turned by the test, `at` is what it shows."""
    opened: list[Window] = []

    def make(
        path: str,
        language: str = "en",
        *,
        held: str = "",
        scheme: str = "light",
        timers: bool = False,
        at: datetime | None = None,
    ) -> Window:
        emulator.state.language = language
        context = browser.new_context(color_scheme=scheme, viewport=SIZE, timezone_id="UTC")
        found = Window(context.new_page(), [], [], [])
        opened.append(found)
        found.page.on("console", lambda one: one.type in LOUD and found.said.append(one.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("response", lambda one: found.answers.append(one))
        if held:
            found.page.route(f"**{held}", lambda route: found.waiting.append(route))
        if timers:
            found.page.clock.install()
        if at:
            found.page.clock.set_fixed_time(at)
        found.page.goto(f"{emulator.portal_url}/window/{path}")
        return found

    yield make
    for one in opened:
        one.page.context.close()
