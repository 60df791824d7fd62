"""A status of the licence is renamed or deleted, a licence goes: what is said, in Russian too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from b24app.cli.language import set_language
from b24app.texts import translate
from tests.emulators.gitlab.issues.records import CustomField, Iteration, system_lifecycle
from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_situations import _change, _edit, _later

__all__ = ["users"]

GONE = (
    'the tracker has no status "In progress" any more and shows "To do" since: nobody changed it, '
    "and the portal keeps its own"
)
GONE_RU = (
    "трекер: статуса «In progress» больше нет, вместо него показан «To do»: его никто не менял, "
    "портал остаётся при своём"
)
TABLE = (
    "statuses: [{issue: To do, task: waiting}, {issue: In progress, task: in_progress}, "
    "{issue: Done, task: completed}]"
)


@pytest.mark.deep
def test_a_renamed_status_of_the_licence(users: Make) -> None:
    made = users()
    cycle = system_lifecycle()
    made.gitlab.planned.lifecycles["acme"] = cycle
    made.sets(f"create: [issues], {TABLE}")
    made.asks("run")
    made.rest()
    made.portal.user_moves_task(7, 2103, 3)
    made.rest()
    cycle.statuses[1] = replace(cycle.statuses[1], name="Doing")
    made.rest()
    made.portal.user_moves_task(7, 2103, 2)
    made.rest()
    made.portal.user_moves_task(7, 2103, 3)
    _edit(made.life, title="Goes on")
    made.rest()
    assert made.issue.title == "Goes on"
    assert translate("ru", made.life.link().problems["status"]) == (
        "нет строки для статуса портала, добавьте её в `statuses`: «Выполняется» в колонке «New»"
    )
    gone = (
        "the tracker has no status 'In progress'; it has: To do, Doing, Done, Won't do, Duplicate"
    )
    assert f"    1 × {gone}" in made.asks("preview")
    made.sets(f"create: [issues], {TABLE.replace('In progress', 'Doing')}")
    _later(made.life)
    assert made.life.link().problems == {}
    assert str(made.life.link().bases["status"].tracker["status"]).endswith("/2")


@pytest.mark.deep
@pytest.mark.parametrize("soon", [True, False])
def test_a_deleted_status_of_the_licence(users: Make, soon: bool) -> None:
    made = users()
    cycle = system_lifecycle()
    made.gitlab.planned.lifecycles["acme"] = cycle
    made.sets(f"create: [issues], {TABLE}")
    made.asks("run")
    made.rest()
    made.portal.user_moves_task(7, 2103, 3)
    made.rest()
    del cycle.statuses[1]
    _change(made.life, title="Goes on")
    made.rest(1) if soon else _later(made.life)  # within the ten minutes that answers are kept
    assert (made.task.title, made.task.status) == ("Goes on", 3)
    assert made.life.link().problems == {}
    _later(made.life)
    story = made.asks("explain", target="2103")
    assert sum(GONE in line for line in story) == 1
    set_language("ru")
    russian = made.asks("explain", target="2103")
    set_language("en")
    assert sum(GONE_RU in line for line in russian) == 1
    made.portal.user_moves_task(7, 2103, 5)
    made.rest()
    assert (made.issue.state, made.life.link().problems) == ("closed", {})


@pytest.mark.deep
def test_several_assignees_when_the_licence_goes(users: Make) -> None:
    made = users(accomplices=[8])
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    made.gitlab.edition, made.gitlab.premium = "ce", False
    _edit(made.life, title="Goes on")
    made.rest()
    _later(made.life)
    assert made.issue.title == "Goes on"
    assert sorted(person["username"] for person in made.issue.assignees) == ["ann", "bob"]
    assert (made.task.responsible_id, made.task.accomplices) == (7, [8])
    _change(made.life, assignee_ids=[made.gitlab.user("bob").id])
    made.rest()
    assert made.task.responsible_id == 8
    assert made.life.link().problems == {}


def test_sprints_and_own_fields_when_a_licence_goes_and_comes_back(users: Make) -> None:
    made = users()
    planned = made.gitlab.planned
    day = made.world.clock.now().date()
    planned.iterations["acme"] = [
        Iteration(number, number, f"S{number}", day, day) for number in (1, 2)
    ]
    planned.fields["acme"] = [CustomField(1, "Size", "SINGLE_SELECT", {5: "S", 6: "XL"})]
    for name, value in (("UF_SPRINT", "S1"), ("UF_SIZE", "S")):
        made.portal.add_user_field(name, "string")
        made.task.uf[name] = value
    made.sets(
        "create: [issues], fields: {sprint: both}, custom: {UF_SIZE: {field: Size}}, "
        "sprint: {issue: iteration, task: UF_SPRINT}"
    )
    made.asks("run")
    made.rest()
    issue = made.world.shop.issues[made.issue.iid]
    assert (issue.iteration_id, issue.custom) == (1, {1: [5]})
    made.gitlab.edition, made.gitlab.premium = "ce", False
    made.rest(61)
    assert made.task.uf["UF_SPRINT"] == "S1"  # what GitLab does not show any more was not emptied
    _edit(made.life, title="Goes on", uf={**made.task.uf, "UF_SPRINT": "S2", "UF_SIZE": "XL"})
    made.rest(11)
    assert (issue.title, made.issue.labels) == ("Goes on", ["Size::XL"])
    why = translate("ru", made.life.link().problems["sprint"])
    assert why == (
        "у задачи (трекер) больше нет поля «спринт». В лицензии проекта нет итераций; вехи есть "
        "на любом тарифе"
    )
    assert any("labels Size::… stand for it" in line for line in made.asks("preview"))
    made.gitlab.edition, made.gitlab.premium = "ee", True
    made.rest(61)
    made.rest(11)
    assert (issue.iteration_id, issue.custom) == (2, {1: [6]})
    assert (made.task.uf["UF_SPRINT"], made.task.uf["UF_SIZE"]) == ("S2", "XL")
    assert made.life.link().problems == {}
