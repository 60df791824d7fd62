"""A task as REST v2 shows it: camelCase, ids as strings, HTML-escaped titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.emulators.bitrix24.records import Task
from tests.emulators.bitrix24.rights import action_map
from tests.emulators.bitrix24.state import Portal

SYSTEM_UF = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE")
Show = Callable[[Portal, Task], Any]


def flag(value: bool) -> str:
    return "Y" if value else "N"


def number(value: int) -> str | None:
    return str(value) if value else None


def escape(text: str) -> str:
    """As PHP's htmlspecialchars: titles leave the portal escaped."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text


def fixed(value: Any) -> Show:
    return lambda portal, task: value


FIELDS: dict[str, Show] = {
    "ID": lambda p, t: str(t.id),
    "PARENT_ID": lambda p, t: number(t.parent_id),
    "TITLE": lambda p, t: escape(t.title),
    "DESCRIPTION": lambda p, t: t.description,
    "MARK": lambda p, t: t.mark,
    "PRIORITY": lambda p, t: str(t.priority),
    "MULTITASK": fixed("N"),
    "NOT_VIEWED": fixed("N"),
    "REPLICATE": fixed("N"),
    "STAGE_ID": lambda p, t: str(t.stage_id),
    "SPRINT_ID": fixed(None),
    "BACKLOG_ID": fixed(None),
    "CREATED_BY": lambda p, t: str(t.created_by),
    "CREATED_DATE": lambda p, t: p.iso(t.created),
    "RESPONSIBLE_ID": lambda p, t: str(t.responsible_id),
    "CHANGED_BY": lambda p, t: str(t.changed_by),
    "CHANGED_DATE": lambda p, t: p.iso(t.changed),
    "STATUS_CHANGED_BY": lambda p, t: number(t.status_changed_by),
    "CLOSED_BY": lambda p, t: number(t.closed_by),
    "CLOSED_DATE": lambda p, t: p.iso(t.closed),
    "ACTIVITY_DATE": lambda p, t: p.iso(t.activity),
    "DATE_START": lambda p, t: p.iso(t.started),
    "DEADLINE": lambda p, t: p.iso(t.deadline),
    "START_DATE_PLAN": fixed(None),
    "END_DATE_PLAN": fixed(None),
    "GUID": lambda p, t: f"{{{t.id:08x}-0000-4000-8000-000000000000}}",
    "XML_ID": lambda p, t: t.xml_id,
    "COMMENTS_COUNT": lambda p, t: number(len(p.discussion(t.id))),
    "SERVICE_COMMENTS_COUNT": fixed(None),
    "ALLOW_CHANGE_DEADLINE": fixed("N"),
    "ALLOW_TIME_TRACKING": lambda p, t: flag(t.allow_time_tracking),
    "TASK_CONTROL": lambda p, t: flag(t.task_control),
    "ADD_IN_REPORT": fixed("N"),
    "FORKED_BY_TEMPLATE_ID": fixed(None),
    "TIME_ESTIMATE": lambda p, t: str(t.time_estimate),
    "TIME_SPENT_IN_LOGS": lambda p, t: number(time_spent(p, t)),
    "MATCH_WORK_TIME": fixed("N"),
    "FORUM_TOPIC_ID": fixed(None),
    "FORUM_ID": fixed(None),
    "SITE_ID": fixed("s1"),
    "SUBORDINATE": fixed("Y"),
    "EXCHANGE_MODIFIED": fixed(None),
    "EXCHANGE_ID": fixed(None),
    "OUTLOOK_VERSION": fixed("1"),
    "VIEWED_DATE": fixed(None),
    "SORTING": fixed(None),
    "DURATION_FACT": fixed(None),
    "IS_MUTED": fixed("N"),
    "IS_PINNED": fixed("N"),
    "IS_PINNED_IN_GROUP": fixed("N"),
    "FLOW_ID": fixed(None),
    "DESCRIPTION_IN_BBCODE": lambda p, t: flag(t.in_bbcode),
    "STATUS": lambda p, t: str(t.status),
    "STATUS_CHANGED_DATE": lambda p, t: p.iso(t.status_changed or t.created),
    "DURATION_PLAN": fixed(None),
    "DURATION_TYPE": fixed("days"),
    "FAVORITE": fixed("N"),
    "GROUP_ID": lambda p, t: str(t.group_id),
    "AUDITORS": lambda p, t: [str(user) for user in t.auditors],
    "ACCOMPLICES": lambda p, t: [str(user) for user in t.accomplices],
    "CHECKLIST": fixed([]),
}
ON_DEMAND: dict[str, Show] = {
    "TAGS": lambda p, t: {str(n): {"id": n, "title": tag} for n, tag in enumerate(t.tags, 1)} or [],
    "SUB_STATUS": lambda p, t: str(t.status),
    "REAL_STATUS": lambda p, t: str(t.status),
}
ALWAYS = ("ID", "DESCRIPTION_IN_BBCODE", "FAVORITE")


def camel(name: str) -> str:
    """CREATED_BY -> createdBy"""
    head, *rest = name.lower().split("_")
    return head + "".join(part.capitalize() for part in rest)


def time_spent(portal: Portal, task: Task) -> int:
    return sum(row.seconds for row in portal.elapsed.values() if row.task_id == task.id)


def show_task(
    portal: Portal, task: Task, user_id: int, select: Iterable[str] | None = None
) -> dict[str, Any]:
    """The task with the selected fields; without a selection all but the UF ones."""
    wanted = {name.upper() if "_" in name or name.islower() else name for name in select or ()}
    wanted = {"SUB_STATUS" if name == "subStatus" else name.upper() for name in wanted}
    if not wanted or "*" in wanted:
        wanted |= set(FIELDS) | {"CHAT_ID"}
    names = [name for name in FIELDS if name in wanted or name in ALWAYS]
    shown = {camel(name): FIELDS[name](portal, task) for name in names}
    shown |= {camel(n): show(portal, task) for n, show in ON_DEMAND.items() if n in wanted}
    if "CHAT_ID" in wanted and task.chat_id:
        shown["chatId"] = str(task.chat_id)
    shown |= _user_fields(portal, task, wanted) | _related(portal, task, wanted)
    return shown | {"action": action_map(portal, user_id, task)}


def _user_fields(portal: Portal, task: Task, wanted: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if wanted & set(SYSTEM_UF):
        shown["ufCrmTask"] = task.uf.get("UF_CRM_TASK", [])
        files = [row.id for row in portal.parts.attached(task.id)]
        shown |= {"ufTaskWebdavFiles": files, "ufMailMessage": None}
    for row in portal.user_fields.values():
        if row.name in wanted:
            shown[camel(row.name)] = task.uf.get(row.name, [] if row.multiple == "Y" else None)
    return shown


def _related(portal: Portal, task: Task, wanted: set[str]) -> dict[str, Any]:
    group = portal.groups.get(task.group_id)
    shown: dict[str, Any] = {"group": []}
    if group is not None:
        shown["group"] = {
            "id": str(group.id),
            "name": escape(group.name),
            "opened": False,
            "membersCount": len(group.members),
            "image": "",
            "additionalData": [],
        }
    if "CREATED_BY" in wanted:
        shown["creator"] = person(portal, task.created_by)
    if "RESPONSIBLE_ID" in wanted:
        shown["responsible"] = person(portal, task.responsible_id)
    for name, people in (("ACCOMPLICES", task.accomplices), ("AUDITORS", task.auditors)):
        if name in wanted:
            data = {str(user): person(portal, user) for user in people}
            shown[f"{name.lower()}Data"] = data or []
    return shown


def person(portal: Portal, user_id: int) -> dict[str, str]:
    user = portal.users[user_id]
    return {
        "id": str(user.id),
        "name": user.shown,
        "link": f"/company/personal/user/{user.id}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": user.position,
    }
