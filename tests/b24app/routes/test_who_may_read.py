"""Who may read and do what: every route for every role, as the portal says with their token."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from b24app.services import visitors
from sync.core.alerts.model import Alert, AlertState, RefKey
from sync.core.rules.portal import Severity
from sync.store import alerts, connections, portals
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import alert as alert_table
from tests.b24app.factories import AT, LINK, failed, linked, merge_request, mirrored
from tests.b24app.pages import config_of, installed, post
from tests.b24app.test_languages import english_words
from tests.emulators.bitrix24 import work

TASK, PATH = 2103, "/api/task/2103/development"


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def people(emulator):
    """Ed works on the task, Mia does not; Root is an administrator."""
    return {
        name: emulator.state.add_user(name, email=f"{name}@portal.test", admin=name == "Root")
        for name in ("Ed", "Mia", "Root")
    }


@pytest.fixture
def portal(beside, emulator, people):
    installed(beside, emulator)
    work.create_task(emulator.state, "Pay by card", id=TASK, responsible_id=people["Ed"].id)
    record = beside.portal(emulator.state.member_id)
    beside.connect(record, domain=emulator.host)
    with write(beside.deps.engine) as conn:
        mirrored(conn, record.id)
        failed(conn, record.id)
        linked(conn, record.id)
        main = connections.by_name(conn, record.id, "main")
        private = merge_request(main.id, 8, title="Secret of another team", pipeline=None)
        store_merge_requests.fold_snapshots(conn, [private])
        raised = Alert("", 12, AlertState.OPEN, Severity.HIGH, "failed", 3, 3, AT, AT, 14)
        alerts.save(conn, RefKey(main.id, 42, "main"), [raised])
        conn.execute(update(alert_table).values(task_id=TASK))
    return record


def opened(beside, emulator, user):
    """The headers of a page that this user has just opened."""
    config = config_of(post(beside, emulator.application_page(user.id)))
    return {"Authorization": f"Bearer {config['token']}"}


@pytest.fixture
def stranger(beside):
    """An administrator of another portal."""
    told = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(beside.deps.engine) as conn:
        return portals.create_or_update(conn, beside.deps.vault, told, AT)


ALERT = "1-42-12"
# Route → its answer to: nobody, an administrator of another portal, an employee without the task,
# one who works on it, an administrator.
ROUTES = {
    ("POST", "/api/renew"): (401, 200, 200, 200, 200),
    ("GET", "/api/status"): (401, 200, 200, 200, 200),
    ("GET", PATH): (401, 200, 404, 200, 200),
    ("GET", f"/api/task/{TASK}/links"): (401, 200, 404, 200, 200),
    ("GET", f"/api/task/{TASK}/hours"): (401, 503, 404, 200, 200),
    ("GET", f"/api/task/{TASK}/actions"): (401, 200, 404, 200, 200),
    ("POST", f"/api/task/{TASK}/branch"): (401, 400, 404, 400, 400),
    ("POST", f"/api/task/{TASK}/merge-request"): (401, 400, 404, 400, 400),
    ("POST", f"/api/task/{TASK}/pipeline"): (401, 400, 404, 400, 400),
    ("POST", f"/api/task/{TASK}/replay"): (401, 200, 404, 200, 200),
    ("POST", f"/api/task/{TASK}/link"): (401, 404, 403, 403, 404),
    ("GET", "/api/trouble"): (401, 200, 403, 403, 200),
    ("POST", "/api/pairs/resume"): (401, 404, 403, 403, 404),
    ("POST", f"/api/links/{LINK}/decide"): (401, 404, 403, 403, 200),
    ("POST", f"/api/links/{LINK}/resume"): (401, 404, 403, 403, 200),
    ("POST", f"/api/links/{LINK}/retry"): (401, 404, 403, 403, 200),
    ("POST", f"/api/links/{LINK}/pause"): (401, 404, 403, 403, 200),
    ("POST", f"/api/links/{LINK}/unlink"): (401, 404, 403, 403, 200),
    ("GET", "/api/settings"): (401, 200, 403, 403, 200),
    ("GET", "/api/health"): (401, 200, 403, 403, 200),
    ("POST", "/api/settings/check"): (401, 400, 403, 403, 400),
    ("POST", "/api/settings"): (401, 400, 403, 403, 400),
    ("POST", "/api/settings/patch"): (401, 400, 403, 403, 400),
    ("POST", "/api/settings/undo"): (401, 400, 403, 403, 400),
    ("GET", "/api/settings/form"): (401, 200, 403, 403, 200),
    ("GET", "/api/settings/proposals"): (401, 200, 403, 403, 200),
    ("GET", "/api/settings/pair-proposals"): (401, 400, 403, 403, 400),
    ("POST", "/api/settings/preview"): (401, 200, 403, 403, 200),
    ("POST", "/api/settings/rehearsal"): (401, 200, 403, 403, 200),
    ("GET", "/api/own-rules"): (401, 200, 200, 200, 200),
    ("POST", "/api/own-rules/1"): (401, 403, 403, 403, 403),
    ("POST", "/api/own-rules/1/rehearsal"): (401, 403, 403, 403, 403),
    ("POST", "/api/connections/main/rights"): (401, 404, 403, 403, 200),
    ("GET", "/api/connections/main/targets"): (401, 404, 403, 403, 409),
    ("POST", "/api/connections/main/hooks"): (401, 404, 403, 403, 409),
    ("GET", "/api/workgroups"): (401, 503, 403, 403, 200),
    ("GET", "/api/workgroups/1/columns"): (401, 503, 403, 403, 422),
    ("GET", "/api/people"): (401, 503, 403, 403, 200),
    ("GET", "/api/card"): (401, 200, 403, 403, 200),
    ("GET", "/api/history"): (401, 200, 403, 403, 200),
    ("POST", "/api/history"): (401, 200, 403, 403, 200),
    ("POST", "/api/connections/main/token"): (401, 400, 403, 403, 400),
    ("POST", "/api/gitlab-applications"): (401, 400, 403, 403, 400),
    ("POST", "/api/sign-ins"): (401, 404, 403, 403, 409),
    ("GET", "/api/sign-ins/1"): (401, 200, 200, 200, 200),
    ("GET", "/api/accounts"): (401, 200, 200, 200, 200),
    ("POST", "/api/accounts/main/disconnect"): (401, 404, 404, 404, 404),
    ("GET", "/api/connections"): (401, 200, 403, 403, 200),
    ("POST", "/api/connections/main/test"): (401, 404, 403, 403, 200),
    ("POST", "/api/connections/main/youtrack-app"): (401, 404, 403, 403, 422),
    ("GET", "/api/failures"): (401, 200, 403, 403, 200),
    ("POST", "/api/replay"): (401, 400, 403, 403, 400),
    ("GET", "/api/alerts"): (401, 200, 200, 200, 200),
    ("POST", f"/api/alerts/{ALERT}/ack"): (401, 404, 404, 200, 200),
    ("POST", f"/api/alerts/{ALERT}/assign"): (401, 404, 404, 200, 200),
    ("GET", "/api/merge-requests"): (401, 200, 200, 200, 200),
    ("GET", "/api/filters"): (401, 200, 200, 200, 200),
    ("GET", "/api/metrics"): (401, 200, 200, 200, 200),
    ("GET", "/api/metrics/items?of=work_in_progress"): (401, 200, 200, 200, 200),
    ("GET", "/api/metrics/now"): (401, 200, 200, 200, 200),
    ("GET", "/api/metrics/hours"): (401, 200, 200, 200, 200),
    ("POST", "/api/install/run"): (401, 200, 403, 403, 200),
    ("POST", "/api/install/finish"): (401, 200, 403, 403, 200),
}
BODIES = {
    f"/api/links/{LINK}/decide": {"field": "title", "winner": "portal"},
    "/api/sign-ins": {"connection": "main"},
    "/api/settings/preview": {"patch": {}, "kind": "merge_request"},
    "/api/settings/rehearsal": {"patch": {"routes": [{"on": ["push"], "to": ["chat7"]}]}},
    "/api/own-rules/1": {"patch": {"notify": ["merged"]}, "base": "0"},
    "/api/own-rules/1/rehearsal": {"patch": {"notify": ["merged"]}, "base": "0"},
}
ROLES = ("nobody", "stranger", "Mia", "Ed", "Root")
SECRETS = (
    "Pay by card", "Payment gateway", "Secret of another team", "is approved", "team/shop",
    "The employee who installed the application may not do this", "gitlab.example.com",
    "Pay by invoice", "Usually two programs undo",
)  # fmt: skip
# What each role may find in all these answers together.
SEES = {
    "nobody": set(),
    "stranger": set(),
    "Mia": set(),
    "Ed": {
        "Pay by card", "Payment gateway", "is approved", "team/shop", "gitlab.example.com",
        "Pay by invoice",
    },
    "Root": set(SECRETS),
}  # fmt: skip


def headers_of(role, beside, emulator, people, stranger):
    if role == "nobody":
        return {}
    return beside.bearer(stranger) if role == "stranger" else opened(beside, emulator, people[role])


def test_each_route_answers_each_role_as_the_table_says(
    beside, emulator, portal, people, stranger, clock
):
    answers, texts = {}, dict.fromkeys(ROLES, "")
    for role in ROLES:
        headers = headers_of(role, beside, emulator, people, stranger)
        for method, path in ROUTES:
            clock.sleep(2)  # so many requests in less time are too many
            if role == "stranger":  # whose portal cannot be asked again who that is
                headers = beside.bearer(stranger)
            body = BODIES.get(path, {})
            answer = beside.client.open(path, method=method, json=body, headers=headers)
            answers.setdefault((method, path), []).append(answer.status_code)
            texts[role] += answer.text
    assert {route: tuple(codes) for route, codes in answers.items()} == ROUTES
    for role in ROLES:
        seen = {text for text in SECRETS if text in texts[role]}
        assert (role, seen) == (role, SEES[role])


# Every other route, and its answer to somebody who proves nothing.
OTHER_ROUTES = {
    ("GET", "/"): 200,
    ("GET", "/b24/install"): 200,
    ("POST", "/b24/install"): 400,
    ("POST", "/b24/install/again"): 401,
    ("POST", "/b24/app"): 400,
    ("POST", "/b24/task"): 400,
    ("POST", "/b24/group"): 400,
    ("POST", "/b24/events"): 400,
    ("GET", "/b24/oauth/start"): 200,
    ("GET", "/b24/oauth/callback"): 400,
    ("POST", "/api/sign-ins/consent"): 403,
    ("POST", "/hooks/gitlab/guessed"): 404,
    ("POST", "/hooks/youtrack/guessed"): 404,
    ("POST", "/ci/report"): 401,
    ("POST", "/ci/guessed/ci/report"): 401,
    ("GET", "/healthz"): 200,
    ("GET", "/metrics"): 404,
    ("GET", "/readyz"): 503,
    ("GET", "/static/none.js"): 404,
}
ADMINISTRATORS_PAGE = {"/b24/install": {"Ed": 403, "Mia": 403, "Root": 200}}
EVERYBODYS_PAGE = dict.fromkeys(
    ("/b24/app", "/b24/task", "/b24/group"), dict.fromkeys(("Ed", "Mia", "Root"), 200)
)


def test_who_proves_nothing_gets_nothing(beside, portal):
    answers = {
        (method, path): beside.client.open(path, method=method) for method, path in OTHER_ROUTES
    }
    assert {route: answer.status_code for route, answer in answers.items()} == OTHER_ROUTES
    text = " ".join(answer.text for answer in answers.values())
    assert [secret for secret in SECRETS if secret in text] == []


def test_every_route_is_in_one_of_the_tables(world):
    url_map = world.client.application.url_map
    rules = {
        (method, rule.rule)
        for rule in url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    adapter = url_map.bind("localhost")
    listed = {
        (method, adapter.match(path.partition("?")[0], method=method, return_rule=True)[0].rule)
        for method, path in (*ROUTES, *OTHER_ROUTES)
    }
    assert rules == listed


@pytest.mark.parametrize("path", ["/b24/install", "/b24/app", "/b24/task", "/b24/group"])
def test_pages_open_for_whom_the_table_says(beside, emulator, portal, people, path):
    expected = {**ADMINISTRATORS_PAGE, **EVERYBODYS_PAGE}[path]
    codes = {}
    for name in expected:
        frame = emulator.application_page(people[name].id)
        page = beside.client.post(path, query_string=frame.query, data=frame.form)
        codes[name] = page.status_code
    assert codes == expected


def test_an_employee_sees_only_merge_requests_of_tasks_they_may_open(
    beside, emulator, portal, people
):
    pages = {name: opened(beside, emulator, user) for name, user in people.items()}
    status, lists = (
        {name: beside.client.get(path, headers=page).json for name, page in pages.items()}
        for path in ("/api/status", "/api/merge-requests")
    )
    titles = {
        name: [row["title"] for row in answer["merge_requests"]] for name, answer in lists.items()
    }
    assert titles["Mia"] == []
    assert titles["Ed"] == ["Payment gateway"]
    assert sorted(titles["Root"]) == ["Payment gateway", "Secret of another team"]
    (row,) = lists["Ed"]["merge_requests"]
    assert [task["id"] for task in row["tasks"]] == [TASK]  # and not 999, which nobody may open
    assert (status["Ed"]["connections"], status["Ed"]["dead"]) == ([], 0)
    assert (status["Ed"]["alerts"], status["Mia"]["alerts"]) == (1, 0)


@pytest.mark.parametrize("number", ["0", "999", "2104", "2147483648", "9" * 40])
def test_a_changed_task_id_shows_nothing(beside, emulator, portal, people, number):
    headers = opened(beside, emulator, people["Ed"])
    answer = beside.client.get(f"/api/task/{number}/development", headers=headers)
    assert answer.status_code == 404
    assert answer.json["error"]["text"] == "There is no such task, or you may not open it"


def test_a_refused_task_is_said_in_russian(beside, emulator, portal, people):
    headers = opened(beside, emulator, people["Mia"]) | {"Accept-Language": "ru"}
    error = beside.client.get(PATH, headers=headers).json["error"]
    assert error["text"] == "Такой задачи нет, или вы не можете её открыть"
    assert error["change"] == "Попросите ответственного добавить вас в задачу"


def test_tasks_are_asked_for_together_and_not_each_time(beside, emulator, portal, people):
    headers = opened(beside, emulator, people["Ed"])
    before = sum(emulator.requests.values())
    for path in ("/api/status", PATH, "/api/alerts", "/api/status"):
        assert beside.client.get(path, headers=headers).status_code == 200
    assert sum(emulator.requests.values()) == before + 1


def test_many_tasks_are_asked_for_in_one_request(beside, emulator, portal, people):
    ids = [TASK, *range(5000, 5120)]
    for id_ in ids[1:]:
        work.create_task(emulator.state, "More", id=id_, responsible_id=people["Ed"].id)
    token = opened(beside, emulator, people["Ed"])["Authorization"].removeprefix("Bearer ")
    visitor, record = visitors.read_visitor(beside.deps, token)
    before = sum(emulator.requests.values())
    assert visitors.find_readable(beside.deps, visitor, record, [*ids, 999]) == set(ids)
    assert sum(emulator.requests.values()) == before + 1


def test_a_person_taken_off_a_task_sees_it_no_more(beside, emulator, portal, people, clock):
    headers = opened(beside, emulator, people["Ed"])
    assert beside.client.get(PATH, headers=headers).status_code == 200
    emulator.state.tasks[TASK].responsible_id = 1
    clock.sleep(61)
    assert beside.client.get(PATH, headers=headers).status_code == 404


def test_a_dismissed_employees_page_ends_within_minutes(beside, emulator, portal, people, clock):
    headers = opened(beside, emulator, people["Ed"])
    emulator.state.dismiss_user(people["Ed"].id)
    clock.sleep(121)
    answer = beside.client.get("/api/status", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "page_over")


def test_a_withdrawn_administrators_rights_end_within_minutes(
    beside, emulator, portal, people, clock
):
    headers = opened(beside, emulator, people["Root"])
    assert beside.client.get("/api/failures", headers=headers).status_code == 200
    emulator.state.users[people["Root"].id].admin = False
    clock.sleep(121)
    assert beside.client.get("/api/failures", headers=headers).status_code == 403
    assert beside.client.get(PATH, headers=headers).status_code == 404


def test_a_dismissed_administrators_open_page_gets_nothing_of_any_route(
    beside, emulator, portal, people, clock
):
    """The renewal of their page included: it hands on nothing that was good once."""
    headers = opened(beside, emulator, people["Root"])
    emulator.state.dismiss_user(people["Root"].id)
    clock.sleep(121)
    answers = {}
    for method, path in ROUTES:
        clock.sleep(2)  # so many requests in less time are too many
        answers[method, path] = beside.client.open(
            path, method=method, json=BODIES.get(path, {}), headers=headers
        ).status_code
    assert {route: code for route, code in answers.items() if code != 401} == {}


def test_a_withdrawn_administrators_open_page_is_an_employees_on_every_route(
    beside, emulator, portal, people, clock
):
    headers = opened(beside, emulator, people["Root"])
    emulator.state.users[people["Root"].id].admin = False
    clock.sleep(121)
    answers = {}
    for method, path in ROUTES:
        clock.sleep(2)  # so many requests in less time are too many
        answers[method, path] = beside.client.open(
            path, method=method, json=BODIES.get(path, {}), headers=headers
        ).status_code
    mia = ROLES.index("Mia")
    assert answers == {route: codes[mia] for route, codes in ROUTES.items()}


def test_while_the_portal_does_not_answer_nobody_is_believed_for_long(
    beside, emulator, portal, people, clock
):
    headers = opened(beside, emulator, people["Root"])
    emulator.offline()
    assert beside.client.get("/api/failures", headers=headers).status_code == 200
    clock.sleep(121)
    assert beside.client.get("/api/failures", headers=headers).status_code == 503


# Texts of others, and of older versions, that the fixtures store.
STORED = frozenset(
    """
    Somebody else writes both The task needs result never worked portal has tag that name KeyError
    sides changed title waits for decision person Pay card invoice hook approved
    You cannot view stages this group
    """.split()  # noqa: SIM905 - as words they fill lines
)
SAYING = {"text", "reason", "state_reason", "change", "problems", "notes", "account"}


def read_texts(value, key=""):
    """The texts for people in an answer."""
    match value:
        case str() if key in SAYING:
            yield value
        case dict():
            for name, inner in value.items():
                yield from read_texts(inner, name)
        case list():
            for inner in value:
                yield from read_texts(inner, key)


def test_no_answer_is_english_for_a_russian_reader(beside, emulator, portal, people, clock):
    wrong = {}
    headers = {**opened(beside, emulator, people["Root"]), "Accept-Language": "ru"}
    for method, path in (*ROUTES, *OTHER_ROUTES):
        if path.startswith(("/static", "/metrics")):
            continue
        clock.sleep(2)
        body = BODIES.get(path, {}) if path.startswith("/api") else None
        answer = beside.client.open(path, method=method, json=body, headers=headers)
        if answer.is_json:
            for text in read_texts(answer.json):
                if text.startswith("version: 1"):
                    continue  # the settings themselves
                if words := [word for word in english_words(text) if word not in STORED]:
                    wrong[path, text] = words
    assert wrong == {}
