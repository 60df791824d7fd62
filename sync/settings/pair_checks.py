"""Checks of the pairs of two-way sync: what exists, and who claims the same items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from sync.core.model.tasks import KanbanStage
from sync.sentences import as_sentence, sentence
from sync.settings.issue_sync import UNREADABLE, IssueSync, Pair, PairRules
from sync.settings.problems import Path, suggest_key
from sync.settings.stages import list_stages, matches_stage

Problems = Iterator[tuple[Path, str]]
NO_PROJECT = "the connection shows no such project: it was renamed or deleted, or the token's user"
MAY_NOT = "is no member of it. Correct the path, or make the user a member"
CLAIMED = "another pair claims this workgroup and this project too, under another name of it"


class Projects(Protocol):
    """What trackers say of the projects that pairs name."""

    def project_id(self, connection: str, project: str) -> str | None:
        """Return a project's id for good; None where there is none, "" where it is not known."""
        ...


def check_projects(settings: IssueSync, connections: Sequence[str], trackers: Projects) -> Problems:
    """Yield pairs whose project does not exist, and pairs that name one project in two ways."""
    single = connections[0] if len(connections) == 1 else ""
    claimed: dict[tuple[int, str, str], int] = {}
    for number, pair in enumerate(settings.pairs):
        name = pair.connection or single
        if not name or str(pair.project).startswith(UNREADABLE):
            continue
        project_id = trackers.project_id(name, str(pair.project))
        if project_id is None:
            yield (*_HERE, number, "project"), f"{NO_PROJECT} {MAY_NOT}"
        elif project_id:
            first = claimed.setdefault((pair.workgroup, name, project_id), number)
            if first != number and _differs(pair, settings.pairs[first]):
                yield (*_HERE, number), CLAIMED


def _differs(pair: Pair, other: Pair) -> bool:
    """Whether two pairs name the project otherwise; the same name is found without asking."""
    return str(pair.project).casefold() != str(other.project).casefold()


_HERE: Path = ("issue_sync", "pairs")


def check_pairs(settings: IssueSync, connections: Sequence[str]) -> Problems:
    """Yield problems that need no portal: unknown connections, pairs that meet."""
    for number, pair in enumerate(settings.pairs):
        if str(pair.project).startswith(UNREADABLE):
            continue
        yield from _check_connection((*_HERE, number), pair, connections)
        for other in settings.pairs[:number]:
            if text := _meeting(settings.default, pair, other):
                yield (*_HERE, number), text
    for here, rules in _rules(settings):
        yield from _check_statuses(here, rules)


def _rules(settings: IssueSync) -> Iterator[tuple[Path, PairRules]]:
    yield ("issue_sync", "default"), settings.default
    yield from (((*_HERE, number), pair) for number, pair in enumerate(settings.pairs))


def _check_connection(here: Path, pair: Pair, connections: Sequence[str]) -> Problems:
    listed = ", ".join(connections)
    if pair.connection is not None and pair.connection not in connections:
        guess = suggest_key(pair.connection, connections)
        yield (
            (*here, "connection"),
            sentence(
                "is no connection; there are: {listed}{guess}",
                listed=listed or as_sentence("none"),
                guess=guess,
            ),
        )
    if pair.connection is None and len(connections) != 1:
        yield (
            here,
            sentence("needs `connection`: one of {listed}", listed=listed)
            if listed
            else "there is no connection",
        )


def _meeting(default: PairRules, pair: Pair, other: Pair) -> str:
    """Return what is wrong with two pairs; "" where they do not meet."""
    same_project = (str(pair.project).casefold(), pair.connection) == (
        str(other.project).casefold(), other.connection,
    )  # fmt: skip
    name = sentence(
        "{project} and the workgroup {workgroup}", project=other.project, workgroup=other.workgroup
    )
    if same_project and pair.workgroup == other.workgroup:
        return sentence("another pair claims {name} too", name=name)
    for end, meets in (
        ("tasks", same_project),
        ("issues", pair.workgroup == other.workgroup),
    ):
        if meets and all(end in _created(default, each) for each in (pair, other)):
            first, second = (each.only or default.only for each in (pair, other))
            if first == second:
                return sentence(
                    "the pair of {name} creates {end} of the same items: give one of them a "
                    "filter (`only`), or they get two ends",
                    name=name,
                    end=as_sentence(end),
                )
    return ""


def _created(default: PairRules, pair: Pair) -> Sequence[str]:
    return (default.create if pair.create is None else pair.create) or ()


def _check_statuses(here: Path, rules: PairRules) -> Problems:
    statuses: set[str] = set()
    for number, row in enumerate(rules.statuses or ()):
        if row.issue.casefold() in statuses:
            yield (
                (*here, "statuses", number, "issue"),
                sentence("{issue} has a row already", issue=repr(row.issue)),
            )
        statuses.add(row.issue.casefold())


def named_creators(settings: IssueSync) -> Iterator[tuple[Path, int | str]]:
    """Yield every portal user whom a filter names, with the place."""
    for here, rules in _rules(settings):
        persons = rules.only.creators if rules.only else ()
        yield from (((*here, "only", "creators", at), person) for at, person in enumerate(persons))


def check_stages(here: Path, rules: PairRules, stages: tuple[KanbanStage, ...]) -> Problems:
    """Yield rows of the table of statuses whose column the workgroup does not have."""
    for number, row in enumerate(rules.statuses or ()):
        if row.stage and not any(matches_stage(row.stage, stage) for stage in stages):
            text = sentence(
                "the workgroup has no such column; it has: {stages}",
                stages=list_stages(stages),
            )
            yield (*here, "statuses", number, "stage"), text


def named_fields(default: PairRules, pair: Pair) -> dict[str, tuple[str, ...]]:
    """Return the portal's own fields that a pair uses, with the place of each inside the pair."""
    names: dict[str, tuple[str, ...]] = dict.fromkeys(default.custom, ())
    names |= {name: ("custom", name) for name in pair.custom}
    sprint = pair.sprint or default.sprint
    if sprint is not None and sprint.task.startswith("UF_"):
        names.setdefault(sprint.task, ("sprint", "task") if pair.sprint else ())
    return names
