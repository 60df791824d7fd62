"""What `serve` has not loaded at its start: code that many servers never need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sync.config import Config
from sync.keyfile import new_key

UNNEEDED = {
    "alembic": "migrations run in a process of their own",
    "authlib": "until the first token is asked for",
    "gitlab": "until a GitLab is asked",
    "joserfc": "until a page is opened or a job reports",
    "markdown_it": "until somebody's text is quoted",
    "ruamel.yaml": "until settings are read as YAML",
    "sqlalchemy.dialects.postgresql": "the database is SQLite",
    "sync.bitrix24.issue_sync.client": "until a pair is opened",
    "sync.core.issue_sync.link": "until a pair is connected, or a page asks for links",
    "sync.engine.issue_sync.lists": "until a pair is connected",
    "sync.engine.issue_sync.setting": "until a pair is opened",
    "sync.engine.issue_sync.work": "until a link waits for work",
    "sync.gitlab.issues": "until a pair with GitLab is opened",
    "sync.youtrack.app_package": "until our app is asked for",
    "sync.youtrack.issues": "until a pair with YouTrack is opened",
}
_START = """
import os, sys
from sync.config import Config
from b24app.cli import serve
import b24app.server
import sync.engine.worker
from b24app.services.worker import build_worker
from sync.store.db.database import open_service_database
config = Config.from_env(os.environ)
engine = open_service_database(config.database_url)
serve._WebProcess(config, engine).load()
build_worker(config, engine, own_id="x")
print(*sys.modules)
"""


def test_serve_starts_without_what_many_servers_never_need(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "B24BRIDGE_DATA_DIR": str(tmp_path),
        "B24BRIDGE_PUBLIC_URL": "https://bridge.example",
        "B24BRIDGE_SECRET_KEY": new_key(),
    }
    assert Config.from_env(environ).database_url.endswith(".sqlite3")
    started = subprocess.run(
        [sys.executable, "-c", _START], env=environ, capture_output=True, text=True, check=True
    )
    loaded = set(started.stdout.split())
    assert "b24app.app" in loaded
    assert "sync.engine.turn" in loaded
    assert sorted(loaded & UNNEEDED.keys()) == []
