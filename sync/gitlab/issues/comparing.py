"""What was asked beside what was stored: parts that GitLab left out in silence. Pure.

A caller without a role, an assignee without access, a tier without a feature: GitLab answers 200
and stores the rest. https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    DEADLINE,
    DESCRIPTION,
    PRIORITY,
    STATUS,
    TAGS,
    TITLE,
    Value,
)
from sync.core.issue_sync.writes import Change, SetChange
from sync.sentences import sentence
from sync.text.markdown.actions import disarmed
from sync.text.markdown.checklists import normalized

_NO_ROLE = "the token's user may not set it: give the role Planner (Reporter before 17.7)"
REASONS = {
    TITLE: "GitLab stored another title",
    DESCRIPTION: "GitLab stored another text: it runs quick actions and cuts them out",
    ASSIGNEES: sentence(
        "GitLab keeps people who may read the project, on the free tier only the first; or "
        "{no_role}",
        no_role=_NO_ROLE,
    ),
    PRIORITY: sentence("GitLab did not take the label; {no_role}", no_role=_NO_ROLE),
    STATUS: "GitLab stored another status",
    DEADLINE: sentence("GitLab did not take the date; {no_role}", no_role=_NO_ROLE),
    TAGS: sentence("GitLab did not take the labels; {no_role}", no_role=_NO_ROLE),
}
_OTHER = "GitLab stored another value"


def left_out(changes: Mapping[str, Change], stored: Mapping[str, Value]) -> dict[str, str]:
    """Return the fields that were not stored as asked, each with the likely reason."""
    return {
        name: REASONS.get(name, _OTHER)
        for name, change in changes.items()
        if name in stored and not holds(name, change, stored[name])
    }


def holds(name: str, change: Change, stored: Value) -> bool:
    """Tell whether a stored value is what a change asks for, after GitLab's own trimming."""
    match change:
        case SetChange(add, remove):
            held = stored if isinstance(stored, frozenset) else frozenset()
            return add <= held and not remove & held
        case str() if name == TITLE:
            return change.strip() == stored
        case str() if name == DESCRIPTION:
            return trimmed(disarmed(change)) == trimmed(str(stored or ""))
        case str() if name == CHECKLIST:
            return normalized(change) == (stored or "")
        case str() if name == DEADLINE:
            return change[:10] == (stored or "")
        case str() if isinstance(stored, int):
            return _is_number(change, stored)
    return (change or None) == (stored or None)


def _is_number(text: str, stored: int) -> bool:
    try:
        return float(text) == stored
    except ValueError:
        return False


def trimmed(text: str) -> str:
    """Return a text as GitLab stores it: without carriage returns, and blanks at its end."""
    return text.replace("\r", "").rstrip()
