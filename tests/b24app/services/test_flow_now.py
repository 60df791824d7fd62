"""What waits in projects at this moment, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from b24app.services.flow_metrics import project_choices
from b24app.services.flow_now import read_current_state
from sync.core.model.common import Person
from sync.core.model.merge_requests import Reviewer
from sync.core.rules.portal import DEFAULT_RULES
from sync.store import merge_requests as store_merge_requests
from sync.store import projects
from sync.store.db.database import write
from tests.b24app.factories import AT, deployed, merge_request
from tests.store.factories import a_connection, a_portal

pytestmark = pytest.mark.dialect
ROB = Person(6, "rob", "Rob Reviewer")


def test_reviews_wait_and_the_newest_success_of_each_environment_is_there(engine):
    open_ones = {
        1: {"reviewers": (Reviewer(ROB),), "created_at": AT},
        2: {"reviewers": (Reviewer(ROB, "approved"),), "created_at": AT - timedelta(days=1)},
        3: {"draft": True},
        4: {"approved": True, "approved_by": (ROB,)},
    }
    with write(engine) as conn:
        portal = a_portal(conn)
        c = a_connection(conn, portal, name="main")
        made = [
            merge_request(
                c, iid, pipeline=None, **{"approved": False, "approved_by": (), **values}
            )
            for iid, values in open_ones.items()
        ]  # fmt: skip
        projects.save_projects(conn, [made[0].project])
        store_merge_requests.fold_snapshots(conn, made)
        deployed(
            conn, portal, ("production", "success"), ("production", "failed"), ("dev", "success"),
            ("staging", "running"),
        )  # fmt: skip
        chosen = project_choices(conn, portal, DEFAULT_RULES)
        state = read_current_state(conn, portal, chosen)
    assert [(row.reference, row.people) for row in state.reviews] == [
        ("team/shop!2", ()), ("team/shop!1", ("Rob Reviewer",))
    ]  # fmt: skip
    assert [(row.environment, row.version) for row in state.environments] == [
        ("production", "abc12345")
    ]
    assert (state.reviews_total, state.alerts) == (2, ())
