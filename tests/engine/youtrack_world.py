"""A portal, a YouTrack that hints at changes as our app does, and workers over one database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import requests

from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import ProjectPair, SyncMapping
from sync.core.issue_sync.model import SideName
from sync.core.model.common import PortalUser
from sync.engine.deps import Deps
from sync.engine.issue_sync.lists import read_list
from sync.engine.issue_sync.pairs import listed_pairs
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.setting import open_pair
from sync.engine.lanes import hold
from sync.engine.upkeep.sweep import Sweep
from sync.engine.worker import Worker
from sync.store import connections, issue_link_stories, issue_links, people
from sync.store.db.database import read, write
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets
from sync.youtrack.api.client import YouTrack
from sync.youtrack.webhooks.parse import EVENT
from tests.depth import looks
from tests.emulators.youtrack.records import Activity, BundleValue, Issue, Project, ProjectField
from tests.emulators.youtrack.server import CONTEXT, PAGE, YouTrackEmulator
from tests.engine.world import Wire, World, _bytes, _response

HOST = "http://youtrack.test"
GROUP, RITA, BORIS = 3, 7, 8
PEOPLE = {"rita": (RITA, "rita@acme.example"), "boris": (BORIS, "bob@acme.example")}
FIELDS = {
    "Priority": "enum[1]",
    "Type": "enum[1]",
    "State": "state[1]",
    "Assignee": "user[1]",
    "Due Date": "date",
    "Estimation": "period",
}


class YouTrackWorld(World):
    """One workgroup and the project SHOP, whose people have the same e-mails on both sides."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.youtrack = YouTrackEmulator(self.clock)
        state = self.youtrack.state
        self.bridge = state.add_user("bridge", admin=True)  # who sees everybody's e-mail
        for login, (_, email) in PEOPLE.items():
            state.add_user(login).email = email
        self.project = state.add_project("SHOP", state.users, FIELDS)
        state.watch = self._hinted
        self.hints, self.page = True, False  # the app is installed; a page stands for YouTrack
        self.youtrack_token = "perm-bridge"
        self.b24.state.limits.on = False
        draft = ConnectionDraft("youtrack", "yt", HOST + CONTEXT, ConnectionSecrets("hook-yt"))
        users = [PortalUser(user_id, n.title(), email) for n, (user_id, email) in PEOPLE.items()]
        with write(self.database) as conn:
            self.youtrack_id = connections.upsert(
                conn, self.vault, self.portal_id, draft, self.clock.now()
            )
            people.save_portal_users(conn, self.portal_id, users)
        self.pair = ProjectPair(GROUP, "SHOP", "yt", creates=frozenset(SideName))
        self.sync = IssueSync(lambda conn, row: SyncMapping((self.pair,)))

    def _hinted(self, activity: Activity) -> None:
        """Send what the app sends: our account's own changes are left out."""
        if not self.hints or activity.author is self.bridge:
            return
        body = json.dumps({"issue": activity.issue.readable, "kinds": ["fields"]}).encode()
        origin = f"youtrack:{self.youtrack_id}"
        self._arrive(origin, self.youtrack_id, f"hint-{activity.id}", EVENT, {}, body)

    def session(self) -> requests.Session:
        session = super().session()
        session.mount(HOST, Wire(self.youtrack_answer))
        return session

    def youtrack_answer(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer as the emulator does, or with a page of whatever stands before it."""
        if self.page:
            return _response(request, 200, PAGE, "text/html;charset=utf-8")
        headers: Any = request.headers
        status, data, kind = self.youtrack.answer(
            str(request.method), request.path_url, headers, _bytes(request.body)
        )
        return _response(request, status, data, kind)

    def deps(self, owner: str = "worker") -> Deps:
        return replace(super().deps(owner), youtrack_for=self._youtrack, issue_sync=self.sync)

    def _youtrack(self, connection: ConnectionRecord) -> YouTrack:
        return YouTrack(
            connection.base_url,
            self.youtrack_token,
            connection_id=connection.id,
            session=self.session(),
            call_log=self.clients("worker").call_log("youtrack", self.portal_id),
        )


class YouTrackLife:
    """The tasks and issues of a world, kept in step by fresh workers."""

    def __init__(self, world: YouTrackWorld) -> None:
        self.world, self.state = world, world.youtrack.state
        self.rita, self.boris = self.state.user("rita"), self.state.user("boris")
        self.project: Project = world.project

    def import_all(self) -> None:
        """Read both lists from their beginning, as the command does."""
        deps = self.world.deps("command")
        with read(self.world.database) as conn:
            (listed,) = listed_pairs(deps, conn, self.world.portal_id)
        setting = open_pair(deps, listed.row, listed.connection, listed.pair)
        with hold(deps, "import") as lane:
            assert lane is not None
            for side in SideName:
                read_list(deps, lane, listed, setting, side)

    def rest(self, minutes: int = 1, times: int = 3) -> None:
        """Let workers, each of them new, do what there is to do, and lists be read."""
        for _ in range(looks(times, minutes)):
            self.world.tick(61 * minutes)
            deps = self.world.deps("worker")
            Sweep(deps).run(self.world.clock.now())
            Worker(deps).run_once()

    def change_settings(self, **changes: Any) -> None:
        """Let an administrator store other settings of the pair."""
        self.world.pair = replace(self.world.pair, **changes)
        pair = self.world.pair
        self.world.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))

    def rows(self) -> list[IssueLinkRow]:
        with read(self.world.database) as conn:
            return list(issue_links.of_connection(conn, self.world.youtrack_id))

    def links(self) -> list[LinkState]:
        with read(self.world.database) as conn:
            return list(issue_links.load(conn, [row.key for row in self.rows()]).values())

    @property
    def link(self) -> LinkState:
        (link,) = self.links()
        return link

    @property
    def issue(self) -> Issue:
        """Return the only issue."""
        (issue,) = self.state.issues.values()
        return issue

    @property
    def task(self) -> Any:
        return self.world.b24.state.tasks[2103]

    def edit_task(self, **fields: Any) -> None:
        self.world.b24.state.user_edits_task(RITA, 2103, **fields)

    def rename(self, issue: Issue, summary: str) -> None:
        """Let Boris rename an issue."""
        issue.summary = summary
        self.state.record(issue, self.boris, "SummaryCategory", added=summary)

    def field(self, name: str) -> ProjectField:
        of_project = self.project.field_named(name)
        assert of_project is not None
        return of_project

    def value(self, field_name: str, name: str) -> BundleValue:
        bundle = self.field(field_name).bundle
        assert bundle is not None
        return next(value for value in bundle.values if value.name == name)

    def set_state(self, issue: Issue, name: str) -> None:
        """Let Boris move a card on the board."""
        of_project = next(f for f in self.project.fields if f.field.type_id == "state[1]")
        value = self.value(of_project.field.name, name)
        self.state.set_value(issue, self.boris, of_project, value)

    def errors(self) -> list[str]:
        return [row.error for row in self.rows() if row.error]

    def said(self) -> str:
        """Return what people can read of links: why they wait, what does not cross, stories."""
        rows = self.rows()
        with read(self.world.database) as conn:
            texts = [row.error for row in rows]
            texts += [line.text for row in rows for line in issue_link_stories.story(conn, row.id)]
        for link in self.links():
            texts += [*link.waiting.values(), *link.problems.values()]
        return "\n".join(map(str, texts))


@contextmanager
def youtrack_life(url: str) -> Iterator[YouTrackLife]:
    """Yield a task in step with its issue."""
    world = YouTrackWorld(url)
    world.with_task(description="First\n\nSecond", created_by=RITA)
    life = YouTrackLife(world)
    life.import_all()
    life.rest()
    yield life
    world.close()


Act = Callable[[YouTrackLife], object]
