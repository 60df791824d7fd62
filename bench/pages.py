"""How quick the pages are with 5,000 merge requests, 2,000 links and 50 projects, in Chromium.

    python -m bench pages

Each sample is a new browser profile that opens the emulated portal's window, so nothing is cached.
The overview is measured beside that of an earlier build, which is built and run from its own tree.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from bench.against import worktree
from bench.figures import Figure, Part, at_most, must, percentile
from bench.page_town import (
    FIRST_TASK,
    LINKS,
    PROJECTS,
    REQUESTS,
    furnish,
    town,
)
from bench.priority import go_first
from bench.side import Side
from bench.site import ROOT
from sync.config import Config
from tools.chromium import FLAGS
from tools.system_packages import program

BEFORE = os.environ.get("B24BRIDGE_BENCH_BEFORE", "7528f53")
SAMPLES, REQUESTS_EACH = 9, 25
FIRST_PAINT, DATA_AFTER, API, SCRIPT = 1000, 300, 100, 250  # ms, ms, ms, KB
SHARE = 0.7
FIRST_COLD, LOOK_AGAIN, MOST_LOOKS = 200, 0.02, 1_000  # days; seconds between looks
LISTED = 'a[href*="/merge_requests/"]'
# Page → the portal's page, and the element that shows that its data is there.
PAGES = {
    "overview": ("app", LISTED),
    "task": (f"task/{FIRST_TASK}", LISTED),
    "workgroup": ("group/3", "dl dd"),
}
ROUTES = (
    "status", "merge-requests", "merge-requests?q=number%204999", "merge-requests?mine=1",
    "filters", f"task/{FIRST_TASK}/development", f"task/{FIRST_TASK}/links", "trouble", "alerts",
    "failures", "connections", "metrics", "metrics?days=366", "metrics/now",
    "metrics/items?of=lead_time", "health", "settings", "history", "card", "accounts",
)  # fmt: skip
# Notes when the first element appears that shows data; set before the page's own scripts run.
_WATCH = """(selector => {
  const look = () => {
    if (window.dataAt === undefined && document.querySelector(selector)) {
      window.dataAt = performance.now()
    }
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true })
})(%r)"""
_READ = """() => window.dataAt === undefined ? null : [
  performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? window.dataAt,
  window.dataAt,
]"""


def measure() -> Part:
    """Measure today's build, then the earlier one's overview, each with a database of its own."""
    with worktree(BEFORE) as tree, sync_playwright() as playwright:
        _build(tree)
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        with town(tree) as side:
            earlier = _samples(browser, side, *PAGES["overview"])
        with town(ROOT) as side:
            furnish(Config.from_env(side.site.service.environ).database_url)
            shown = {name: _samples(browser, side, *page) for name, page in PAGES.items()}
            session = _session(browser, side)
            address = f"{side.site.url}/api"
            answers = {route: _p95(session, f"{address}/{route}") for route in ROUTES}
            answered, read_in = _cold_periods(session, f"{address}/metrics")
        browser.close()
    today, before = ([data for _, data in rows] for rows in (shown["overview"], earlier))
    print({route: round(value) for route, value in answers.items()}, file=sys.stderr)
    figures = [
        figure
        for name, samples in shown.items()
        for figure in (
            at_most(f"{name}: first paint, ms", _middle(samples, 0), FIRST_PAINT, "{:.0f}"),
            at_most(f"{name}: data after it, ms", _gap(samples), DATA_AFTER, "{:.0f}"),
        )
    ]
    slowest = max(answers, key=lambda route: answers[route])
    ratio = median(today) / median(before)
    figures += [
        at_most(f"slowest of {len(answers)} API routes ({slowest}), p95 ms", answers[slowest], API,
                "{:.0f}"),
        at_most("a period asked for the first time: answer, p95 ms", answered, API, "{:.0f}"),
        Figure("a period asked for the first time: until its numbers, p95 ms", f"{read_in:.0f}"),
        at_most("JavaScript, KB compressed", _script_size() / 1000, SCRIPT, "{:.0f}"),
        Figure(f"overview: time to data of {BEFORE}, ms", f"{median(before):.0f}"),
        Figure(f"overview: first paint of {BEFORE}, ms", f"{_middle(earlier, 0):.0f}"),
        Figure("overview: time to data today, ms", f"{median(today):.0f}"),
        at_most("today ÷ before", ratio, SHARE),
        must("routes that were refused", _refused(answers), 0),
    ]  # fmt: skip
    return Part(
        "pages",
        "Pages",
        f"{REQUESTS:,} merge requests in {PROJECTS} projects, told by webhooks, {LINKS:,} links. "
        f"Medians of {SAMPLES} openings by an administrator, each in a new profile of Chromium; "
        f"{REQUESTS_EACH} requests to each route, one after the other. Service, browser and "
        f"emulated portal go before what else the machine does.",
        figures,
    )


def _build(tree: Path) -> None:
    """Build the pages of an earlier tree, with this tree's tools."""
    (tree / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(
        ["make", "frontend"], cwd=tree, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _samples(browser: Browser, side: Side, path: str, selector: str) -> list[tuple[float, float]]:
    """Return the moments (ms since the frame's navigation) of first paint and of data."""
    go_first()
    samples = [_sample(browser, side, path, selector) for _ in range(SAMPLES + 2)]
    return samples[2:]  # what the first ones load stays in the server's memory


def _sample(browser: Browser, side: Side, path: str, selector: str) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.add_init_script(_WATCH % selector)
    page = context.new_page()
    page.goto(f"{side.site.b24.portal_url}/window/{path}")
    first, data = _frame_value(page, _READ)
    context.close()
    return first, data


def _frame_value(page: Page, expression: str) -> list[float]:
    frame = page.frames[1]
    return list(frame.wait_for_function(expression, timeout=60_000).json_value())


def _session(browser: Browser, side: Side) -> requests.Session:
    """Return what asks the API with the token of an administrator's page."""
    page = browser.new_page()
    page.goto(f"{side.site.b24.portal_url}/window/app")
    page.frames[1].wait_for_selector("h1")
    token = page.frames[1].evaluate(
        "JSON.parse(document.getElementById('config').textContent).token"
    )
    page.close()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def _cold_periods(session: requests.Session, url: str) -> tuple[float, float]:
    """Return the p95 in ms of a period's first answer, and until it has the numbers.

    Each is of other days, so that nothing of it was read before.
    """
    answered, read_in = [], []
    for days in range(FIRST_COLD, FIRST_COLD + REQUESTS_EACH):
        began = perf_counter()
        answer = session.get(url, params={"days": days}, timeout=60)
        answered.append((perf_counter() - began) * 1000 if answer.ok else float("inf"))
        for _ in range(MOST_LOOKS):
            if not answer.ok or not answer.json()["is_being_read"]:
                break
            sleep(LOOK_AGAIN)
            answer = session.get(url, params={"days": days}, timeout=60)
        read_in.append((perf_counter() - began) * 1000 if answer.ok else float("inf"))
    return percentile(answered, 0.95), percentile(read_in, 0.95)


def _p95(session: requests.Session, url: str) -> float:
    """Return the p95 of a route in ms; infinite where it refused."""
    spent = []
    for _ in range(REQUESTS_EACH):
        began = perf_counter()
        answer = session.get(url, timeout=60)
        spent.append((perf_counter() - began) * 1000 if answer.ok else float("inf"))
    return percentile(spent, 0.95)


def _refused(answers: dict[str, float]) -> int:
    return sum(value == float("inf") for value in answers.values())


def _middle(samples: Sequence[tuple[float, float]], column: int) -> float:
    return median(sample[column] for sample in samples)


def _gap(samples: Sequence[tuple[float, float]]) -> float:
    return median(max(0.0, data - first) for first, data in samples)


def _script_size() -> int:
    scripts = (ROOT / "b24app" / "static" / "dist").rglob("*.js")
    return sum(len(gzip.compress(path.read_bytes())) for path in scripts)
