"""When GitLab stops posting to a hook that fails, and for how long.

https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
"""

from __future__ import annotations

from datetime import timedelta

from tests.emulators.gitlab.state import Hook, State

GRACE_FAILURES = 3
FAILURES_TO_DISABLE = 39
FIRST_BACKOFF = timedelta(minutes=1)
LONGEST_BACKOFF = timedelta(days=1)


def count(state: State, hook: Hook, *, ok: bool) -> None:
    """4th failure in a row: off for a minute, doubling to a day; the 40th: for good."""
    if ok or not state.auto_disable_hooks:
        hook.recent_failures, hook.disabled_until = 0, None
        return
    if alert_status(state, hook) != "executable":
        return
    beyond = hook.recent_failures - GRACE_FAILURES
    hook.recent_failures += 1
    if beyond >= 0:
        hook.disabled_until = state.now() + min(FIRST_BACKOFF * 2**beyond, LONGEST_BACKOFF)


def alert_status(state: State, hook: Hook) -> str:
    """`executable`, `temporarily_disabled` or `disabled`, as the API names it."""
    if not state.auto_disable_hooks:
        return "executable"
    if hook.recent_failures > FAILURES_TO_DISABLE:
        return "disabled"
    until = hook.disabled_until
    return "temporarily_disabled" if until and until >= state.now() else "executable"
