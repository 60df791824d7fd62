"""The user of the page that this thread serves, for the audit log; "" where there is none."""

from __future__ import annotations

from contextvars import ContextVar

current_user: ContextVar[str] = ContextVar("acting", default="")
