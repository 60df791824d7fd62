"""Each row of what is synced, from the task to the issue and back, on both editions and cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.text.markdown.checklists import without_checklist
from tests.emulators.gitlab.issues.records import CustomField, Iteration
from tests.engine.issue_sync.test_every_row import Users
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_situations import _change, _edit, _notes, _project, _shown
from tests.engine.world import World

PREMIUM = (
    "statuses: [{issue: To do, task: waiting}, {issue: In progress, task: in_progress, "
    "stage: {title: Review}}, {issue: Done, task: completed}], "
    "sprint: {issue: iteration, task: UF_SPRINT}"
)
FREE = (
    "statuses: [{issue: 'workflow::todo', task: waiting}, {issue: 'workflow::doing', "
    "task: in_progress, stage: {title: Review}}, {issue: closed, task: completed}], "
    "sprint: {issue: milestone, task: UF_SPRINT}"
)
PAIR = (
    "create: [issues], priorities: {'priority::high': high, 'priority::low': low}, "
    "fields: {checklist: both, sprint: both}, custom: {UF_SIZE: {field: Size}}"
)


def _issue(made: Users) -> Any:
    """Return the emulator's own record, which tells what REST does not."""
    return made.world.shop.issues[made.issue.iid]


def _status(made: Users) -> str:
    issue, labels = _issue(made), made.issue.labels
    if made.gitlab.premium:
        names = {"1": "todo", "2": "doing", "3": "done"}
        return names.get(issue.status_id.rpartition("/")[2], issue.state)
    scoped = [label.partition("::")[2] for label in labels if label.startswith("workflow::")]
    return "done" if issue.state == "closed" else "+".join(scoped)


def _sprint(made: Users) -> str:
    issue = _issue(made)
    if made.gitlab.premium:
        return {1: "S1", 2: "S2"}.get(issue.iteration_id, "")
    return (made.issue.milestone or {}).get("title", "")


def _size(made: Users) -> str:
    if made.gitlab.premium:
        return {5: "S", 6: "XL"}.get(next(iter(_issue(made).custom.get(1) or ()), 0), "")
    return "+".join(sorted(x[6:] for x in made.issue.labels if x.startswith("Size::")))


def _priority(made: Users) -> str:
    return "+".join(x[10:] for x in made.issue.labels if x.startswith("priority::"))


def _tags(made: Users) -> set[str]:
    reserved = ("priority::", "workflow::", "Size::")
    return {label for label in made.issue.labels if not label.startswith(reserved)}


def _messages(made: Users) -> str:
    return "\n".join(entry.text for entry in made.portal.discussion(2103))


def _moves(status: int, column: str | None = None) -> Callable[[Users], object]:
    def move(made: Users) -> None:
        if column:
            stages = {stage.title: stage.id for stage in made.portal.stages_of(3)}
            made.portal.user_places_task(RITA, 2103, stages[column])
        made.portal.user_moves_task(RITA, 2103, status)

    return move


def _restate(label: str, number: int) -> Callable[[Users], object]:
    def restate(made: Users) -> None:
        if made.gitlab.premium:
            _mutate(made, f'statusWidget: {{status: "{STATUS}{number}"}}')
        else:
            _change(made.life, add_labels=label, remove_labels="workflow::doing,workflow::todo")

    return restate


STATUS = "gid://gitlab/WorkItems::Statuses::SystemDefined::Status/"


def _mutate(made: Users, widget: str) -> None:
    """Let Bob change what only work items have."""
    target = f'id: "gid://gitlab/WorkItem/{made.issue.id}"'
    query = f"mutation {{ workItemUpdate(input: {{{target}, {widget}}}) {{ errors }} }}"
    answer = made.world.session().post(
        "http://gitlab.test/api/graphql",
        json={"query": query},
        headers={"PRIVATE-TOKEN": made.life.bobs_token},
    )
    assert answer.json()["data"]["workItemUpdate"]["errors"] == [], answer.text


def _plan_sprint(number: int) -> Callable[[Users], object]:
    def plan(made: Users) -> None:
        if made.gitlab.premium:
            _mutate(made, f'iterationWidget: {{iterationId: "gid://gitlab/Iteration/{number}"}}')
        else:
            client = made.issue.manager.gitlab.projects.get(made.world.shop.id)
            ids = {each.title: each.id for each in client.milestones.list(get_all=True)}
            _change(made.life, milestone_id=ids[f"S{number}"])

    return plan


def _resize(made: Users) -> None:
    if made.gitlab.premium:
        field = 'customFieldId: "gid://gitlab/Issuables::CustomField/1"'
        option = '["gid://gitlab/Issuables::CustomFieldSelectOption/5"]'
        _mutate(made, f"customFieldsWidget: [{{{field}, selectedOptionIds: {option}}}]")
    else:
        _change(made.life, add_labels="Size::S", remove_labels="Size::XL")


def _uf(**values: str) -> Callable[[Users], object]:
    return lambda made: _edit(made.life, uf={**made.task.uf, **values})


def _checklist(made: Users) -> list[tuple[str, bool]]:
    items = made.portal.parts.checklist(2103)
    return [(item.title, item.complete) for item in items if item.parent_id]


def _tick(made: Users) -> None:
    parts = made.portal.parts
    (name,) = [item.id for item in parts.checklist(2103) if not item.parent_id] or [
        parts.add_item(2103, "Steps", RITA, parent_id=0).id
    ]
    item = parts.add_item(2103, "Dig", RITA, parent_id=name)
    parts.toggle(item, True, RITA, made.world.clock.now())
    _edit(made.life)


DAY = datetime(2026, 5, 5, 14, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """What a person does on one side, and what the other shows then; `edit_issue`, the way back."""

    here: Callable[[Users], object]
    issue: Callable[[Users], object]
    shown: object
    edit_issue: Callable[[Users], object]
    task: Callable[[Users], object]
    back: object
    free: object = None  # what the issue shows without a licence, where that differs


ROWS = {
    "title": Row(
        lambda m: _edit(m.life, title="  From the task  "),
        lambda m: m.issue.title,
        "From the task",
        lambda m: _change(m.life, title="From the issue"),
        lambda m: m.task.title,
        "From the issue",
    ),
    "description": Row(
        lambda m: _edit(m.life, description=m.task.description.replace("First", "<b>1st</b>")),
        lambda m: without_checklist(m.issue.description.partition("\n\n[//]: #")[0]),
        "**1st**\n\n- second\n- third\n\n`Fourth`",
        lambda m: _change(m.life, description=m.issue.description.replace("Fourth", "4th")),
        lambda m: _shown(m.task.description),
        "[b]1st[/b]\n\n[list]\n[*]second\n[*]third\n[/list]\n\n[code]4th[/code]",
    ),
    "people": Row(
        lambda m: _edit(m.life, responsible_id=BORIS, accomplices=[RITA]),
        lambda m: {person["username"] for person in m.issue.assignees},
        {"ann", "bob"},
        lambda m: _change(m.life, assignee_ids=[m.gitlab.user("ann").id]),
        lambda m: m.task.responsible_id,
        RITA,
        free={"bob"},
    ),
    "priority": Row(
        lambda m: _edit(m.life, priority=2),
        _priority,
        "high",
        lambda m: _change(m.life, add_labels="priority::low", remove_labels="priority::high"),
        lambda m: m.task.priority,
        0,
    ),
    "status": Row(
        _moves(3, "Review"),
        _status,
        "doing",
        _restate("workflow::todo", 1),
        lambda m: m.task.status,
        2,
    ),
    "deadline": Row(
        lambda m: _edit(m.life, deadline=DAY),
        lambda m: m.issue.due_date,
        "2026-05-05",
        lambda m: _change(m.life, due_date="2026-06-07"),
        lambda m: m.task.deadline.date().isoformat(),
        "2026-06-07",
    ),
    "tags": Row(
        lambda m: _edit(m.life, tags=["ui", "slow"]),
        _tags,
        {"ui", "slow"},
        lambda m: _change(m.life, add_labels="api", remove_labels="slow"),
        lambda m: set(m.task.tags),
        {"ui", "api"},
    ),
    "comments": Row(
        lambda m: m.portal.user_comments(RITA, 2103, "[b]of[/b] the task"),
        lambda m: "**of** the task" in _notes(m.life) and "Rita (Bitrix24)" in _notes(m.life),
        True,
        lambda m: m.issue.notes.create({"body": "of *the issue*"}),
        lambda m: "of [i]the issue[/i]" in _messages(m) and "Bob (GitLab)" in _messages(m),
        True,
    ),
    "internal notes": Row(
        lambda m: m.issue.notes.create({"body": "for us alone", "internal": True}),
        lambda m: "for us alone" in _messages(m),
        False,
        lambda m: None,
        lambda m: "for us alone" in _messages(m),
        False,
    ),
    "time": Row(
        lambda m: m.portal.user_logs_time(RITA, 2103, 3600, "work"),
        lambda m: [
            (log.seconds, log.spent_at.date(), "Rita" in log.summary and "work" in log.summary)
            for log in _issue(m).timelogs
        ],
        [(3600, datetime(2026, 3, 2, tzinfo=UTC).date(), True)],
        lambda m: m.life.log_in_issue(1800, "there"),
        lambda m: sorted(
            (row.seconds, row.user_id) for row in m.portal.elapsed.values() if row.task_id == 2103
        ),
        [(1800, BORIS), (3600, RITA)],
    ),
    "checklist": Row(
        _tick,
        lambda m: m.issue.description.partition("\n\n[//]: #")[0].endswith("- [x] Dig"),
        True,
        lambda m: _change(
            m.life,
            description=f"{m.issue.description.replace('- [x] Dig', '* [ ] Dig')}\n* [x] Fill",
        ),
        _checklist,
        [("Dig", False), ("Fill", True)],
    ),
    "estimate": Row(
        lambda m: _edit(m.life, time_estimate=5400),
        lambda m: m.issue.time_stats()["time_estimate"],
        5400,
        lambda m: m.issue.time_estimate("2h"),
        lambda m: m.task.time_estimate,
        7200,
    ),
    "sprint": Row(
        _uf(UF_SPRINT="S1"), _sprint, "S1", _plan_sprint(2), lambda m: m.task.uf["UF_SPRINT"], "S2"
    ),
    "own field": Row(_uf(UF_SIZE="XL"), _size, "XL", _resize, lambda m: m.task.uf["UF_SIZE"], "S"),
}


@pytest.fixture(params=["new card, Premium", "new card, Free", "old card, Premium"])
def made(
    request: pytest.FixtureRequest,
    make_world: Callable[..., World],
    capsys: pytest.CaptureFixture[str],
) -> Users:
    card, _, edition = request.param.partition(" card, ")
    html = "<p>First</p><ul><li>second</li><li>third</li></ul><p><code>Fourth</code></p>"
    world = make_world(card=card).with_task(description=html, created_by=RITA)
    made = Users(world, capsys, premium=edition == "Premium")
    made.task.in_bbcode = False
    made.gitlab.user("bob").public_email = "b@x"  # as his hooks name him
    for name in ("UF_SPRINT", "UF_SIZE"):
        made.portal.add_user_field(name, "string")
        made.task.uf[name] = ""
    made.portal.add_stage(3, "Review", sort=250)
    days = [datetime(2026, 3, 2, tzinfo=UTC).date() + timedelta(days=14 * n) for n in range(3)]
    planned = made.gitlab.planned
    planned.iterations["acme"] = [
        Iteration(number, number, f"S{number}", days[number - 1], days[number]) for number in (1, 2)
    ]
    planned.fields["acme"] = [CustomField(1, "Size", "SINGLE_SELECT", {5: "S", 6: "XL"})]
    for number in (1, 2):
        made.world.gitlab.keeping.create_milestone(world.shop, f"S{number}")
    for label in ("workflow::todo", "workflow::doing"):
        _project(made.life).labels.create({"name": label, "color": "#112233"})
    made.sets(f"{PAIR}, {PREMIUM if edition == 'Premium' else FREE}")
    made.asks("run")
    made.rest()
    return made


def _problems(made: Users) -> dict[str, str]:
    return {name: str(text) for name, text in made.life.link().problems.items()}


def test_each_row_crosses_both_ways(made: Users) -> None:
    for row in ROWS.values():
        row.here(made)
    made.rest()
    wrong = {}
    for name, row in ROWS.items():
        wanted = row.shown if made.gitlab.premium or row.free is None else row.free
        if (shown := row.issue(made)) != wanted:
            wrong[name] = shown
    assert not wrong, (wrong, _problems(made))
    made.world.tick(3600)
    for row in ROWS.values():
        row.edit_issue(made)
    made.rest()
    wrong = {name: got for name, row in ROWS.items() if (got := row.task(made)) != row.back}
    assert not wrong, (wrong, _problems(made))
    assert _problems(made) == {}
    before = made.life.written()
    made.rest()
    assert made.life.written() == before
