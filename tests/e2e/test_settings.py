"""The settings page: the document checked and saved, two administrators, a connection's token."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sync.settings.apply import current_settings
from sync.store import portals
from sync.store.db.database import read
from tests.b24app.pages import installed

pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(beside, emulator):
    """An installed portal with a connection."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, domain=emulator.host)
    return beside


def opened_settings(window, language="en", section="Document"):
    """The settings, at the document or at a section by its English name."""
    opened = window("app", language)
    name, document = {"en": ("Settings", "Document"), "ru": ("Настройки", "Документ")}[language]
    opened.frame.get_by_role("button", name=name).click()
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text(name)
    if section == "Document":
        opened.frame.get_by_role("button", name=document, exact=True).click()
    return opened


def edit(opened, old, new):
    box = opened.frame.get_by_role("textbox").last
    expect(box).to_be_visible()
    box.fill(box.input_value().replace(old, new))


def prefix_of(world, emulator):
    portal = world.portal(emulator.state.member_id)
    with read(world.deps.engine) as conn:
        return current_settings(conn, portals.by_id(conn, portal.id)).references.prefix


@pytest.mark.parametrize(
    ("language", "check", "change", "save", "saved"),
    [
        ("en", "Check", "This would change", "Save", "The settings were saved"),
        ("ru", "Проверить документ", "Изменится вот что", "Сохранить", "Настройки сохранены"),
    ],
    ids=["en", "ru"],
)
def test_a_document_is_checked_before_it_is_saved(
    furnished, emulator, window, language, check, change, save, saved
):
    opened = opened_settings(window, language)
    button = opened.frame.get_by_role("button", name=save, exact=True)
    edit(opened, "connections:", "references: {prefix: SHOP}\nconnections:")
    assert button.count() == 0
    opened.frame.get_by_role("button", name=check, exact=True).click()
    expect(opened.frame.get_by_text(change)).to_be_visible()
    expect(opened.frame.get_by_text("+  prefix: SHOP")).to_be_visible()
    assert prefix_of(furnished, emulator) == "B24"
    button.click()
    expect(opened.frame.get_by_text(saved)).to_be_visible()
    assert prefix_of(furnished, emulator) == "SHOP"
    expect(opened.frame.get_by_text("user 1: +2 −0")).to_be_visible()
    assert opened.said == []


def test_a_wrong_document_is_shown_with_its_lines(furnished, window):
    opened = opened_settings(window)
    edit(opened, "connections:", "langage: ru\nconnections:")
    opened.frame.get_by_role("button", name="Check", exact=True).click()
    expect(opened.frame.get_by_text("1 problem")).to_be_visible()
    expect(opened.frame.get_by_text("did you mean `language`?")).to_be_visible()
    assert opened.frame.get_by_role("button", name="Save", exact=True).count() == 0


def test_the_later_of_two_administrators_sees_the_difference(furnished, emulator, window):
    later, earlier = opened_settings(window), opened_settings(window)
    for opened, prefix in ((earlier, "SHOP"), (later, "WORK")):
        edit(opened, "connections:", f"references: {{prefix: {prefix}}}\nconnections:")
        opened.frame.get_by_role("button", name="Check", exact=True).click()
        if opened is earlier:
            opened.frame.get_by_role("button", name="Save", exact=True).click()
            expect(opened.frame.get_by_text("The settings were saved")).to_be_visible()
    expect(later.frame.get_by_text("Somebody else saved the settings meanwhile")).to_be_visible()
    expect(later.frame.get_by_text("+  prefix: SHOP")).to_be_visible()
    later.frame.get_by_role("button", name="Take their document").click()
    expect(later.frame.get_by_role("textbox").last).to_have_value(
        earlier.frame.get_by_role("textbox").last.input_value()
    )
    assert prefix_of(furnished, emulator) == "SHOP"


@pytest.mark.parametrize(
    ("language", "replace", "label", "store"),
    [
        ("en", "Replace the token", "New token of main", "Store it"),
        ("ru", "Заменить токен", "Новый токен для main", "Сохранить токен"),
    ],
    ids=["en", "ru"],
)
def test_a_token_that_gitlab_does_not_take_is_said_so(
    furnished, window, language, replace, label, store
):
    opened = opened_settings(window, language, "Connections")
    opened.frame.get_by_role("button", name=replace).click()
    field = opened.frame.get_by_label(label)
    expect(field).to_be_focused()
    field.fill("glpat-of-nobody")
    opened.frame.get_by_role("button", name=store).click()
    expect(opened.frame.get_by_role("alert")).to_be_visible()
    expect(field).to_have_value("glpat-of-nobody")


def test_a_connection_is_removed_only_after_its_box_is_ticked(furnished, emulator, window):
    opened = opened_settings(window)
    box = opened.frame.get_by_role("textbox").last
    expect(box).to_be_visible()
    box.fill(box.input_value().partition("connections:")[0])
    opened.frame.get_by_role("button", name="Check", exact=True).click()
    agree = opened.frame.get_by_label("Remove with its history")
    expect(agree).to_be_visible()
    save = opened.frame.get_by_role("button", name="Save", exact=True)
    assert save.count() == 0
    agree.check()
    save.click()
    opened.frame.get_by_role("button", name="Connections", exact=True).click()
    expect(opened.frame.get_by_text("No GitLab is connected yet")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "part", "remove", "title", "now", "none"),
    [
        ("en", "Connections", "Remove: main", "Remove main?", "Remove it",
         "No GitLab is connected yet"),
        ("ru", "Подключения", "Удалить: main", "Удалить main?", "Удалить подключение",
         "GitLab ещё не подключён"),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_a_connection_is_removed_by_its_button_after_what_that_means(
    furnished, emulator, window, language, part, remove, title, now, none
):
    opened = opened_settings(window, language, "Connections")
    opened.frame.get_by_role("button", name=remove, exact=True).click()
    asks = opened.frame.get_by_role("region", name=title)
    expect(asks).to_be_focused()
    asks.get_by_role("button", name=now).click()
    expect(opened.frame.get_by_text(none)).to_be_visible()
    portal = furnished.portal(emulator.state.member_id)
    with read(furnished.deps.engine) as conn:
        assert current_settings(conn, portals.by_id(conn, portal.id)).connections == []
    assert opened.said == []


def test_the_document_is_taken_out_as_a_file_and_put_in_again(furnished, emulator, window):
    opened = opened_settings(window)
    with opened.page.expect_download() as download:
        opened.frame.get_by_role("button", name="Download as a file").click()
    text = download.value.path().read_text("utf-8")
    assert "https://gitlab.example.com" in text
    changed = f"references: {{prefix: SHOP}}\n{text}".encode()
    file = {"name": "settings.yaml", "mimeType": "application/yaml", "buffer": changed}
    opened.frame.get_by_label("Take a file").last.set_input_files(file)
    expect(opened.frame.get_by_text("The file is in the field above")).to_be_visible()
    opened.frame.get_by_role("button", name="Check", exact=True).click()
    opened.frame.get_by_role("button", name="Save", exact=True).click()
    expect(opened.frame.get_by_text("The settings were saved")).to_be_visible()
    assert prefix_of(furnished, emulator) == "SHOP"
    assert opened.said == []


def test_what_is_typed_while_a_document_is_checked_is_not_saved_unchecked(furnished, window):
    opened = opened_settings(window)
    edit(opened, "connections:", "references: {prefix: SHOP}\nconnections:")
    opened.page.route("**/api/settings/check", lambda route: opened.waiting.append(route))
    opened.frame.get_by_role("button", name="Check", exact=True).click()
    edit(opened, "SHOP", "WORK")
    with opened.page.expect_response("**/api/settings/check"):
        opened.let_go()
    check = opened.frame.get_by_role("button", name="Check", exact=True)
    expect(check).to_be_enabled()
    assert opened.frame.get_by_role("button", name="Save", exact=True).count() == 0
