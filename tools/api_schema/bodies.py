"""The body of each request of /api that has one, by the route's name in the app."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class Renewal(TypedDict):
    """A fresh access token of the portal, where the page could get one."""

    access_token: NotRequired[str]


class FailedItem(TypedDict):
    """What was given up, as the lists of failures name it."""

    kind: str
    id: str


class Replay(TypedDict):
    """What is tried again."""

    items: list[FailedItem]


class Assignment(TypedDict):
    """Who gets an alert; without it, the visitor."""

    user_id: NotRequired[int | None]


class StepChoice(TypedDict):
    """The steps of the installation to run; without it, all."""

    only: NotRequired[list[str] | None]


class InstallationEnd(TypedDict):
    """The steps that failed and are left for later."""

    failed: NotRequired[list[str]]


class NewToken(TypedDict):
    """An access token of a connection's system."""

    token: str


class PairName(TypedDict):
    """A pair of two-way sync."""

    connection: str
    pair: str


class IssueName(TypedDict):
    """An issue as people write it: `group/project#12`."""

    issue: str


class Decision(TypedDict):
    """Whose value of a disputed field stands."""

    field: str
    winner: Literal["tracker", "portal"]


class OwnPatch(TypedDict):
    """A JSON merge patch (RFC 7396) of a workgroup's rules; `check`: nothing is saved."""

    patch: dict[str, Any]
    base: str
    check: NotRequired[bool]


class DocumentText(TypedDict):
    """A settings document, and the version that it was made of."""

    text: str
    base: str
    base_text: NotRequired[str]


class SavedDocument(DocumentText):
    """A settings document to save; `remove`: connections that may go with it."""

    remove: NotRequired[list[str]]


class SettingsPatch(TypedDict):
    """A JSON merge patch (RFC 7396) of the settings; `check`: nothing is saved."""

    patch: dict[str, Any]
    base: str
    base_text: NotRequired[str]
    remove: NotRequired[list[str]]
    check: NotRequired[bool]


class Undoing(TypedDict):
    """The version to go back from; `remove`: connections that may go with it."""

    base: str
    base_text: NotRequired[str]
    remove: NotRequired[list[str]]


class PreviewWish(TypedDict):
    """Settings to try, and what the message is about."""

    patch: dict[str, Any]
    kind: str


class RehearsalWish(TypedDict):
    """Settings to play the last month through with: a patch of those in force, or a document."""

    patch: NotRequired[dict[str, Any]]
    text: NotRequired[str]
    base: NotRequired[str]


class GitLabApplication(TypedDict):
    """An application that a GitLab knows."""

    url: str
    client_id: str
    client_secret: str


class SignInWish(TypedDict):
    """A connection to sign in for; `personal`: as oneself."""

    connection: str
    personal: NotRequired[bool]


class Ticket(TypedDict):
    """The ticket of a sign-in that has begun."""

    ticket: str


class ProjectName(TypedDict):
    """A project by its path."""

    project: str


class ProposedBranch(ProjectName):
    """A branch to propose."""

    branch: str


class PipelineWish(ProposedBranch):
    """What to do with a pipeline; `id`: of which, for `retry` and `cancel`."""

    act: Literal["run", "retry", "cancel"]
    id: NotRequired[int]


BODIES: dict[str, Any] = {
    "act_on_pipeline": PipelineWish,
    "assign": Assignment,
    "begin": SignInWish,
    "change": OwnPatch,
    "check": DocumentText,
    "consent": Ticket,
    "create_branch": ProjectName,
    "create_merge_request": ProposedBranch,
    "decide": Decision,
    "finish": InstallationEnd,
    "link": IssueName,
    "own_rehearsal": OwnPatch,
    "patch": SettingsPatch,
    "preview": PreviewWish,
    "rehearsal": RehearsalWish,
    "renew": Renewal,
    "replace_token": NewToken,
    "replay": Replay,
    "resume_pair": PairName,
    "run": StepChoice,
    "save": SavedDocument,
    "store_application": GitLabApplication,
    "undo": Undoing,
}
# These take none: what they act on stands in their path.
BODILESS = frozenset(
    {
        "acknowledge", "disconnect", "hooks", "pause", "replay_task", "resume", "retry", "rights",
        "start", "test", "unlink", "youtrack_app",
    }
)  # fmt: skip
