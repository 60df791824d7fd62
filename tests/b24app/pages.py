"""Opening the app's pages as the portal does, and reading what they were given."""

from __future__ import annotations

import json
import re

from sqlalchemy import select

from sync.store.db.database import read
from sync.store.tables import portal


def config_of(page) -> dict:
    """What the page hands to its script."""
    found = re.search(r'id="config"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert found, page.text
    return json.loads(found[1])


def post(world, frame):
    """A frame's POST, through the test client."""
    path = "/" + frame.handler.split("/", 3)[3]
    return world.client.post(path, query_string=frame.query, data=frame.form)


def run(world, token, only=None):
    answer = world.client.post(
        "/api/install/run", json={"only": only}, headers={"Authorization": f"Bearer {token}"}
    )
    return [json.loads(line) for line in answer.text.splitlines()]


def finish(world, token):
    headers = {"Authorization": f"Bearer {token}"}
    return world.client.post("/api/install/finish", json={}, headers=headers)


def installed(beside, emulator):
    page = post(beside, emulator.install_page())
    token = config_of(page)["token"]
    steps = run(beside, token)
    assert finish(beside, token).json == {"state": "active"}
    emulator.finish_install()
    return steps


def secrets_of(world):
    with read(world.deps.engine) as conn:
        return conn.execute(select(portal)).one()
