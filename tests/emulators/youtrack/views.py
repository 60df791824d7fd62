"""Attributes of each entity, as answers name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.search import sees
from tests.emulators.youtrack.state import State

_VALUES = {
    "enum": "EnumBundleElement",
    "state": "StateBundleElement",
    "version": "VersionBundleElement",
    "build": "BuildBundleElement",
    "ownedField": "OwnedBundleElement",
}
_BUNDLES = {
    **{kind: f"{name.removesuffix('Element')}" for kind, name in _VALUES.items()},
    "user": "UserBundle",
}


def view_for(
    viewer: r.User, state: State | None = None
) -> Callable[[Any], Mapping[str, Any] | None]:
    """Return the view of a caller: e-mails of others are hidden from most."""

    def view(value: Any) -> Mapping[str, Any] | None:
        if isinstance(value, r.User):
            return _user(value, viewer)
        if isinstance(value, r.Issue) and state is not None:
            return _issue(value) | _of_issue(state, viewer, value)
        builder = _VIEWS.get(type(value))
        return builder(value) if builder else None

    return view


def slots(state: State, viewer: r.User, issue: r.Issue) -> list[r.LinkSlot]:
    """Return a slot for each type of link and direction, with the issues that the caller sees."""
    return [
        r.LinkSlot(
            f"{kind.id}{ending}",
            kind,
            direction,
            [each for each in state.linked(issue, kind, direction) if sees(viewer, each)],
        )
        for kind in state.link_types
        for ending, direction in kind.slots
    ]


def _of_issue(state: State, viewer: r.User, issue: r.Issue) -> dict[str, Any]:
    """Return what an answer tells of an issue beside what is stored in it."""
    sprints = {"sprints": state.sprints_of(issue)} if state.tells_sprints else {}
    return {"links": lambda: slots(state, viewer, issue), **sprints}


def _user(user: r.User, viewer: r.User) -> dict[str, Any]:
    return {
        "$type": "Me" if user is viewer else "User",
        "id": user.id,
        "login": user.login,
        "fullName": user.name,
        "name": user.name,
        "email": user.email if viewer.admin or user is viewer else None,
        "ringId": f"00000000-0000-0000-0000-{int(user.id.split('-')[1]):012}",
        "banned": user.banned,
        "profiles": _Profiles(user),
    }


class _Profiles:
    def __init__(self, user: r.User) -> None:
        self.user = user


class _General(_Profiles):
    pass


class _Zone(_Profiles):
    pass


def _markup(written: r.Issue | r.Comment) -> dict[str, Any]:
    return {} if written.markdown is None else {"usesMarkdown": written.markdown}


def _issue(issue: r.Issue) -> dict[str, Any]:
    return {
        "$type": "Issue",
        "id": issue.id,
        "idReadable": issue.readable,
        "numberInProject": issue.number,
        "summary": issue.summary,
        "description": issue.description,
        **_markup(issue),
        "created": issue.created,
        "updated": issue.updated,
        "resolved": issue.resolved,
        "project": issue.project,
        "reporter": issue.reporter,
        "updater": issue.updater,
        "tags": issue.tags,
        "visibility": r.Visibility((issue.project.team,) if issue.seen_by is not None else ()),
        "commentsCount": len([each for each in issue.comments if not each.deleted]),
        "comments": issue.comments,
        "attachments": issue.attachments,
        "customFields": [
            r.IssueField(issue, each) for each in issue.project.fields if is_shown(issue, each)
        ],
    }


def is_shown(issue: r.Issue, of_project: r.ProjectField) -> bool:
    """Tell whether a field's condition holds."""
    if of_project.shown_for is None:
        return True
    value = issue.values.get(of_project.shown_for[0])
    return isinstance(value, r.BundleValue) and value.name in of_project.shown_for[1]


def _issue_field(shown: r.IssueField) -> dict[str, Any]:
    of_project, issue = shown.of_project, shown.issue
    value = issue.values.get(of_project.field.name)
    attributes: dict[str, Any] = {
        "$type": of_project.issue_type,
        "id": of_project.id,
        "name": of_project.field.name,
        "projectCustomField": of_project,
        "value": [] if value is None and of_project.field.type_id.endswith("[*]") else value,
    }
    if of_project.machine is not None:
        events = of_project.machine.get(value.name if value else "", {})
        attributes["event"] = None
        if of_project.tells_events:
            attributes["possibleEvents"] = [r.Event(name) for name in events]
    return attributes


def _project_field(of_project: r.ProjectField) -> dict[str, Any]:
    kind = of_project.field.type_id.partition("[")[0]
    name = {"ownedField": "Owned"}.get(kind, kind.capitalize())
    typed = kind in (*r.ENUMERATED, "user", "group", "period", "text")
    machine = "StateMachine" if of_project.machine is not None else ""
    return {
        "$type": f"{machine or (name if typed else 'Simple')}ProjectCustomField",
        "id": of_project.id,
        "canBeEmpty": of_project.can_be_empty,
        "emptyFieldText": f"No {of_project.field.name.lower()}",
        "ordinal": of_project.ordinal,
        "field": of_project.field,
        "bundle": of_project.bundle,
        "project": of_project.project,
    }


def _custom_field(field: r.CustomField) -> dict[str, Any]:
    return {
        "$type": "CustomField",
        "id": field.id,
        "name": field.name,
        "localizedName": None,
        "fieldType": _FieldType(field.type_id),
    }


class _FieldType:
    def __init__(self, type_id: str) -> None:
        self.type_id = type_id


def _period(period: r.Period) -> dict[str, Any]:
    weeks, days, hours, minutes = period.parts
    date = "".join(f"{n}{sign}" for n, sign in ((weeks, "W"), (days, "D")) if n)
    time = "".join(f"{n}{sign}" for n, sign in ((hours, "H"), (minutes, "M")) if n)
    shown = " ".join(f"{n}{s}" for n, s in zip(period.parts, "wdhm", strict=True) if n)
    return {
        "$type": "PeriodValue",
        "id": f"P{date}{'T' if time else ''}{time}",
        "minutes": period.minutes,
        "presentation": shown or "0m",
    }


def _work_item(item: r.WorkItem) -> dict[str, Any]:
    return {
        "$type": "IssueWorkItem",
        "id": item.id,
        "issue": item.issue,
        "author": item.author,
        "creator": item.creator,
        "date": item.date,
        "duration": r.Period(item.minutes),
        "text": item.text,
        "created": item.created,
        "updated": item.updated,
        "type": item.type,
        "usesMarkdown": True,
    }


def _activity(activity: r.Activity) -> dict[str, Any]:
    return {
        "$type": "CustomFieldActivityItem" if activity.field else "ActivityItem",
        "id": activity.id,
        "timestamp": activity.at,
        "author": activity.author,
        "category": _Category(activity.category),
        "field": activity.field,
        "target": activity.target,
        "added": activity.added,
        "removed": activity.removed,
    }


class _SprintsSettings:
    def __init__(self, board: r.Board) -> None:
        self.board = board


class _Category:
    def __init__(self, name: str) -> None:
        self.name = name


_VIEWS: dict[type, Callable[[Any], dict[str, Any]]] = {
    r.Issue: _issue,
    r.IssueField: _issue_field,
    r.ProjectField: _project_field,
    r.CustomField: _custom_field,
    r.Period: _period,
    r.WorkItem: _work_item,
    r.Activity: _activity,
    _Profiles: lambda p: {"$type": "UserProfiles", "id": p.user.id, "general": _General(p.user)},
    _General: lambda p: {"$type": "GeneralUserProfile", "id": p.user.id, "timezone": _Zone(p.user)},
    _Zone: lambda p: {"$type": "TimeZoneDescriptor", "id": p.user.zone},
    _FieldType: lambda t: {
        "$type": "FieldType",
        "id": t.type_id,
        "valueType": t.type_id.partition("[")[0],
        "isMultiValue": t.type_id.endswith("[*]"),
    },
    _Category: lambda c: {"$type": "ActivityCategory", "id": c.name},
    r.HistoryPage: lambda p: {
        "$type": "ActivityCursorPage",
        "id": "",
        "activities": p.activities,
        "afterCursor": p.after,
        "hasAfter": p.has_after,
        "hasBefore": p.has_before,
    },
    r.Event: lambda e: {"$type": "Event", "id": e.id, "presentation": e.id},
    r.TextValue: lambda t: {
        "$type": "TextFieldValue",
        "id": "",
        "text": t.text,
        "markdownText": None,
    },
    r.WorkType: lambda t: {"$type": "WorkItemType", "id": t.id, "name": t.name},
    r.Group: lambda g: {"$type": "UserGroup", "id": g.id, "name": g.name},
    r.Tag: lambda t: {"$type": "Tag", "id": t.id, "name": t.name, "owner": t.owner},
    r.Visibility: lambda v: {
        "$type": "LimitedVisibility" if v.limited else "UnlimitedVisibility",
        "id": "",
        "permittedGroups": [each for each in v.limited if isinstance(each, r.Group)],
        "permittedUsers": [each for each in v.limited if isinstance(each, r.User)],
    },
    r.Comment: lambda c: {
        "$type": "IssueComment",
        "id": c.id,
        "text": c.text,
        **_markup(c),
        "created": c.created,
        "updated": c.updated,
        "deleted": c.deleted,
        "author": c.author,
        "issue": c.issue,
        "visibility": r.Visibility(tuple(c.limited)),
    },
    r.Attachment: lambda a: {
        "$type": "IssueAttachment",
        "id": a.id,
        "name": a.name,
        "size": len(a.content),
        "created": a.created,
        "author": a.author,
        "removed": False,
        "comment": a.comment,
        "visibility": r.Visibility(tuple(a.limited)),
        "url": f"/youtrack/api/files/{a.id}?sign=signed-{a.id}&updated={a.created}",
    },
    r.BundleValue: lambda v: {
        "$type": _VALUES[v.kind],
        "id": v.id,
        "name": v.name,
        "localizedName": None,
        "archived": v.archived,
        "ordinal": v.ordinal,
        **({"isResolved": v.resolved} if v.kind == "state" else {}),
    },
    r.Bundle: lambda b: {
        "$type": _BUNDLES[b.kind],
        "id": b.id,
        "values": b.values,
        "aggregatedUsers": b.users,
        "individuals": b.users,
    },
    r.LinkType: lambda t: {
        "$type": "IssueLinkType",
        "id": t.id,
        "name": t.name,
        "localizedName": None,
        "sourceToTarget": t.outward,
        "targetToSource": t.inward,
        "directed": len(t.slots) > 1,
        "aggregation": t.name == "Subtask",
    },
    r.LinkSlot: lambda s: {
        "$type": "IssueLink",
        "id": s.id,
        "direction": s.direction,
        "linkType": s.kind,
        "issues": s.issues,
    },
    r.Board: lambda b: {
        "$type": "Agile",
        "id": b.id,
        "name": b.name,
        "projects": b.projects,
        "sprints": b.sprints,
        "sprintsSettings": _SprintsSettings(b),
    },
    _SprintsSettings: lambda s: {
        "$type": "SprintsSettings",
        "id": s.board.id,
        "disableSprints": not s.board.has_sprints,
        "sprintSyncField": next(
            (
                field.field
                for project in s.board.projects
                for field in project.fields
                if field.field.name == s.board.synced_field
            ),
            None,
        ),
    },
    r.Sprint: lambda s: {
        "$type": "Sprint",
        "id": s.id,
        "name": s.name,
        "start": s.start,
        "finish": s.finish,
        "archived": s.archived,
        "agile": s.board,
    },
    r.Project: lambda p: {
        "$type": "Project",
        "id": p.id,
        "shortName": p.short_name,
        "name": p.name,
        "archived": p.archived,
        "leader": p.leader,
        "team": p.team,
        "customFields": p.fields,
    },
}
