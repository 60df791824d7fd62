"""A GitLab on 127.0.0.1: REST API v4 over a state, and the webhooks it posts.

    with GitLabEmulator() as gitlab:                # or GitLabEmulator(clock); clock.now() aware
        ann = gitlab.state.add_user("ann", "Ann Oak", public=True)   # public: address in hooks
        group = gitlab.state.add_group("acme", members={"ann": 50})
        shop = gitlab.state.add_project("acme/shop", members={"ann": 40})
        token = gitlab.state.add_token(ann, scopes=("api",))         # token.value: glpat-…
        gitlab.url                                                   # http://127.0.0.1:PORT
        gitlab.push(shop, "feature/B24-1", ["Add B24-1"], "ann")     # creates the branch
        mr = gitlab.open_mr(shop, "feature/B24-1", "Draft: Pay", "ann", reviewers=["bob"])
        gitlab.update_mr(mr, "ann", draft=False, target_branch="next")
        gitlab.branching: merge_branch, rebase, amend, force_push, fork (then open_mr(…,
            source_project=fork))
        gitlab.approve(mr, "bob"); gitlab.unapprove(mr, "bob")
        gitlab.request_review(mr, "bob", "ann")                      # again: re-request
        run = gitlab.run_pipeline(mr); run.set_status("failed")      # or run_pipeline(shop, ref=…)
        gitlab.comment(mr, "Nice", "bob"); gitlab.merge(mr, "ann"); gitlab.close; gitlab.reopen
        gitlab.deploy(run, "production"); gitlab.set_deployment(shop, made, "failed")
        gitlab.working.set_job(run, "unit", "failed"); gitlab.working.run_child(run, "deploy")
        gitlab.shipping.publish(shop, "v1", "ann"); gitlab.tracking.open_issue(shop, "T", "ann")
        gitlab.talking, .keeping, .owning: comments, milestones, wiki, flags, members, tokens
        gitlab.identity.mint(run, "https://app.example")     # an ID token of a job; .generation
    gitlab.oauth.register("https://app.example/cb"), .agree(consent page's address, "ann")

Hooks are made through the API (or `gitlab.add_hook(shop, url, token=…)`) and are posted in the
caller's thread, before the action returns. Every answer is in `hook.log`.

Switches: `gitlab.deliveries.weather = Weather(lose=0.1, duplicate=0.2, delay_seconds=5,
shuffle=True, hold=True, seed=3)`; what is held or delayed goes out by `gitlab.release()`;
`gitlab.deliveries.dropped` (disabled, recursive, rate limited) and `.lost` say what did not.
`gitlab.api.limit.per_minute = 60` (429), `gitlab.deliveries.per_minute` (hook calls),
`gitlab.offline = True` (connections are cut), `gitlab.cut_before = 1`, `.cut_after = 1` (so many
writes are cut off before they are carried out, or after: nobody hears the answer),
`gitlab.failing = 502` (every answer),
`gitlab.state.version = "16.11.0"` (no signing, no webhook-id, no Idempotency-Key),
`gitlab.state.edition = "ce"`, `.premium = False`, `.auto_disable_hooks`, `.allow_local_hooks`,
`project.approvals_required`, `project.reset_approvals_on_push`,
`gitlab.reviewing.approval_note_first`. `gitlab.requests` counts (method, path) seen.

Issues are written through the API alone. `project.archived`, `state.planned` (statuses, custom
fields, iterations, links), `gitlab.issues.obstacles` (spam, captcha, locks, limits), `.copies`
(entries of time after a move), `.executed` (quick actions that ran), `.notified` (who was
mentioned), `.largest_upload` (MB).

Without a server: `State()` and `payloads.raw(payloads.merge_request(state, mr, ann, "open"))`;
`signing.headers(event, body, at=…, delivery_id=…, token=…, signing_token=…)`. Ready bodies are in
tests/fixtures/gitlab, made by `story.py`. `receiver.Receiver()` is something to post to,
`acme.Acme()` a small world, `StillClock().move(seconds)` a clock that stands still.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.emulators.gitlab import graphql, hook_form, pages
from tests.emulators.gitlab.api import Api
from tests.emulators.gitlab.branching import Branching
from tests.emulators.gitlab.building import Building
from tests.emulators.gitlab.clock import Clock, StillClock, WallClock
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.deliveries import Deliveries, Weather
from tests.emulators.gitlab.editing import Editing
from tests.emulators.gitlab.entities import Group, Project
from tests.emulators.gitlab.identity import Identity
from tests.emulators.gitlab.issues.service import Issues
from tests.emulators.gitlab.keeping import Keeping
from tests.emulators.gitlab.oauth import OAuth
from tests.emulators.gitlab.owning import Owning
from tests.emulators.gitlab.reviewing import Reviewing
from tests.emulators.gitlab.shipping import Shipping
from tests.emulators.gitlab.state import Hook, State
from tests.emulators.gitlab.talking import Talking
from tests.emulators.gitlab.tracking import Tracking
from tests.emulators.gitlab.web import Reply, Request
from tests.emulators.gitlab.working import Working

BROKEN_PAGE = "<html><body>GitLab is not responding</body></html>"
POLL_SECONDS = 0.005  # how soon closing is noticed
__all__ = ["Clock", "GitLabEmulator", "StillClock", "WallClock", "Weather"]


class GitLabEmulator:
    def __init__(self, clock: Clock | None = None, *, seed: int = 1) -> None:
        self.state = State(now=(clock or WallClock()).now, seed=seed)
        self.deliveries = Deliveries(self.state)
        self.coding = Coding(self.state, self.deliveries)
        self.branching = Branching(self.state, self.coding)
        self.editing = Editing(self.state, self.deliveries)
        self.reviewing = Reviewing(self.state, self.deliveries, self.coding)
        self.building = Building(self.state, self.deliveries)
        self.working = Working(self.state, self.deliveries, self.building)
        self.shipping = Shipping(self.state, self.deliveries)
        self.talking = Talking(self.state, self.deliveries)
        self.tracking = Tracking(self.state, self.deliveries)
        self.keeping = Keeping(self.state, self.deliveries)
        self.owning = Owning(self.state, self.deliveries)
        self.issues = Issues(self.state, self.deliveries)
        self.api = Api(self.state, self.deliveries, self.talking, self.keeping, self.issues)
        self.identity = Identity(self.state)
        self.oauth = OAuth(self.state)
        self.offline = False
        self.failing = 0
        self.cut_before = self.cut_after = 0
        self.requests: list[tuple[str, str]] = []
        self._bind_actions()

    def _bind_actions(self) -> None:
        code, edit, review = self.coding, self.editing, self.reviewing
        self.push, self.tag = code.push, code.tag
        self.create_branch, self.delete_branch = code.create_branch, code.delete_branch
        self.open_mr, self.update_mr = edit.open_mr, edit.update_mr
        self.request_review, self.comment = edit.request_review, self.talking.comment
        self.approve, self.unapprove = review.approve, review.unapprove
        self.merge, self.close, self.reopen = review.merge, review.close, review.reopen
        self.run_pipeline = self.building.run_pipeline
        self.retry_pipeline = self.building.retry
        self.deploy = self.shipping.deploy
        self.set_deployment = self.shipping.set_deployment
        self.release = self.deliveries.release

    @property
    def url(self) -> str:
        return self.state.url

    def add_hook(
        self,
        owner: Project | Group | str,
        url: str,
        *events: str,
        token: str = "",
        signing_token: str = "",
    ) -> Hook:
        """A hook of a project or a group; without `events` it hears merge requests only."""
        wanted = events or ("merge_requests_events",)
        kind = "group" if isinstance(owner, Group) else "project"
        place = owner if isinstance(owner, Group) else self.state.project(owner)
        hook = Hook(
            id=self.state.next_id("hook"),
            owner=kind,
            owner_id=place.id,
            url=url,
            created_at=self.state.now(),
            events={flag: flag in wanted for flag in hook_form.flags(kind)},
            token=token,
            signing_token=signing_token,
        )
        self.state.hooks[hook.id] = hook
        return hook

    def __enter__(self) -> GitLabEmulator:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.state.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        self.requests.append((request.method, request.path))
        with self.state.lock:
            self.issues.copies.run(self.state)
        if self.failing:
            return Reply(
                {"text": "<html><body>GitLab is not responding</body></html>"}, self.failing
            )
        return (
            self.identity.answer(request)
            or self.oauth.answer(request)
            or graphql.answer(self.state, request, self.issues)
            or pages.answer(self.state, request)
            or self.api.answer(request)
        )


def _handler(emulator: GitLabEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "nginx"
        sys_version = ""
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if emulator.offline:
                self.close_connection = True
                return
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, path, headers, query, body, emulator.url)
            writes = _writes(request)
            if writes and emulator.cut_before:
                emulator.cut_before -= 1
                self.close_connection = True
                return
            reply = emulator.answer(request)
            if writes and emulator.cut_after:
                emulator.cut_after -= 1
                self.close_connection = True
                return
            self._write(reply)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def _write(self, reply: Reply) -> None:
            data, kind = _encoded(reply)
            self.send_response(reply.status)
            for name, value in ({"Content-Type": kind} | reply.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet: `requests` of the emulator is the record."""

    return Handler


def _writes(request: Request) -> bool:
    if request.path == graphql.PATH:
        return b"mutation" in request.body[:40]
    return request.method != "GET"


def _encoded(reply: Reply) -> tuple[bytes, str]:
    """Text where an answer is no JSON (429, gateway errors), nothing for 204."""
    match reply.body:
        case None:
            return b"", "application/json"
        case {"text": str(text)}:
            return text.encode(), "text/html"
        case {"bytes": bytes(content)}:
            return content, "application/octet-stream"
    return json.dumps(reply.body).encode(), "application/json"
