"""A service with fifty projects and thousands of merge requests, as its hooks told them.

It asks nothing of its tree but what people use (see bench/side.py), so that a commit from before
can stand beside today's. `furnish` adds, to today's database alone, what only today's has: two-way
links, deployments, comments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from bench import lives
from bench.load import apart, begin
from bench.side import Side
from bench.site import Site, Webhook
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Commit, Person
from sync.core.model.common import Project as MirroredProject
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.merge_requests import MergeRequestKey
from sync.store import activity, deployments, issue_links, merge_request_commits
from sync.store.db.database import open_database, write
from sync.store.tables import issue_link, merge_request, project
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.server import GitLabEmulator

PROJECTS, REQUESTS, LINKS = 50, 5_000, 2_000
TASKS = 60  # named by the newest merge requests
FIRST_TASK = 3001
CLIENTS = 4
SETTLE_SECONDS = 1_200
_EVENTS = ("merge_requests_events",)
_BOB = Person(2, "bob", "Bob")


@contextmanager
def town(tree: Path) -> Iterator[Side]:
    """The tree's service when it has worked off the hooks of all merge requests."""
    clock = StillClock(datetime.now(UTC) - lives.BEFORE)
    with GitLabEmulator(clock) as gitlab:
        for name in ("ann", "bob"):
            gitlab.state.add_user(name, public=True)
        members = {"ann": 40, "bob": 40}
        places = [gitlab.state.add_project(f"acme/p{n}", members=members) for n in range(PROJECTS)]
        environ = {"GITLAB_TOKEN": gitlab.state.add_token("ann").value}
        with Site("", "serve", environ, tree, lambda site: _connected(site, gitlab)) as site:
            clock.move((datetime.now(UTC) - clock.now()).total_seconds())
            side = Side(site, gitlab, clock, places[0], lives.kept(gitlab))
            side.watch()
            _play(side, places)
            shots = site.shots(side.deliveries)
            with apart() as pool:
                begin(pool, site.url, shots, CLIENTS).result()
            site.settled(SETTLE_SECONDS)  # digesting calls the portal seldom: its calls say little
            yield side


def _connected(site: Site, gitlab: GitLabEmulator) -> Webhook:
    paths = ", ".join(place.path for place in gitlab.state.projects.values())
    (site.home / "settings.yaml").write_text(
        f"version: 1\nportal: {site.b24.host}\nlanguage: en\nconnections:\n"
        f"  - {{name: gitlab, url: '{gitlab.url}', token: {{env: GITLAB_TOKEN}}, "
        f"projects: [{paths}]}}\n"
        f"rules: {{workgroups: {{3: {{projects: [{paths}]}}}}}}\n"
    )
    site.service.run("settings", "apply", str(site.home / "settings.yaml"))
    site.service.run("gitlab", "hooks", "gitlab")
    hooks = [hook for hook in gitlab.state.hooks.values() if site.url in hook.url]
    for hook in hooks:
        hook.events = {flag: flag in _EVENTS for flag in hook.events}
    return Webhook(urlsplit(hooks[0].url).path, hooks[0].token, hooks[0].signing_token)


def _play(side: Side, places: Sequence[Project]) -> None:
    """Nine of ten merge requests are merged; the last ones move a task each."""
    side.site.tasks(range(FIRST_TASK, FIRST_TASK + TASKS))
    for number in range(REQUESTS):
        place, last = places[number % PROJECTS], number - (REQUESTS - TASKS)
        branch = f"B24-{FIRST_TASK + last}-work" if last >= 0 else f"work-{number}"
        side.gitlab.push(place, branch, [f"Work {number}"], "ann")
        made = side.gitlab.open_mr(place, branch, f"Change number {number}", "ann")
        if number % 10 and last < 0:
            side.gitlab.merge(made, "bob")
        if number % PROJECTS == 0:
            side.clock.move(1)


def furnish(database_url: str, portal_id: int = 1) -> None:
    """Add what the metrics and the inbox are made of."""
    engine = open_database(database_url)
    with write(engine) as conn:
        _add_way_to_production(conn)
        connection_id = conn.scalars(select(project.c.connection_id).limit(1)).one()
        for number in range(LINKS):
            addresses = {
                SideName.PORTAL: ItemAddress(str(9_000 + number)),
                SideName.TRACKER: ItemAddress(str(5_000 + number), "1", str(number + 1)),
            }
            problems = {} if number % 100 else {"tags": "The portal has no tag of that name"}
            state = LinkState(f"1-{number}", addresses, problems=problems)
            issue_links.create(conn, portal_id, connection_id, "pair", state, datetime.now(UTC))
        conn.execute(update(issue_link).values(done_version=issue_link.c.version))  # all in step
    engine.dispose()


def _add_way_to_production(conn: Connection) -> None:
    """Spread the merge requests over a year: commits, a comment, every other one deployed."""
    c, now = merge_request.c, datetime.now(UTC)
    places = {
        (a, b): MirroredProject(a, b, path, url)
        for a, b, path, url in conn.execute(
            select(project.c.connection_id, project.c.project_id, project.c.path, project.c.url)
        )
    }
    rows = conn.execute(select(c.connection_id, c.project_id, c.iid).order_by(c.iid)).all()
    commits, comments, made, contents = {}, [], [], {}
    for number, key in enumerate(rows):
        place = places[key[0], key[1]]
        at = now - timedelta(days=365) * (1 - number / len(rows))
        own = Commit(f"{number:040x}", "Work", "Ann", None, at=at - timedelta(hours=3))
        commits[MergeRequestKey(*key), "v"] = [own]
        target = CommentTarget("merge_request", str(key[2]), "Change", place.url)
        comments.append(Comment(place, number + 1, target, "Fine", _BOB, "", at, at, system=False))
        if number % 2:
            contents[key[0], key[1], number] = [key[2]]
            made.append(
                Deployment(
                    place, number, "production", Tier.PRODUCTION, DeploymentStatus.SUCCESS,
                    f"{number:040x}", "main", at, url=place.url,
                )
            )  # fmt: skip
    merge_request_commits.save(conn, commits)
    activity.save(conn, comments, now)
    deployments.save(conn, made, now, contents_known=True)
    deployments.save_contents(conn, contents)
