"""What texts of issues point at: people who are notified, and issues that get a system note.

https://docs.gitlab.com/user/markdown/#gitlab-specific-references ; a note about being mentioned
does not touch the issue that it is written on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.emulators.gitlab.entities import User
from tests.emulators.gitlab.issues.actions import INLINE_CODE
from tests.emulators.gitlab.issues.fields import system_note
from tests.emulators.gitlab.tracked import Issue

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

FENCED = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
PERSON = re.compile(r"(?<![\w\\/])@(?P<name>[A-Za-z0-9_][\w.-]*)")
ISSUE = re.compile(r"(?<![\w\\&])#(?P<iid>\d+)\b")


def follow(issues: Issues, issue: Issue, actor: User, text: str) -> None:
    """Notify who is mentioned, and note it on issues that are, once each."""
    bare = INLINE_CODE.sub("", FENCED.sub("", text))
    place = issues.state.projects[issue.project_id]
    for name in PERSON.findall(bare):
        for user in issues.state.users.values():
            if user.username == name:
                issues.notified.append((user.username, issue.id))
    for iid in dict.fromkeys(ISSUE.findall(bare)):
        other = place.issues.get(int(iid))
        said = f"mentioned in issue #{issue.iid}"
        if other and other is not issue and all(note.body != said for note in other.notes):
            other.notes.append(system_note(issues.state, said, actor))
