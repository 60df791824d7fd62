"""Tells Bitrix24 of a GitLab pipeline. Made of ci-components/reporter by generate.py."""

from __future__ import annotations

import contextlib
import faulthandler
import fnmatch
import html
import http.client
import json
import os
import re
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode, urlsplit

# --- bbcode: Text from outside as inert BBCode: it shows as it is and never comes alive. Pure.

# An invisible WORD JOINER behind a bracket or before a quote mark keeps the portal's parsers off.
# https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
JOINER = "\u2060"
BRACKET = re.compile(r"\[(?=[A-Za-z/*\u2060]|\Z)")
LINE_START = re.compile(r"(?=\u2060*(?:>>|-{3,}))")
LINE_ENDS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
# A batch replaces `$result[…]` by another command's answer.
# https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
BATCH_REFERENCE = re.compile(r"\$(?=result\[)", re.IGNORECASE)
URL_CHARS = {char: f"%{ord(char):02X}" for char in " []<>\"'`\\(){}|^$"}
URL_MARKUP = str.maketrans({**URL_CHARS, JOINER: "%E2%81%A0"})
LIVE_URL = re.compile(r"https?://[^\s\x00-\x20\x7f]+\Z", re.IGNORECASE)


def cleaned(text: str) -> str:
    """One line of `text`, without characters that no system keeps."""
    return NEVER.sub("", LINE_ENDS.sub(" ", text))


def escaped(text: str, *, line_start: bool = False) -> str:
    """`text` as BBCode that shows as it is; `line_start`: it stands at the start of a line."""
    text = BRACKET.sub("[" + JOINER, BATCH_REFERENCE.sub("$" + JOINER, cleaned(text)))
    return JOINER + text if line_start and LINE_START.match(text) else text


def live_url(url: str) -> str:
    """The address with the characters of markup encoded; "" where it may not be a link."""
    url = url.strip().translate(URL_MARKUP)
    return url if len(url) <= 2000 and LIVE_URL.match(url) else ""


def link(url: str, text: str) -> str:
    """`text` from outside as a link, or as plain text where the address is no web address."""
    address = live_url(url)
    return f"[url={address}]{escaped(text)}[/url]" if address else escaped(text)


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- prose: Markdown with its code, comments and addresses blanked out, length kept. Pure.

BLANK = "\0"
FENCE = re.compile(r" {0,3}(?:> ?)?(?:[-*+] )? {0,3}(`{3,}|~{3,})")
BACKTICKS = re.compile(r"`+")
PARAGRAPHS = re.compile(r"(\n[ \t]*\n)")
ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s<>\"\0)\]]+", re.IGNORECASE)


def prose_of(text: str) -> str:
    """`text` of the same length with what is not prose made of NUL characters."""
    visible = without_comments(without_fences(text.replace(BLANK, " ")))
    spans = "".join(map(without_spans, PARAGRAPHS.split(visible)))
    return ADDRESS.sub(lambda found: BLANK * len(found[0]), spans)


def without_fences(text: str) -> str:
    """A fence closes at a longer or equal one of its kind; an open one runs to the end."""
    out, fence = [], ""
    for line in text.splitlines(keepends=True):
        mark, inside = FENCE.match(line), bool(fence)
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        body = line.rstrip("\r\n")
        out.append(line if not inside and not mark else BLANK * len(body) + line[len(body) :])
    return "".join(out)


def without_comments(text: str) -> str:
    """<!-- … -->, which templates of descriptions are full of; an open one is not a comment."""
    out, at = [], 0
    while True:
        start = text.find("<!--", at)
        end = text.find("-->", start + 4) if start >= 0 else -1
        if end < 0:
            return "".join((*out, text[at:]))
        out += [text[at:start], BLANK * (end + 3 - start)]
        at = end + 3


def without_spans(text: str) -> str:
    """Code spans of one paragraph: a run of backticks closes at the next run of its length."""
    runs = [found.span() for found in BACKTICKS.finditer(text)]
    closers = closing_runs(runs)
    out, at, number = [], 0, 0
    while number < len(runs):
        closer = closers[number]
        if closer < 0:
            number += 1
            continue
        start, end = runs[number][0], runs[closer][1]
        out += [text[at:start], BLANK * (end - start)]
        at, number = end, closer + 1
    return "".join((*out, text[at:]))


def closing_runs(runs: list[tuple[int, int]]) -> list[int]:
    """For each run the number of the next run of equal length, -1 where there is none."""
    later: dict[int, int] = {}
    out = [-1] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = runs[number][1] - runs[number][0]
        out[number] = later.get(length, -1)
        later[length] = number
    return out


# --- keywords: The words before a reference that say what it means, in English and Russian. Pure.

# "see B24-5" links the merge request to the task and leaves the task where it is.
MENTIONS = (
    "see", "see also", "also see", "cf", "cf.", "compare", "compare with", "similar to",
    "ref", "ref.", "refs", "refs.", "refer to", "refers to", "reference", "references",
    "related", "related to", "relates", "relates to", "relating to", "mention", "mentions",
    "part of", "depends on", "blocked by", "blocks", "follow up to", "follow-up to", "follows",
    "см", "см.", "см. также", "смотри", "смотри также", "смотрите", "сравни", "ср.",
    "связано с", "связан с", "связана с", "связаны с", "связанные", "связанная",
    "относится к", "относятся к", "ссылка на", "ссылается на", "упоминает", "упоминание",
    "часть", "зависит от", "блокируется", "блокирует", "похоже на", "аналогично", "по аналогии с",
    "продолжение",
)  # fmt: skip

# "Closes B24-5" says that the work of the task ends with the merge request.
CLOSINGS = (
    "close", "closes", "closed", "closing", "fix", "fixes", "fixed", "fixing",
    "resolve", "resolves", "resolved", "resolving", "complete", "completes", "completed",
    "implement", "implements", "implemented", "implementing", "finish", "finishes", "finished",
    "закрыть", "закрывает", "закрывают", "закрываем", "закрыл", "закрыла", "закрыли", "закрыто",
    "закрыта", "закрыт", "исправить", "исправляет", "исправляем", "исправил", "исправила",
    "исправили", "исправлено", "исправлена", "исправлен", "исправление", "решить", "решает",
    "решаем", "решил", "решила", "решили", "решено", "решена", "решён", "решен",
    "завершить", "завершает", "завершил", "завершила", "завершено", "завершена", "выполнить",
    "выполняет", "выполнил", "выполнила", "выполнено", "выполнена", "реализовать", "реализует",
    "реализовал", "реализовала", "реализовано", "реализована", "починить", "чинит", "починил",
    "починила", "починено", "сделать", "сделано", "сделана",
)  # fmt: skip

NOUNS = ("task", "tasks", "issue", "issues", "задача", "задачи", "задачу", "задаче", "задач",
         "задачей", "задачами", "задачам")  # fmt: skip

# What may stand between two references of one list: "see B24-5, B24-6 and B24-7", or bullets.
LIST_GLUE = re.compile(
    r"[\s*_\])]{0,4}(?:[,;]\s{0,3}(?:and|и)\b|[,;/&+]|\b(?:and|or|и|или)\b|\n\s{0,4}[-*+]\s)"
    r"[\s*_\[(]{0,4}",
    re.IGNORECASE,
)

REACH = 64  # characters before a reference in which its keyword may stand


def either(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s{1,3}") for word in longest_first)


KEYWORD = re.compile(
    rf"(?<!\w)(?:(?P<mention>{either(MENTIONS)})|(?P<close>{either(CLOSINGS)}))"
    rf"[\s:*_\[(]{{0,4}}(?:\n\s{{0,4}}[-*+]\s{{1,3}}[*_\[(]{{0,3}})?(?:(?:the\s)?(?:{either(NOUNS)})[\s:*_\[(]{{1,4}})?\Z",
    re.IGNORECASE,
)


def kind_before(text: str, start: int) -> str:
    """What the words right before `start` say of a reference there: mention, close or ""."""
    found = KEYWORD.search(text, max(0, start - REACH), start)
    return (found.lastgroup or "") if found else ""


# --- references: Which tasks a branch, a title, a description or a commit names, and how strongly. Pure.

MENTION, MOVE, CLOSE = "mention", "move", "close"
STRENGTH = {MENTION: 0, MOVE: 1, CLOSE: 2}
MOST_TASKS = 50  # in one text
MOST_TEXT = 200_000  # characters: a job has seconds for it
QUOTED = re.compile(r" {0,3}>")


def named_tasks(text: str, where: str, prefix: str) -> dict[int, str]:
    """Task id → its strongest kind, in order of appearance. `where`: branch, title, …"""
    if where == "branch":
        found = [(task_id, MOVE) for _, _, task_id in places(text, prefix)]
    else:
        found = list(in_prose(prose_of(text[:MOST_TEXT]), prefix))
    return dict(list(strongest(found).items())[:MOST_TASKS])


def strongest(found: Iterable[tuple[int, str]]) -> dict[int, str]:
    kinds: dict[int, str] = {}
    for task_id, kind in found:
        if STRENGTH[kind] > STRENGTH.get(kinds.get(task_id, ""), -1):
            kinds[task_id] = kind
    return kinds


def in_prose(text: str, prefix: str) -> Iterator[tuple[int, str]]:
    """A reference that continues a list means what the one before it meant."""
    last_end, last_kind, line = -1, MOVE, 0
    for start, end, task_id in places(text, prefix):
        line = max(line, text.rfind("\n", max(last_end, 0), start) + 1)
        kind = kind_before(text, start)
        if not kind and last_end >= 0 and continues(text, last_end, start):
            kind = last_kind
        kind = kind or MOVE
        last_end, last_kind = end, kind
        yield task_id, MENTION if QUOTED.match(text, line) else kind


def continues(text: str, end: int, start: int) -> bool:
    return start - end <= 20 and LIST_GLUE.fullmatch(text, end, start) is not None


def places(text: str, prefix: str) -> Iterator[tuple[int, int, int]]:
    """Start, end, id: the prefix, a hyphen and digits that no letter or digit touches."""
    pattern = rf"(?<![^\W_]){re.escape(prefix)}-([1-9][0-9]{{0,9}})(?![^\W_]|\.[0-9])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield found.start(), found.end(), int(found[1])


# --- phrases: Every sentence that people read in Bitrix24, in English and Russian. Pure.

# key: (English, Russian). What the app says too is said in its words.
PHRASES: dict[str, tuple[str, str]] = {
    "title": ("!{iid} {title}", "!{iid} {title}"),
    "state": ("Merge request: {state}", "Запрос на слияние: {state}"),
    "branches": ("{source} → {target} in {project}", "{source} → {target} в {project}"),
    "author": ("Author: {person}", "Автор: {person}"),
    "link mention": ("Mentions this task.", "Упоминает эту задачу."),
    "ref": ("Commits in {project}", "Коммиты в {project}"),
    "draft": ("draft", "черновик"),
    "opened": ("under review", "на проверке"),
    "locked": ("being merged", "сливается"),
    "merged": ("merged", "слит"),
    "closed": ("closed without merging", "закрыт без слияния"),
    # a pipeline
    "pipeline running": ("running", "выполняется"),
    "pipeline success": ("passed", "успешно"),
    "pipeline failed": ("failed", "ошибка"),
    "pipeline canceled": ("canceled", "отменён"),
    "pipeline skipped": ("skipped", "пропущен"),
    "pipeline manual": ("waiting for a manual action", "ждёт ручного запуска"),
    "pipeline unknown": ("unknown", "неизвестно"),
    "more": ("{count} more", "ещё {count}"),
    # deployments
    "deployment success": ("Deployed to {environment}", "Развёрнуто: {environment}"),
    "deployment failed": (
        "Deployment to {environment} failed", "Ошибка развёртывания: {environment}",
    ),
    "deployment canceled": (
        "Deployment to {environment} is canceled", "Развёртывание отменено: {environment}",
    ),
    "deployment running": (
        "Being deployed to {environment}", "Развёртывается: {environment}",
    ),
    "deployment blocked": (
        "Deployment to {environment} waits for approval",
        "Развёртывание ждёт одобрения: {environment}",
    ),
    "deployment unknown": (
        "Deployment to {environment}: the result is not known",
        "Развёртывание, результат неизвестен: {environment}",
    ),
    # people and chats
    "told failed": (
        "The pipeline {pipeline} of {ref} failed{jobs}",
        "Пайплайн {pipeline} ({ref}) завершился с ошибкой{jobs}",
    ),
    "tasks": ("Tasks: {tasks}", "Задачи: {tasks}"),
}  # fmt: skip

PLACE = re.compile(r"\{(\w+)\}")


def say(language: str, key: str, **values: object) -> str:
    """The sentence with its places filled; an unknown language is English."""
    text = PHRASES[key][language == "ru"]
    return PLACE.sub(lambda place: str(values[place[1]]), text)


# --- settings: The component's inputs, as a job's variables hand them over. Pure.

REPORT, DEPLOYMENT, EARLY, DOCTOR = "report", "deployment", "merge-request", "doctor"


NOTHING = "-"  # an input that is left out: GitLab up to 18.0 takes no pattern with an empty default


@dataclass(frozen=True)
class Settings:
    """What the team asked for. Secrets are not here: only the names of their variables."""

    mode: str = REPORT
    deliver: str = "direct"
    app_url: str = ""
    webhook_variable: str = "B24_WEBHOOK_URL"
    token_variable: str = "B24_GITLAB_TOKEN"  # noqa: S105  a name
    task_prefix: str = "B24"
    language: str = "en"
    report: tuple[str, ...] = ("pipeline", "merge-request", "deployments", "commits")
    refs: tuple[str, ...] = ("*",)
    statuses: tuple[str, ...] = ("success", "failed", "canceled", "manual", "skipped")
    tiers: tuple[str, ...] = ("*",)
    chat: str = ""
    chat_when: str = "failed"
    field: str = "UF_CI_STATUS"
    on_open: str = "start"
    on_merge: str = "complete"
    stage_open: str = ""
    stage_merge: str = ""
    tell_author: bool = True
    deploy_job: str = ""
    environment: str = ""
    environment_url: str = ""
    environment_tier: str = ""
    task: str = ""
    dry_run: bool = False
    timeout: float = 10.0


def read_settings(environ: Mapping[str, str]) -> Settings:
    """B24_TASK_PREFIX → task_prefix and so on; what is empty or odd stays as it is by default."""
    given = {}
    for name, default in vars(Settings()).items():
        value = environ.get(f"B24_{name.upper()}")
        value = "" if value == NOTHING else value
        if value is not None and (value.strip() or isinstance(default, str)):
            given[name] = typed(value.strip(), default)
    return Settings(**given)


def typed(value: str, default: object) -> object:
    if isinstance(default, bool):
        return value.lower() in ("true", "1", "yes")
    if isinstance(default, float):
        plain = value.isascii() and value.replace(".", "", 1).isdigit()
        return min(max(float(value), 1.0), 60.0) if plain else default
    if isinstance(default, tuple):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def fits(value: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of the wanted; patterns as in a shell: `release/*`."""
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """The variable of that name; of a file variable (`file: true` of `secrets:`) what is in it."""
    value = environ.get(name, "").strip()
    if value.startswith("/") and os.path.isfile(value) and os.access(value, os.R_OK):
        with open(value, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    return value


# --- model: What a report tells: frozen values, and their JSON form. Pure.

VERSION = 1


@dataclass(frozen=True)
class MergeRequest:
    """`state`: opened, locked, merged or closed."""

    iid: int
    title: str
    url: str
    state: str = "opened"
    draft: bool = False
    source_branch: str = ""
    target_branch: str = ""
    author: str = ""
    description: str = ""

    @property
    def shown_state(self) -> str:
        return "draft" if self.draft and self.state == "opened" else self.state


@dataclass(frozen=True)
class Job:
    id: int
    name: str
    status: str
    url: str = ""
    allow_failure: bool = False


@dataclass(frozen=True)
class Deployment:
    """`status`: success, failed, canceled, running, blocked or unknown."""

    environment: str
    tier: str = ""
    url: str = ""
    status: str = "unknown"


@dataclass(frozen=True)
class Commit:
    sha: str
    message: str


@dataclass(frozen=True)
class NamedTask:
    """A task that the work names; `merge_request`: the iid of the one it belongs to, 0 for none."""

    id: int
    kind: str
    merge_request: int = 0


@dataclass(frozen=True)
class Report:
    """Everything known of one run.

    `status` "": it was not to be told. `commits`: the pipeline's own first. `refused`: what GitLab
    did not tell, in plain words. No text holds an e-mail address.
    """

    mode: str
    server_url: str
    project_id: int
    project_path: str
    project_title: str
    project_url: str
    default_branch: str
    pipeline_id: int
    pipeline_url: str
    pipeline_source: str
    status: str
    ref: str
    tag: bool
    sha: str
    job_id: int
    job_url: str
    author: str
    author_name: str
    merge_requests: tuple[MergeRequest, ...] = ()
    failed_jobs: tuple[Job, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    commits: tuple[Commit, ...] = ()
    tasks: tuple[NamedTask, ...] = ()
    refused: tuple[str, ...] = ()
    version: int = VERSION

    def merge_request_of(self, task: NamedTask) -> MergeRequest | None:
        return next((mr for mr in self.merge_requests if mr.iid == task.merge_request), None)


PARTS = {
    "merge_requests": MergeRequest, "failed_jobs": Job, "deployments": Deployment,
    "commits": Commit, "tasks": NamedTask,
}  # fmt: skip


def to_json(report: Report) -> dict[str, object]:
    return asdict(report)


def from_json(data: object) -> Report:
    """The report of an earlier run. Raises ValueError for another version or shape."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        raise ValueError(f"not a report of version {VERSION}")
    try:
        values = {field.name: part_of(field.name, data[field.name]) for field in fields(Report)}
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a whole report: {error}") from None
    return Report(**values)


def part_of(name: str, value: object) -> object:
    if name in PARTS:
        return tuple(PARTS[name](**row) for row in value)
    return tuple(value) if isinstance(value, list) else value


# --- facts: What GitLab's variables tell a job about itself. Pure.

ZEROS = "0" * 40


@dataclass(frozen=True)
class Facts:
    """`api`, `graphql`: the addresses of API v4 and of GraphQL.

    `before`: the commit that the branch had, "" if none. `base`: of a merge request's own pipeline,
    where its branch left the target.
    """

    api: str
    graphql: str
    server_url: str
    project_id: int
    project_path: str
    project_title: str
    project_url: str
    default_branch: str
    pipeline_id: int
    pipeline_iid: int
    pipeline_url: str
    pipeline_source: str
    job_id: int
    job_url: str
    ref: str
    tag: bool
    protected: bool
    sha: str
    before: str
    base: str
    message: str
    login: str
    name: str
    email: str
    merge_request_project: int
    merge_request_path: str
    merge_request: MergeRequest | None
    fork: bool


def read_facts(environ: Mapping[str, str]) -> Facts:
    def get(name: str) -> str:
        return environ.get(f"CI_{name}", "")

    tag = get("COMMIT_TAG")
    branch = get("MERGE_REQUEST_SOURCE_BRANCH_NAME") or get("COMMIT_BRANCH")
    return Facts(
        api=get("API_V4_URL"),
        graphql=get("API_GRAPHQL_URL") or get("API_V4_URL").replace("/api/v4", "/api/graphql"),
        server_url=get("SERVER_URL"),
        project_id=number(get("PROJECT_ID")),
        project_path=get("PROJECT_PATH"),
        project_title=get("PROJECT_TITLE"),
        project_url=get("PROJECT_URL"),
        default_branch=get("DEFAULT_BRANCH"),
        pipeline_id=number(get("PIPELINE_ID")),
        pipeline_iid=number(get("PIPELINE_IID")),
        pipeline_url=get("PIPELINE_URL"),
        pipeline_source=get("PIPELINE_SOURCE"),
        job_id=number(get("JOB_ID")),
        job_url=get("JOB_URL"),
        ref=tag or branch or get("COMMIT_REF_NAME"),
        tag=bool(tag),
        protected=get("COMMIT_REF_PROTECTED") == "true",
        sha=get("COMMIT_SHA"),
        before=commit(get("COMMIT_BEFORE_SHA")),
        base=get("MERGE_REQUEST_DIFF_BASE_SHA"),
        message=get("COMMIT_MESSAGE"),
        login=environ.get("GITLAB_USER_LOGIN", ""),
        name=environ.get("GITLAB_USER_NAME", ""),
        email=environ.get("GITLAB_USER_EMAIL", ""),
        merge_request_project=number(get("MERGE_REQUEST_PROJECT_ID")),
        merge_request_path=get("MERGE_REQUEST_PROJECT_PATH"),
        merge_request=own_merge_request(get) if number(get("MERGE_REQUEST_IID")) else None,
        fork=is_fork(get),
    )


def own_merge_request(get) -> MergeRequest:
    """As the variables of a merge request pipeline tell it; they hold 2,700 characters of text."""
    iid, title = number(get("MERGE_REQUEST_IID")), get("MERGE_REQUEST_TITLE")
    return MergeRequest(
        iid=iid,
        title=title,
        url=f"{get('MERGE_REQUEST_PROJECT_URL') or get('PROJECT_URL')}/-/merge_requests/{iid}",
        draft=title.lower().startswith(("draft:", "[draft]", "(draft)")),
        source_branch=get("MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        target_branch=get("MERGE_REQUEST_TARGET_BRANCH_NAME"),
        description=get("MERGE_REQUEST_DESCRIPTION"),
    )


def is_fork(get) -> bool:
    """A merge request that comes from a fork: its pipelines see no secrets, and should not."""
    source = get("MERGE_REQUEST_SOURCE_PROJECT_ID")
    return bool(source) and source != get("MERGE_REQUEST_PROJECT_ID")


def commit(sha: str) -> str:
    return "" if sha == ZEROS else sha


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


# --- known: What GitLab's API told beyond the job's variables. Pure.

@dataclass(frozen=True)
class Known:
    """`jobs` None: not told. `own`: the iid of the merge request that the pipeline's own commit
    belongs to, 0 for none. `brought`: the commits of merge requests, by iid; `commits`: the others
    besides the pipeline's own. `nothing_deployed`: the deploying job is not in this pipeline.

    `refused`: what GitLab did not tell; `token_refused`: whether it refused the access token.
    `notes`: what was left unread, in sentences.
    """

    jobs: tuple[Job, ...] | None = None
    merge_requests: tuple[MergeRequest, ...] = ()
    own: int = 0
    deployments: tuple[Deployment, ...] = ()
    brought: Mapping[int, tuple[Commit, ...]] = field(default_factory=dict)
    commits: tuple[Commit, ...] = ()
    refused: tuple[str, ...] = ()
    nothing_deployed: bool = False
    token_refused: bool = False
    notes: tuple[str, ...] = ()


def refused(known: Known, what: str) -> Known:
    return replace(known, refused=(*known.refused, what))


def noted(known: Known, sentence: str) -> Known:
    return replace(known, notes=(*known.notes, sentence))


# --- rows: GitLab's JSON as values: jobs, merge requests, deployments, commits. Pure.

# GitLab guesses the tier by the name in the same way, in this order.
# https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments
TIERS = (
    ("development", r"dev|review|trunk"),
    ("testing", r"test|tst|int|ac(?:ce|)pt|qa|qc|control|quality"),
    ("staging", r"sta?g|mode?l|pre|demo|non"),
    ("production", r"pro?d|live"),
)
DEPLOYMENT_STATUS = {
    "success": "success", "failed": "failed", "canceled": "canceled", "running": "running",
    "created": "running", "blocked": "blocked",
}  # fmt: skip
UNDER_WAY = ("created", "pending", "running", "preparing", "waiting_for_resource", "scheduled")
# The jobs that are asked for: of a hundred and more only these decide; none of them is a success.
COUNTED = ("failed", "canceled", "manual", *UNDER_WAY)


def status_of(jobs: tuple[Job, ...] | None) -> str:
    """The pipeline's status by its jobs, as GitLab has it, without the job that asks.

    https://docs.gitlab.com/ci/pipelines/#pipeline-status
    """
    if jobs is None:
        return "unknown"
    counted = [job.status for job in jobs if not (job.allow_failure and job.status != "success")]
    for status in ("failed", "canceled"):
        if status in counted:
            return status
    if set(UNDER_WAY) & set(counted):
        return "running"
    return "manual" if "manual" in counted else "success"


def read_job(row: Mapping[str, object]) -> Job:
    return Job(
        id=number(str(row.get("id", ""))),
        name=str(row.get("name") or ""),
        status=str(row.get("status") or ""),
        url=str(row.get("web_url") or ""),
        allow_failure=bool(row.get("allow_failure")),
    )


def read_merge_request(row: Mapping[str, object]) -> MergeRequest:
    author = row.get("author")
    return MergeRequest(
        iid=number(str(row.get("iid", ""))),
        title=str(row.get("title") or ""),
        url=str(row.get("web_url") or ""),
        state=str(row.get("state") or "opened"),
        draft=bool(row.get("draft", row.get("work_in_progress"))),
        source_branch=str(row.get("source_branch") or ""),
        target_branch=str(row.get("target_branch") or ""),
        author=str(author.get("name") or "") if isinstance(author, dict) else "",
        description=str(row.get("description") or ""),
    )


def read_deployment(row: Mapping[str, object]) -> Deployment:
    place = row.get("environment")
    place = place if isinstance(place, dict) else {}
    name = str(place.get("name") or "")
    return Deployment(
        environment=name,
        tier=str(place.get("tier") or tier_of(name)),
        url=str(place.get("external_url") or ""),
        status=DEPLOYMENT_STATUS.get(str(row.get("status")), "unknown"),
    )


def pipeline_of(row: Mapping[str, object]) -> int:
    job = row.get("deployable")
    pipeline = job.get("pipeline") if isinstance(job, dict) else None
    return number(str(pipeline.get("id", ""))) if isinstance(pipeline, dict) else 0


def tier_of(environment: str) -> str:
    for tier, pattern in TIERS:
        if re.search(pattern, environment, re.IGNORECASE):
            return tier
    return "other"


def read_commit(row: Mapping[str, object]) -> Commit:
    return Commit(sha=str(row.get("id") or ""), message=str(row.get("message") or ""))


# --- naming: The tasks that a pipeline's texts name, and the merge request each belongs to. Pure.

MOST_REPORTED = 40  # their reads fit in one batch
Texts = Iterable[tuple[str, str]]


def find_tasks(facts: Facts, settings: Settings, known: Known) -> tuple[NamedTask, ...]:
    """Each task once, by its strongest mention and the merge request in which that stands."""
    found: dict[int, NamedTask] = {}
    for texts, request in sources(facts, known):
        for text, where in texts:
            for task_id, kind in named_tasks(text, where, settings.task_prefix).items():
                found[task_id] = stronger(found.get(task_id), NamedTask(task_id, kind, request))
    return tuple(found.values())[:MOST_REPORTED]


def stronger(known: NamedTask | None, new: NamedTask) -> NamedTask:
    """What is only mentioned by one merge request is not moved by it."""
    if known is None or STRENGTH[new.kind] > STRENGTH[known.kind]:
        return new
    return known


def sources(facts: Facts, known: Known) -> Iterator[tuple[Texts, int]]:
    """The texts that may name tasks, each group with the merge request it belongs to, or 0."""
    for mr in known.merge_requests:
        brought = known.brought.get(mr.iid, ())
        yield [*merge_request_texts(mr), *((one.message, "commit") for one in brought)], mr.iid
    yield [(facts.ref, "branch"), (facts.message, "commit")], known.own
    yield [(one.message, "commit") for one in known.commits], 0


def merge_request_texts(mr: MergeRequest) -> Texts:
    return (mr.source_branch, "branch"), (mr.title, "title"), (mr.description, "description")


# --- question: One question in place of four: jobs, merge requests, their commits, the last success. Pure.

# Each stands inside `project(fullPath: $path) { … }`; R is REQUEST.
JOBS = (
    "pipeline(iid: $pipeline) { jobs(retried: false, statuses: [%s], first: 100)"
    " { nodes { id name status allowFailure webPath stage { name } } } }"
)
OF_BRANCH = "own: mergeRequests(sourceBranches: [$ref], sort: UPDATED_DESC, first: 5) { nodes R }"
MERGED = "merged: mergeRequests(%sstate: merged, sort: MERGED_AT_DESC, first: 10) { nodes R }"
PASSED = "passed: pipelines(%s, status: SUCCESS, first: 5) { nodes { id sha } }"
OF_PIPELINE = "target: project(fullPath: $target) { mergeRequest(iid: $request) R }"
REQUEST = (
    "{ iid title description state draft webUrl sourceBranch targetBranch sourceProjectId"
    " diffHeadSha mergeCommitSha author { name } commits(first: 100) { nodes { sha message } } }"
)
TYPES = {"path": "ID!", "pipeline": "ID!", "target": "ID!", "request": "String!", "ref": "String!"}
CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Candidate:
    """A merge request that may concern the pipeline. `head`: the last commit of its branch;
    `merged_as`: the merge commit; `project`: the id of its source, 0 where that is gone.
    """

    request: MergeRequest
    head: str
    merged_as: str
    project: int
    commits: tuple[Commit, ...]


@dataclass(frozen=True)
class Overview:
    """`jobs`: rows as the REST API has them, None: not told. `since`: the commit of the last
    successful pipeline, "" for none.
    """

    jobs: tuple[Mapping[str, object], ...] | None
    requests: tuple[Candidate, ...]
    since: str


def question(facts: Facts, settings: Settings) -> dict[str, object]:
    """What is posted. A variable that is declared has to be used."""
    asked = " ".join(of_project(facts, settings))
    parts = [f"project(fullPath: $path) {{ {asked} }}"] if asked else []
    if facts.merge_request:
        parts.append(OF_PIPELINE)
    query = re.sub(r"\bR\b", REQUEST, " ".join(parts))
    values = {
        "path": facts.project_path,
        "pipeline": str(facts.pipeline_iid),
        "target": facts.merge_request_path or facts.project_path,
        "request": str(facts.merge_request.iid if facts.merge_request else 0),
        "ref": facts.ref,
    }
    used = [name for name in TYPES if f"${name}" in query]
    declared = ", ".join(f"${name}: {TYPES[name]}" for name in used)
    return {
        "query": f"query({declared}) {{ {query} }}",
        "variables": {name: values[name] for name in used},
    }


def of_project(facts: Facts, settings: Settings) -> Iterator[str]:
    if settings.mode == REPORT and "pipeline" in settings.report:
        yield JOBS % " ".join(status.upper() for status in COUNTED)
    if not facts.merge_request:
        yield OF_BRANCH
        yield MERGED % ("" if facts.tag else "targetBranches: [$ref], ")
    if on_trunk(facts) and "commits" in settings.report:
        yield PASSED % ("scope: TAGS" if facts.tag else "ref: $ref")


def on_trunk(facts: Facts) -> bool:
    """Whether work of many comes together here; no other branch lives long."""
    shared = facts.tag or facts.protected or facts.ref == facts.default_branch
    return shared and not facts.merge_request


def read_overview(answer: object, facts: Facts) -> Overview | None:
    """None where GitLab refuses: then it answers 401, or 200 with errors and no data."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not any(isinstance(one, dict) for one in data.values()):
        return None
    place = inside(data, "project")
    one = inside(inside(data, "target"), "mergeRequest")
    rows = [one] if one else [*nodes(place, "own"), *nodes(place, "merged")]
    pipeline = inside(place, "pipeline")
    earlier = [
        row for row in nodes(place, "passed") if global_number(row) < facts.pipeline_id
    ]  # a repeated job may find its own pipeline among those that passed
    return Overview(
        jobs=tuple(job_rows(nodes(pipeline, "jobs"), facts)) if pipeline.get("jobs") else None,
        requests=tuple(map(read_candidate, {row.get("iid"): row for row in rows}.values())),
        since=str(earlier[0].get("sha") or "") if earlier else "",
    )


def complaint(answer: object) -> str:
    """What GraphQL says is wrong with the question, "" where it says nothing."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return clipped(cleaned(str(inside({"": first}, "").get("message") or "")), 200)


def inside(row: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def nodes(row: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = inside(row, name).get("nodes")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def global_number(row: Mapping[str, object]) -> int:
    """gid://gitlab/Ci::Build/12 → 12"""
    return number(str(row.get("id") or "").rpartition("/")[2])


def job_rows(rows: list[Mapping[str, object]], facts: Facts) -> Iterator[Mapping[str, object]]:
    """A job that starts another pipeline has no page of its own."""
    parts = urlsplit(facts.server_url)
    for row in rows:
        path = str(row.get("webPath") or "")
        yield {
            **row,
            "id": global_number(row),
            "status": str(row.get("status") or "").lower(),
            "allow_failure": row.get("allowFailure"),
            "web_url": f"{parts.scheme}://{parts.netloc}{path}" if path else "",
            "stage": inside(row, "stage").get("name"),
        }


def read_candidate(row: Mapping[str, object]) -> Candidate:
    plain = {CAMEL.sub("_", name).lower(): value for name, value in row.items()}
    commits = [{**one, "id": one.get("sha")} for one in nodes(row, "commits")]
    return Candidate(
        request=read_merge_request(plain),
        head=str(row.get("diffHeadSha") or ""),
        merged_as=str(row.get("mergeCommitSha") or ""),
        project=number(str(row.get("sourceProjectId") or "")),
        commits=tuple(map(read_commit, commits)),
    )


def concerns_pipeline(one: Candidate, facts: Facts, arrived: Mapping[str, str]) -> bool:
    """Whether it is an open one of this branch, or came in by one of these commits.

    `arrived`: sha → message. A squashed and fast-forwarded one is known by its title.
    """
    if facts.merge_request:
        return True
    request = one.request
    if one.project == facts.project_id and request.source_branch == facts.ref and not facts.tag:
        return request.state in ("opened", "locked") or one.head == facts.sha
    titles = {message.partition("\n")[0].strip() for message in arrived.values()} - {""}
    return one.merged_as in arrived or one.head in arrived or request.title.strip() in titles


# --- reads: Single questions to GitLab's API, and what each adds to what is known.

Get = Callable[[str, bool], object]  # path, with the access token? → JSON, None where refused
Inquire = Callable[[object], object]  # GraphQL's query and variables → its answer, None likewise
MOST_READS = 3
PAGE = 100
MORE_COMMITS = f"of the commits only the newest {PAGE} are read"
DEPLOYED = ("failed", "canceled", "running", "success")  # of jobs, the first counts


class Reads:
    """Answers of GitLab. `left`: how many more questions there are. `inquire` None: no token."""

    def __init__(self, facts: Facts, get: Get, inquire: Inquire | None) -> None:
        self._get, self._inquire, self._project = get, inquire, facts.project_id
        self.left, self.token = MOST_READS, inquire is not None

    def ask(self, path: str, *, project: int = 0, token: bool = False, **query: object) -> object:
        """`path`: under the project. `token`: with the access token, which reads commits."""
        self.left -= 1
        place = f"/projects/{project or self._project}/{path}"
        asked = urlencode(query, quote_via=quote, doseq=True)
        answer = self._get(f"{place}?{asked}" if asked else place, token)
        if isinstance(answer, list):
            return [row for row in answer if isinstance(row, dict)]
        return answer

    def overview(self, facts: Facts, settings: Settings) -> tuple[Overview | None, str]:
        """And what GitLab says is wrong with the question."""
        self.left -= 1
        answer = self._inquire(question(facts, settings))
        return read_overview(answer, facts), complaint(answer)


def with_deploy_job(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """Of a deployment that GitLab does not track its job tells; it may not be in this pipeline."""
    rows = reads.ask(f"pipelines/{facts.pipeline_id}/jobs", per_page=PAGE)
    if not isinstance(rows, list):
        return refused(known, "the jobs of the pipeline")
    ended = {row.get("status") for row in rows if is_of(str(row.get("name")), settings.deploy_job)}
    status = next((one for one in DEPLOYED if one in ended), "")
    if not status:
        return replace(known, nothing_deployed=True)
    return replace(known, deployments=(Deployment(settings.environment, status=status),))


def is_of(name: str, job: str) -> bool:
    """`deploy`, or one of its parallel jobs: `deploy 1/2`, `deploy: [eu]`."""
    return (
        name == job
        or re.fullmatch(rf"{re.escape(job)}(?: [0-9]+/[0-9]+|: \[.*\])", name) is not None
    )


def with_jobs(facts: Facts, known: Known, reads: Reads) -> Known:
    """All but those that passed, which may be many."""
    path = f"pipelines/{facts.pipeline_id}/jobs"
    rows = reads.ask(path, per_page=PAGE, **{"scope[]": COUNTED})
    return with_job_rows(facts, known, rows)


def with_job_rows(facts: Facts, known: Known, rows: object) -> Known:
    if not isinstance(rows, (list, tuple)):
        return refused(known, "the jobs of the pipeline")
    others = [row for row in rows if row.get("id") != facts.job_id and not beside(row)]
    return replace(known, jobs=tuple(map(read_job, others)))


def beside(row: Mapping[str, object]) -> bool:
    """A job that ends the pipeline together with this one: its result is not waited for."""
    return row.get("stage") == ".post" and row.get("status") in UNDER_WAY


def with_merge_requests(facts: Facts, known: Known, reads: Reads) -> Known:
    if facts.merge_request:
        place = facts.merge_request_project
        row = reads.ask(f"merge_requests/{facts.merge_request.iid}", project=place)
        if not isinstance(row, dict):
            return refused(known, "the merge request")
        return replace(known, merge_requests=(read_merge_request(row),))
    rows = reads.ask(f"repository/commits/{facts.sha}/merge_requests", per_page=20)
    ours = [row for row in rows if concerns(row, facts)] if isinstance(rows, list) else rows
    return with_rows(known, ours, "the merge requests of the commit")


def concerns(row: Mapping[str, object], facts: Facts) -> bool:
    """An open one of this branch, or one that was merged into it (or into a tag's history)."""
    if row.get("state") in ("opened", "locked"):
        return row.get("source_branch") == facts.ref
    return facts.tag or facts.ref in (row.get("target_branch"), row.get("source_branch"))


def with_rows(known: Known, rows: object, what: str) -> Known:
    if not isinstance(rows, list):
        return refused(known, what)
    found = tuple(map(read_merge_request, rows[:20])) or known.merge_requests
    return replace(known, merge_requests=found, own=found[0].iid if found else 0)


def with_deployments(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """The newest of this pipeline to each environment, where somebody could hear of them."""
    heard = settings.deliver == "app" or find_tasks(facts, settings, known)
    if "deployments" not in settings.report or not heard:
        return known
    if not reads.left:
        return noted(known, "deployments were not asked for: three reads are the most")
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=50)
    if not isinstance(rows, list):
        return refused(known, "deployments")
    newest: dict[str, Deployment] = {}
    for row in rows:
        if pipeline_of(row) == facts.pipeline_id:
            one = read_deployment(row)
            newest.setdefault(one.environment, one)
    return replace(known, deployments=tuple(newest.values())[::-1])


def with_commits_since(facts: Facts, known: Known, reads: Reads, since: str) -> Known:
    """The newest hundred. `since`: a commit or a branch, whose own commits do not count."""
    if not since or since == facts.sha:
        return known
    span = f"{since}..{facts.sha}"
    rows = reads.ask("repository/commits", token=True, ref_name=span, per_page=PAGE)
    if not isinstance(rows, list):
        return refused(known, "the commits since the last run")
    if len(rows) == PAGE:
        known = noted(known, MORE_COMMITS)
    found = [read_commit(row) for row in rows]
    return replace(known, commits=tuple(one for one in found if one.sha != facts.sha))


# --- gitlab: What GitLab's API adds to the variables: at most three reads, each of which may be refused.

def gather(facts: Facts, settings: Settings, get: Get, inquire: Inquire | None = None) -> Known:
    """`inquire`: GraphQL with the access token, where there is one."""
    own = (facts.merge_request,) if facts.merge_request else ()
    known = Known(merge_requests=own, own=own[0].iid if own else 0)
    if not facts.api or not facts.project_id:
        return refused(known, "anything: the job has no CI_API_V4_URL")
    reads = Reads(facts, get, inquire)
    if settings.mode == DEPLOYMENT:
        return of_deployment(facts, settings, known, reads)
    told, wrong = reads.overview(facts, settings) if reads.token else (None, "")
    if told:
        known = with_overview(facts, settings, known, told, reads)
    else:
        known = replace(known, token_refused=reads.token)
        known = noted(known, f"GitLab says of the question: {wrong}") if wrong else known
        known = one_by_one(facts, settings, known, reads)
    return known if settings.mode == EARLY else with_deployments(facts, settings, known, reads)


def one_by_one(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    if settings.mode != EARLY and "pipeline" in settings.report:
        known = with_jobs(facts, known, reads)
    if "merge-request" in settings.report:
        known = with_merge_requests(facts, known, reads)
    return known


def of_deployment(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """This deployment, and the work since the last successful one to the same environment."""
    query = {"environment": settings.environment} if settings.environment else {}
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=20, **query)
    if not isinstance(rows, list):
        known = refused(known, "deployments")
        return with_merge_requests(facts, known, reads)
    here = [row for row in rows if pipeline_of(row) == facts.pipeline_id]
    known = replace(known, deployments=tuple(map(read_deployment, here[:1])))
    last = next((row for row in rows if row not in here and row.get("status") == "success"), {})
    if not here and settings.deploy_job:
        known = with_deploy_job(facts, settings, known, reads)
    if known.nothing_deployed:
        return known
    if here:
        shipped = reads.ask(f"deployments/{here[0].get('id')}/merge_requests", per_page=20)
        known = with_rows(known, shipped, "the merge requests of the deployment")
    if reads.token and last:
        known = with_commits_since(facts, known, reads, str(last.get("sha") or ""))
    if known.merge_requests or not reads.left:
        return known
    return with_merge_requests(facts, known, reads)


def with_overview(
    facts: Facts, settings: Settings, known: Known, told: Overview, reads: Reads
) -> Known:
    """Jobs and merge requests by one answer; then the commits that these did not bring."""
    if settings.mode != EARLY and "pipeline" in settings.report:
        seen = told.jobs is not None
        known = with_job_rows(facts, known, told.jobs) if seen else with_jobs(facts, known, reads)
    if "commits" in settings.report:
        here = [one for one in told.requests if concerns_pipeline(one, facts, {})]
        known = with_commits_since(facts, known, reads, first_unknown(facts, told, here))
    arrived = {one.sha: one.message for one in known.commits}
    arrived[facts.sha] = facts.message
    found = [one for one in told.requests if concerns_pipeline(one, facts, arrived)]
    return with_candidates(facts, settings, known, found)


def first_unknown(facts: Facts, told: Overview, here: list[Candidate]) -> str:
    """Where the commits to be read begin; "" where the merge request has brought them."""
    if on_trunk(facts):
        return told.since or facts.before
    if here:
        return ""
    return facts.base if facts.merge_request else facts.default_branch


def with_candidates(
    facts: Facts, settings: Settings, known: Known, found: list[Candidate]
) -> Known:
    if not found:
        return known
    own = {facts.sha: facts.message}
    first = [one for one in found if concerns_pipeline(one, facts, own)]
    ordered = [*first, *(one for one in found if one not in first)]
    brought = {one.request.iid: one.commits for one in ordered}
    if any(len(commits) == PAGE for commits in brought.values()):
        known = noted(known, MORE_COMMITS)
    shas = {one.sha for commits in brought.values() for one in commits}
    return replace(
        known,
        merge_requests=tuple(one.request for one in ordered),
        own=first[0].request.iid if first else 0,
        brought=brought if "commits" in settings.report else {},
        commits=tuple(one for one in known.commits if one.sha not in shas),
    )


# --- assembly: The report: what GitLab told, and the tasks that its texts name. Pure.

MOST_FAILED_JOBS = 20
MOST_COMMITS = 100  # besides the pipeline's own
# An e-mail address: a report is kept as an artifact. It begins where a word does, so that a long
# text without any is read once.
PERSON = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")


def assemble(facts: Facts, settings: Settings, known: Known) -> Report:
    requests = tuple(
        replace(mr, description=impersonal(mr.description)) for mr in known.merge_requests
    )
    commits = (Commit(facts.sha, facts.message), *other_commits(facts, known))
    failed = [job for job in known.jobs or () if job.status == "failed" and not job.allow_failure]
    wants_requests = "merge-request" in settings.report
    return Report(
        mode=settings.mode,
        server_url=facts.server_url,
        project_id=facts.project_id,
        project_path=facts.project_path,
        project_title=facts.project_title,
        project_url=facts.project_url,
        default_branch=facts.default_branch,
        pipeline_id=facts.pipeline_id,
        pipeline_url=facts.pipeline_url,
        pipeline_source=facts.pipeline_source,
        status=told_status(settings, known),
        ref=facts.ref,
        tag=facts.tag,
        sha=facts.sha,
        job_id=facts.job_id,
        job_url=facts.job_url,
        author=facts.login,
        author_name=facts.name,
        merge_requests=requests if wants_requests else (),
        failed_jobs=tuple(failed[:MOST_FAILED_JOBS]),
        deployments=told_deployments(settings, known),
        commits=tuple(replace(one, message=impersonal(one.message)) for one in commits),
        tasks=find_tasks(facts, settings, known),
        refused=known.refused,
    )


def other_commits(facts: Facts, known: Known) -> list[Commit]:
    """Each once."""
    found = [*known.commits, *(one for each in known.brought.values() for one in each)]
    return list({one.sha: one for one in found if one.sha != facts.sha}.values())[:MOST_COMMITS]


def impersonal(text: str) -> str:
    return PERSON.sub("…", text)


def told_status(settings: Settings, known: Known) -> str:
    if settings.mode == EARLY:
        return "running"
    return status_of(known.jobs) if "pipeline" in settings.report else ""


def told_deployments(settings: Settings, known: Known) -> tuple[Deployment, ...]:
    """Those of the wanted tiers; in a deployment's own job what the inputs say counts more."""
    found = known.deployments
    if settings.mode == DEPLOYMENT and not known.nothing_deployed:
        one = found[0] if found else Deployment(settings.environment)
        tier = settings.environment_tier or one.tier or tier_of(settings.environment)
        found = (replace(one, url=settings.environment_url or one.url, tier=tier),)
        found = found if one.environment else ()
    return tuple(one for one in found if fits(one.tier, settings.tiers))


# --- cards: What people read of a report: the card in a task's discussion, the chat, the author. Pure.

# What UF_CI_STATUS says of a pipeline, in the app's words; of an unknown one it says nothing new.
FIELD_VALUES = {
    "running": "running", "success": "passed", "failed": "failed", "canceled": "canceled",
    "skipped": "skipped", "manual": "manual",
}  # fmt: skip
SHOWN_JOBS = 5
SHOWN_DEPLOYMENTS = 10
MOST_TITLE = 255  # characters, what the code host allows
CI_LINE = re.compile(r"^CI: ", re.MULTILINE)


def card(report: Report, task: NamedTask, language: str) -> str:
    """The message in the task's discussion, as BBCode."""
    mr = report.merge_request_of(task)
    if report.mode == DEPLOYMENT:
        return deployment_card(report, mr, language)
    about = request_lines(report, mr, language) if mr else ref_lines(report, language)
    if task.kind == MENTION:
        about.append(say(language, "link mention"))
    return "\n".join([*about, ci_line(report, language), *deployment_lines(report, language)])


def deployment_card(report: Report, mr: MergeRequest | None, language: str) -> str:
    about = request_link(mr, language) if mr else link(ref_url(report), report.ref)
    one = report.deployments[0]
    head = f"[b]{link(environment_url(report, one), one.environment)}[/b]"
    result = deployment_line(one, language)
    pipeline = link(report.pipeline_url, f"#{report.pipeline_id}")
    return "\n".join([head, about, f"CI: {pipeline} {result}"])


def key_of(report: Report, task: NamedTask) -> str:
    """The address in the first line of the task's card: the same for every run."""
    if report.mode == DEPLOYMENT:
        return live_url(environment_url(report, report.deployments[0]))
    mr = report.merge_request_of(task)
    return live_url(mr.url if mr else ref_url(report))


def ref_url(report: Report) -> str:
    kind = "tags" if report.tag else "tree"
    return f"{report.project_url}/-/{kind}/{quote(report.ref, safe='/')}"


def environment_url(report: Report, deployment: Deployment) -> str:
    """A page that exists for every environment without knowing its number."""
    return f"{report.project_url}/-/environments?search={quote(deployment.environment, safe='')}"


def has_head(text: str, key: str) -> bool:
    """Whether a message is a card about `key`; people do not begin theirs in this way."""
    return bool(key) and text.lower().startswith(f"[b][url={key}]".lower())


def is_ours(text: str) -> bool:
    return CI_LINE.search(text) is not None


def is_of_app(text: str, report: Report) -> bool:
    """Whether the app tells of this project here: its card of a request, or its pipeline message.

    Who has both hears everything once, and the app knows more.
    """
    project = re.escape(live_url(report.project_url))
    card_head = rf"\[url={project}/-/merge_requests/[0-9]+\]!"
    pipeline = rf"[^\n]*\[/b\]\n[^\n]*\[url={project}/-/pipelines/"
    head = re.match(rf"\[b\](?:{card_head}|{pipeline})", text, re.IGNORECASE)
    return bool(project and head) and not is_ours(text)


def state_line(mr: MergeRequest, language: str) -> str:
    return say(language, "state", state=say(language, mr.shown_state))


def request_link(mr: MergeRequest, language: str) -> str:
    title = say(language, "title", iid=mr.iid, title=clipped(mr.title, MOST_TITLE))
    return link(mr.url, title)


def request_lines(report: Report, mr: MergeRequest, language: str) -> list[str]:
    project = link(report.project_url, report.project_path)
    source, target = escaped(mr.source_branch, line_start=True), escaped(mr.target_branch)
    lines = [
        f"[b]{request_link(mr, language)}[/b]",
        state_line(mr, language),
        say(language, "branches", source=source, target=target, project=project),
    ]
    return [*lines, say(language, "author", person=escaped(mr.author))] if mr.author else lines


def ref_lines(report: Report, language: str) -> list[str]:
    project = link(report.project_url, report.project_path)
    return [
        f"[b]{link(ref_url(report), report.ref)}[/b]",
        say(language, "ref", project=project),
    ]


def ci_line(report: Report, language: str) -> str:
    status = f" {say(language, f'pipeline {report.status}')}" if report.status else ""
    jobs = job_list(report.failed_jobs, language)
    return f"CI: {link(report.pipeline_url, f'#{report.pipeline_id}{status}')}" + (
        f" ({jobs})" if jobs else ""
    )


def job_list(jobs: tuple[Job, ...], language: str) -> str:
    shown = [link(job.url, clipped(job.name, 80)) for job in jobs[:SHOWN_JOBS]]
    if len(jobs) > SHOWN_JOBS:
        shown.append(say(language, "more", count=len(jobs) - SHOWN_JOBS))
    return ", ".join(shown)


def deployment_lines(report: Report, language: str) -> list[str]:
    lines = [deployment_line(one, language) for one in report.deployments[:SHOWN_DEPLOYMENTS]]
    if rest := len(report.deployments) - len(lines):
        lines.append(say(language, "more", count=rest))
    return lines


def deployment_line(one: Deployment, language: str) -> str:
    name = link(one.url, one.environment) if one.url else escaped(one.environment)
    tier = f" ({one.tier})" if one.tier and one.tier != one.environment else ""
    return say(language, f"deployment {one.status}", environment=name) + escaped(tier)


def told_author(report: Report, language: str) -> str:
    jobs = job_list(report.failed_jobs, language)
    pipeline = link(report.pipeline_url, f"#{report.pipeline_id}")
    return say(
        language,
        "told failed",
        pipeline=pipeline,
        ref=link(ref_url(report), report.ref),
        jobs=f": {jobs}" if jobs else "",
    )


def chat_text(report: Report, tasks: Iterable[tuple[str, str]], language: str) -> str:
    """`tasks`: address and title of each."""
    head = link(report.pipeline_url, f"{report.project_path} #{report.pipeline_id}")
    about = [request_link(mr, language) for mr in report.merge_requests[:SHOWN_JOBS]]
    listed = ", ".join(link(url, title) for url, title in tasks)
    lines = [f"[b]{head}[/b]", *(about or [link(ref_url(report), report.ref)])]
    lines += [ci_line(report, language), *deployment_lines(report, language)]
    return "\n".join([*lines, say(language, "tasks", tasks=listed)] if listed else lines)


# --- tasks: The portal's answers as values: tasks, messages, columns. Pure.

WAITING, IN_PROGRESS, AWAITING_CONTROL, COMPLETED = 2, 3, 4, 5

# The portal takes edits for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)


@dataclass(frozen=True)
class Task:
    """`chat_id` 0: a portal with the old card. `actions`: what the webhook's user may do now."""

    id: int
    title: str = ""
    status: int = 0
    chat_id: int = 0
    group_id: int = 0
    stage_id: int = 0
    field: str = ""
    members: frozenset[int] = frozenset()
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Message:
    id: int
    author_id: int
    text: str
    editable: bool


def read_task(row: Mapping[str, object], field: str) -> Task:
    """A `task` of tasks.task.get. https://apidocs.bitrix24.com/api-reference/tasks/"""
    people = [row.get("createdBy"), row.get("responsibleId")]
    for name in ("accomplices", "auditors"):
        people += listed(row.get(name))
    actions = row.get("action")
    allowed = [name for name, may in actions.items() if may] if isinstance(actions, dict) else []
    return Task(
        id=whole(row.get("id")),
        title=html.unescape(str(row.get("title") or "")),
        status=whole(row.get("status")),
        chat_id=whole(row.get("chatId")),
        group_id=whole(row.get("groupId")),
        stage_id=whole(row.get("stageId")),
        field=str(row.get(camel(field)) or ""),
        members=frozenset(map(whole, people)),
        actions=frozenset(allowed),
    )


def read_messages(result: object, now: datetime) -> list[Message]:
    """Of im.dialog.messages.get, or of task.commentitem.getlist; newest first, by id."""
    rows = listed(result.get("messages") if isinstance(result, dict) else result)
    found = [read_message(row, now) for row in rows if isinstance(row, dict)]
    return sorted(found, key=lambda message: -message.id)


def read_message(row: Mapping[str, object], now: datetime) -> Message:
    old_card = "POST_MESSAGE" in row
    return Message(
        id=whole(row.get("ID" if old_card else "id")),
        author_id=whole(row.get("AUTHOR_ID" if old_card else "author_id")),
        text=str(row.get("POST_MESSAGE" if old_card else "text") or ""),
        editable=old_card or is_young(str(row.get("date") or ""), now),
    )


def is_young(date: str, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return now - moment < EDIT_WINDOW


def find_stage(result: object, wanted: str) -> int:
    """The id of the column with that title or system type, 0 if there is none."""
    rows = [row for row in listed(result) if isinstance(row, dict)]
    for row in sorted(rows, key=lambda row: whole(row.get("SORT"))):
        names = {str(row.get("TITLE") or ""), str(row.get("SYSTEM_TYPE") or "")}
        if wanted.casefold() in {name.strip().casefold() for name in names if name}:
            return whole(row.get("ID"))
    return 0


def camel(name: str) -> str:
    """UF_CI_STATUS → ufCiStatus, as the portal spells a field in its answers."""
    head, *rest = name.lower().split("_")
    return head + "".join(part.capitalize() for part in rest)


def whole(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def listed(value: object) -> list:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


# --- calls: A call of the portal, as a command of a batch. Pure.

MOST_CALLS = 50  # of one batch


@dataclass(frozen=True)
class Call:
    """`about`: what it does, in words for the job's log."""

    method: str
    params: Mapping[str, object]
    about: str = ""


def encode(call: Call) -> str:
    """The call as a command of a batch: `method?a=1&b[c]=2`, as PHP reads it."""
    pairs = [pair for name, value in call.params.items() for pair in pairs_of(name, value)]
    query = "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in pairs)
    return f"{call.method}?{query}"


def pairs_of(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        rows = value.items()
    elif isinstance(value, (list, tuple)):
        rows = enumerate(value)
    else:
        return [(name, str(value))]
    return [pair for key, inner in rows for pair in pairs_of(f"{name}[{key}]", inner)]


# --- asking: What is asked of the portal in two reads, and what the answers tell. Pure.

SELECT = (
    "ID", "TITLE", "STATUS", "CHAT_ID", "GROUP_ID", "STAGE_ID", "CREATED_BY", "RESPONSIBLE_ID",
    "ACCOMPLICES", "AUDITORS",
)  # fmt: skip


@dataclass(frozen=True)
class Portal:
    """What was read. `me`, `author`: user ids, 0 where not known. `messages`: by task id."""

    address: str
    me: int
    author: int
    tasks: Mapping[int, Task]
    messages: Mapping[int, list[Message]]
    stages: Mapping[int, int]
    chat: list[Message]


def first_read(report: Report, settings: Settings, email: str) -> dict[str, Call]:
    """Who we are, the tasks, and the author where a failure is to be told."""
    select = [*SELECT, settings.field] if settings.field else list(SELECT)
    calls = {"me": Call("profile", {})}
    for task in report.tasks:
        calls[f"t{task.id}"] = Call("tasks.task.get", {"taskId": task.id, "select": select})
    if email and tells_author(report, settings):
        calls["author"] = Call("user.get", {"FILTER": {"EMAIL": email}})
    return calls


def second_read(tasks: Mapping[int, Task], report: Report, settings: Settings) -> dict[str, Call]:
    """The newest messages of each task, the columns of their groups, the chat."""
    calls = {f"m{task.id}": discussion(task) for task in tasks.values()}
    wanted = settings.stage_open or settings.stage_merge
    if wanted and settings.mode != DEPLOYMENT:
        for group in sorted({task.group_id for task in tasks.values() if task.group_id}):
            calls[f"s{group}"] = Call("task.stages.get", {"entityId": group})
    if tells_chat(report, settings):
        calls["chat"] = Call("im.dialog.messages.get", {"DIALOG_ID": settings.chat, "LIMIT": 50})
    return dict(list(calls.items())[:MOST_CALLS])


def discussion(task: Task) -> Call:
    if task.chat_id:
        dialog = {"DIALOG_ID": f"chat{task.chat_id}", "LIMIT": 50}
        return Call("im.dialog.messages.get", dialog)
    by_position = {"TASKID": task.id, "ORDER": {"ID": "desc"}, "FILTER": {">ID": 0}}
    return Call("task.commentitem.getlist", by_position)


def read_tasks(answers: Mapping[str, object], field: str) -> dict[int, Task]:
    """A task that is missing, or hidden from the webhook's user, is an empty list."""
    found = {}
    for key, result in answers.items():
        row = result.get("task") if key.startswith("t") and isinstance(result, dict) else None
        if isinstance(row, dict) and whole(row.get("id")):
            task = read_task(row, field)
            found[task.id] = task
    return found


def read_portal(
    address: str,
    answers: Mapping[str, object],
    tasks: Mapping[int, Task],
    settings: Settings,
    now: datetime,
) -> Portal:
    """`answers`: of both reads; what was refused is not among them."""
    me = answers.get("me")
    authors = [row for row in listed(answers.get("author")) if isinstance(row, dict)]
    stages = {}
    for key, result in answers.items():
        for wanted in (settings.stage_open, settings.stage_merge):
            if key[0] == "s" and wanted:
                stages[int(key[1:]), wanted] = find_stage(result, wanted)
    return Portal(
        address=address,
        me=whole(me.get("ID")) if isinstance(me, dict) else 0,
        author=next((whole(row.get("ID")) for row in authors if row.get("ACTIVE")), 0),
        tasks=tasks,
        messages={
            id_: read_messages(answers[f"m{id_}"], now) for id_ in tasks if f"m{id_}" in answers
        },
        stages=stages,
        chat=read_messages(answers.get("chat"), now),
    )


def tells_author(report: Report, settings: Settings) -> bool:
    return settings.tell_author and report.status == "failed" and settings.mode != EARLY


def tells_chat(report: Report, settings: Settings) -> bool:
    rules = {
        "always": settings.mode != EARLY,
        "failed": report.status == "failed",
        "deployments": bool(report.deployments),
    }
    return bool(settings.chat) and rules.get(settings.chat_when, False)


def portal_address(webhook: str) -> str:
    parts = urlsplit(webhook)
    return f"{parts.scheme}://{parts.netloc}"


def task_url(portal: Portal, task: Task) -> str:
    place = (
        f"workgroups/group/{task.group_id}"
        if task.group_id
        else f"company/personal/user/{portal.me}"
    )
    return f"{portal.address}/{place}/tasks/task/view/{task.id}/"


# --- plan: What is written to the portal: the difference between the report and what it shows. Pure.

def writes(report: Report, portal: Portal, settings: Settings) -> tuple[list[Call], int]:
    """The calls of the one batch, and how many tasks found no room in it."""
    shared = [*author_call(report, portal, settings), *chat_call(report, portal, settings)]
    calls: list[Call] = []
    left_out = 0
    for named in report.tasks:
        task = portal.tasks.get(named.id)
        own = task_calls(report, named, task, portal, settings) if task else []
        if len(calls) + len(own) + len(shared) > MOST_CALLS:
            left_out += 1
        else:
            calls += own
    return [*calls, *shared], left_out


def task_calls(
    report: Report, named: NamedTask, task: Task, portal: Portal, settings: Settings
) -> list[Call]:
    key = key_of(report, named)
    earlier = next(
        (
            one for one in portal.messages.get(task.id, ())
            if has_head(one.text, key) and one.author_id == portal.me and is_ours(one.text)
        ),
        None,
    )  # fmt: skip
    if app_tells(report, task, portal):
        about = f"task {task.id}: card left to the app"
        return [remove(task, earlier, about)] if earlier else []
    return [
        *card_calls(report, named, task, earlier, portal, settings),
        *field_calls(report, named, task, settings),
        *move_calls(report, named, task, earlier, portal, settings),
    ]


def app_tells(report: Report, task: Task, portal: Portal) -> bool:
    return any(is_of_app(one.text, report) for one in portal.messages.get(task.id, ()))


def card_calls(
    report: Report,
    named: NamedTask,
    task: Task,
    earlier: Message | None,
    portal: Portal,
    settings: Settings,
) -> list[Call]:
    text = card(report, named, settings.language)
    about = f"task {task.id}: card"
    if earlier and earlier.text.strip() == text:
        return []
    if earlier and earlier.editable:
        return [edit(task, earlier, text, f"{about} edited")]
    return [*join(task, portal.me), post(task, text, f"{about} written")]


def remove(task: Task, earlier: Message, about: str) -> Call:
    if task.chat_id:
        return Call("im.message.delete", {"MESSAGE_ID": earlier.id}, about)
    return Call("task.commentitem.delete", {"TASKID": task.id, "ITEMID": earlier.id}, about)


def edit(task: Task, earlier: Message, text: str, about: str) -> Call:
    if task.chat_id:
        fields = {"MESSAGE_ID": earlier.id, "MESSAGE": text, "URL_PREVIEW": "N"}
        return Call("im.message.update", fields, about)
    fields = {"TASKID": task.id, "ITEMID": earlier.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call("task.commentitem.update", fields, about)


def post(task: Task, text: str, about: str) -> Call:
    if task.chat_id:
        fields = {"DIALOG_ID": f"chat{task.chat_id}", "MESSAGE": text, "URL_PREVIEW": "N"}
        return Call("im.message.add", fields, about)
    fields = {"TASKID": task.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call("task.commentitem.add", fields, about)


def join(task: Task, me: int) -> list[Call]:
    """Only members of a task write into its chat: somebody else first becomes its observer."""
    if not task.chat_id or not me or me in task.members:
        return []
    about = f"task {task.id}: the webhook's user observes it now"
    return [Call("tasks.task.startwatch", {"taskId": task.id}, about)]


def field_calls(report: Report, named: NamedTask, task: Task, settings: Settings) -> list[Call]:
    """A task that is only mentioned keeps the status of its own work, one deployed of its own."""
    value = FIELD_VALUES.get(report.status)
    if not settings.field or not value or named.kind == MENTION or task.field == value:
        return []
    fields = {"taskId": task.id, "fields": {settings.field: value}}
    return [Call("tasks.task.update", fields, f"task {task.id}: {settings.field} = {value}")]


def move_calls(
    report: Report,
    named: NamedTask,
    task: Task,
    earlier: Message | None,
    portal: Portal,
    settings: Settings,
) -> list[Call]:
    """Once for each state of a merge request: the earlier card says which was the last.

    So nobody who moved the task by hand sees it moved again by a repeated job.
    """
    mr = report.merge_request_of(named)
    if mr is None or named.kind == MENTION or report.mode == DEPLOYMENT:
        return []
    if earlier and state_line(mr, settings.language) in earlier.text.split("\n"):
        return []
    if mr.state == "merged":
        return [
            *status_call(task, settings.on_merge == "complete", "complete"),
            *stage_call(task, settings.stage_merge, portal),
        ]
    if mr.state in ("opened", "locked"):
        return [
            *status_call(task, settings.on_open == "start", "start"),
            *stage_call(task, settings.stage_open, portal),
        ]
    return []


def status_call(task: Task, wanted: bool, action: str) -> list[Call]:
    """Work is started from waiting only; what is done stays done.

    https://apidocs.bitrix24.com/api-reference/tasks/status/
    """
    from_here = task.status == WAITING or (
        action == "complete" and task.status not in (COMPLETED, AWAITING_CONTROL)
    )
    if not wanted or not from_here or action not in task.actions:
        return []
    return [Call(f"tasks.task.{action}", {"taskId": task.id}, f"task {task.id}: {action}")]


def stage_call(task: Task, wanted: str, portal: Portal) -> list[Call]:
    stage = portal.stages.get((task.group_id, wanted), 0) if wanted else 0
    if not stage or stage == task.stage_id:
        return []
    fields = {"id": task.id, "stageId": stage}
    return [Call("task.stages.movetask", fields, f"task {task.id}: column {wanted}")]


def author_call(report: Report, portal: Portal, settings: Settings) -> list[Call]:
    """A repeated report replaces the notification of the same TAG; the app tells by itself.

    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
    """
    own = [task for task in portal.tasks.values() if not app_tells(report, task, portal)]
    if not portal.author or not own or not tells_author(report, settings):
        return []
    tag = f"b24bridge:ci:{report.project_id}:{report.pipeline_id}"
    text = told_author(report, settings.language)
    fields = {"USER_ID": portal.author, "MESSAGE": text, "TAG": tag}
    return [Call("im.notify.personal.add", fields, "the author is told of the failure")]


def chat_call(report: Report, portal: Portal, settings: Settings) -> list[Call]:
    """One message a pipeline, edited when the job runs again."""
    if not tells_chat(report, settings):
        return []
    tasks = [(task_url(portal, task), task.title) for task in portal.tasks.values()]
    text = chat_text(report, tasks, settings.language)
    key = live_url(report.pipeline_url)
    earlier = next(
        (m for m in portal.chat if m.author_id == portal.me and has_head(m.text, key)), None
    )
    if earlier and earlier.text.strip() == text:
        return []
    fields = {"MESSAGE": text, "URL_PREVIEW": "N"}
    if earlier and earlier.editable:
        call = {"MESSAGE_ID": earlier.id, **fields}
        return [Call("im.message.update", call, "the chat's message edited")]
    call = {"DIALOG_ID": settings.chat, **fields}
    return [Call("im.message.add", call, "message in the chat written")]


# --- errors: What went wrong, why it usually does and what to change: the errors of both systems. Pure.

@dataclass(frozen=True)
class Failure:
    """`code`: the system's own. `again`: sending the same again is safe and may help."""

    what: str
    why: str = ""
    change: str = ""
    code: str = ""
    again: bool = False

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code else ""
        parts = [f"{self.what}{code}."]
        parts += [f"Usual reason: {self.why}."] if self.why else []
        parts += [f"What to do: {self.change}."] if self.change else []
        return " ".join(parts)


class Problem(Exception):
    """A failure on its way to the person who reads the log."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


WEBHOOK_DEAD = (
    "Bitrix24 does not accept the webhook",
    "it was deleted, its owner left, or the variable holds an old address",
    "create an inbound webhook in Bitrix24 and put its URL into the variable {variable}",
)
NO_SCOPE = (
    "The webhook may not do this",
    "it was created without one of the permissions task, im, user_basic",
    "open the webhook in Bitrix24 (Developer resources) and add the permission",
)
BUSY = (
    "Bitrix24 takes no more requests now",
    "too many requests came to the portal at once",
    "nothing: retry the job later",
)
PLAN = (
    "Bitrix24 has REST switched off",
    "the portal's plan has ended or has no REST",
    "renew the plan, or ask the portal's administrator",
)
NO_RIGHTS = (
    "The webhook's owner may not do this",
    "the owner takes no part in the task, or the task's status does not allow it",
    "give the owner of the webhook access to the task or its project",
)

# The portal's codes. https://apidocs.bitrix24.com/common-errors.html
PORTAL_ERRORS = {
    "INVALID_CREDENTIALS": WEBHOOK_DEAD,
    "NO_AUTH_FOUND": WEBHOOK_DEAD,
    "INVALID_TOKEN": WEBHOOK_DEAD,
    "AUTHORIZATION_ERROR": WEBHOOK_DEAD,
    "APPLICATION_NOT_FOUND": WEBHOOK_DEAD,
    "expired_token": WEBHOOK_DEAD,
    "insufficient_scope": NO_SCOPE,
    "ERROR_METHOD_NOT_FOUND": NO_SCOPE,
    "QUERY_LIMIT_EXCEEDED": BUSY,
    "OPERATION_TIME_LIMIT": BUSY,
    "OVERLOAD_LIMIT": (
        "Bitrix24 has blocked REST on this portal", "its support did so because of the load",
        "ask the support of Bitrix24",
    ),
    "PAYMENT_REQUIRED": PLAN,
    "ALLOWED_ONLY_INTRANET_USER": PLAN,
    "ACCESS_DENIED": NO_RIGHTS,
    "ACCESS_ERROR": (
        "The webhook's owner may not write there", "the owner is no member of that chat",
        "add the owner of the webhook to the chat, or to the task it belongs to",
    ),
    "1048582": NO_RIGHTS,
    "user_access_error": NO_RIGHTS,
    "PORTAL_DELETED": (
        "The portal is deleted", "its owner did so, or its plan has ended long ago",
        "put a webhook of the new portal into the variable {variable}, or remove the component",
    ),
    "INVALID_REQUEST": (
        "Bitrix24 wants https", "the webhook's URL begins with http://",
        "put the address with https:// into the variable {variable}",
    ),
    "CANT_EDIT_MESSAGE": (
        "The earlier message can no longer be edited", "it is older than three days",
        "nothing: the next report writes a new one",
    ),
}  # fmt: skip
REFUSED_WHOLE = {"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"}  # nothing of it was carried out
BY_STATUS = {
    401: WEBHOOK_DEAD, 403: WEBHOOK_DEAD, 404: WEBHOOK_DEAD, 410: PORTAL_ERRORS["PORTAL_DELETED"],
    429: BUSY, 503: BUSY,
}  # fmt: skip
DOWN = (
    "Bitrix24 does not work now", "the portal or what stands before it is down",
    "nothing: retry the job later",
)  # fmt: skip


UNKNOWN = (
    "the task or the portal has a rule against it",
    "run the job with the input doctor, or look the code up in the documentation of Bitrix24's "
    "REST API",
)


def portal_failure(status: int, body: object, *, variable: str) -> Failure:
    """The failure an answer means; `body` is its JSON, None where it was none."""
    code = str(body.get("error") or "") if isinstance(body, Mapping) else ""
    known = PORTAL_ERRORS.get(code) or BY_STATUS.get(status)
    if known is None and not 500 <= status < 600:
        text = str(body.get("error_description") or "") if isinstance(body, Mapping) else ""
        what = f"Bitrix24 refused: {text[:200].rstrip('.') or f'HTTP {status}'}"
        return Failure(what, *UNKNOWN, code=code)
    what, why, change = known or DOWN
    again = code in REFUSED_WHOLE
    return Failure(
        what, why, change.replace("{variable}", variable), code or f"HTTP {status}", again
    )


def missing_webhook(variable: str) -> Failure:
    return Failure(
        f"The variable {variable} is empty",
        "it was never created, or it is protected and this ref is not",
        f"create an inbound webhook in Bitrix24 and save its URL as the masked CI/CD variable "
        f"{variable}",
    )


def wrong_webhook(variable: str) -> Failure:
    return Failure(
        f"The variable {variable} holds no address of an inbound webhook",
        "something else was pasted",
        "copy the address from Bitrix24: https://PORTAL/rest/USER/SECRET/",
    )


def moved_portal(host: str, variable: str) -> Failure:
    return Failure(
        f"Bitrix24 answers that the portal has moved to {host or 'another address'}",
        "the portal was renamed",
        f"put the webhook's new URL into the variable {variable}",
    )


def unreachable(host: str, reason: str, *, sent: bool) -> Failure:
    landed = "; what was sent may have landed" if sent else ""
    return Failure(
        f"{host} cannot be reached: {reason}{landed}",
        "it is down, or the runner's network does not lead there",
        "retry the job later; for a closed network set https_proxy for the runner",
        again=not sent,
    )


def not_told(what: tuple[str, ...], variable: str) -> Failure:
    """`variable`: of the access token."""
    return Failure(
        f"GitLab does not tell {', '.join(what)}: the report goes without",
        "who started the pipeline may not see it, this GitLab is too old to let CI_JOB_TOKEN read "
        "it, or it is slow now",
        f"nothing, or save an access token with the scope read_api in the variable {variable}",
    )


def token_refused(variable: str) -> Failure:
    return Failure(
        f"GitLab does not answer the token in {variable}: the report goes without what only that "
        "reads",
        "it has expired, was revoked, or lacks the scope read_api or the project; or GitLab is "
        "slow now",
        f"put a new access token into the variable {variable}, or delete the variable",
    )


def hidden_tasks(ids: list[int]) -> Failure:
    return Failure(
        f"not found, or hidden from the webhook's owner: task {', '.join(map(str, ids))}",
        "the number is wrong, or the owner takes no part in the task and its project",
        "correct the number, or let the webhook's owner see the task",
    )


def no_room(count: int) -> Failure:
    return Failure(
        f"{count} tasks found no room in one batch of 50 calls",
        "the pipeline carries the work of very many tasks",
        "nothing, or deliver through the app, which has no such limit",
    )


def no_report(name: str, problem: str) -> Failure:
    return Failure(
        f"{name} holds no report: {problem}",
        "it is another file, or of another version of the component",
        "give the b24-report.json among the artifacts of the job that failed",
    )


def defect(error: Exception) -> Failure:
    return Failure(
        f"A defect of the reporter: {type(error).__name__}: {error}",
        "something came that it does not expect",
        "send this line to the component's project; the pipeline is not to blame",
    )


def out_of_time(seconds: float) -> Failure:
    return Failure(
        f"The report took longer than its {seconds:g} s and was given up",
        "GitLab or Bitrix24 answers slowly",
        "retry the job later, or raise the input timeout",
    )


# --- files: The files of a job: the kept report, the links for its page, the variables for later jobs.

REPORT_FILE = "b24-report.json"
LINKS_FILE = "b24-annotations.json"
DOTENV_FILE = "b24.env"


def write_files(ids: list[int], links) -> None:
    """The dotenv report, and the links for the job's page.

    https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsannotations
    """
    forget(DOTENV_FILE)
    with open(DOTENV_FILE, "w", encoding="utf-8") as file:
        file.write(f"B24_TASK_IDS={','.join(map(str, ids))}\n")
    shown = [{"external_link": {"label": cleaned(name)[:255], "url": url}} for name, url in links]
    save(LINKS_FILE, {"Bitrix24": shown} if shown else {})


def save(name: str, data: object) -> None:
    forget(name)
    with open(name, "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)


def forget(name: str) -> None:
    """A runner may leave the files of an earlier job: they are not of this one, and a link among
    them would lead its writes elsewhere.
    """
    with contextlib.suppress(FileNotFoundError):
        os.remove(name)


def load(arguments: list[str]) -> Report | None:
    """The report of `--resume FILE`. Raises Problem for a file that is none."""
    if arguments[:1] != ["--resume"]:
        return None
    name = (arguments[1:] or [REPORT_FILE])[0]
    try:
        with open(name, encoding="utf-8") as file:
            return from_json(json.load(file))
    except (OSError, ValueError) as error:
        raise Problem(no_report(name, str(error))) from None


# --- wire: The thin edge: HTTP by urllib within a deadline, and output that hides secrets.

AGENT = "b24bridge-ci/1"
CALL_SECONDS = 4.0
MOST_BYTES = 8_000_000
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Output:
    """Lines for the job's log. What is secret is replaced, wherever it may stand."""

    def __init__(self, write=sys.stdout.write) -> None:
        self._write, self._secrets = write, []

    def hide(self, *secrets: str) -> None:
        for secret in secrets:
            self._secrets += [form for form in (secret, quote(secret, safe="")) if len(form) > 3]
        self._secrets.sort(key=len, reverse=True)

    def masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[masked]")
        return text

    def say(self, text: str) -> None:
        """One message; control characters of foreign text would forge log sections."""
        self._write(CONTROLS.sub(" ", self.masked(text)) + "\n")


@dataclass(frozen=True)
class Answer:
    """`body`: the JSON, None where it was none."""

    status: int
    body: object
    location: str = ""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn a POST into a GET and send the secret to a stranger."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Wire:
    """Requests that end by `deadline` (seconds of time.monotonic). `count`: how many were made."""

    def __init__(self, deadline: float, ca_file: str = "") -> None:
        self.deadline, self.count, self._ca_file = deadline, 0, ca_file
        self._openers: dict[str, urllib.request.OpenerDirector] = {}

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, self.left())))

    def get(self, url: str, headers: Mapping[str, str], *, keep: float = 0.0) -> Answer:
        """`keep`: seconds of the time that have to be left afterwards."""
        return self._send(urllib.request.Request(url, headers=dict(headers)), keep)

    def post(
        self, url: str, data: object, headers: Mapping[str, str] | None = None, *, keep: float = 0.0
    ) -> Answer:
        sent = {"Content-Type": "application/json", **(headers or {})}
        body = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
        return self._send(urllib.request.Request(url, body, sent, method="POST"), keep)

    def _send(self, request: urllib.request.Request, keep: float) -> Answer:
        request.add_header("User-Agent", AGENT)
        request.add_header("Accept", "application/json")
        host = urlsplit(request.full_url).netloc.rpartition("@")[2]
        seconds = min(CALL_SECONDS, self.left() - keep)
        if seconds <= 0:
            raise Problem(unreachable(host, "no time left", sent=False))
        self.count += 1
        try:
            with self._open(request, seconds) as response:
                return Answer(response.status, read_json(response.read(MOST_BYTES)))
        except urllib.error.HTTPError as error:
            with error:
                location = error.headers.get("Location", "")
                return Answer(error.code, read_json(error.read(MOST_BYTES)), location)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Problem(trouble(host, error)) from None

    def _open(self, request: urllib.request.Request, seconds: float):
        scheme = request.type
        if scheme not in self._openers:
            handlers = [NoRedirects]
            if scheme == "https":
                handlers.append(urllib.request.HTTPSHandler(context=trusting(self._ca_file)))
            self._openers[scheme] = urllib.request.build_opener(*handlers)
        return self._openers[scheme].open(request, timeout=seconds)


def trusting(ca_file: str) -> ssl.SSLContext:
    """The machine's authorities and, of a self-managed GitLab, its own (CI_SERVER_TLS_CA_FILE)."""
    context = ssl.create_default_context()
    if ca_file and os.path.isfile(ca_file):
        context.load_verify_locations(ca_file)
    return context


def trouble(host: str, error: Exception) -> Failure:
    """Only what failed before a byte was sent has certainly not landed."""
    reason = getattr(error, "reason", error)
    early = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
    if isinstance(reason, (socket.timeout, TimeoutError)):
        return unreachable(host, "no answer in time", sent=True)
    text = getattr(reason, "strerror", None) or type(reason).__name__
    return unreachable(host, str(text), sent=not isinstance(reason, early))


def read_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


# --- reader: GitLab's API asked from inside a job: by its own token, or by an access token.

@dataclass(frozen=True)
class Reader:
    """`token`: the access token, "" for none. `keep`: seconds of the time that are the portal's:
    a GitLab that hangs makes the report smaller, and does not prevent it.
    """

    wire: Wire
    facts: Facts
    job_token: str
    token: str
    keep: float

    def get(self, path: str, token: bool) -> object:
        """JSON, None where it is refused. `token`: by the access token."""
        return tried_twice(lambda: self.read(path, token=token))

    def inquire(self, asked: object) -> object:
        """GraphQL's answer to the access token, None where it is refused."""
        return tried_twice(lambda: self.read_at_once(asked))

    def read(self, path: str, *, token: bool = False) -> tuple[int, object]:
        headers = {"PRIVATE-TOKEN": self.token} if token else {"JOB-TOKEN": self.job_token}
        url = f"{self.facts.api}{path}"
        return answered(lambda: self.wire.get(url, headers, keep=self.keep))

    def read_at_once(self, asked: object) -> tuple[int, object]:
        headers = {"PRIVATE-TOKEN": self.token}
        return answered(lambda: self.wire.post(self.facts.graphql, asked, headers, keep=self.keep))


def answered(ask: Callable[[], Answer]) -> tuple[int, object]:
    """The HTTP status, 0 without an answer, and the JSON."""
    try:
        answer = ask()
    except Problem:
        return 0, None
    return answer.status, answer.body


def tried_twice(read: Callable[[], tuple[int, object]]) -> object:
    """The JSON, None where it is refused; a read is repeated once."""
    for _ in range(2):
        status, body = read()
        if status and status < 500 and status != 429:
            return body if status == 200 else None
    return None


# --- portal: A Bitrix24 portal through an inbound webhook: two reads and one write, each one request.

WEBHOOK = re.compile(r"(https?://[^/\s?#@]+(?:/[^/\s?#]+)*?/rest/[0-9]+/[^/\s?#]+)(?:/.*)?")


# The first letter of a key → what was asked. A chat that cannot be read is written to all the same,
# and that is what fails.
ASKED = {"t": "task", "a": "author", "s": "columns"}


@dataclass(frozen=True)
class Webhook:
    """`base`: `https://portal/rest/1/secret`, which is the credential itself."""

    base: str
    variable: str

    @property
    def secret(self) -> str:
        return self.base.rpartition("/")[2]


def read_webhook(url: str, variable: str) -> Webhook:
    """The webhook in a variable's value. Raises Problem where there is none."""
    if not url:
        raise Problem(missing_webhook(variable))
    found = WEBHOOK.fullmatch(url)
    if not found:
        raise Problem(wrong_webhook(variable))
    return Webhook(found[1], variable)


@dataclass(frozen=True)
class Results:
    """Of a batch: the results and the failures by the keys of its calls."""

    done: Mapping[str, object]
    failed: Mapping[str, Failure]


def batch(wire: Wire, webhook: Webhook, calls: Mapping[str, Call]) -> Results:
    """One request. It is repeated once where nothing of it can have been carried out."""
    body = {"halt": 0, "cmd": {key: encode(call) for key, call in calls.items()}}
    try:
        return send(wire, webhook, body)
    except Problem as problem:
        if not problem.failure.again or wire.left() < 1:
            raise
    wire.pause(1.0)
    return send(wire, webhook, body)


def send(wire: Wire, webhook: Webhook, body: object) -> Results:
    return read_results(wire.post(f"{webhook.base}/batch.json", body), webhook)


def read_results(answer: Answer, webhook: Webhook) -> Results:
    if 300 <= answer.status < 400:
        raise Problem(moved_portal(urlsplit(answer.location).netloc, webhook.variable))
    result = answer.body.get("result") if isinstance(answer.body, dict) else None
    if answer.status != 200 or not isinstance(result, dict):
        raise Problem(portal_failure(answer.status, answer.body, variable=webhook.variable))
    done, failed = result.get("result"), result.get("result_error")
    errors = failed.items() if isinstance(failed, dict) else ()
    return Results(
        done if isinstance(done, dict) else {},
        {key: portal_failure(200, body, variable=webhook.variable) for key, body in errors},
    )


def read_all(
    wire: Wire, webhook: Webhook, report: Report, settings: Settings, *, email: str, now: datetime
) -> tuple[Portal, list[str]]:
    """The portal as far as it may be seen, and what was refused, in words."""
    first = batch(wire, webhook, first_read(report, settings, email))
    tasks = read_tasks(first.done, settings.field)
    answers, failed = dict(first.done), dict(first.failed)
    asked = second_read(tasks, report, settings) if tasks else {}
    if asked:
        second = batch(wire, webhook, asked)
        answers.update(second.done)
        failed.update(second.failed)
    portal = read_portal(portal_address(webhook.base), answers, tasks, settings, now)
    return portal, refusals(failed, tasks, report)


def refusals(failed: Mapping[str, Failure], tasks: Mapping[int, Task], report: Report) -> list[str]:
    """What people should know. A chat that is not ours yet is joined when it is written to."""
    said = {f"{ASKED[key[0]]}: {one}" for key, one in failed.items() if key[0] in ASKED}
    hidden = [task.id for task in report.tasks if task.id not in tasks]
    if hidden and not any(key[0] == "t" for key in failed):
        said.add(str(hidden_tasks(hidden)))
    return sorted(said)


# --- delivery: Carrying a report out straight to the portal.

@dataclass
class Delivered:
    """`tasks`: ids, for later jobs. `links`: their labels and addresses, for the job's page.

    `problems`: what was not done, in words.
    """

    tasks: list[int] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def deliver_direct(
    wire: Wire,
    webhook: Webhook,
    report: Report,
    settings: Settings,
    out: Output,
    *,
    email: str,
    now: datetime,
) -> Delivered:
    """Reads what there is, then writes the difference in one batch."""
    portal, refused = read_all(wire, webhook, report, settings, email=email, now=now)
    calls, left_out = writes(report, portal, settings)
    named = [task.id for task in report.tasks]
    delivered = Delivered(named, task_links(portal), refused)
    if left_out:
        delivered.problems.append(str(no_room(left_out)))
    if settings.dry_run:
        for call in calls:
            out.say(f"b24: would do: {call.about or call.method}\n  {encode(call)}")
    elif calls:
        keyed = {f"w{number}": call for number, call in enumerate(calls)}
        told(keyed, batch(wire, webhook, keyed), delivered, out)
    else:
        out.say("b24: nothing has changed, nothing is written")
    return delivered


def told(calls: Mapping[str, Call], results: Results, delivered: Delivered, out: Output) -> None:
    for key, call in calls.items():
        failure = results.failed.get(key)
        if failure:
            delivered.problems.append(f"{call.about}: {failure}")
        else:
            out.say(f"b24: {call.about}")


def task_links(portal: Portal) -> list[tuple[str, str]]:
    return [(f"#{one.id} {one.title}", task_url(portal, one)) for one in portal.tasks.values()]


# --- app: Carrying a report out through the app: one request, by which the app hears of the pipeline.

# The app takes a megabyte.
MOST_DESCRIPTION = 5_000  # characters
MOST_MESSAGE = 1_000
# What the app's administrator has decided for every way a project may be heard.
OF_THE_APP = (
    "task_prefix", "language", "field", "chat", "chat_when", "tell_author", "on_open", "on_merge",
    "stage_open", "stage_merge",
)  # fmt: skip

APP_ERRORS = {
    401: (
        "The app does not accept the job's ID token",
        "its address in the input app-url differs from the one the app knows, or this GitLab "
        "is not connected to a portal",
        "compare the addresses, and connect GitLab on the app's settings page",
    ),
    403: (
        "The app knows this GitLab, and not this project",
        "the project is not among the chosen ones",
        "choose the project on the app's settings page",
    ),
    404: (
        "There is no app at this address", "app-url is wrong, or the app is older than reports",
        "open app-url in a browser and correct it, or update the app",
    ),
    422: (
        "The app does not understand the report", "the component is newer than the app",
        "update the app, or use an older version of the component",
    ),
}  # fmt: skip


def deliver_app(
    wire: Wire, url: str, token: str, report: Report, settings: Settings, out: Output
) -> Delivered:
    """One request; the app decides and writes. The same report twice is harmless to it."""
    sent = shortened(report)
    if sent != report:
        out.say("b24: of long texts the app sees the beginning: tasks named later are not found")
    if given := without_meaning(settings):
        out.say(f"b24: the app's own settings count in place of the inputs {', '.join(given)}")
    if settings.dry_run:
        out.say(f"b24: would send the report to {url}/ci/report")
        return Delivered()
    body = {"report": {name: told for name, told in to_json(sent).items() if name != "tasks"}}
    headers = {"Authorization": f"Bearer {token}"}
    answer = asked_once_more(wire, lambda: wire.post(f"{url}/ci/report", body, headers))
    return read_app(answer, url, out)


def is_app_address(url: str) -> bool:
    """An ID token does not travel in clear text, but for trials on the same machine."""
    return url.startswith(("https://", "http://127.0.0.1:"))


def shortened(report: Report) -> Report:
    """The texts as the app takes them. It reads them itself, so what the job found stays here."""
    requests = [
        replace(mr, description=clipped(mr.description, MOST_DESCRIPTION))
        for mr in report.merge_requests
    ]
    commits = [replace(one, message=clipped(one.message, MOST_MESSAGE)) for one in report.commits]
    return replace(report, merge_requests=tuple(requests), commits=tuple(commits))


def without_meaning(settings: Settings) -> list[str]:
    """The inputs somebody gave that mean nothing on this way."""
    usual = Settings()
    given = [name for name in OF_THE_APP if getattr(settings, name) != getattr(usual, name)]
    return [name.replace("_", "-") for name in given]


def asked_once_more(wire: Wire, ask: Callable[[], Answer]) -> Answer:
    """The answer; after none, or one of a server in trouble, that of a second try."""
    try:
        answer = ask()
        if answer.status < 500 or wire.left() < 1:
            return answer
    except Problem:
        if wire.left() < 1:
            raise
    wire.pause(1.0)
    return ask()


def read_app(answer: Answer, url: str, out: Output) -> Delivered:
    """What the app took, and the tasks that it found named."""
    host = urlsplit(url).netloc
    if not 200 <= answer.status < 300:
        raise Problem(refusal(answer, host))
    rows = answer.body.get("tasks") if isinstance(answer.body, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    found = {whole(row.get("id")): str(row.get("url") or "") for row in rows}
    found.pop(0, None)
    named = ", ".join(map(str, found)) or "none"
    out.say(f"b24: the app at {host} has the report; the tasks it names: {named}")
    return Delivered(list(found), [(f"#{id_}", link) for id_, link in found.items() if link])


def refusal(answer: Answer, host: str) -> Failure:
    down = (f"The app at {host} answers HTTP {answer.status}", "it is down", "retry the job later")
    what, why, change = APP_ERRORS.get(answer.status, down)
    said = answer.body.get("error") if isinstance(answer.body, dict) else None
    more = str(said.get("text") or "") if isinstance(said, Mapping) else ""
    what = f"{what}: {clipped(more, 200)}" if more and answer.status == 422 else what
    return Failure(what, why, change, code=f"HTTP {answer.status}")


# --- doctor: The check of everything a report needs; it writes nothing.

Row = tuple[str, str, str]  # what, ok | missing | no, and more words
NEEDED = {
    "task": "cards, fields and statuses",
    "im": "cards of the new task card, chats, the author",
    "user_basic": "the author is found by e-mail",
}
STATES = {200: "ok", 401: "refused", 403: "refused", 404: "refused"}


def examine(
    wire: Wire,
    settings: Settings,
    facts: Facts,
    *,
    url: str,
    id_token: bool,
    token: bool,
    reads: Callable[[str, bool], int],
    overview: Callable[[], bool],
) -> list[Row]:
    """`reads`: a path of GitLab's API, with the access token or not → the HTTP status, 0 for none.

    `token`: whether there is an access token; `overview`: whether it answers the report's question.
    """
    if settings.deliver == "app":
        way = of_app(wire, settings, id_token)
    else:
        way = of_portal(wire, settings, facts, url)
    return [*way, *of_gitlab(facts, reads), *of_token(settings, facts, reads, overview, token)]


def of_app(wire: Wire, settings: Settings, id_token: bool) -> Iterator[Row]:
    yield "app-url", "ok" if is_app_address(settings.app_url) else "missing", settings.app_url
    yield app_row(wire, settings.app_url)
    yield "ID token", "ok" if id_token else "missing", "the app checks it with the first report"


def app_row(wire: Wire, url: str) -> Row:
    try:
        status = wire.get(f"{url.rstrip('/')}/healthz", {}).status
    except Problem as problem:
        return "app answers", "no", str(problem)
    return "app answers", "ok" if status == 200 else "no", "" if status == 200 else f"HTTP {status}"


def of_portal(wire: Wire, settings: Settings, facts: Facts, url: str) -> Iterator[Row]:
    try:
        webhook = read_webhook(url, settings.webhook_variable)
        yield "webhook address", "ok", address_note(webhook)
        calls = portal_calls(settings, facts)
        results = batch(wire, webhook, calls)
    except Problem as problem:
        yield "webhook", "no", str(problem)
        return
    yield "webhook answers", "ok", owner(results.done.get("me"))
    yield from scopes(results.done.get("scopes"))
    yield field_row(settings, results)
    if "task" in calls:
        yield task_row(calls["task"], results)


def address_note(webhook: Webhook) -> str:
    local = "://127." in webhook.base or "://localhost" in webhook.base
    return "" if webhook.base.startswith("https://") or local else "http:// sends it in clear text"


def portal_calls(settings: Settings, facts: Facts) -> dict[str, Call]:
    named = named_tasks(facts.ref, "branch", settings.task_prefix)
    task_id = int(settings.task) if settings.task.isdigit() else next(iter(named), 0)
    calls = {
        "me": Call("profile", {}),
        "scopes": Call("scope", {}),
        "fields": Call("task.item.userfield.getlist", {"ORDER": {"ID": "asc"}}),
    }
    select = ["ID", "TITLE", "CHAT_ID", "STATUS"]
    task = Call("tasks.task.get", {"taskId": task_id, "select": select})
    return {**calls, "task": task} if task_id else calls


def owner(me: object) -> str:
    name = f"{me.get('NAME', '')} {me.get('LAST_NAME', '')}" if isinstance(me, dict) else ""
    return f"as {cleaned(name).strip()}"


def scopes(granted: object) -> Iterator[Row]:
    names = set(granted) if isinstance(granted, list) else set()
    for name, why in NEEDED.items():
        has = name in names or (name == "user_basic" and "user" in names)
        yield f"permission {name}", "ok" if has else "missing", why


def field_row(settings: Settings, results: Results) -> Row:
    if not settings.field:
        return "task field", "ok", "switched off"
    rows = results.done.get("fields")
    if not isinstance(rows, list):
        return f"field {settings.field}", "?", "only an administrator's webhook sees the fields"
    known = {row.get("FIELD_NAME") for row in rows if isinstance(row, dict)}
    if settings.field in known:
        return f"field {settings.field}", "ok", ""
    return f"field {settings.field}", "missing", "the app creates it, or Tasks → custom fields"


def task_row(call: Call, results: Results) -> Row:
    name, found = f"task {call.params['taskId']}", results.done.get("task")
    task = found.get("task") if isinstance(found, Mapping) else None
    if not isinstance(task, Mapping):
        return name, "no", "it does not exist, or the webhook's owner does not see it"
    card = "card with a chat" if task.get("chatId") else "old card, with comments"
    return name, "ok", f"{cleaned(str(task.get('title')))[:60]}: {card}"


def of_gitlab(facts: Facts, reads: Callable[[str, bool], int]) -> Iterator[Row]:
    project = f"/projects/{facts.project_id}"
    for name, path, lost in (
        ("jobs", f"{project}/pipelines/{facts.pipeline_id}/jobs", "no pipeline status"),
        ("merge requests", merge_request_path(facts), "no title, no state"),
        ("deployments", f"{project}/deployments?per_page=1", "no deployments"),
    ):
        state = state_of(reads(path, False))
        yield f"CI_JOB_TOKEN reads {name}", state, "" if state == "ok" else f"then: {lost}"


def merge_request_path(facts: Facts) -> str:
    if facts.merge_request:
        place = facts.merge_request_project or facts.project_id
        return f"/projects/{place}/merge_requests/{facts.merge_request.iid}"
    return f"/projects/{facts.project_id}/repository/commits/{facts.sha}/merge_requests?per_page=1"


def of_token(
    settings: Settings,
    facts: Facts,
    reads: Callable[[str, bool], int],
    overview: Callable[[], bool],
    token: bool,
) -> Iterator[Row]:
    """The optional token: without it there is nothing wrong."""
    name, lost = settings.token_variable, "then: only the pipeline's own commit"
    if not token:
        yield f"{name} reads commits", "not set", lost
        return
    path = f"/projects/{facts.project_id}/repository/commits?ref_name={facts.sha}&per_page=1"
    state = state_of(reads(path, True))
    yield f"{name} reads commits", state, "" if state == "ok" else lost
    yield f"{name} reads GraphQL", *(("ok", "") if overview() else ("refused", lost))


def state_of(status: int) -> str:
    return STATES.get(status, f"HTTP {status}" if status else "no answer")


def print_table(rows: list[Row], out: Output) -> None:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, state, more in rows:
        out.say(f"{name:<{widths[0]}}  {state:<{widths[1]}}  {more}".rstrip())


# --- main: The run: variables → facts → report → delivery, within the time, and never a broken pipeline.

AGAIN = {
    "direct": f"retry this job, or run report.py --resume {REPORT_FILE}",
    "app": "retry this job",  # elsewhere there is no ID token
}
FOR_THE_PORTAL = 0.5  # of the time
SECRETS = ("CI_JOB_TOKEN", "B24_ID_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD")


class Run:
    """One run. `report` is kept here, so that it can be saved when time is out."""

    def __init__(self, environ: Mapping[str, str], out: Output) -> None:
        self.environ, self.out = environ, out
        self.settings: Settings = read_settings(environ)
        self.facts: Facts = read_facts(environ)
        self.webhook = read_secret(environ, self.settings.webhook_variable)
        self.token = read_secret(environ, self.settings.token_variable)
        self.wire = Wire(
            time.monotonic() + self.settings.timeout, environ.get("CI_SERVER_TLS_CA_FILE", "")
        )
        job_token = environ.get("CI_JOB_TOKEN", "")
        keep = self.settings.timeout * FOR_THE_PORTAL
        self.reader = Reader(self.wire, self.facts, job_token, self.token, keep)
        self.report: Report | None = None
        out.hide(self.webhook, self.token, *(environ.get(name, "") for name in SECRETS))
        out.hide(self.webhook.rstrip("/").rpartition("/")[2])

    def perform(self, resumed: Report | None) -> int:
        """The exit code: 0, or 1 where something was not done."""
        write_files([], ())
        if resumed is None:
            forget(REPORT_FILE)
        if self.settings.mode == DOCTOR:
            return self.examine()
        if self.facts.fork and self.knows_no_secret():
            self.out.say("b24: a merge request from a fork sees no secrets: nothing is reported")
            return 0
        if not fits(self.facts.ref, self.settings.refs):
            self.out.say("b24: this ref is not among the input refs: nothing is reported")
            return 0
        problem = self.problem_beforehand()
        self.report = resumed or self.assembled()
        reason = unwanted(self.report, self.settings)
        if reason:
            self.out.say(f"b24: {reason}: nothing is reported")
            return 0
        return self.delivered(problem)

    def knows_no_secret(self) -> bool:
        """In the parent project somebody may run a fork's pipeline with the project's secrets."""
        if self.settings.deliver == "app":
            return self.facts.project_id != self.facts.merge_request_project
        return not self.webhook

    def problem_beforehand(self) -> Failure | None:
        """What is already known to fail; the report is made all the same, and kept."""
        try:
            self.check_way()
        except Problem as problem:
            return problem.failure
        return None

    def check_way(self) -> None:
        if self.settings.deliver == "app":
            if not self.environ.get("B24_ID_TOKEN"):
                raise Problem(NO_ID_TOKEN)
            if not is_app_address(self.settings.app_url):
                raise Problem(NO_APP_URL)
        else:
            read_webhook(self.webhook, self.settings.webhook_variable)

    def assembled(self) -> Report:
        inquire = self.reader.inquire if self.token else None
        known = gather(self.facts, self.settings, self.reader.get, inquire)
        if known.token_refused:
            self.out.say(f"b24: {token_refused(self.settings.token_variable)}")
        if known.refused:
            self.out.say(f"b24: {not_told(known.refused, self.settings.token_variable)}")
        for sentence in known.notes:
            self.out.say(f"b24: {sentence}")
        return assemble(self.facts, self.settings, known)

    def delivered(self, problem: Failure | None) -> int:
        try:
            if problem:
                raise Problem(problem)
            done = self.deliver()
        except Problem as error:
            self.keep(str(error))
            return 1
        write_files(done.tasks, done.links)
        for text in done.problems:
            self.out.say(f"b24: not done: {text}")
        return 1 if done.problems else 0

    def deliver(self) -> Delivered:
        if self.settings.deliver == "app":
            url, token = self.settings.app_url.rstrip("/"), self.environ["B24_ID_TOKEN"]
            return deliver_app(self.wire, url, token, self.report, self.settings, self.out)
        webhook = read_webhook(self.webhook, self.settings.webhook_variable)
        now = datetime.now(timezone.utc)
        return deliver_direct(
            self.wire, webhook, self.report, self.settings, self.out,
            email=self.facts.email, now=now,
        )  # fmt: skip

    def keep(self, reason: str) -> None:
        self.out.say(f"b24: NOT REPORTED. {reason}")
        if self.report:
            write_files([task.id for task in self.report.tasks], ())
            save(REPORT_FILE, to_json(self.report))
            again = AGAIN.get(self.settings.deliver, "retry this job")
            self.out.say(f"b24: The report is kept in {REPORT_FILE}: {again}")

    def has_overview(self) -> bool:
        asked = question(self.facts, replace(self.settings, mode=REPORT))
        return read_overview(self.reader.read_at_once(asked)[1], self.facts) is not None

    def examine(self) -> int:
        rows = examine(
            self.wire, self.settings, self.facts, url=self.webhook,
            id_token=bool(self.environ.get("B24_ID_TOKEN")),
            token=bool(self.token),
            reads=lambda path, token: self.reader.read(path, token=token)[0],
            overview=self.has_overview,
        )  # fmt: skip
        print_table(rows, self.out)
        return 1 if any(state in ("no", "missing") for _, state, _ in rows) else 0


NO_ID_TOKEN = Failure(
    "The job has no ID token B24_ID_TOKEN",
    "the component was included without deliver: app, or GitLab is older than 15.7",
    "include the component with deliver: app and app-url",
)
NO_APP_URL = Failure(
    "The input app-url is no https:// address", "it was left out",
    "set app-url to the address of the app",
)  # fmt: skip


def unwanted(report: Report, settings: Settings) -> str:
    """Why there is nothing to tell, or ""."""
    if not report.tasks and settings.deliver != "app":  # which reads the texts by its own rules
        return "no task is named in the branch, the merge request or the commits"
    if settings.mode == DEPLOYMENT:
        return "" if report.deployments else "this pipeline has no deployment of the input tiers"
    watched = report.status not in ("", "running", "unknown")
    if watched and not fits(report.status, settings.statuses):
        return f"the status {report.status} is not among the input statuses"
    return ""


def attempt(run: Run, arguments: list[str], codes: list[int]) -> None:
    """Nothing that happens in here may leave as a traceback: those print what they hold."""
    try:
        codes.append(run.perform(load(arguments)))
    except Problem as problem:
        run.out.say(f"b24: {problem}")
        codes.append(1)
    except Exception as error:  # noqa: BLE001  a report never breaks a pipeline
        run.keep(str(defect(error)))
        codes.append(1)


def main(environ: Mapping[str, str], arguments: list[str]) -> int:
    """The time is watched from outside: not even a hanging name lookup holds the job.

    Code that never lets another thread run is ended by the process itself, a second later.
    """
    run, codes = Run(environ, Output()), []
    faulthandler.dump_traceback_later(run.settings.timeout + 1, exit=True)
    worker = threading.Thread(target=attempt, args=(run, arguments, codes), daemon=True)
    worker.start()
    worker.join(run.settings.timeout)
    if not codes:
        run.keep(str(out_of_time(run.settings.timeout)))
        codes.append(1)
    faulthandler.cancel_dump_traceback_later()
    return codes[0]


if __name__ == "__main__":
    code = main(os.environ, sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a thread that hangs must not hold the job
