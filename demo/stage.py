"""The stage: an emulated portal, an emulated GitLab, and b24bridge itself as its own processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Self

import requests

from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.gitlab.server import GitLabEmulator

TASK, TITLE = 2103, "Payment by card"
BORIS, VERA, MARIA = 7, 8, 9
START_SECONDS = 60
STAGES = ("In review", "Ready to merge")

SETTINGS = """\
version: 1
portal: {portal}
language: en
connections:
  - name: gitlab
    url: {gitlab}
    token: {{env: GITLAB_TOKEN}}
    projects: [acme/shop]
    issue_links: true
rules:
  workgroups:
    10:
      steps:
        review: {{status: in_progress, stage: {{type: REVIEW}}}}
        approved: {{status: in_progress, stage: {{title: Ready to merge}}}}
        merged: {{status: completed, stage: {{type: FINISH}}}}
"""


class Stage:
    """Everything the scenes act on. Use as a context manager; nothing outlives it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.b24, self.gitlab = BitrixEmulator(), GitLabEmulator()
        self.url = f"http://127.0.0.1:{free_port()}"
        self._server: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.b24.start()
        self.gitlab.__enter__()
        self._people_and_places()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self.gitlab.__exit__()
        self.b24.stop()

    def _people_and_places(self) -> None:
        portal, gitlab = self.b24.state, self.gitlab.state
        for number, name, surname in (
            (BORIS, "Boris", "Orlov"), (VERA, "Vera", "Lind"), (MARIA, "Maria", "Stein"),
        ):  # fmt: skip
            email = f"{name.lower()}@acme.example"
            portal.add_user(name, id=number, last_name=surname, email=email)
        portal.add_group("Shop", id=10, members=[1, BORIS, VERA, MARIA])
        for place, title in enumerate(STAGES):
            kind = "REVIEW" if place == 0 else None
            portal.add_stage(10, title, sort=310 + place, system_type=kind)
        portal.create_task(
            TITLE, id=TASK, group_id=10, created_by=MARIA, responsible_id=BORIS,
        )  # fmt: skip
        self.boris = gitlab.add_user("boris", "Boris Orlov", public=True)
        self.vera = gitlab.add_user("vera", "Vera Lind", public=True)
        for person in (self.boris, self.vera):
            person.email = f"{person.username}@acme.example"
        members = {"boris": 40, "vera": 40}
        gitlab.add_group("acme", members={"boris": 50})
        self.shop = gitlab.add_project("acme/shop", members=members)
        self.shop.approvals_required = 1
        self.token = gitlab.add_token(self.boris, scopes=("api",)).value

    @property
    def environ(self) -> dict[str, str]:
        """What a person would export before starting b24bridge."""
        told = {
            "B24BRIDGE_DATA_DIR": str(self.home),
            "B24BRIDGE_PUBLIC_URL": self.url,
            "B24BRIDGE_BIND": self.url.removeprefix("http://"),
            "B24BRIDGE_CLIENT_ID": self.b24.app.client_id,
            "B24BRIDGE_CLIENT_SECRET": self.b24.app.client_secret,
            "B24BRIDGE_OAUTH_HOSTS": self.b24.oauth_url,
            "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
            "GITLAB_TOKEN": self.token,
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"PYTHONPATH": str(Path(__file__).parents[1])} | told

    def start(self) -> None:
        """`b24bridge serve`, until it is ready. Raises RuntimeError with its last words."""
        self._log = (self.home / "serve.log").open("ab")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "b24app.cli", "serve"],
            env=self.environ, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            if _answers(f"{self.url}/readyz"):
                return
            time.sleep(0.2)
        raise RuntimeError(f"b24bridge did not start:\n{self.last_words()}")

    def stop(self) -> None:
        if self._server and self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGTERM)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._server.pid, signal.SIGKILL)
                self._server.wait(5)
        if self._log:
            self._log.close()

    def last_words(self) -> str:
        text = (self.home / "serve.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def command(self, *words: str) -> str:
        """Runs `b24bridge …` and returns what it printed. Raises RuntimeError if it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "b24app.cli", *words],
            env=self.environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"b24bridge {' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def settings_file(self) -> Path:
        path = self.home / "settings.yaml"
        path.write_text(SETTINGS.format(portal=self.b24.host, gitlab=self.gitlab.url))
        return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False
