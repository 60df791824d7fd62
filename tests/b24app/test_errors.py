"""What is foreseen is named in the log; what broke is shown there whole."""

from __future__ import annotations

import pytest
from flask import Flask
from structlog.testing import capture_logs

from b24app.errors import RequestRejected, install_error_handlers
from sync.errors import Denied, Later


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (RequestRejected(503, "later", "Try again"), 503, "request_refused"),
        (Later("busy"), 503, "request_refused"),
        (Denied("no", code="NO"), 409, "request_refused"),
        (RuntimeError("broken"), 500, "request_failed"),
    ],
)
def test_only_what_broke_has_a_traceback(error: Exception, status: int, event: str) -> None:
    app = Flask(__name__)
    install_error_handlers(app)

    @app.get("/healthz")
    def fail() -> str:
        raise error

    with capture_logs() as lines:
        assert app.test_client().get("/healthz").status_code == status
    assert [line["event"] for line in lines] == [event]
    assert ("exc_info" in lines[0]) is (event == "request_failed")
