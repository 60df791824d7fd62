"""The real install flow, by the hands of the emulated administrator's browser."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

import requests

from demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    ok: bool
    text: str


def install(stage: Stage) -> list[Step]:
    """Opens the install page in its frame, runs its steps, and calls installFinish.

    Raises RuntimeError with the page's own words if the app does not let the portal in.
    """
    stage.b24.app.install_url = f"{stage.url}/b24/install"
    stage.b24.app.app_url = f"{stage.url}/b24/app"
    page = stage.b24.install_page(user_id=1).post()
    if page.status_code != 200:
        raise RuntimeError(f"the install page answered {page.status_code}: {page.text[:500]}")
    bearer = {"Authorization": f"Bearer {_page_token(page.text)}"}
    ran = requests.post(f"{stage.url}/api/install/run", json={}, headers=bearer, timeout=60)
    ran.raise_for_status()
    steps = [Step(one["name"], one["ok"], one["text"]) for one in _lines(ran.text)]
    failed = [step.name for step in steps if not step.ok]
    done = requests.post(
        f"{stage.url}/api/install/finish", json={"failed": failed}, headers=bearer, timeout=60
    )
    done.raise_for_status()
    stage.b24.finish_install()
    return steps


def _page_token(page: str) -> str:
    found = re.search(r'"token":\s*"([^"]+)"', html.unescape(page))
    if not found:
        raise RuntimeError("the install page holds no page token")
    return found[1]


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]
