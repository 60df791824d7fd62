"""The portal's window around an application's frame, for a real browser: /window/….

It posts the frame as the portal does and answers the messages of the vendor's browser library.
https://apidocs.bitrix24.com/sdk/bx24-js-sdk/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from typing import Any, Protocol
from urllib.parse import parse_qs

from tests.emulators.bitrix24.frames import Frame
from tests.emulators.bitrix24.pages import ICON
from tests.emulators.bitrix24.records import Token
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Request, Response

TASK_TABS = ("TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL")
GROUP_TAB = "SONET_GROUP_DETAIL_TAB"
# A message is `command:params:callback:sid`; the answer is `callback:json`.
SCRIPT = """
const setup = SETUP
const frame = document.querySelector('iframe')
const ask = path => fetch(path + '?user=' + setup.user, {method: 'POST'})
const commands = {
  getInitData: async () => setup.init,
  refreshAuth: async () => (await ask('/window/refresh')).json(),
  setInstallFinish: async () => { await ask('/window/finish'); return true },
  resizeWindow: async size => { frame.style.height = (size.height || 600) + 'px'; return true },
  reloadWindow: async () => { location.reload(); return true },
  setTitle: async given => { document.title = given.title; return true },
  openPath: async given => { document.body.dataset.opened = given.path; return {result: 'close'} },
}
addEventListener('message', async event => {
  if (event.source !== frame.contentWindow || typeof event.data !== 'string') return
  const [command, ...rest] = event.data.split(':')
  rest.pop()
  const callback = rest.pop()
  let params = {}
  try { params = JSON.parse(rest.join(':') || '{}') } catch { params = {} }
  const answer = commands[command] ? await commands[command](params) : true
  event.source.postMessage(callback + ':' + JSON.stringify(answer), event.origin)
  if (command === 'setInstallFinish') location.href = '/window/app?user=' + setup.user
})
document.querySelector('form').submit()
"""
STYLE = "body{margin:0;background:#eef2f4}iframe{border:0;width:100%;height:900px;display:block}"


class Owner(Protocol):
    """What of the emulator this page needs."""

    state: Portal

    @property
    def host(self) -> str: ...
    def token(self, user_id: int = 1) -> Token: ...
    def finish_install(self) -> None: ...
    def install_page(self, user_id: int = 1) -> Frame: ...
    def application_page(self, user_id: int = 1) -> Frame: ...
    def placement_page(self, code: str, user_id: int, options: dict[str, Any]) -> Frame: ...


def answer(owner: Owner, request: Request) -> Response:
    """`user` in the query says who sits at the browser (1)."""
    user_id = int(parse_qs(request.query).get("user", ["1"])[0])
    path = request.path.removeprefix("/window/").rstrip("/")
    if request.method == "POST":
        return _act(owner, path, user_id)
    pages: dict[str, Callable[[], Frame]] = {
        "install": lambda: owner.install_page(user_id),
        "app": lambda: owner.application_page(user_id),
    }
    task = re.fullmatch(r"task/(\d+)", path)
    if task:
        tab = next(p.code for p in owner.state.placements if p.code in TASK_TABS)
        return _page(owner, owner.placement_page(tab, user_id, {"taskId": task[1]}), user_id)
    group = re.fullmatch(r"group/(\d+)", path)
    if group:
        options = {"GROUP_ID": group[1]}
        return _page(owner, owner.placement_page(GROUP_TAB, user_id, options), user_id)
    if path not in pages:
        return Response.html(404, "<h1>Not found</h1>")
    return _page(owner, pages[path](), user_id)


def _act(owner: Owner, path: str, user_id: int) -> Response:
    match path:
        case "finish":
            owner.finish_install()
            return Response.json(200, True)
        case "refresh":
            return Response.json(200, _pair(owner.token(user_id)))
    return Response.json(404, False)


def _pair(token: Token) -> dict[str, str]:
    return {"AUTH_ID": token.access, "REFRESH_ID": token.refresh, "AUTH_EXPIRES": "3600"}


def _page(owner: Owner, frame: Frame, user_id: int) -> Response:
    state, form = owner.state, frame.form
    init: dict[str, Any] = {key: form[key] for key in ("AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES")}
    init |= {"DOMAIN": owner.host, "PROTOCOL": 0, "LANG": state.language, "PATH": "/rest"}
    init |= {"MEMBER_ID": state.member_id, "IS_ADMIN": state.users[user_id].admin}
    init |= {"INSTALL": not state.app.installed, "FIRST_RUN": False}
    init |= {"APP_OPTIONS": state.app.options, "USER_OPTIONS": {}}
    init |= {"PLACEMENT": form["PLACEMENT"]}
    init |= {"PLACEMENT_OPTIONS": json.loads(form.get("PLACEMENT_OPTIONS", "{}"))}
    setup = json.dumps({"init": init, "user": user_id}).replace("<", "\\u003c")
    name = f"{owner.host}|0|{frame.query['APP_SID']}"
    fields = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
        for key, value in form.items()
    )
    head = f"<meta charset=utf-8>{ICON}<title>Portal</title><style>{STYLE}</style>"
    body = (
        f'<iframe name="{escape(name)}"></iframe>'
        f'<form method="post" action="{escape(frame.url)}" target="{escape(name)}">{fields}</form>'
        f"<script>{SCRIPT.replace('SETUP', setup, 1)}</script>"
    )
    return Response.html(200, f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")
