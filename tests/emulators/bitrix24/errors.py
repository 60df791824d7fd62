"""A refusal of the portal: HTTP status, code, description. Pure."""

from __future__ import annotations

from typing import Any


class RestError(Exception):
    """REST v2 refusal; `extra` are further keys of the body."""

    def __init__(self, status: int, code: str, description: str, **extra: Any) -> None:
        super().__init__(f"{status} {code}: {description}")
        self.status, self.code, self.description, self.extra = status, code, description, extra

    def body(self) -> dict[str, Any]:
        return {"error": self.code, "error_description": self.description, **self.extra}


class V3Error(Exception):
    """REST v3 refusal: its own envelope."""

    def __init__(
        self, status: int, name: str, message: str, validation: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"code": f"BITRIX_REST_V3_EXCEPTION_{name}"}
        self.error["message"] = message
        if validation:
            self.error["validation"] = validation


def missing(name: str) -> RestError:
    return RestError(400, "100", f"Could not find value for parameter {{{name}}} (internal error)")


def mistyped(value: Any, name: str, kind: str) -> RestError:
    shown = value if isinstance(value, str | int) else ""
    text = f"Invalid value {{{shown}}} to match with parameter {{{name}}}. "
    return RestError(400, "100", f"{text}Should be value of type {kind}. (internal error)")


def core(text: str, code: str = "ERROR_CORE") -> RestError:
    return RestError(400, code, f"{text}<br>")


def not_allowed(
    code: str = "1048582", text: str = "Action on the task is not allowed"
) -> RestError:
    return RestError(400, code, text)


def tasks_exception(number: int, text: str, name: str) -> RestError:
    """The wording of the positional task methods."""
    shown = f"TASKS_ERROR_EXCEPTION_#{number}; {text}; {number}/TE/{name}."
    return core(shown)
