"""The browser's Back and Forward buttons go between the pages of the application."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.test_settings_forms import furnished, press  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


def test_back_and_forward_go_between_pages(furnished, window):  # noqa: F811 - a fixture
    opened = window("app")
    heading = opened.frame.get_by_role("heading", level=1)
    press(opened.frame, "Settings", "Health", "Health")
    expect(heading).to_have_text("Health")
    inner = opened.page.frames[1]
    for step, title in ((-1, "Settings"), (-1, "GitLab and tasks"), (2, "Health")):
        inner.evaluate("step => history.go(step)", step)
        expect(heading).to_have_text(title)
    assert opened.said == []
