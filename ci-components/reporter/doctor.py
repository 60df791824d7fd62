"""The check of everything a report needs; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.bbcode import cleaned
from reporter.errors import Problem
from reporter.files import write_files
from reporter.gitlab_client import GitLab
from reporter.gitlab_json import inside
from reporter.main import Run
from reporter.settings import Settings

Line = tuple[str, str, str]  # what, ok | missing | no, and more words
NO_ADDRESS = "set the input to the app's address, https://…"
LOST = "then: only the pipeline's own commit"


def examine(run: Run, lines: Iterator[Line]) -> int:
    """Print a table. Return the exit code: 1 where something is missing."""
    write_files([], ())
    table = list(lines)
    widths = [max(len(line[column]) for line in table) for column in (0, 1)]
    for name, state, more in table:
        run.out.say(f"{name:<{widths[0]}}  {state:<{widths[1]}}  {more}".rstrip(), "")
    return 1 if any(state in ("no", "missing") for _, state, _ in table) else 0


def of_gitlab(run: Run) -> Iterator[Line]:
    ci, own = run.ci, run.ci["CI_MERGE_REQUEST_IID"]
    commit = f"repository/commits/{ci['CI_COMMIT_SHA']}/merge_requests"
    for name, path, lost in (
        ("jobs", f"pipelines/{ci['CI_PIPELINE_ID']}/jobs", "no pipeline status"),
        ("merge requests", f"merge_requests/{own}" if own else commit, "no title, no state"),
        ("deployments", "deployments", "no deployments"),
    ):
        project = ci["CI_MERGE_REQUEST_PROJECT_ID"] if path.startswith("merge_requests") else ""
        state = "ok" if reads(run, path, project=project) else "refused"
        yield f"CI_JOB_TOKEN reads {name}", state, "" if state == "ok" else f"then: {lost}"


def reads(run: Run, path: str, *, token: str = "", project: str = "") -> bool:
    gitlab = GitLab(run.http, run.ci, token, 0)
    query = "?per_page=1" + (f"&ref_name={run.ci['CI_COMMIT_SHA']}" if token else "")
    return gitlab.get(path + query, project=project, token=bool(token)) is not None


def app_lines(run: Run) -> Iterator[Line]:
    """Check the way through the app."""
    url = run.ci["B24_APP_URL"].strip("-").rstrip("/")
    if url.startswith(("https://", "http://127.0.0.1:")):
        yield "app-url", "ok", url
        yield "app answers", *app_answer(run, url)
    else:
        yield "app-url", "missing", f"{url} is no https:// address" if url else NO_ADDRESS
    if run.ci["B24_ID_TOKEN"]:
        yield "ID token", "ok", "the app checks it with the first report"
    else:
        yield "ID token", "missing", "GitLab 15.7 or newer makes it for `deliver: app`"
    yield from of_gitlab(run)


def app_answer(run: Run, url: str) -> tuple[str, str]:
    try:
        status = run.http.ask(f"{url}/healthz", {}).status
    except Problem as problem:
        return "no", str(problem)
    return ("ok", "") if status == 200 else ("no", f"HTTP {status}")


def granted(scopes: object) -> Iterator[Line]:
    """Compare the webhook's permissions with those needed."""
    names = set(scopes) if isinstance(scopes, list) else set()
    for name, why in (
        ("task", "cards, fields and statuses"),
        ("im", "cards of the new task card, chats, the author"),
        ("user_basic", "the author is found by e-mail"),
    ):
        has = name in names or (name == "user_basic" and "user" in names)
        yield f"permission {name}", "ok" if has else "missing", why


def field_line(settings: Settings, rows: object) -> Line:
    if not settings.field:
        return "task field", "ok", "switched off"
    if not isinstance(rows, list):
        return f"field {settings.field}", "?", "only an administrator's webhook sees the fields"
    names = {row.get("FIELD_NAME") for row in rows if isinstance(row, dict)}
    if settings.field in names:
        return f"field {settings.field}", "ok", ""
    return f"field {settings.field}", "missing", "the app creates it, or Tasks → custom fields"


def task_line(task_id: int, result: object) -> Line:
    task = inside({"": result}, "", "task")
    if not task:
        hidden = "it does not exist, or the webhook's owner does not see it"
        return f"task {task_id}", "no", hidden
    card = "card with a chat" if task.get("chatId") else "old card, with comments"
    return f"task {task_id}", "ok", f"{cleaned(str(task.get('title')))[:60]}: {card}"
