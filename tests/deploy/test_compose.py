"""compose.yaml played without containers: each service's command in its own environment."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from ruamel.yaml import YAML

from demo.service import free_port
from tools import postgres

ROOT = Path(__file__).parents[2]
COMPOSE = YAML(typ="safe").load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## With Compose\n")[2]
README = README.partition("\n## ")[0]
PATIENCE = 60.0


def dotenv() -> dict[str, str]:
    """The file that the README has made, by the shell that makes it."""
    text = README.partition("cat > .env <<END\n")[2].partition("END\n")[0]
    done = subprocess.run(
        ["sh", "-c", f"cat <<END\n{text}END\n"], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def filled(text: str, values: dict[str, str]) -> str:
    """A value of the file with its `${NAME…}` replaced, as Compose does it.

    https://docs.docker.com/reference/compose-file/interpolation/
    """

    def value(match: re.Match[str]) -> str:
        name, kind, other = match[1], match[2] or "", match[3] or ""
        given = values.get(name, "")
        assert given or kind != ":?", other
        return given or other

    return re.sub(r"\$\{(\w+)(?:(:[?-])([^}]*))?\}", value, text)


def environment(name: str, values: dict[str, str]) -> dict[str, str]:
    return {key: filled(str(text), values) for key, text in service(name)["environment"].items()}


def service(name: str) -> dict[str, Any]:
    return dict(COMPOSE["services"][name])


def test_the_readmes_file_holds_all_that_is_asked_for() -> None:
    values = dotenv()
    for name in ("migrate", "web", "worker"):
        environ = environment(name, values)
        assert environ["B24BRIDGE_PUBLIC_URL"] == "https://bridge.example.com"
        assert environ["B24BRIDGE_TRUSTED_PROXIES"] == "1"
    assert len(values["B24BRIDGE_SECRET_KEY"]) == 44
    command = [filled(word, values) for word in service("proxy")["command"]]
    assert command == [
        "caddy", "reverse-proxy", "--from", "bridge.example.com", "--to", "web:8000",
    ]  # fmt: skip
    assert service("proxy")["profiles"] == ["https"]


@pytest.fixture
def database() -> Iterator[str]:
    with postgres.temporary_server(postgres.CARELESS) as folder:
        with psycopg.connect(postgres.url(folder, "postgres"), autocommit=True) as conn:
            conn.execute("CREATE DATABASE b24bridge")
        yield postgres.url(folder, "b24bridge")


def start(name: str, environ: dict[str, str], *more: str) -> subprocess.Popen[bytes]:
    words = [*service(name)["command"], *more]
    return subprocess.Popen([sys.executable, "-m", "b24app.cli", *words], env=environ, cwd=ROOT)


@pytest.mark.needs("postgresql")
def test_the_services_work_together(database: str, tmp_path: Path) -> None:
    port, running = free_port(), []
    shell = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    settings = environment("web", dotenv()) | {
        "DATABASE_URL": database,
        "B24BRIDGE_QUEUE_URL": database,
        "B24BRIDGE_CLIENT_ID": "local.1",
        "B24BRIDGE_CLIENT_SECRET": "s3cret",
        "B24BRIDGE_BIND": f"127.0.0.1:{port}",
        "B24BRIDGE_DATA_DIR": str(tmp_path / "data"),
    }
    environ = shell | settings
    try:
        early = start("worker", environ)
        assert early.wait(PATIENCE) == 1  # as `depends_on` says: first the tables
        assert start("migrate", environ).wait(PATIENCE) == 0
        running += [start("web", environ), start("worker", environ)]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not ready(port):
            assert [process.poll() for process in running] == [None, None]
            time.sleep(0.2)
        assert ready(port)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(PATIENCE) for process in running] == [0] * len(running)
    assert not (tmp_path / "data").exists()


def ready(port: int) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    return False
