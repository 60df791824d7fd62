"""Routes: which kinds of activity, under which filters, go to which place. Pure.

A route is matched against the facts of a subject. Routes of a workgroup replace the portal's for
the kinds they name; a kind that no route names is mirrored and not announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from sync.core.model.deployments import Tier, environment_matches
from sync.core.model.kinds import Kind


class Channel(StrEnum):
    """A place for messages; a project's chat is its workgroup's, or the one chosen for it."""

    PROJECT = "project"
    GENERAL = "general"
    RELEASES = "releases"
    TASK = "task"


class Role(StrEnum):
    """A person to notify, by their part; `author`: of the commit, comment or object."""

    RESPONSIBLE = "responsible"
    CREATOR = "creator"
    ACCOMPLICES = "accomplices"
    AUDITORS = "auditors"
    QA = "qa"
    MANAGER = "manager"
    AUTHOR = "author"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chosen chat, by its dialog: `chat58`, `sg10`."""

    dialog: str


Target = Channel | Role | Chat


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which nothing new is sent; `start` after `end` spans midnight."""

    start: time
    end: time

    def ends_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the current quiet hours end, or None outside of them.

        `now` is aware, and so is the result.
        """
        local = now.astimezone(zone)
        clock = local.time()
        if self.start <= self.end:
            inside = self.start <= clock < self.end
        else:
            inside = clock >= self.start or clock < self.end
        if not inside:
            return None
        ends = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return (ends if clock < self.end else ends + timedelta(days=1)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Facts:
    """What routes may filter a subject by.

    `state` is in the kind's own words (failed, success, created, …). `state_changed`: it differs
    from that of the previous subject of the same line, such as the branch's previous pipeline.
    """

    kind: Kind
    state: str = ""
    branch: str = ""
    is_default: bool = False
    is_protected: bool = False
    labels: frozenset[str] = frozenset()
    environment: str = ""
    tier: Tier = Tier.OTHER
    job: str = ""
    state_changed: bool = True
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One route: the kinds it takes, its targets and its filters.

    An empty filter lets everything through. `branches`: `default`, `protected` or patterns.
    `environments`: patterns of names or tiers. `internal`: take what is for members only, too.
    """

    kinds: frozenset[Kind]
    targets: tuple[Target, ...]
    states: frozenset[str] = frozenset()
    branches: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    environments: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    changes_only: bool = False
    internal: bool = False
    quiet_hours: QuietHours | None = None

    def matches(self, facts: Facts) -> bool:
        """Tell whether the route takes a subject with those facts."""
        return (
            facts.kind in self.kinds
            and (self.internal or not facts.internal)
            and (not self.states or facts.state in self.states)
            and (not self.labels or _shares_label(facts.labels, self.labels))
            and (not self.changes_only or facts.state_changed)
            and _matches_branch(facts, self.branches)
            and (not self.jobs or _matches_any(facts.job, self.jobs))
            and self._matches_environment(facts)
        )

    def covers(self, facts: Facts) -> bool:
        """Tell whether the rule lets people know of the thing, in whichever state it is.

        How grave an alert is says how loud it is, not who may know of it.
        """
        labels = frozenset[str]() if facts.kind is Kind.ALERT else self.labels
        anything = replace(self, states=frozenset(), changes_only=False, labels=labels)
        return anything.matches(facts)

    def _matches_environment(self, facts: Facts) -> bool:
        if not self.environments:
            return True
        return environment_matches(facts.environment, facts.tier, self.environments)


def _matches_branch(facts: Facts, patterns: Sequence[str]) -> bool:
    if not patterns or "all" in patterns:
        return True
    if ("default" in patterns and facts.is_default) or (
        "protected" in patterns and facts.is_protected
    ):
        return True
    return _matches_any(
        facts.branch, [pattern for pattern in patterns if pattern not in ("default", "protected")]
    )


def _shares_label(labels: Iterable[str], names: Iterable[str]) -> bool:
    """Tell whether the two share a label, without regard to case."""
    return not {label.casefold() for label in labels}.isdisjoint(
        label.casefold() for label in names
    )


def _matches_any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


_K = Kind
DEFAULT_ROUTES: tuple[Route, ...] = (
    Route(frozenset({_K.PUSH, _K.BRANCH, _K.TAG}), (Channel.PROJECT,)),
    # A new push cancels the pipeline before it: by default that is only recorded.
    Route(frozenset({_K.ALERT}), (Channel.PROJECT,), labels=frozenset({"high"})),
    Route(frozenset({_K.RELEASE}), (Channel.RELEASES,)),
    Route(
        frozenset({_K.DEPLOYMENT}),
        (Channel.RELEASES,),
        states=frozenset({"success"}),
        environments=("production",),
    ),
    Route(
        frozenset({_K.DEPLOYMENT}),
        (Role.QA, Role.MANAGER),
        states=frozenset({"success", "failed", "rejected"}),
        environments=("testing", "staging", "production"),
    ),
)
# An administrator is notified whatever the rules say: without the token everything stops.
MANDATORY_ROUTE = Route(frozenset({_K.ACCESS_TOKEN}), (Role.ADMINISTRATOR,))


def effective_routes(
    own_routes: Sequence[Route], general_routes: Sequence[Route]
) -> tuple[Route, ...]:
    """Merge a workgroup's routes with general ones for other kinds and the mandatory."""
    kinds = frozenset(kind for route in own_routes for kind in route.kinds)
    general = (route for route in general_routes if not route.kinds <= kinds)
    return (*own_routes, *(_without_kinds(route, kinds) for route in general), MANDATORY_ROUTE)


def _without_kinds(route: Route, kinds: frozenset[Kind]) -> Route:
    return replace(route, kinds=route.kinds - kinds)
