"""`b24bridge serve` from any source tree, between this tree's emulated portal and code host.

Nothing is asked of the tree but what people use: the install pages, `settings apply`, `gitlab
hooks`, webhooks, Bitrix24's events, and /proc. So that a commit from before a renaming can stand
beside today's.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import lives
from bench.lives import Told
from bench.site import Site, Webhook
from tests.emulators.bitrix24.wire import Listener, Request, Response
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.server import GitLabEmulator

QUIET_SECONDS = 1.0  # longer than a burst is gathered, and than the audit log waits
_BEGUN_SECONDS, _AT_REST_SECONDS = 0.1, 0.05  # of processor time; the latter within a second
_TICKS = os.sysconf("SC_CLK_TCK")
_SETTINGS = """\
version: 1
portal: {portal}
language: en
connections:
  - name: gitlab
    url: {gitlab}
    token: {{env: GITLAB_TOKEN}}
    projects: [acme/shop]
"""


@dataclass
class Side:
    """A running service. `written`: when (monotonic seconds) each request that writes arrived."""

    site: Site
    gitlab: GitLabEmulator
    clock: StillClock
    shop: Project
    deliveries: list[Told]
    written: list[float] = field(default_factory=list)
    touched: float = field(default_factory=time.monotonic)

    def watch(self) -> None:
        """From now on the portal's requests are noted."""
        answer = self.site.b24._answer

        def noted(listener: Listener, request: Request) -> Response:
            arrived, before = time.monotonic(), self.site.b24.writes.total()
            try:
                return answer(listener, request)
            finally:
                self.touched = time.monotonic()
                if self.site.b24.writes.total() > before:
                    self.written.append(arrived)

        self.site.b24._answer = noted

    def quiet(self, limit: float, calm: float = QUIET_SECONDS) -> None:
        """Waits until nobody has called the portal for `calm` seconds.

        Raises RuntimeError where that does not come within `limit` seconds.
        """
        until = time.monotonic() + limit
        while time.monotonic() - self.touched < calm:
            if time.monotonic() > until:
                raise RuntimeError(f"the portal is still being called after {limit:.0f} s")
            time.sleep(0.02)

    @contextmanager
    def worker_held(self) -> Iterator[None]:
        """Let the worker stand still meanwhile."""
        worker = self.site.service.processes()[-1]
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    def worker_begun(self, limit: float) -> None:
        """Wait until the worker has worked a little. RuntimeError where it does not begin."""
        before, until = self.cpu()[-1], time.monotonic() + limit
        while self.cpu()[-1] - before < _BEGUN_SECONDS:
            if time.monotonic() > until:
                raise RuntimeError(f"the worker has not begun after {limit:.0f} s")
            time.sleep(0.02)

    def rest(self, limit: float) -> None:
        """Wait until the worker does nothing. RuntimeError where it always does something."""
        until = time.monotonic() + limit
        before = -1.0
        while (now := self.cpu()[-1]) - before > _AT_REST_SECONDS:
            if time.monotonic() > until:
                raise RuntimeError(f"the worker has no rest after {limit:.0f} s")
            before = now
            time.sleep(1)

    def cpu(self) -> list[float]:
        """Seconds of processor time of the arbiter, the web process and the worker (proc(5))."""
        stats = [Path(f"/proc/{pid}/stat").read_text() for pid in self.site.service.processes()]
        fields = [stat.rpartition(")")[2].split() for stat in stats]
        return [(int(row[11]) + int(row[12])) / _TICKS for row in fields]


@contextmanager
def running(
    tree: Path, database_url: str = "", environ: dict[str, str] | None = None
) -> Iterator[Side]:
    """The service of the tree, installed in a portal and connected to a project, at rest.

    What happens in the project happens after that: what was over before is told to nobody.
    """
    clock = StillClock(datetime.now(UTC) - lives.BEFORE)
    with GitLabEmulator(clock) as gitlab:
        shop = lives.shop(gitlab)
        token = gitlab.state.add_token("ann").value
        more = (environ or {}) | {"GITLAB_TOKEN": token}
        with Site(database_url, "serve", more, tree, lambda site: _connected(site, gitlab)) as site:
            clock.move((datetime.now(UTC) - clock.now()).total_seconds())
            side = Side(site, gitlab, clock, shop, lives.kept(gitlab))
            side.watch()
            yield side


def _connected(site: Site, gitlab: GitLabEmulator) -> Webhook:
    """The settings are applied and the webhook is made; it hears what the lives tell."""
    file = site.home / "settings.yaml"
    file.write_text(_SETTINGS.format(portal=site.b24.host, gitlab=gitlab.url))
    site.service.run("settings", "apply", str(file))
    site.service.run("gitlab", "hooks", "gitlab")
    gitlab.state.hooks = {
        number: hook for number, hook in gitlab.state.hooks.items() if site.url in hook.url
    }
    (hook,) = gitlab.state.hooks.values()
    hook.events = {flag: flag in lives.FLAGS for flag in hook.events}
    return Webhook(urlsplit(hook.url).path, hook.token, hook.signing_token)
