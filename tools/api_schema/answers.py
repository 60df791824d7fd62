"""The answer of each route of /api, by the route's name in the app."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from b24app.services.alerts import AlertSummary
from b24app.services.settings_rehearsal import RehearsalLine
from tools.api_schema import answers_settings as settings
from tools.api_schema import answers_trouble as trouble
from tools.api_schema import answers_work as work


class StepLine(TypedDict):
    """What came of a step of the installation."""

    name: str
    ok: bool
    text: str
    change: str


ANSWERS: dict[str, Any] = {
    "accounts": settings.OwnAccounts,
    "acknowledge": AlertSummary,
    "act_on_pipeline": work.PipelineAnswer,
    "assign": AlertSummary,
    "begin": settings.BegunSignIn,
    "card": settings.Card,
    "change": settings.SettingsCheck,
    "check": settings.SettingsCheck,
    "columns": settings.Columns,
    "consent": settings.Consent,
    "create_branch": work.Created,
    "create_merge_request": work.Created,
    "decide": trouble.Link,
    "development": work.Development,
    "disconnect": settings.Disconnected,
    "failures": trouble.Failures,
    "filters": work.Filters,
    "finish": work.Finished,
    "flow_hours_of_period": work.FlowHours,
    "form": settings.Fields,
    "groups": settings.OwnRules,
    "health": trouble.Health,
    "hooks": settings.HookOutcomes,
    "items": work.Items,
    "link": trouble.Links,
    "links_of_task": trouble.Links,
    "list_actions": work.Actions,
    "list_alerts": work.Alerts,
    "list_hours": work.TaskHours,
    "list_merge_requests": work.MergeRequests,
    "listed": trouble.Connections,
    "metrics": work.Metrics,
    "now": work.Now,
    "pair_proposals": dict[str, list[settings.Proposal]],
    "patch": settings.SettingsCheck,
    "pause": trouble.Link,
    "people": settings.People,
    "preview": settings.Preview,
    "progress": settings.History,
    "proposals": dict[str, list[settings.Proposal]],
    "renew": work.Renewed,
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
LINES: dict[str, Any] = {  # each line is a document
    "own_rehearsal": RehearsalLine,
    "rehearsal": RehearsalLine,
    "run": StepLine,
}
FILES = frozenset({"youtrack_app"})
