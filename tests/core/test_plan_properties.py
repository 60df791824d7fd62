"""What holds of every decision, whatever the view."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.commands import MoveTask
from sync.core.model.common import Commit
from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.smart_commits import (
    CommandKey,
    Flaw,
    PendingSmartCommit,
    SmartCommit,
    SmartCommitCommand,
    Verb,
)
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import LinkKind, Step, TaskStatus
from sync.core.plan import LinkView, TaskView, plan_task
from sync.core.rules.portal import DEFAULT_RULES, GroupRules, Rules, StageRef, StepTarget
from sync.core.tasks.progress import step_of
from tests.core.factories import NOW, SHOP, STAGES, STATES, link, mr, task, view
from tests.core.world import World, applied

stage_refs = st.one_of(
    st.none(),
    st.builds(StageRef, id=st.sampled_from([10, 12, 99])),
    st.builds(StageRef, system_type=st.sampled_from(["NEW", "REVIEW", "none"])),
)
targets = st.builds(StepTarget, st.none() | st.sampled_from(TaskStatus), stage_refs)
groups = st.builds(
    GroupRules,
    st.dictionaries(st.sampled_from(Step), targets),
    st.frozensets(st.sampled_from(ReviewEvent)),
)
rule_sets = st.builds(
    Rules,
    default=groups,
    groups=st.dictionaries(st.just(3), groups),
    language=st.sampled_from(["en", "ru"]),
)
tasks = st.none() | st.builds(
    task,
    status=st.sampled_from(TaskStatus),
    group_id=st.sampled_from([0, 3]),
    stage_id=st.sampled_from([0, 10, 12]),
    responsible_id=st.sampled_from([0, 5]),
    needs_control=st.booleans(),
)


@st.composite
def links(draw: st.DrawFn, iid: int) -> LinkView:
    return link(
        draw(st.sampled_from(sorted(STATES))),
        iid,
        kind=draw(st.sampled_from(LinkKind)),
        live=draw(st.booleans()),
        silent=draw(st.booleans()),
        review_event=draw(st.none() | st.sampled_from(ReviewEvent)),
    )


@st.composite
def cards(draw: st.DrawFn) -> dict[str, SentMessage]:
    """Older messages of some of the merge requests."""
    return {
        f"merge_request:1/7:{iid}": SentMessage(
            iid, "[b]older[/b]\nolder", NOW - timedelta(hours=draw(st.integers(0, 100)))
        )
        for iid in draw(st.sets(st.integers(1, 4)))
    }


@st.composite
def commands(draw: st.DrawFn, number: int) -> PendingSmartCommit:
    verb = draw(st.sampled_from(Verb))
    command = SmartCommitCommand(2103, verb, 60, "text", draw(st.none() | st.sampled_from(Flaw)))
    commit = Commit("c0ffee", "Payment", "Ann", None)
    speech = SmartCommit(command, SHOP, "main", commit, repeats=draw(st.sampled_from(["", "abba"])))
    return PendingSmartCommit(
        CommandKey(1, 7, "c0ffee", number), speech, draw(st.none() | st.just(5))
    )


@st.composite
def views(draw: st.DrawFn) -> TaskView:
    return view(
        *(draw(links(iid)) for iid in range(1, draw(st.integers(0, 4)) + 1)),
        task=draw(tasks),
        fresh=draw(st.booleans()),
        step=draw(st.none() | st.sampled_from(Step)),
        stages=draw(st.none() | st.just(STAGES)),
        messages=draw(cards()),
        users={1: draw(st.dictionaries(st.integers(1, 3), st.integers(4, 6)))},
        smart_commits=tuple(draw(commands(number)) for number in range(draw(st.integers(0, 3)))),
    )


@given(views(), rule_sets)
def test_planning_again_after_carrying_a_plan_out_writes_nothing(
    seen: TaskView, rules: Rules
) -> None:
    plan = plan_task(seen, rules, NOW)
    if not plan.needs:
        again = plan_task(applied(seen, plan), rules, NOW)
        assert (again.commands, again.needs, again.records) == ((), frozenset(), ())
        assert again.step is plan.step


@given(views(), rule_sets, st.randoms(use_true_random=False))
def test_the_order_of_links_means_nothing(seen: TaskView, rules: Rules, chance) -> None:
    shuffled = list(seen.links)
    chance.shuffle(shuffled)
    assert plan_task(replace(seen, links=tuple(shuffled)), rules, NOW) == plan_task(
        seen, rules, NOW
    )


@given(views(), rule_sets)
def test_keys_are_unique_and_a_plan_that_needs_reading_writes_nothing(
    seen: TaskView, rules: Rules
) -> None:
    plan = plan_task(seen, rules, NOW)
    keys = [command.key for command in plan.commands]
    assert len(set(keys)) == len(keys)
    assert all(command.reason for command in plan.commands)
    assert plan.decision
    if plan.needs:
        assert (plan.commands, plan.step, plan.records) == ((), seen.step, ())


@given(views(), rule_sets)
def test_every_command_ends_or_has_one_effect(seen: TaskView, rules: Rules) -> None:
    plan = plan_task(seen, rules, NOW)
    if not plan.needs:
        ended = [f"smart_commit:{key}" for key in plan.finished_smart_commits]
        written = [
            command.key for command in plan.commands if command.key.startswith("smart_commit:")
        ]
        assert sorted(ended + written) == sorted(
            f"smart_commit:{smart_commit.key}" for smart_commit in seen.smart_commits
        )
        moves = [command.key for command in plan.commands if isinstance(command.command, MoveTask)]
        assert len(moves) <= 1


@given(views(), rule_sets)
def test_what_was_before_the_connection_is_never_written(seen: TaskView, rules: Rules) -> None:
    silent = tuple(replace(one, silent=True) for one in seen.links)
    plan = plan_task(replace(seen, links=silent, smart_commits=()), rules, NOW)
    assert (plan.commands, plan.needs) == ((), frozenset())


@given(views(), rule_sets)
def test_a_task_is_moved_only_when_the_step_changes(seen: TaskView, rules: Rules) -> None:
    step = step_of(link.merge_request for link in seen.links if link.moves_task)
    plan = plan_task(replace(seen, step=step), rules, NOW)
    assert not {"status", "stage"} & {command.key for command in plan.commands}


events = st.tuples(st.integers(0, 2), st.sampled_from(sorted(STATES)))


@given(st.lists(events, max_size=12))
def test_every_history_ends_where_its_last_states_lead(history: list[tuple[int, str]]) -> None:
    world = World(view(*(link("draft", iid) for iid in range(3))), DEFAULT_RULES)
    for number, state in history:
        world.link(number, lambda one, s=state: replace(
            one, merge_request=mr(s, one.merge_request.iid)))  # fmt: skip
        world.round()
    last = {0: "draft", 1: "draft", 2: "draft"} | dict(history)
    world.round()
    assert world.view.step is step_of(mr(state, iid) for iid, state in last.items())
    assert world.round() == ""
