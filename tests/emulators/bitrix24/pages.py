"""Pages for people to look at: the tasks, one task with its discussion, who was notified."""

from __future__ import annotations

import re
from html import escape

from tests.emulators.bitrix24.records import Comment, Message, Task
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Response

STATUSES = {
    2: "pending",
    3: "in progress",
    4: "pending review",
    5: "completed",
    6: "deferred",
}
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#333}
a{color:#2067b0}h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e2e6ea;vertical-align:top}
.m{background:#f5f7f8;border-radius:.5rem;padding:.6rem .9rem;margin:.5rem 0}
.s{color:#828b95;font-size:.85rem}pre{background:#eef2f4;padding:.5rem;overflow:auto}
"""
ICON = "<link rel=icon href=data:,>"  # or the browser asks for one
# Applied to text that is already HTML-escaped; every replacement is written here.
BBCODE: tuple[tuple[str, str], ...] = (
    (r"\[b\](.*?)\[/b\]", r"<b>\1</b>"),
    (r"\[i\](.*?)\[/i\]", r"<i>\1</i>"),
    (r"\[u\](.*?)\[/u\]", r"<u>\1</u>"),
    (r"\[s\](.*?)\[/s\]", r"<s>\1</s>"),
    (r"\[code\](.*?)\[/code\]", r"<pre>\1</pre>"),
    (r"\[url=(https?://[^\]\s]+)\](.*?)\[/url\]", r'<a rel="noopener" href="\1">\2</a>'),
    (r"\[url\](https?://[^\[\s]+)\[/url\]", r'<a rel="noopener" href="\1">\1</a>'),
    (r"\[user=(?:\d+)[^\]]*\](.*?)\[/user\]", r"<b>@\1</b>"),
    (r"\[color=(#[0-9a-f]{3,6})\](.*?)\[/color\]", r'<span style="color:\1">\2</span>'),
    (r"\[br\]|\n", "<br>"),
)


def render(text: str) -> str:
    """BBCode as safe HTML: everything is escaped first, only known tags come back."""
    shown = escape(text)
    for pattern, replacement in BBCODE:
        shown = re.sub(pattern, replacement, shown, flags=re.IGNORECASE | re.DOTALL)
    return shown


def answer(portal: Portal, path: str) -> Response:
    """/view/ and /view/task/<id>"""
    with portal.lock:
        if path.rstrip("/") == "/view":
            return page("Tasks", _tasks(portal))
        match = re.fullmatch(r"/view/task/(\d+)/?", path)
        task = portal.tasks.get(int(match[1])) if match else None
        if task is None:
            return Response.html(404, "<h1>Not found</h1>")
        return page(f"Task {task.id}", _task(portal, task))


def page(title: str, body: str) -> Response:
    head = f"<meta charset=utf-8>{ICON}<title>{escape(title)}</title><style>{STYLE}</style>"
    return Response.html(200, f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")


def _tasks(portal: Portal) -> str:
    rows = [
        f'<tr><td>{task.id}<td><a href="/view/task/{task.id}">{escape(task.title)}</a>'
        f"<td>{STATUSES[task.status]}<td>{escape(_stage(portal, task))}"
        for task in sorted(portal.tasks.values(), key=lambda task: task.id)
    ]
    return f"<h1>Tasks</h1><table><tr><th>#<th>Title<th>Status<th>Column{''.join(rows)}</table>"


def _task(portal: Portal, task: Task) -> str:
    facts = {
        "Status": STATUSES[task.status],
        "Column": escape(_stage(portal, task)) or "–",
        "Group": escape(portal.groups[task.group_id].name) if task.group_id else "–",
        "Created by": _person(portal, task.created_by),
        "Responsible": _person(portal, task.responsible_id),
    }
    facts |= {escape(name): escape(str(value)) for name, value in task.uf.items()}
    table = "".join(f"<tr><th>{name}<td>{value}" for name, value in facts.items())
    return (
        f'<p><a href="/view/">All tasks</a><h1>{task.id}. {escape(task.title)}</h1>'
        f"<table>{table}</table><p>{render(task.description)}"
        f"<h2>Discussion</h2>{''.join(_entry(portal, m) for m in portal.discussion(task.id))}"
        f"<h2>Notifications</h2>"
        + "".join(
            f"<div class=m><div class=s>to {_person(portal, n.user_id)}</div>{render(n.text)}</div>"
            for n in portal.notifications.values()
        )
    )


def _entry(portal: Portal, entry: Message | Comment) -> str:
    edited = " · edited" if isinstance(entry, Message) and entry.edited else ""
    author = _person(portal, entry.author_id)
    said = f"{author} · {portal.iso(entry.date)}{edited}"
    return f'<div class=m id="m{entry.id}"><div class=s>{said}</div>{render(entry.text)}</div>'


def _stage(portal: Portal, task: Task) -> str:
    stage = portal.stages.get(task.stage_id)
    return stage.title if stage else ""


def _person(portal: Portal, user_id: int) -> str:
    return escape(portal.users[user_id].shown)
