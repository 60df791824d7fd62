"""GraphQL questions about work items, made of parts that an instance may lack. Pure.

A fragment on a type that is not there fails the whole question, so what is missing is left out:
community editions know no status, older ones not every field.
https://docs.gitlab.com/api/graphql/reference/#workitem
"""

from __future__ import annotations

from collections.abc import Set

from sync.gitlab.issues.options import ITERATIONS, IssueOptions

# Part → its text. Names of types, fields and arguments in an error lead back to a part.
WIDGETS: dict[str, str] = {
    "description": "... on WorkItemWidgetDescription { description %(edited)s }",
    "assignees": "... on WorkItemWidgetAssignees { assignees { nodes { id } } }",
    "labels": "... on WorkItemWidgetLabels { labels(first: 100) { nodes { title } } }",
    "milestone": "... on WorkItemWidgetMilestone { milestone { id title } }",
    "dates": "... on WorkItemWidgetStartAndDueDate { dueDate }",
    "estimate": "... on WorkItemWidgetTimeTracking { timeEstimate %(timelogs)s }",
    "status": "... on WorkItemWidgetStatus { status { id name %(category)s } }",
    "hierarchy": "... on WorkItemWidgetHierarchy { parent { id } }",
    "iteration": "... on WorkItemWidgetIteration { iteration { id } }",
    "links": (
        "... on WorkItemWidgetLinkedItems { linkedItems { nodes { linkType workItem { id } } } }"
    ),
    "custom": (
        "... on WorkItemWidgetCustomFields { customFieldValues { customField { id }"
        " ... on WorkItemTextFieldValue { value } ... on WorkItemNumberFieldValue { value }"
        " %(dated)s ... on WorkItemSelectFieldValue { selectedOptions { id } } } }"
    ),
    "notes": (
        "... on WorkItemWidgetNotes { discussions(filter: ONLY_COMMENTS, first: 20) {"
        " pageInfo { hasNextPage } nodes { notes { pageInfo { hasNextPage } nodes { id body system"
        " internal createdAt %(note_edited)s author { id username name } } } } } }"
    ),
}
OURSELVES = "currentUser { id }"
TIMELOG = "id timeSpent spentAt summary user { id username name }"
INSIDE: dict[str, str] = {
    "edited": "lastEditedAt",
    "note_edited": "lastEditedAt",
    "category": "category",
    "dated": "... on WorkItemDateFieldValue { value }",
    "timelogs": f"timelogs(first: 50) {{ pageInfo {{ hasNextPage }} nodes {{ {TIMELOG} }} }}",
}
FIELDS: dict[str, str] = {
    "moved": "movedToWorkItemUrl",
    "archived": "archived",
}
# What an error names → the part that has it; a field may stand behind its type.
PART_OF: dict[str, str] = {
    "WorkItemWidgetStatus": "status",
    "WorkItemWidgetIteration": "iteration",
    "WorkItemWidgetCustomFields": "custom",
    "WorkItemWidgetLinkedItems": "links",
    "WorkItemDateFieldValue": "dated",
    "WorkItemWidgetNotes": "notes",
    "WorkItemWidgetDefinitionAssignees": "probed_assignees",
    "WorkItemWidgetDefinitionStatus": "probed_status",
    "WorkItemWidgetDefinitionCustomFields": "probed_custom",
    "category": "category",
    "defaultOpenStatus": "defaults",
    "defaultClosedStatus": "defaults",
    "movedToWorkItemUrl": "moved",
    "archived": "archived",
    "linkedItems": "links",
    "lastEditedAt": "edited",
    "Note.lastEditedAt": "note_edited",
    "maxAccessLevel": "role",
    "updatedAfter": "updated_after",
}


def item_fields(options: IssueOptions, lacking: Set[str], *, entries: bool = True) -> str:
    """Return the selection of an item; `entries`: with its comments and its time."""
    unwanted = set(lacking)
    if not (entries and (options.comments or options.files)):
        unwanted.add("notes")
    if not (entries and options.time):
        unwanted.add("timelogs")
    if not options.links:
        unwanted.add("links")
    if not options.custom_fields:
        unwanted.add("custom")
    if options.sprint != ITERATIONS:
        unwanted.add("iteration")
    inside = {name: "" if name in unwanted else text for name, text in INSIDE.items()}
    widgets = " ".join(text % inside for name, text in WIDGETS.items() if name not in unwanted)
    fields = {name: "" if name in unwanted else text for name, text in FIELDS.items()}
    return (
        "id iid title state confidential createdAt updatedAt webUrl author { id username name }"
        f" workItemType {{ name }} {fields['moved']} project {{ id {fields['archived']} }}"
        f" widgets {{ type {widgets} }}"
    )


def changed(options: IssueOptions, lacking: Set[str], size: int) -> str:
    """Ask for items of a project, the least recently changed first."""
    dated = "updated_after" not in lacking
    size = size if dated else 1  # the answer is of no use
    return (
        f"query($path: ID!, {'$since: Time, ' if dated else ''}$after: String) {{ {OURSELVES}"
        " project(fullPath: $path) {"
        f" workItems({'updatedAfter: $since, ' if dated else ''}sort: UPDATED_ASC, first: {size},"
        " after: $after) { pageInfo { hasNextPage endCursor }"
        f" nodes {{ {item_fields(options, lacking)} }} }} }} }}"
    )


def by_ids(options: IssueOptions, lacking: Set[str], ids: list[str]) -> str:
    """Ask for items by their ids for good, wherever they are now."""
    fields = item_fields(options, lacking)
    items = " ".join(
        f'i{item_id}: workItem(id: "gid://gitlab/WorkItem/{item_id}") {{ {fields} }}'
        for item_id in ids
    )
    return f"query {{ {OURSELVES} {items} }}"


def by_iids(options: IssueOptions, lacking: Set[str], size: int) -> str:
    """Ask for items of a project by their readable numbers."""
    return (
        f"query($path: ID!, $iids: [String!]) {{ {OURSELVES} project(fullPath: $path) {{"
        f" workItems(iids: $iids, first: {size}) {{"
        f" nodes {{ {item_fields(options, lacking)} }} }} }} }}"
    )


def update(options: IssueOptions, lacking: Set[str]) -> str:
    """Change a work item and answer with what is stored now, without comments and time."""
    fields = item_fields(options, lacking, entries=False)
    return (
        "mutation($input: WorkItemUpdateInput!) {"
        f" workItemUpdate(input: $input) {{ errors workItem {{ {fields} }} }} }}"
    )


CENSUS = (
    "query($path: ID!, $after: String) { project(fullPath: $path) {"
    " workItems(sort: CREATED_ASC, first: 100, after: $after) {"
    " pageInfo { hasNextPage endCursor } nodes { id updatedAt } } } }"
)
TIMELOGS = (
    "query($id: WorkItemID!, $after: String) { workItem(id: $id) { widgets { type"
    " ... on WorkItemWidgetTimeTracking { timelogs(first: 100, after: $after) {"
    f" pageInfo {{ hasNextPage endCursor }} nodes {{ {TIMELOG} }} }} }} }} }} }}"
)


LOG_TIME = (
    "mutation($input: TimelogCreateInput!) { timelogCreate(input: $input) {"
    f" errors timelog {{ {TIMELOG} }} }} }}"
)
DELETE_TIME = "mutation($id: TimelogID!) { timelogDelete(input: { id: $id }) { errors } }"


def probe(lacking: Set[str]) -> str:
    """Ask what a project's issues can hold: several assignees, statuses, fields; and our role."""
    category = "" if "category" in lacking else "category"
    defaults = "defaultOpenStatus { id } defaultClosedStatus { id }"
    defaults = "" if "defaults" in lacking else defaults
    parts = {
        "probed_assignees": (
            "... on WorkItemWidgetDefinitionAssignees { allowsMultipleAssignees }"
        ),
        "probed_status": (
            "... on WorkItemWidgetDefinitionStatus {"
            f" allowedStatuses {{ id name color position {category} }} {defaults} }}"
        ),
        "probed_custom": (
            "... on WorkItemWidgetDefinitionCustomFields { customFieldValues { customField {"
            " id name fieldType selectOptions { id value } } } }"
        ),
    }
    more = " ".join(text for name, text in parts.items() if name not in lacking)
    role = "" if "role" in lacking else "maxAccessLevel { integerValue }"
    return (
        f"query($path: ID!) {{ {OURSELVES}"
        f" project(fullPath: $path) {{ id archived {role} }}"
        " namespace(fullPath: $path) { workItemTypes(name: ISSUE) { nodes { widgetDefinitions {"
        f" type {more} }} }} }} }} }}"
    )


def keyed(words: list[str]) -> str:
    """Ask for items whose descriptions have these words."""
    asked = " ".join(
        f'k{number}: workItems(search: "{word}", first: 5) {{ nodes {{ iid }} }}'
        for number, word in enumerate(words)
    )
    return f"query($path: ID!) {{ project(fullPath: $path) {{ {asked} }} }}"
