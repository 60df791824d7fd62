import pytest

from sync.errors import Refused
from sync.gitlab.api.custom_issue_tracker import ensure, remove

PORTAL = "https://acme.bitrix24.com"
TASKS = f"{PORTAL}/company/personal/user/0/tasks"
LINKS = {
    "project_url": f"{TASKS}/",
    "issues_url": f"{TASKS}/task/view/:id/",
    "new_issue_url": f"{TASKS}/task/edit/0/",
}
OTHER = {name: url.replace("acme", "other") for name, url in LINKS.items()}


def tracker(gitlab):
    return gitlab.state.project("web/shop").issue_tracker


@pytest.mark.parametrize("portal", [PORTAL, f"{PORTAL}/"])
def test_the_prefixed_number_leads_to_the_task(gitlab, connect, portal):
    client = connect()
    assert ensure(client, "web/shop", portal_url=portal) is True
    assert tracker(gitlab) == LINKS
    assert ensure(client, "web/shop", portal_url=portal) is False


def test_an_older_address_of_the_same_portal_is_renewed(gitlab, connect):
    gitlab.state.project("web/shop").issue_tracker = LINKS | {"issues_url": f"{PORTAL}/old/:id"}
    assert ensure(connect(), "web/shop", portal_url=PORTAL) is True
    assert tracker(gitlab) == LINKS


def test_somebody_elses_tracker_is_not_replaced_nor_removed(gitlab, connect):
    gitlab.state.project("web/shop").issue_tracker = OTHER
    with pytest.raises(Refused) as caught:
        ensure(connect(), "web/shop", portal_url=PORTAL)
    assert str(caught.value) == (
        f"Project web/shop already uses another issue tracker ({OTHER['issues_url']}). "
        "Turn it off in the project's settings, Integrations, Custom issue tracker."
    )
    assert remove(connect(), "web/shop", portal_url=PORTAL) is False
    assert tracker(gitlab) == OTHER


def test_ours_is_removed_once(gitlab, connect):
    client = connect()
    ensure(client, "web/shop", portal_url=PORTAL)
    assert remove(client, "web/shop", portal_url=PORTAL) is True
    assert tracker(gitlab) is None
    assert remove(client, "web/shop", portal_url=PORTAL) is False


def test_only_a_maintainer_may(connect):
    with pytest.raises(Refused, match="answered 403"):
        ensure(connect("boris"), "web/shop", portal_url=PORTAL)
