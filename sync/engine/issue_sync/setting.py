"""What two-way sync of a pair works with: both rooms, what they can hold, who is who, the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from sync.bitrix24.tasks.fields import STATUS_CODES
from sync.core.clock import is_due
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import CHECKLIST, LINKS, SPRINT, STATUS, SideName
from sync.core.issue_sync.rules import Direction, LinkRules
from sync.core.model.common import Person
from sync.engine.issue_sync.link_rules import PairWorld, build_rules, status_lines
from sync.engine.issue_sync.link_texts import LinkTexts, People
from sync.engine.issue_sync.process import PairFacts
from sync.engine.issue_sync.trackers import shared_memory, tracker_of
from sync.engine.load.people import portal_users_of
from sync.errors import Refused, SyncError
from sync.sentences import sentence
from sync.store import issue_links, messages, oauth_grants, people
from sync.store.db.database import select_only
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord, Json
from sync.text.sides import TASK, tracker

if TYPE_CHECKING:
    from sync.engine.deps import Deps
    from sync.engine.issue_sync.process import Sides
    from sync.youtrack.api.users import User

_HIDDEN = "404"
KEEP = timedelta(minutes=10)  # what a project can hold is asked again after that
KEEP_MEMBERS = timedelta(hours=1)


def open_rooms(
    deps: Deps, row: PortalRow, connection: ConnectionRecord, pair: ProjectPair
) -> Sides:
    """Open both rooms of a pair. Raises Denied where one has no tokens.

    What does not cross is not read; our messages about merge requests and the like are no comments.
    """
    from sync.bitrix24.issue_sync.client import PortalTasks
    from sync.bitrix24.issue_sync.memory import Memory
    from sync.bitrix24.issue_sync.options import SCRUM, TaskOptions

    def own_messages(task_id: int) -> frozenset[int]:
        with select_only(deps.database) as conn:
            return messages.ids_in_task(conn, row.record.id, task_id)

    with select_only(deps.database) as conn:
        grants = oauth_grants.usable_by_person(conn, connection.id)
    tasks = TaskOptions(
        comments=pair.comments.direction is not Direction.OFF,
        time=pair.time.direction is not Direction.OFF,
        files=pair.files.direction is not Direction.OFF,
        own_messages=own_messages,
        checklist=pair.crosses(CHECKLIST),
        links=pair.crosses(LINKS),
        sprint=(pair.sprint.portal or SCRUM) if pair.crosses(SPRINT) else "",
        custom_fields=tuple(custom.portal for custom in pair.custom),
        max_file_bytes=pair.max_file_bytes,
        editors=bool(grants),
    )
    memory = shared_memory(deps, (row.record.id, "portal"), Memory)
    return {
        SideName.TRACKER: tracker_of(connection).open_issues(deps, connection, pair),
        SideName.PORTAL: PortalTasks(deps.portal_for(row), tasks, memory),
    }


def read_project_id(deps: Deps, connection: ConnectionRecord, project: str) -> str:
    """Return the id for good of a project that the settings name. Raises SyncError."""
    kind = tracker_of(connection)
    with _name_hidden(kind.name, project):
        return kind.project_id_for(deps, connection, project)


@contextmanager
def _name_hidden(tracker_name: str, project: str) -> Iterator[None]:
    """Name the project that a tracker hides, where its client names the request."""
    try:
        yield
    except Refused as error:
        if error.code != _HIDDEN:
            raise
        raise Refused(
            sentence(
                "{tracker} does not show the project {project}",
                tracker=tracker_name,
                project=project,
            ),
            cause=error.cause,
            change=error.change,
            code=error.code,
        ) from error


@dataclass(frozen=True)
class PairSetting:
    """A pair at work. `projects`: its ids on both sides. `problems`: settings that name nothing.

    `statuses`: the table of statuses, for people.
    """

    connection: ConnectionRecord
    pair: ProjectPair
    sides: Sides
    projects: Mapping[SideName, str]
    rules_for: Callable[[LinkState], LinkRules]
    problems: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


def open_pair(
    deps: Deps,
    row: PortalRow,
    connection: ConnectionRecord,
    pair: ProjectPair,
    keep: timedelta = KEEP,
) -> PairSetting:
    """Open a pair for work. Raises SyncError where a side cannot be asked.

    `keep`: how old the answers may be to what both sides can hold.
    """
    sides = deps.issue_sync.rooms_for(deps, row, connection, pair)
    facts = _facts(deps, connection, pair, sides, keep)
    pair = replace(pair, project=facts.project_id)
    codes = {status: str(code) for status, code in STATUS_CODES.items()}
    with select_only(deps.database) as conn:
        grants = oauth_grants.usable_by_person(conn, connection.id)
        own = {str(user_id): grant.account for user_id, grant in grants.items()}
        who = _with_own_accounts(_people(deps, conn, row, connection, facts), own)
        elsewhere = issue_links.keys_elsewhere(conn, row.record.id, connection.id)
        language = deps.rules_for(conn, row).language
    ends = _Ends(deps.database, connection.id)
    world = PairWorld(pair, facts.capabilities, codes, ends.find)

    kind = tracker_of(connection)
    accounts = frozenset(who.counterparts[SideName.PORTAL] if kind.writes_for_all else own)
    dialects = {SideName.TRACKER: tracker(kind.dialect), SideName.PORTAL: TASK}

    def rules_for(link: LinkState) -> LinkRules:
        texts = LinkTexts(dialects, who, link, kind.name, own_accounts=accounts, language=language)
        task = link.addresses.get(SideName.PORTAL)
        others = elsewhere.get(task.id, ()) if task else ()
        return replace(build_rules(world, texts)[0], other_links=frozenset(others))

    _, problems = build_rules(world, LinkTexts(dialects, who, LinkState(""), kind.name))
    projects = {SideName.TRACKER: facts.project_id, SideName.PORTAL: str(pair.group_id)}
    table = status_lines(world) if pair.crosses(STATUS) else ()
    return PairSetting(connection, pair, sides, projects, rules_for, problems, table)


def _facts(
    deps: Deps, connection: ConnectionRecord, pair: ProjectPair, sides: Sides, keep: timedelta
) -> PairFacts:
    now, asked = deps.clock.now(), deps.issue_sync.asked
    facts = asked.get((connection.id, pair.key))
    if facts is None or is_due(facts.at, keep, now):
        project_id = deps.issue_sync.project_id_for(deps, connection, pair.project)
        projects = {SideName.TRACKER: project_id, SideName.PORTAL: str(pair.group_id)}
        with _name_hidden(tracker_of(connection).name, pair.project):
            able = {side: sides[side].capabilities(projects[side]) for side in SideName}
        before = facts
        users = tracker_of(connection).users_of(deps, connection)
        members, members_at = _members(deps, connection, project_id, before)
        facts = asked[connection.id, pair.key] = PairFacts(
            now, project_id, able, users, members, members_at
        )
        if before is not None and before.capabilities != able:
            deps.issue_sync.renewed.add((connection.id, pair.key))
    return facts


def _members(
    deps: Deps, connection: ConnectionRecord, project_id: str, before: PairFacts | None
) -> tuple[tuple[Person, ...], datetime | None]:
    """Return a project's members, and when they were asked for: hourly, and where they are told."""
    now, asked_at = deps.clock.now(), before.members_at if before else None
    is_same = before is not None and before.project_id == project_id
    if before and is_same and asked_at and not is_due(asked_at, KEEP_MEMBERS, now):
        return before.members, asked_at
    try:
        return tracker_of(connection).members_of(deps, connection, project_id), now
    except SyncError:  # the people that webhooks named are known
        return before.members if before else (), now


def _people(
    deps: Deps,
    conn: Connection,
    row: PortalRow,
    connection: ConnectionRecord,
    facts: PairFacts,
) -> People:
    """Return who is who between the tracker and the portal.

    That is: the accounts that were asked of the tracker; without any, the people that its webhooks
    named, and the members of the project.
    """
    from sync.engine.deps import build_scope

    accounts, stored = facts.users, people.of_connection(conn, connection.id)
    by_id = {person.id: person for person in (*stored, *facts.members)}
    persons = tuple(by_id.values())
    scope = build_scope(deps, conn, row)
    users = portal_users_of(conn, scope, {connection.id: persons}).get(connection.id, {})
    to_portal = {str(person): str(user) for person, user in users.items()}
    names = {str(person.id): person.name or person.username for person in persons}
    logins = {str(person.id): person.username for person in persons}
    if accounts:
        to_portal = _matched(accounts, scope.rules.people, scope.users_by_email(conn))
        names = {account.id: account.name or account.login for account in accounts}
        logins = {account.id: account.login for account in accounts}
    to_tracker = {user: person for person, user in to_portal.items()}
    on_portal = {
        str(user.id): user.name for user in people.portal_users(conn, row.record.id).values()
    }
    return People(
        {SideName.TRACKER: to_portal, SideName.PORTAL: to_tracker},
        {SideName.TRACKER: names, SideName.PORTAL: on_portal},
        logins,
    )


def _with_own_accounts(who: People, own: Mapping[str, Json]) -> People:
    """Return people with those who proved which account is theirs by signing in with it."""
    accounts = {user: str(account["id"]) for user, account in own.items() if account.get("id")}
    users = {account: user for user, account in accounts.items()}
    names = {accounts[user]: str(own[user].get("name") or "") for user in accounts}
    logins = {accounts[user]: str(own[user].get("username") or "") for user in accounts}
    tracker, portal = SideName.TRACKER, SideName.PORTAL
    return People(
        {
            tracker: {**who.counterparts[tracker], **users},
            portal: {**who.counterparts[portal], **accounts},
        },
        {**who.names, tracker: {**who.names[tracker], **names}},
        {**who.logins, **logins},
    )


def _matched(
    accounts: tuple[User, ...], by_login: Mapping[str, int], by_email: Mapping[str, int]
) -> dict[str, str]:
    """Return the portal's users by account: as the settings name them, else by e-mail.

    Of several accounts of a person the last one is written: whom the settings name, else the
    oldest.
    """
    by_name = {login.casefold(): user for login, user in by_login.items()}
    accounts = tuple(sorted(reversed(accounts), key=lambda a: a.login.casefold() in by_name))
    users = {
        account.id: by_name.get(account.login.casefold()) or by_email.get(account.email)
        for account in accounts
    }
    return {account_id: str(user) for account_id, user in users.items() if user}


@dataclass
class _Ends:
    """The other ends of linked items, read when the first is asked for."""

    database: Engine
    connection_id: int

    def find(self, to: SideName, other: str) -> str | None:
        """Return the id on a side of what is linked with an item of the other side."""
        return self._by_side[to].get(other)

    @cached_property
    def _by_side(self) -> Mapping[SideName, Mapping[str, str]]:
        with select_only(self.database) as conn:
            pairs = issue_links.linked_ends(conn, self.connection_id)
        return {
            SideName.TRACKER: {task_id: tracker_id for tracker_id, task_id in pairs},
            SideName.PORTAL: dict(pairs),
        }
