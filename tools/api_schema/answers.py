"""The answer of each route of /api, by the route's name in the app."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from b24app.services.alerts import AlertSummary
from b24app.services.settings_rehearsal import RehearsalLine
from tools.api_schema import answers_now as now
from tools.api_schema import answers_settings as settings
from tools.api_schema import answers_trouble as trouble


class StepLine(TypedDict):
    """What came of a step of the installation."""

    name: str
    ok: bool
    text: str
    change: str


ANSWERS: dict[str, Any] = {
    "accounts": settings.OwnAccounts,
    "acknowledge": AlertSummary,
    "act_on_pipeline": now.PipelineAnswer,
    "assign": AlertSummary,
    "begin": settings.BegunSignIn,
    "card": settings.Card,
    "change": settings.SettingsCheck,
    "check": settings.SettingsCheck,
    "columns": settings.Columns,
    "consent": settings.Consent,
    "create_branch": now.Created,
    "create_merge_request": now.Created,
    "decide": trouble.Link,
    "development": now.Development,
    "disconnect": settings.Disconnected,
    "failures": trouble.Failures,
    "filters": now.Filters,
    "finish": now.Finished,
    "flow_hours_of_period": now.FlowHours,
    "form": settings.Fields,
    "groups": settings.OwnRules,
    "health": trouble.Health,
    "hooks": settings.HookOutcomes,
    "items": now.Items,
    "link": trouble.Links,
    "links_of_task": trouble.Links,
    "list_actions": now.Actions,
    "list_alerts": now.Alerts,
    "list_hours": now.TaskHours,
    "list_merge_requests": now.MergeRequests,
    "listed": trouble.Connections,
    "metrics": now.Metrics,
    "now": now.Now,
    "pair_proposals": dict[str, list[settings.Proposal]],
    "patch": settings.SettingsCheck,
    "pause": trouble.Link,
    "people": settings.People,
    "preview": settings.Preview,
    "progress": settings.History,
    "proposals": dict[str, list[settings.Proposal]],
    "renew": now.Renewed,
    "replace_token": settings.Account,
    "replay": trouble.Replayed,
    "replay_task": trouble.Replayed,
    "resume": trouble.Link,
    "resume_pair": trouble.Retried,
    "retry": trouble.Link,
    "rights": settings.Rights,
    "save": settings.SettingsCheck,
    "settings": settings.SettingsPage,
    "start": settings.History,
    "state": settings.SignIn,
    "status": trouble.Status,
    "store_application": settings.StoredApplication,
    "targets": settings.Targets,
    "test": trouble.Tested,
    "trouble": trouble.Trouble,
    "undo": settings.SettingsCheck,
    "unlink": trouble.Link,
    "workgroups": settings.Workgroups,
}
LINES: dict[str, Any] = {"rehearsal": RehearsalLine, "run": StepLine}  # each line is a document
FILES = frozenset({"youtrack_app"})
