"""Work items by GraphQL: statuses, fields, iterations, parents, the probe of the tier, in bulk."""

from __future__ import annotations

from datetime import date

import pytest

from tests.emulators.gitlab.issues.records import (
    SYSTEM,
    CustomField,
    Iteration,
    Lifecycle,
    Status,
)
from tests.emulators.issue_world import IssueWorld

WI = "gid://gitlab/WorkItem/1"
UPDATE = """
mutation($input: WorkItemUpdateInput!) { workItemUpdate(input: $input) { errors workItem {
  id title state widgets { type
    ... on WorkItemWidgetStatus { status { id name category } }
    ... on WorkItemWidgetCustomFields { customFieldValues { customField { id name fieldType }
      ... on WorkItemTextFieldValue { value }
      ... on WorkItemSelectFieldValue { selectedOptions { id value } } } }
    ... on WorkItemWidgetIteration { iteration { id title } }
    ... on WorkItemWidgetHierarchy { parent { id } } } } } }
"""
PROBE = """
query($path: ID!) { namespace(fullPath: $path) { workItemTypes(name: ISSUE) { nodes { name
  widgetDefinitions { type
    ... on WorkItemWidgetDefinitionLabels { allowsScopedLabels }
    ... on WorkItemWidgetDefinitionAssignees { allowsMultipleAssignees }
    ... on WorkItemWidgetDefinitionStatus { allowedStatuses { id name color position }
      defaultOpenStatus { id } defaultClosedStatus { id } } } } } } }
"""
BULK = """
query($p: ID!, $s: Time, $a: String) { project(fullPath: $p) {
  workItems(updatedAfter: $s, sort: UPDATED_ASC, first: 2, after: $a) {
    pageInfo { hasNextPage endCursor }
    nodes { id iid title state confidential createdAt updatedAt webUrl author { username }
      workItemType { name } widgets { type
        ... on WorkItemWidgetDescription { description }
        ... on WorkItemWidgetNotes { discussions(filter: ONLY_COMMENTS, first: 20) {
          nodes { notes { nodes { id body internal system createdAt author { username } } } } } }
        ... on WorkItemWidgetTimeTracking { timeEstimate timelogs(first: 50) { nodes { id } } }
        ... on WorkItemWidgetLabels { labels(first: 50) { nodes { id title } } } } } } } }
"""


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        emulated.create()
        emulated.acts()
        yield emulated


def update(world, name="ann", **sent):
    return world.ask(UPDATE, name, input={"id": WI, **sent})


def widget(answer, kind):
    widgets = answer["data"]["workItemUpdate"]["workItem"]["widgets"]
    return next((each for each in widgets if each["type"] == kind), None)


def test_a_closed_status_closes_and_an_open_one_reopens(world):
    done = update(world, statusWidget={"status": f"{SYSTEM}4"})
    assert widget(done, "STATUS")["status"] == {
        "id": f"{SYSTEM}4",
        "name": "Won't do",
        "category": "CANCELED",
    }
    assert done["data"]["workItemUpdate"]["workItem"]["state"] == "CLOSED"
    assert [action for _, action in world.acts()] == ["close", "update"]
    update(world, statusWidget={"status": f"{SYSTEM}2"})
    assert world.project().issues.get(1).state == "opened"
    assert "status" not in world.project().issues.get(1).attributes


@pytest.mark.parametrize(("event", "status"), [("close", "Done"), ("reopen", "To do")])
def test_a_state_falls_to_its_default_status(world, event, status):
    update(world, statusWidget={"status": f"{SYSTEM}{4 if event == 'reopen' else 2}"})
    world.acts()
    world.call("PUT", "/projects/1/issues/1", json={"state_event": event})
    assert widget(update(world, title="x"), "STATUS")["status"]["name"] == status
    assert all("status" not in hook["changes"] for hook in world.hooks())


def test_a_namespaces_own_statuses_replace_those_of_the_system(world):
    custom = [
        Status(
            "gid://gitlab/WorkItems::Statuses::Custom::Status/7", "Doing", "in_progress", "#1", 1
        ),
        Status("gid://gitlab/WorkItems::Statuses::Custom::Status/8", "Over", "done", "#2", 2),
    ]
    update(world, statusWidget={"status": f"{SYSTEM}2"})
    world.state.planned.lifecycles["acme"] = Lifecycle(
        custom, custom[0].id, custom[1].id, custom[1].id
    )
    gone = update(world, statusWidget={"status": f"{SYSTEM}1"})["data"]["workItemUpdate"]
    assert gone["errors"] == ["System-defined or custom status does not exist in this lifecycle"]
    assert widget(update(world, title="x"), "STATUS")["status"]["name"] == "Doing"


@pytest.mark.parametrize(
    ("edition", "premium", "version", "probed", "error"),
    [
        ("ee", True, "19.2.1-ee", (True, True, 5), ""),
        ("ee", False, "19.2.1-ee", (False, False, None), ""),
        ("ee", True, "18.0.0-ee", None, "WorkItemWidgetDefinitionStatus"),
        ("ce", False, "19.2.1", None, "WorkItemWidgetDefinitionStatus"),
    ],
)
def test_the_probe_of_the_tier(world, edition, premium, version, probed, error):
    world.state.edition, world.state.premium, world.state.version = edition, premium, version
    answer = world.ask(PROBE, path="acme/shop")
    if error:
        (problem,) = answer["errors"]
        assert problem["extensions"] == {"code": "undefinedType", "typeName": error}
        assert "data" not in answer
        return
    (kind,) = answer["data"]["namespace"]["workItemTypes"]["nodes"]
    found = {each["type"]: each for each in kind["widgetDefinitions"]}
    status = found.get("STATUS")
    assert (
        found["LABELS"]["allowsScopedLabels"],
        found["ASSIGNEES"]["allowsMultipleAssignees"],
        len(status["allowedStatuses"]) if status else None,
    ) == probed


def test_custom_fields(world):
    world.state.planned.fields["acme"] = [
        CustomField(1, "Client", "TEXT"),
        CustomField(2, "Size", "SINGLE_SELECT", {5: "S", 6: "L"}),
    ]
    field = "gid://gitlab/Issuables::CustomField/"
    option = "gid://gitlab/Issuables::CustomFieldSelectOption/6"
    answer = update(
        world,
        customFieldsWidget=[
            {"customFieldId": f"{field}1", "textValue": "Ikea"},
            {"customFieldId": f"{field}2", "selectedOptionIds": [option]},
        ],
    )
    values = widget(answer, "CUSTOM_FIELDS")["customFieldValues"]
    assert values[0]["value"] == "Ikea"
    assert values[1]["selectedOptions"] == [{"id": option, "value": "L"}]
    (hook,) = world.hooks()
    assert "Ikea" not in str(hook)


def test_iterations(world):
    world.state.planned.iterations["acme"] = [
        Iteration(9, 1, "Sprint 9", date(2026, 3, 2), date(2026, 3, 15))
    ]
    answer = update(world, iterationWidget={"iterationId": "gid://gitlab/Iteration/9"})
    assert widget(answer, "ITERATION")["iteration"]["title"] == "Sprint 9"
    listed = world.call("GET", "/projects/1/iterations").json()
    assert [(each["id"], each["title"], each["state"]) for each in listed] == [(9, "Sprint 9", 2)]


def test_tasks_have_issues_as_parents_and_issues_do_not(world):
    world.create("Task", issue_type="task")
    world.clock.move(60)
    parent = {"parentId": WI}
    answer = update(world, id="gid://gitlab/WorkItem/2", hierarchyWidget=parent)
    assert widget(answer, "HIERARCHY")["parent"] == {"id": WI}
    assert world.project().issues.get(1).updated_at == "2026-03-02T09:01:00.000Z"
    wrong = update(world, hierarchyWidget={"parentId": "gid://gitlab/WorkItem/2"})
    (text,) = wrong["data"]["workItemUpdate"]["errors"]
    assert "not allowed to add this type of parent item" in text


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"statusWidget": {"status": "done"}}, "is not a valid Global ID"),
        ({"statusWidget": {"status": "gid://gitlab/User/1"}}, "does not represent"),
        ({"colour": "red"}, "Field is not defined on WorkItemUpdateInput"),
        ({"title": 5}, "Could not coerce"),
        ({"stateEvent": "MERGE"}, "to be one of: CLOSE, REOPEN"),
    ],
)
def test_inputs_are_checked_whole(world, sent, text):
    answer = update(world, **sent)
    assert ("data" in answer, text in answer["errors"][0]["message"]) == (False, True)


def test_a_captcha_stands_in_the_extensions(world):
    world.gitlab.issues.obstacles.captcha = True
    answer = update(world, title="Buy")
    assert answer["data"] == {"workItemUpdate": None}
    assert answer["errors"][0]["extensions"]["needs_captcha_response"] is True


def test_everything_in_bulk_by_pages_that_hold(world):
    issue = world.project().issues.get(1)
    issue.notes.create({"body": "One"})
    issue.notes.create({"body": "Secret", "internal": True})
    issue.add_spent_time("1h")
    for number in range(3):
        world.clock.move(10)
        world.create(f"Issue {number}")
    seen, after = [], None
    for page in range(3):
        answer = world.ask(BULK, p="acme/shop", a=after)["data"]["project"]["workItems"]
        seen += [node["iid"] for node in answer["nodes"]]
        after = answer["pageInfo"]["endCursor"]
        if page == 0:
            first = answer["nodes"][0]
            world.clock.move(10)
            world.project().issues.update(2, {"title": "Moved behind"})
    assert seen == ["1", "2", "3", "4", "2"]
    notes = next(w for w in first["widgets"] if w["type"] == "NOTES")["discussions"]["nodes"]
    assert [n["body"] for thread in notes for n in thread["notes"]["nodes"]] == ["One", "Secret"]
    guest = world.ask(BULK, "gus", p="acme/shop")["data"]["project"]["workItems"]["nodes"][0]
    assert "Secret" not in str(guest)


def test_changed_after_is_later_than(world):
    world.clock.move(60)
    world.create("Later")
    marks = ["2026-03-02T09:00:00Z", "2026-03-02T08:59:59Z"]
    found = [
        len(world.ask(BULK, p="acme/shop", s=mark)["data"]["project"]["workItems"]["nodes"])
        for mark in marks
    ]
    assert found == [1, 2]


def test_older_instances_lack_the_argument(world):
    world.state.version = "17.8.0-ee"
    answer = world.ask(BULK, p="acme/shop", s="2026-03-02T09:00:00Z")
    assert "doesn't accept argument 'updatedAfter'" in answer["errors"][0]["message"]


def test_notes_in_bulk_are_dear(world):
    notes = BULK[BULK.index("... on WorkItemWidgetNotes") : BULK.index("... on WorkItemWidgetTime")]
    dear = BULK.replace(notes, notes + notes.replace("discussions", "all: discussions"))
    dear = dear.replace("first: 2,", "first: 100,").replace("first: 20", "first: 100")
    answer = world.ask(dear, p="acme/shop")
    assert "exceeds max complexity of 250" in answer["errors"][0]["message"]


@pytest.mark.parametrize(("name", "item"), [("zoe", 1), ("ann", 99)])
def test_a_hidden_item_is_null_beside_an_error(world, name, item):
    query = "query($id: WorkItemID!) { a: workItem(id: $id) { iid } metadata { enterprise } }"
    answer = world.ask(query, name, id=f"gid://gitlab/WorkItem/{item}")
    assert answer["data"] == {"a": None, "metadata": {"enterprise": True}}
    (error,) = answer["errors"]
    assert ("don't have permission" in error["message"], error["path"]) == (True, ["a"])


def test_types_of_variables_are_compared(world):
    answer = world.ask("query($id: String!) { workItem(id: $id) { iid } }", id=WI)
    assert "Type mismatch on variable $id" in answer["errors"][0]["message"]
