"""What a manager's change of their workgroup's rules would have done in the last month."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services.own_rules import OwnChange, admit_editor, problems_beyond, whole_patch
from b24app.services.settings_form.changed import change_settings
from b24app.services.settings_rehearsal import RehearsalLine, rehearse_settings
from b24app.services.visitors import find_readable
from b24app.texts import translate
from sync.settings.problems import Invalid
from sync.store.rows import PortalRecord


def rehearse_own_rules(
    deps: Deps, portal: PortalRecord, visitor: Visitor, change: OwnChange, language: str
) -> Iterator[RehearsalLine]:
    """Play the last month through with a visitor's change; name only tasks that they may open.

    Raises RequestRejected, Invalid.
    """
    key, patch = change.group_id, change.patch
    admit_editor(deps, portal, visitor, key)
    changed = change_settings(deps, portal, whole_patch(key, patch))
    if beyond := problems_beyond(changed.before, changed.after, key, patch):
        raise Invalid(beyond)
    readable = partial(find_readable, deps, visitor, portal)
    return _until_refused(rehearse_settings(deps, portal, changed, language, readable), language)


def _until_refused(lines: Iterator[RehearsalLine], language: str) -> Iterator[RehearsalLine]:
    """Yield the lines; where the portal does not say who may open what, that is the last of them.

    By then the answer has begun, and its status cannot change any more.
    """
    try:
        yield from lines
    except RequestRejected as refused:
        yield RehearsalLine("tasks", text=translate(language, refused.text))
