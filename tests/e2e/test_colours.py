"""Light or dark: as the portal is, as the visitor chose, and outside of the portal as the system."""

from __future__ import annotations

from html import escape

import pytest
from playwright.sync_api import expect

from tests.b24app.pages import installed

pytestmark = pytest.mark.browser


def is_dark(page) -> bool:
    """Tell whether the page takes what the browser draws, and the kit's colours, from the dark."""
    dark, scheme = page.evaluate(
        """() => [document.documentElement.classList.contains('dark'),
                  getComputedStyle(document.documentElement).colorScheme]"""
    )
    assert scheme == ("dark" if dark else "light")
    return dark


def opened_frame(opened):
    expect(opened.frame.get_by_role("heading", level=1)).to_be_visible()
    return opened.page.frames[1]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_is_light_in_the_portal_until_the_visitor_chooses(
    beside, emulator, window, language
):
    installed(beside, emulator)
    opened = window("app", language, scheme="dark")
    assert not is_dark(opened_frame(opened))
    choice = opened.frame.get_by_label({"en": "Colours", "ru": "Оформление"}[language])
    expect(choice).to_have_value("light")
    for chosen, dark in (("dark", True), ("light", False), ("system", True)):
        choice.select_option(chosen)
        assert is_dark(opened.page.frames[1]) is dark
        opened.page.reload()
        expect(choice).to_have_value(chosen)
        assert is_dark(opened.page.frames[1]) is dark
    opened.page.emulate_media(color_scheme="light")
    expect(opened.frame.locator("html.dark")).to_have_count(0)
    assert opened.said == []


def test_a_page_outside_of_the_portal_is_as_the_system(beside, emulator, browser):
    installed(beside, emulator)
    request = emulator.application_page()
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in request.form.items()
    )
    for scheme in ("dark", "light"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.set_content(
            f'<form method="post" action="{escape(request.url)}">{fields}<button>Go</button></form>'
        )
        page.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert is_dark(page) is (scheme == "dark")
        context.close()

