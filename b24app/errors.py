"""Errors as clear JSON, or as a page where a person looks; never a traceback."""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import asdict, dataclass, replace

from flask import Flask, Response, g, jsonify, render_template, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import HTTPException

from b24app.texts import page_texts, translate
from sync.errors import UNREADABLE, Denied, Later, Refused, SyncError
from sync.log import log
from sync.sentences import join_sentences
from sync.store.db.database import AWAY
from sync.store.vault import VaultError


class RequestRejected(Exception):
    """A request is refused with an HTTP status, a code, a reason and what to change.

    `retry_after`: seconds after which it may be sent again; None where that is not known.
    """

    def __init__(
        self, status: int, code: str, text: str, change: str = "", *, retry_after: int | None = None
    ) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.change = status, code, text, change
        self.retry_after = retry_after


def error_text(error: SyncError) -> str:
    """Return our own message; for the vendor's errors their meaning, not their name."""
    vendors = error.code.isupper() and error.cause
    return error.cause if vendors else error.message


def explain_failure(name: str, error: SyncError) -> str:
    """Return what is wrong with a project or group, as people say it: its name, not the request."""
    return join_sentences(": ", [name, join_sentences(". ", _reasons(error))])


def _reasons(error: SyncError) -> list[str]:
    return [part for part in (error.cause or error.message, error.change) if part]


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as the client sees it."""

    status: int
    code: str
    text: str
    change: str = ""


_BY_ERROR: tuple[tuple[type[SyncError], int, str], ...] = (
    (Later, 503, "later"),
    (Denied, 409, "denied"),
    (Refused, 422, "refused"),
)


_RETRY_SECONDS = 10


def install_error_handlers(app: Flask) -> None:
    """Answer every exception of `app` clearly, and give each request an id."""
    app.register_error_handler(Exception, _error_response)
    app.before_request(_assign_request_id)
    app.after_request(_add_request_id)


def _assign_request_id() -> None:
    header = request.headers.get("X-Request-Id", "")
    g.request_id = header if re.fullmatch(r"[\w-]{8,64}", header) else uuid.uuid4().hex


def _add_request_id(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    return response


def _error_response(error: Exception) -> Response:
    answer = _error_answer(error)
    language = page_language()
    translated = replace(
        answer, text=translate(language, answer.text), change=translate(language, answer.change)
    )
    values = {"path": request.path, "request_id": g.request_id}
    if translated.status == 500:
        log.error("request_failed", **values, exc_info=error)
    else:  # foreseen, so its name says enough: an outage answers hundreds
        log.info("request_refused", **values, code=translated.code)
    if _is_page(request.path):
        shown = {"language": language, "words": page_texts(language), "request_id": g.request_id}
        response = Response(render_template("error.html", error=translated, **shown))
    else:
        parts = {key: value for key, value in asdict(translated).items() if key != "status"}
        response = jsonify(error=parts | {"request_id": g.request_id})
    response.status_code = translated.status
    if (seconds := _retry_after(error, translated.status)) is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _retry_after(error: Exception, status: int) -> int | None:
    """Return the seconds after which a request may be sent again.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    if isinstance(error, RequestRejected) and error.retry_after is not None:
        return error.retry_after
    if isinstance(error, Later) and error.after is not None:
        return math.ceil(error.after)
    return _RETRY_SECONDS if status == 503 else None


def page_language() -> str:
    """Return "en" or "ru": of the open page, else of the browser."""
    language_code = g.get("language") or request.accept_languages.best_match(["en", "ru"]) or "en"
    return "ru" if language_code.lower().startswith("ru") else "en"


def _is_page(path: str) -> bool:
    """Return whether a person sees the answer: below /b24/ everyone but the portal's events.

    Elsewhere a browser that opens an address, which wants HTML first.
    """
    if path.startswith("/b24/"):
        return path != "/b24/events"
    is_opened = request.method == "GET" and request.accept_mimetypes.best == "text/html"
    return is_opened and not path.startswith("/api/")


def _error_answer(error: Exception) -> ErrorAnswer:
    match error:
        case RequestRejected():
            return ErrorAnswer(error.status, error.code, error.text, error.change)
        case SyncError():
            _, status, code = next(row for row in _BY_ERROR if isinstance(error, row[0]))
            parts = [part for part in (error.message, error.cause) if part]
            return ErrorAnswer(status, error.code or code, join_sentences(". ", parts))
        case VaultError():
            return ErrorAnswer(
                503,
                UNREADABLE,
                "A stored secret cannot be read",
                "Run `b24bridge doctor`: it says what to do",
            )
        case _ if isinstance(error, AWAY):
            return ErrorAnswer(
                503, "database", "The database cannot be reached now", "Try again in a minute"
            )
        case ParseException():  # what the server finds wrong when the body is read: a trailer
            return ErrorAnswer(400, "bad_body", "The chunks of this body are malformed")
        case HTTPException():
            return ErrorAnswer(
                error.code or 500, error.name.lower().replace(" ", "_"), _http_error_text(error)
            )
    return ErrorAnswer(
        500,
        "internal",
        "Something broke on our side",
        "Try again; if it stays, give the request id below to your administrator",
    )


def _http_error_text(error: HTTPException) -> str:
    return re.sub(r"<[^>]+>", "", error.description or error.name)
