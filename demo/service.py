"""b24bridge as people run it: in processes of its own, beside emulators in ours."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.emulators.bitrix24.server import BitrixEmulator

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 30
LAST_LINES = 15


@dataclass
class Service:
    """One `b24bridge serve` (or web) in a process group. `tree`: the sources that are run.

    `python`: the interpreter, with the packages that are needed.
    """

    home: Path
    portal: BitrixEmulator
    command: str = "serve"
    tree: Path = ROOT
    more: Mapping[str, str] = field(default_factory=dict)  # environment variables beside the usual
    url: str = field(default_factory=lambda: f"http://127.0.0.1:{free_port()}")
    python: str = sys.executable
    _server: subprocess.Popen[bytes] | None = None
    _answer: str = ""  # of the last look at whether it is ready

    @property
    def environ(self) -> dict[str, str]:
        """What a person would export before starting b24bridge."""
        settings = {
            "B24BRIDGE_DATA_DIR": str(self.home),
            "B24BRIDGE_PUBLIC_URL": self.url,
            "B24BRIDGE_BIND": self.url.removeprefix("http://"),
            "B24BRIDGE_CLIENT_ID": self.portal.app.client_id,
            "B24BRIDGE_CLIENT_SECRET": self.portal.app.client_secret,
            "B24BRIDGE_OAUTH_HOSTS": self.portal.oauth_url,
            "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return shell | {"PYTHONPATH": str(self.tree)} | settings | dict(self.more)

    def command_file(self) -> Path:
        """Write a script that runs `b24bridge …` with this environment, and return its path."""
        file = self.home / "b24bridge"
        export = [shlex.quote(f"{name}={text}") for name, text in self.environ.items()]
        lines = (
            "#!/bin/sh",
            " ".join(("exec env", *export, self.python, "-m b24app.cli")) + ' "$@"',
        )
        file.touch(0o700)  # it holds the secrets that a person would export
        file.write_text("\n".join(lines) + "\n")
        return file

    def start(self) -> None:
        """Start, and wait until it is ready. Raises RuntimeError with the log's last lines."""
        with (self.home / "serve.log").open("ab") as log:
            self._server = subprocess.Popen(
                [self.python, "-m", "b24app.cli", self.command],
                env=self.environ, cwd=self.tree, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        server = self._server
        wait_until(
            lambda: self.is_ready() or server.poll() is not None,
            START_SECONDS,
            lambda: f"b24bridge did not start: {self._answer}\n{self.last_lines()}",
        )
        if server.poll() is not None:
            raise RuntimeError(f"b24bridge ended:\n{self.last_lines()}")

    def run(self, *words: str) -> str:
        """Return what `b24bridge …` printed. Raises RuntimeError with its words if it failed."""
        done = subprocess.run(
            [self.python, "-m", "b24app.cli", *words],
            env=self.environ, cwd=self.tree, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"b24bridge {' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def stop(self) -> None:
        """End it in order; what does not end in time is killed."""
        if self._server and self._server.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._server.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(STOP_SECONDS)
            self.kill()

    def kill(self) -> None:
        """Kill the whole process group at once."""
        if self._server:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(10)

    def processes(self) -> list[int]:
        """Return the ids of the process tree, the root first."""
        return process_tree(self._server.pid) if self._server else []

    def is_ready(self) -> bool:
        path = "/readyz" if self.command == "serve" else "/healthz"
        try:
            answer = requests.get(self.url + path, timeout=2)
        except requests.RequestException as error:
            self._answer = f"{path}: {type(error).__name__}"
            return False
        self._answer = f"{path} answered {answer.status_code}: {answer.text.strip()}"
        return answer.status_code == 200

    def last_lines(self) -> str:
        text = (self.home / "serve.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-LAST_LINES:])


def wait_until(done: Callable[[], bool], seconds: float, reason: Callable[[], str]) -> None:
    """Wait for `done`. Raises RuntimeError with the `reason` if it takes longer."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(reason())
        time.sleep(0.1)


def process_tree(root: int) -> list[int]:
    """Return the process and its living descendants (proc(5), task/children)."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text()
    except OSError:
        return []
    return [root, *(pid for child in children.split() for pid in process_tree(int(child)))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
