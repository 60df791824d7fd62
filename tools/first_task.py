"""The second half of `tools.first_hour`: configure the installed b24bridge, and move a task.

Run by the Python that b24bridge was installed into. Every `b24bridge` command is one of the
README's, run as the installed program with nothing in its environment but the file of `init`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from demo.installing import install
from demo.service import Service, wait_until
from demo.stage import TASK, Stage
from tools.first_hour import ROOT, readme_commands

BRANCH = "feature/B24-2103-payment-gateway"  # the README's own
IN_PROGRESS = 3
SECONDS = 60
PROGRAM = str(Path(sys.executable).parent / "b24bridge")


class InstalledService(Service):
    """`b24bridge serve` as the service unit starts it: the environment file and no more."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        names = ("PATH", "HOME", "LANG")
        file = {"B24BRIDGE_ENV_FILE": str(self.folder / "b24bridge.env")}
        return {name: os.environ[name] for name in names if name in os.environ} | file

    def start(self) -> None:
        with (self.home / "serve.log").open("ab") as log:
            self._server = subprocess.Popen(
                [PROGRAM, "serve"], env=self.environ, cwd="/", stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        server = self._server
        wait_until(
            lambda: self.is_ready() or server.poll() is not None,
            SECONDS,
            lambda: f"b24bridge did not start:\n{self.last_lines()}",
        )
        print("  " + (self.home / "serve.log").read_text().replace("\n", "\n  ").rstrip())

    def run(self, *words: str) -> str:
        print(f"  $ b24bridge {' '.join(words)}", flush=True)
        done = subprocess.run(
            [PROGRAM, *words], env=self.environ, cwd="/", capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        print("    " + (done.stdout + done.stderr).strip().replace("\n", "\n    "))
        if done.returncode:
            raise RuntimeError(f"b24bridge {words[0]} ended with {done.returncode}")
        return done.stdout


def follow(stage: Stage, folder: Path) -> None:
    """Do what the README says, in its order."""
    service = stage.service
    commands = [line for line in readme_commands((ROOT / "README.md").read_text())]
    ours = [line.split()[1:] for line in commands if line.startswith("b24bridge ")]
    steps: dict[str, Callable[[list[str]], object]] = {
        "init": lambda words: configure(stage, folder),
        "settings": lambda words: service.run(*words[:-1], str(folder / "settings.yaml")),
        "gitlab": lambda words: service.run(*words, *_token(words, stage, folder)),
    }
    for words in ours:
        steps[words[0]](words)
        if words[0] == "init":
            service.start()
            for step in install(stage):
                print(f"  {'ok ' if step.ok else 'NOT'} {step.name}: {step.text}")


def configure(stage: Stage, folder: Path) -> None:
    """Answer `init`, then name what only an emulated portal needs."""
    secret = folder.parent / "secret"
    secret.write_text(stage.b24.app.client_secret)
    stage.service.run(
        *("init", "--no-input", "--folder", str(folder), "--public-url", stage.url),
        *("--client-id", stage.b24.app.client_id, "--client-secret-file", str(secret)),
        *("--portal", stage.b24.host, "--gitlab-url", stage.gitlab.url, "--project", "acme/shop"),
    )
    with (folder / "b24bridge.env").open("a") as file:
        file.write(
            f"B24BRIDGE_BIND={stage.url.removeprefix('http://')}\n"
            f"B24BRIDGE_DATA_DIR={folder.parent / 'data'}\n"
            f"B24BRIDGE_OAUTH_HOSTS={stage.b24.oauth_url}\n"
            "B24BRIDGE_ALLOWED_NETWORKS=127.0.0.0/8\n"
        )


def _token(words: list[str], stage: Stage, folder: Path) -> list[str]:
    if words[1] != "token":
        return []
    file = folder.parent / "token"
    file.write_text(stage.token)
    return ["--file", str(file)]


def main(home: Path) -> int:
    """Return 0 once the task is in progress, as its open merge request says."""
    folder = home / "b24bridge"
    with Stage(home) as stage:
        service = InstalledService(home, stage.b24, url=stage.service.url)
        service.folder = folder
        stage.service = service
        follow(stage, folder)
        stage.gitlab.push(stage.shop, BRANCH, ["Add the gateway"], "boris")
        stage.gitlab.open_mr(stage.shop, BRANCH, "Payment gateway", "boris")
        wait_until(
            lambda: stage.b24.state.tasks[TASK].status == IN_PROGRESS,
            SECONDS,
            lambda: f"task {TASK} was not moved:\n{service.run('status')}",
        )
        service.run("status")
    print(f"  Task {TASK} is in progress.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
