"""What people write by hand in a task or an issue, and how the other side can hold it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24app.texts import translate
from tests.emulators.youtrack.records import Tag
from tests.engine.issue_sync.test_youtrack_hostile import later
from tests.engine.issue_sync.test_youtrack_rows import begin, messages
from tests.engine.youtrack_world import YouTrackLife

WIKI = "It *rattles* as f(x)\n{code}\na = b_c_d\n{code}\n# no list"
# of a field of the portal's own: its type in YouTrack, what somebody wrote, what is said of it
UNFIT = {
    "UF_EFFORT": ("integer", "five", "a whole number such as 5", "целое число, например 5"),
    "UF_RATIO": ("float", "1,5", "a number such as 2.5", "число, например 2.5"),
    "UF_SEEN": ("date", "31.12.2026", "a day such as 2026-01-31", "день, например 2026-01-31"),
    "UF_MEETING": (
        "date and time", "tomorrow",
        "a moment such as 2026-01-31T09:30", "время, например 2026-01-31T09:30",
    ),
    "UF_PLANNED": (
        "period", "-60", "a number of seconds, not below zero", "число секунд не меньше нуля",
    ),
}  # fmt: skip


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    life = begin(database_url, "create: [issues, tasks]")
    life.import_all()
    life.rest()
    yield life
    life.world.close()


@pytest.mark.parametrize("markdown", [False, None])
def test_old_wiki_markup_is_shown_and_becomes_markdown_when_edited(
    life: YouTrackLife, markdown: bool | None
) -> None:
    issue = life.state.create_issue(life.project, life.boris, "Old", WIKI)
    issue.markdown = markdown
    comment = life.state.add_comment(issue, life.boris, "{quote}Seen *it*{quote}")
    comment.markdown = markdown
    life.rest(11)
    (task,) = (task for task in life.world.b24.state.tasks.values() if task.title == "Old")
    assert "It *rattles* as f(x)" in task.description
    assert "[code]a = b_c_d[/code]" in task.description.replace("\n", "")
    said = [message.text for message in life.world.b24.state.discussion(task.id)]
    assert sum("[quote]Seen *it*[/quote]" in text.replace("\n", "") for text in said) == 1
    life.world.b24.state.user_edits_task(
        life.task.responsible_id, task.id, description=f"{task.description}\n\n[b]Loud[/b]"
    )
    life.rest(11)
    text = issue.description or ""
    assert "It \\*rattles\\* as f(x)" in text
    assert "**Loud**" in text
    assert issue.markdown is not False
    assert "{code}" not in text
    shown, before = task.description, len(life.state.activities)
    later(life)
    assert (task.description, len(life.state.activities)) == (shown, before)


def test_a_tag_that_is_spelled_anew_stays(life: YouTrackLife) -> None:
    life.state.tags.append(Tag(life.state.next_id("5"), "ui", life.boris))
    life.edit_task(tags=["ui", "api"])
    life.rest(11)
    life.edit_task(tags=["UI"])
    life.rest(11)
    assert [tag.name for tag in life.issue.tags] == ["ui"]
    assert life.task.tags == ["UI"]
    before = len(life.state.activities)
    later(life)
    assert (len(life.state.activities), life.task.tags) == (before, ["UI"])


def test_a_value_that_fits_no_field_is_said_in_both_languages(database_url: str) -> None:
    names = {name: name.removeprefix("UF_").title() for name in UNFIT}
    rows = ", ".join(f"{name}: {{field: {title}}}" for name, title in names.items())
    life = begin(database_url, f"create: [issues], custom: {{{rows}}}")
    for name, (type_id, written, _, _) in UNFIT.items():
        life.world.b24.state.add_user_field(name, "string")
        life.state.add_field(life.project, names[name], type_id)
        life.task.uf[name] = written
    life.import_all()
    life.rest()
    problems = life.link.problems
    for name, (_, written, form, in_russian) in UNFIT.items():
        (text,) = (text for text in problems.values() if f'"{written}"' in text)
        assert text == f'The field {names[name]} cannot hold "{written}": it takes {form}'
        assert translate("ru", text).endswith(in_russian)
        assert life.issue.values[names[name]] is None
        assert life.task.uf[name] == written
    assert messages(life) == []
    life.world.close()
