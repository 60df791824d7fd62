"""What each state means: what happened, why it usually does, what to change. Pure.

The keys are those of `services.health_check.Check.state`; a state that is right has no last two.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from b24app.services.health_check import Check
from b24app.texts import translate
from b24app.texts_health_ru import LOOKS_RU, RUSSIAN, SUBJECTS_RU
from sync.core.i18n.dates import format_day, format_moment


class Words(NamedTuple):
    """What happened, why it usually does, and what to change; "" where nothing is wrong."""

    what: str
    why: str = ""
    change: str = ""


_RENEW = "issue a new token and put it into the connection: Settings in the application"
_OPEN = "open the application in Bitrix24 as an administrator"
_START = "start the service, or `b24bridge serve`"
_LOG = "look at the worker's log; `b24bridge status` names what failed"
_BACKUP = "run `b24bridge backup FILE` each night"
_HOOKS = "run `b24bridge gitlab hooks` for this connection"
_REACH = "see that GitLab reaches the public address, and what the answer says"

_NOWHERE = (
    "wiki pages, feature flags, emoji, members, tokens, vulnerabilities and jobs of that time are "
    "not made up for: no list has them"
)

ENGLISH: dict[str, tuple[str, ...]] = {
    "disk_ok": ("{free} GB of {total} GB free",),
    "disk_full": (
        "{free} GB of {total} GB free",
        "logs, backups or another program filled it",
        "make room: a full disk stops every delivery",
    ),
    "disk_no_files": (
        "there is room for {files} more files only, however many bytes are free",
        "very many small files filled the file system's table (inodes)",
        "remove files there: `df -i` counts them; without room no backup and no restart works",
    ),
    "backup_ok": ("last made {at}",),
    "backup_old": ("last made {at}", "the nightly job does not run, or fails", _BACKUP),
    "backup_missing": ("none was ever made", "no job for it was set up", _BACKUP),
    "backup_closed": (
        "the last one, of {at}, opens with the key {keys} alone, which is not here",
        "the key was rotated or changed after it",
        "run `b24bridge backup FILE` now",
    ),
    "worker_ok": ("{count} at work",),
    "worker_silent": (
        "none was seen in the last minute",
        "it was not started, or it ended",
        _START,
    ),
    "clock_ok": ("{offset} s beside Bitrix24's and GitLab's",),
    "clock_wrong": (
        "{offset} s beside Bitrix24's and GitLab's",
        "nothing sets this machine's time",
        "set this machine's time",
    ),
    "queue_empty": ("empty",),
    "queue_ok": ("the oldest delivery waits for {age}",),
    "queue_old": (
        "the oldest delivery waits for {age}",
        "no worker runs, or the portal takes no more at the moment",
        _LOG,
    ),
    "portal_ok": ("active",),
    "portal_installing": ("being installed",),
    "portal_disconnected": (
        "disconnected: {reason}",
        "the grant ended, or the account that gave it lost a right",
        _OPEN,
    ),
    "portal_paused": (
        "paused: {reason}",
        "the application's subscription ended",
        "renew it; work waits and is done then",
    ),
    "portal_no_admin": (
        "the account whose access is used is no administrator any more",
        "its right was withdrawn, or another person took over",
        _OPEN,
    ),
    "portal_unreadable": (
        "its stored tokens cannot be read: no key here opens them",
        "the key was changed without `b24bridge keys rotate`, or the row is damaged",
        "put the old key behind the new one, and rotate; else " + _OPEN,
    ),
    "portal_unreachable": (
        "not reached for {age}: {text}",
        "the portal or the way there is away",
        "nothing, if it comes back; else see that this machine reaches the portal",
    ),
    "portal_stale": ("not asked for {age}", "no worker runs, or it hangs", _START),
    "tasks_ok": ("changed tasks were read {age} ago",),
    "tasks_stale": (
        "changed tasks were last read {age} ago",
        "no worker runs, or the portal does not let us read tasks",
        _LOG,
    ),
    "look_failed": (
        "{look}: the worker fails at this for {age}: {text}",
        "an answer that nobody foresaw, or a bug",
        "nothing, if it goes away: it is tried again; else report it with the worker's log",
    ),
    "budget_ok": ("{level} of {burst} requests in the bucket",),
    "budget_used": (
        "{level} of {burst} requests in the bucket; the portal's time is used up for {methods}",
        "very much was written at once, or another application uses the same methods",
        "nothing: it goes on within ten minutes. If it comes back, somebody else uses it too",
    ),
    "connection_none": (
        "no connection",
        "GitLab was not connected yet",
        "`b24bridge settings export` shows one",
    ),
    "connection_paused": (
        "{state}: {reason}",
        "its token or its address was refused",
        "`b24bridge gitlab test NAME` says what to change",
    ),
    "token_ok": ("accepted, valid until {date}",),
    "token_endless": ("accepted",),
    "token_unknown": ("not asked yet", "no worker of this version has run yet", _START),
    "token_missing": (
        "there is no access token",
        "the connection was made without one",
        "give it one under `token` in the settings",
    ),
    "token_refused": (
        "not accepted any more: {text}",
        "it was revoked, or has expired",
        _RENEW,
    ),
    "token_unreadable": (
        "it cannot be read: no key here opens it",
        "the key was changed without `b24bridge keys rotate`, or the row is damaged",
        "put the old key behind the new one, and rotate; else " + _RENEW,
    ),
    "rotation_lost": (
        "GitLab made a new token and its answer never arrived; the old one is not accepted",
        "the network or this machine failed in that moment",
        _RENEW,
    ),
    "rotation_failed": (
        "ends on {date}, days left: {days}; it could not renew itself: {why}",
        "it lacks the scope `api` or `self_rotate`, or GitLab is too old",
        _RENEW,
    ),
    "token_ends": (
        "ends on {date}, days left: {days}",
        "GitLab's tokens live for a year at most",
        _RENEW,
    ),
    "token_stale": ("not asked for {age}", "no worker runs, or it hangs", _START),
    "host_answers": ("did not answer just now: {text}",),
    "host_unreachable": (
        "not reached for {age}: {text}",
        "the server or the way there is away",
        "see that this machine reaches its address",
    ),
    "sweep_ok": ("merge requests were read {age} ago",),
    "sweep_stale": (
        "merge requests were last read {age} ago",
        "the token may not list them, GitLab does not answer, or no worker runs",
        "`b24bridge gitlab test NAME` says what to change",
    ),
    "hook_ok": ("{target}: last good delivery {good}",),
    "hook_again": ("{target}: last good delivery {good}, last refused {bad} ({why})",),
    "hook_silent": ("{target}: nothing was delivered yet",),
    "hook_unlogged": (f"{{target}}: {{problem}}; after an outage, {_NOWHERE}",),
    "hook_long": ("{target}: {problem}", "the gap was very long", "nothing: it passes"),
    "hook_missing": (
        "{target}: our webhook is not there",
        "somebody removed it, or the project is new in the settings",
        _HOOKS,
    ),
    "hook_disabled": (
        "{target}: GitLab has switched the webhook off",
        f"it failed four times in a row; {_NOWHERE}",
        _HOOKS,
    ),
    "hook_problem": ("{target}: {problem}", "the token may not look there", _HOOKS),
    "hook_refused": (
        "{target}: last good delivery {good}, last refused {bad} ({why})",
        "the public address does not lead here, or a proxy stops GitLab",
        _REACH,
    ),
    "hook_unread": (
        "{target}: its log was last read {age} ago",
        "no worker runs, or GitLab does not answer",
        _LOG,
    ),
}

_SUBJECTS = {
    "disk": "Disk",
    "backup": "Backup",
    "worker": "Worker",
    "clock": "Clock",
    "queue": "Queue",
    "portal": "Portal",
    "tasks": "Changed tasks",
    "budget": "Request allowance",
    "look": "Look",
    "connection": "Connection",
    "token": "Access token",
    "host": "Server",
    "sweep": "Merge requests",
    "hook": "Webhook",
}


# What the worker looks at by itself: `sync.engine.upkeep.sweep` names the parts.
LOOKS = {
    "gap": "deliveries that were missed",
    "host": "merge requests",
    "deployments": "what deployments contain",
    "commits": "commits of merge requests",
    "branches": "commits of branches",
    "bot": "the bot",
    "tasks": "changed tasks",
    "issue lists": "linked issues",
    "people": "people and workgroups",
    "purge": "what is to be deleted",
    "turn": "what waits to be done",
}
_UNITS = {"en": ("s", "min", "h", "d"), "ru": ("с", "мин", "ч", "дн")}
_VENDOR_TEXTS = frozenset({"text", "cause", "reason", "why", "problem", "target"})


def describe(check: Check, language: str = "en", *, on_page: bool = False) -> Words:
    """Return the texts of a check with its values; what systems answered is translated too.

    `on_page`: with dates as the pages write them, otherwise as a terminal does.
    """
    table = RUSSIAN if language == "ru" else ENGLISH
    values = {
        name: translate(language, str(value))
        if name in _VENDOR_TEXTS
        else _text_of(value, language, on_page)
        for name, value in check.values.items()
    }
    if "look" in values:
        looks = LOOKS_RU if language == "ru" else LOOKS
        values["look"] = looks.get(str(values["look"]), values["look"])
    seconds = values.get("seconds")
    if isinstance(seconds, int):
        values["age"] = describe_seconds(seconds, language)
    return Words(*(part.format_map(values) for part in table[check.state]))


def _text_of(value: object, language: str, on_page: bool = False) -> object:
    """Return a number with a fraction or a moment as the language writes it, others as they are."""
    is_russian = language == "ru"
    match value:
        case float():
            return f"{value:.1f}".replace(".", "," if is_russian else ".")
        case datetime() if on_page:
            return format_moment(value, language)
        case datetime():
            return f"{_text_of(value.date(), language)} {value:%H:%M} UTC"
        case date() if on_page:
            return format_day(value, language)
        case date():
            return f"{value:%d.%m.%Y}" if is_russian else f"{value:%Y-%m-%d}"
    return value


def describe_seconds(seconds: int, language: str = "en") -> str:
    """Return `45 s`, `12 min`, `5 h` or `3 d`."""
    units = _UNITS["ru" if language == "ru" else "en"]
    for size, unit, most in zip((1, 60, 3600), units, (120, 7200, 172_800), strict=False):
        if seconds < most:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86400} {units[-1]}"


def subject_name(subject: str, language: str = "en") -> str:
    """Return what a check looked at, as a heading."""
    return (SUBJECTS_RU if language == "ru" else _SUBJECTS).get(subject, subject)
