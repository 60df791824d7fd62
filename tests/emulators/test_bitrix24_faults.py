"""What goes wrong on demand, and the pages people look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.pages import render
from tests.emulators.bitrix24.rest import Rest


@pytest.fixture
def b24() -> Iterator[BitrixEmulator]:
    with BitrixEmulator(HandClock()) as emulator:
        emulator.state.add_user("Dan", id=7)
        emulator.state.create_task("Fix", id=31, responsible_id=7)
        yield emulator


def test_a_portal_that_is_down_refuses_connections_and_comes_back_where_it_was(b24):
    rest, url = Rest(b24), b24.portal_url
    rest.result("profile")
    b24.offline()
    with pytest.raises(requests.ConnectionError):
        rest("profile")
    b24.online()
    assert (b24.portal_url, rest("profile")[0]) == (url, 200)


def test_a_gateway_answers_with_a_page(b24):
    b24.offline("html")
    answer = requests.post(f"{b24.portal_url}/rest/profile", timeout=30)
    assert (answer.status_code, answer.text.startswith("<html>")) == (502, True)
    b24.online()
    assert Rest(b24)("profile")[0] == 200


def test_an_answer_that_is_lost_was_carried_out(b24):
    rest = Rest(b24)
    b24.lose_answer()
    rest.result("profile")
    with pytest.raises(requests.ConnectionError):
        rest("tasks.task.start", taskId=31)
    assert (b24.state.tasks[31].status, b24.writes["tasks.task.start"]) == (3, 1)
    assert rest("tasks.task.pause", taskId=31)[0] == 200


def test_the_answer_of_one_method_is_lost_even_inside_a_batch(b24):
    rest = Rest(b24)
    b24.lose_answer(method="im.message.add")
    assert rest("tasks.task.start", taskId=31)[0] == 200
    with pytest.raises(requests.ConnectionError):
        rest("batch", cmd={"a": "im.message.add?DIALOG_ID=7&MESSAGE=hello"})
    assert b24.writes["im.message.add"] == 1


def test_a_failure_is_answered_as_ordered_and_nothing_is_carried_out(b24):
    b24.fail_next(500, "INTERNAL_SERVER_ERROR", method="tasks.task.start", times=2)
    rest = Rest(b24)
    assert rest("profile")[0] == 200
    assert [rest("tasks.task.start", taskId=31)[0] for _ in range(3)] == [500, 500, 200]
    assert b24.writes["tasks.task.start"] == 1


def test_html_pages_come_instead_of_json(b24):
    b24.faults.html_next = 1
    answer = requests.post(f"{b24.portal_url}/rest/profile", timeout=30)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")


def test_a_moved_portal_answers_302_with_the_same_path(b24):
    old, rest = b24.portal_url, Rest(b24)
    b24.move_domain()
    url = f"{old}/rest/profile.json?auth={rest.access}"
    answer = requests.post(url, timeout=30, allow_redirects=False)
    to = answer.headers["Location"]
    assert (answer.status_code, to) == (
        302,
        f"{b24.portal_url}/rest/profile.json?auth={rest.access}",
    )
    assert b24.portal_url != old
    assert requests.post(to, timeout=30).json()["result"]["ID"] == "1"


def test_hits_and_writes_are_counted(b24):
    rest = Rest(b24)
    rest("tasks.task.start", taskId=31)
    rest("tasks.task.start", taskId=31)
    rest.v3("tasks.task.get", id=31)
    assert b24.requests == {"tasks.task.start": 2, "api/tasks.task.get": 1}
    assert b24.writes == {"tasks.task.start": 1}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[b]x[/b] & <i>", "<b>x</b> &amp; &lt;i&gt;"),
        ("[url=https://a.test/?b=1&c=2]x[/url]",
         '<a rel="noopener" href="https://a.test/?b=1&amp;c=2">x</a>'),
        ("[url=javascript:alert(1)]x[/url]", "[url=javascript:alert(1)]x[/url]"),
        ('[url=https://a.test/"onclick=x]x[/url]',
         '<a rel="noopener" href="https://a.test/&quot;onclick=x">x</a>'),
        ("a\nb", "a<br>b"),
        ("[user=7]Dan[/user]", "<b>@Dan</b>"),
    ],
)  # fmt: skip
def test_bbcode_is_shown_without_coming_alive(text, html):
    assert render(text) == html


def test_people_see_the_task_its_discussion_and_who_was_told(b24):
    task = b24.state.tasks[31]
    task.title, task.uf = "Fix <it>", {"UF_CI": "passed"}
    b24.state.user_comments(7, 31, "[b]done[/b]")
    b24.state.notify(7, "please review")
    page = requests.get(f"{b24.portal_url}/view/task/31", timeout=30).text
    for part in ("31. Fix &lt;it&gt;", "pending", "UF_CI<td>passed", "<b>done</b>", "to Dan"):
        assert part in page
    assert "Fix &lt;it&gt;</a>" in requests.get(f"{b24.portal_url}/view/", timeout=30).text
    assert requests.get(f"{b24.portal_url}/view/task/99", timeout=30).status_code == 404


def test_a_browser_gets_a_window_whose_form_posts_the_frame(b24):
    b24.app.install_url = "http://app.test/install"
    page = requests.get(f"{b24.portal_url}/window/install?user=7", timeout=30).text
    assert 'action="http://app.test/install?DOMAIN=' in page
    assert f'<iframe name="{b24.host}|0|' in page
    assert 'name="AUTH_ID"' in page
    assert requests.post(f"{b24.portal_url}/window/finish", timeout=30).json() is True
    assert b24.app.installed
    assert requests.get(f"{b24.portal_url}/window/other", timeout=30).status_code == 404
