"""The check of everything a report needs; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reporter.bbcode import cleaned
from reporter.ci_variables import Facts
from reporter.errors import Problem
from reporter.http import Output, Wire
from reporter.portal import Results, Webhook, batch, read_webhook
from reporter.portal_batch import Call
from reporter.references import named_tasks
from reporter.send_to_app import is_app_address
from reporter.settings import Settings

Row = tuple[str, str, str]  # what, ok | missing | no, and more words
NEEDED = {
    "task": "cards, fields and statuses",
    "im": "cards of the new task card, chats, the author",
    "user_basic": "the author is found by e-mail",
}
STATES = {200: "ok", 401: "refused", 403: "refused", 404: "refused"}


def examine(
    wire: Wire,
    settings: Settings,
    facts: Facts,
    *,
    url: str,
    id_token: bool,
    token: bool,
    reads: Callable[[str, bool], int],
    overview: Callable[[], bool],
) -> list[Row]:
    """`reads`: a path of GitLab's API, with the access token or not → the HTTP status, 0 for none.

    `token`: whether there is an access token; `overview`: whether it answers the report's question.
    """
    if settings.deliver == "app":
        way = of_app(wire, settings, id_token)
    else:
        way = of_portal(wire, settings, facts, url)
    return [*way, *of_gitlab(facts, reads), *of_token(settings, facts, reads, overview, token)]


def of_app(wire: Wire, settings: Settings, id_token: bool) -> Iterator[Row]:
    yield "app-url", "ok" if is_app_address(settings.app_url) else "missing", settings.app_url
    yield app_row(wire, settings.app_url)
    yield "ID token", "ok" if id_token else "missing", "the app checks it with the first report"


def app_row(wire: Wire, url: str) -> Row:
    try:
        status = wire.get(f"{url.rstrip('/')}/healthz", {}).status
    except Problem as problem:
        return "app answers", "no", str(problem)
    return "app answers", "ok" if status == 200 else "no", "" if status == 200 else f"HTTP {status}"


def of_portal(wire: Wire, settings: Settings, facts: Facts, url: str) -> Iterator[Row]:
    try:
        webhook = read_webhook(url, settings.webhook_variable)
        yield "webhook address", "ok", address_note(webhook)
        calls = portal_calls(settings, facts)
        results = batch(wire, webhook, calls)
    except Problem as problem:
        yield "webhook", "no", str(problem)
        return
    yield "webhook answers", "ok", owner(results.done.get("me"))
    yield from scopes(results.done.get("scopes"))
    yield field_row(settings, results)
    if "task" in calls:
        yield task_row(calls["task"], results)


def address_note(webhook: Webhook) -> str:
    local = "://127." in webhook.base or "://localhost" in webhook.base
    return "" if webhook.base.startswith("https://") or local else "http:// sends it in clear text"


def portal_calls(settings: Settings, facts: Facts) -> dict[str, Call]:
    named = named_tasks(facts.ref, "branch", settings.task_prefix)
    task_id = int(settings.task) if settings.task.isdigit() else next(iter(named), 0)
    calls = {
        "me": Call("profile", {}),
        "scopes": Call("scope", {}),
        "fields": Call("task.item.userfield.getlist", {"ORDER": {"ID": "asc"}}),
    }
    select = ["ID", "TITLE", "CHAT_ID", "STATUS"]
    task = Call("tasks.task.get", {"taskId": task_id, "select": select})
    return {**calls, "task": task} if task_id else calls


def owner(me: object) -> str:
    name = f"{me.get('NAME', '')} {me.get('LAST_NAME', '')}" if isinstance(me, dict) else ""
    return f"as {cleaned(name).strip()}"


def scopes(granted: object) -> Iterator[Row]:
    names = set(granted) if isinstance(granted, list) else set()
    for name, why in NEEDED.items():
        has = name in names or (name == "user_basic" and "user" in names)
        yield f"permission {name}", "ok" if has else "missing", why


def field_row(settings: Settings, results: Results) -> Row:
    if not settings.field:
        return "task field", "ok", "switched off"
    rows = results.done.get("fields")
    if not isinstance(rows, list):
        return f"field {settings.field}", "?", "only an administrator's webhook sees the fields"
    known = {row.get("FIELD_NAME") for row in rows if isinstance(row, dict)}
    if settings.field in known:
        return f"field {settings.field}", "ok", ""
    return f"field {settings.field}", "missing", "the app creates it, or Tasks → custom fields"


def task_row(call: Call, results: Results) -> Row:
    name, found = f"task {call.params['taskId']}", results.done.get("task")
    task = found.get("task") if isinstance(found, Mapping) else None
    if not isinstance(task, Mapping):
        return name, "no", "it does not exist, or the webhook's owner does not see it"
    card = "card with a chat" if task.get("chatId") else "old card, with comments"
    return name, "ok", f"{cleaned(str(task.get('title')))[:60]}: {card}"


def of_gitlab(facts: Facts, reads: Callable[[str, bool], int]) -> Iterator[Row]:
    project = f"/projects/{facts.project_id}"
    for name, path, lost in (
        ("jobs", f"{project}/pipelines/{facts.pipeline_id}/jobs", "no pipeline status"),
        ("merge requests", merge_request_path(facts), "no title, no state"),
        ("deployments", f"{project}/deployments?per_page=1", "no deployments"),
    ):
        state = state_of(reads(path, False))
        yield f"CI_JOB_TOKEN reads {name}", state, "" if state == "ok" else f"then: {lost}"


def merge_request_path(facts: Facts) -> str:
    if facts.merge_request:
        place = facts.merge_request_project or facts.project_id
        return f"/projects/{place}/merge_requests/{facts.merge_request.iid}"
    return f"/projects/{facts.project_id}/repository/commits/{facts.sha}/merge_requests?per_page=1"


def of_token(
    settings: Settings,
    facts: Facts,
    reads: Callable[[str, bool], int],
    overview: Callable[[], bool],
    token: bool,
) -> Iterator[Row]:
    """The optional token: without it there is nothing wrong."""
    name, lost = settings.token_variable, "then: only the pipeline's own commit"
    if not token:
        yield f"{name} reads commits", "not set", lost
        return
    path = f"/projects/{facts.project_id}/repository/commits?ref_name={facts.sha}&per_page=1"
    state = state_of(reads(path, True))
    yield f"{name} reads commits", state, "" if state == "ok" else lost
    yield f"{name} reads GraphQL", *(("ok", "") if overview() else ("refused", lost))


def state_of(status: int) -> str:
    return STATES.get(status, f"HTTP {status}" if status else "no answer")


def print_table(rows: list[Row], out: Output) -> None:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, state, more in rows:
        out.say(f"{name:<{widths[0]}}  {state:<{widths[1]}}  {more}".rstrip())
