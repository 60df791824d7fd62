"""Refusals in YouTrack's words: a status and a body, whose `error` is no stable vocabulary.

https://www.jetbrains.com/help/youtrack/devportal/api-concept-errors.html
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, error: str, description: str = "", **more: Any) -> None:
        self.status = status
        self.body = {"error": error, "error_description": description} | more
        super().__init__(description)


def bad_request(description: str, **more: Any) -> ApiError:
    """Return the usual 400."""
    return ApiError(400, "bad_request", description, **more)


def not_found(what: str, name: str) -> ApiError:
    """Return the answer about an entity that is missing, or not for the caller's eyes."""
    return ApiError(
        404, "Not Found", f"Entity with id {name} not found", error_developer_message=what
    )


def forbidden(description: str) -> ApiError:
    """Return the answer to a caller without the right."""
    return ApiError(403, "Forbidden", description)


def unauthorized() -> ApiError:
    """Return the answer to a wrong token, and to guests where they are banned."""
    return ApiError(401, "Unauthorized", "You are not logged in.")
