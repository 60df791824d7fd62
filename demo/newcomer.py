"""A portal with nothing in it, to follow the first run by hand; what others do there are buttons.

Its administrator is whoever sits at the browser. Tasks, merge requests and what goes wrong are
made on a page beside, as other people would make them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.emulators.bitrix24.server import SCOPES, BitrixEmulator
from tests.emulators.gitlab.oauth import Application
from tests.emulators.gitlab.server import GitLabEmulator

PROJECTS = ("acme/office", "acme/helpdesk")
COLUMNS = (("Plan", "NEW"), ("Do", "PROGRESS"), ("Look", None), ("Done", "FINISH"))
WORKGROUPS = ("Sales", "Support")
TITLE, OTHER_TITLE = "Pay by card", "Pay by invoice"
STYLE = "body{font:15px/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"


class Newcomer:
    """The portal, two projects for it in the GitLab of the demo, and the page of the others."""

    def __init__(self, gitlab: GitLabEmulator, portal: BitrixEmulator) -> None:
        """`portal`: the one that is there already; both are of one Bitrix24."""
        self.gitlab = gitlab
        self.b24 = BitrixEmulator(
            scopes=(*SCOPES, "disk"), member_id="a" * 31 + "1", oauth_of=portal
        )
        self.b24.state.random.seed(2)  # of the same seed, both portals would give the same tokens
        self.application: Application | None = None
        self.done = ""
        self.acts: dict[str, Callable[[], str]] = {
            f"Anna writes the task “{TITLE}” in {WORKGROUPS[0]}": self.write_task,
            "Ann opens a merge request for the newest task": self.open_merge_request,
            "Ann merges it": self.merge,
            f"Ann opens the issue “{OTHER_TITLE}”": self.open_issue,
            "Ann and Anna give the issue and its task different titles": self.disagree,
            "Ann takes back what she granted": self.revoke,
        }

    def open(self, service_url: str) -> Self:
        """Start both; the service is at `service_url`."""
        self.b24.start()
        self.b24.app.install_url = f"{service_url}/b24/install"
        self.b24.app.app_url = f"{service_url}/b24/app"
        for name in WORKGROUPS:
            self.b24.state.add_group(name, members=[1], stages=COLUMNS)
        ann = self.gitlab.state.add_user("ann", "Ann Oak", public=True)
        ann.email = ann.public_email = "admin@portal.test"
        for path in PROJECTS:
            self.gitlab.state.add_project(path, members={"ann": 40})
        self.application = self.gitlab.oauth.register(f"{service_url}/b24/oauth/callback")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self) -> None:
        """End both."""
        self._server.shutdown()
        self._server.server_close()
        self.b24.stop()

    @property
    def url(self) -> str:
        """Return the address of the page of the others."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def write_task(self) -> str:
        groups = self.b24.state.groups.values()
        sales = next(group.id for group in groups if group.name == WORKGROUPS[0])
        task = self.b24.state.create_task(TITLE, group_id=sales, responsible_id=1)
        return f"Task {task.id}: {self.b24.portal_url}/window/task/{task.id}"

    def open_merge_request(self) -> str:
        task = max(self.b24.state.tasks, default=0)
        if not task:
            return "There is no task yet"
        branch = f"B24-{task}-pay"
        self.gitlab.push(PROJECTS[0], branch, [f"B24-{task} {TITLE}"], "ann")
        request = self.gitlab.open_mr(PROJECTS[0], branch, f"B24-{task} {TITLE}", "ann")
        return f"Merge request !{request.iid} of {PROJECTS[0]}"

    def merge(self) -> str:
        requests = self.gitlab.state.project(PROJECTS[0]).merge_requests.values()
        opened = (each for each in requests if each.state == "opened" and not each.draft)
        request = next(opened, None)
        if request is None:
            return "There is no open merge request"
        self.gitlab.merge(request, "ann")
        return f"Merged !{request.iid}"

    def open_issue(self) -> str:
        place = self.gitlab.state.project(PROJECTS[0])
        issue = self.gitlab.tracking.open_issue(place, OTHER_TITLE, "ann")
        return f"Issue {PROJECTS[0]}#{issue.iid}"

    def disagree(self) -> str:
        issues = self.gitlab.state.project(PROJECTS[0]).issues
        task = max(self.b24.state.tasks, default=0)
        if not issues or not task:
            return "There is no issue or no task yet"
        number = len(self.b24.state.tasks[task].title)
        self.b24.state.user_edits_task(1, task, title=f"{TITLE}, edition {number}")
        self.gitlab.tracking.update_issue(
            issues[max(issues)], "ann", title=f"{OTHER_TITLE}, edition {number}"
        )
        return "Both titles were changed"

    def revoke(self) -> str:
        self.gitlab.oauth.revoke("ann")
        return "Within a minute the application learns it"


def _handler(newcomer: Newcomer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            buttons = "".join(
                f"<p><form method=post action=/{number}><button>{escape(name)}</button></form>"
                for number, name in enumerate(newcomer.acts)
            )
            page = (
                "<!doctype html><html lang=en><head><meta charset=utf-8>"
                f"<link rel=icon href=data:,><title>The others</title><style>{STYLE}</style></head>"
                f"<body><h1>What others do</h1><p role=status>{escape(newcomer.done)}"
                f"{buttons}</body></html>"
            )
            self._answer(HTTPStatus.OK, page)

        def do_POST(self) -> None:
            number = self.path.strip("/")
            acts = list(newcomer.acts.values())
            if number.isdecimal() and int(number) < len(acts):
                newcomer.done = acts[int(number)]()
            self._answer(HTTPStatus.SEE_OTHER, "")

        def _answer(self, status: HTTPStatus, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            if status is HTTPStatus.SEE_OTHER:
                self.send_header("Location", "/")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet: the page shows what was done."""

    return Handler
