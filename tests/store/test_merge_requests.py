"""What is known of merge requests, pipelines and commits."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine, select

from sync.core.model.common import Commit
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequestKey, MergeRequestState
from sync.core.model.pipelines import PipelineStatus
from sync.store import commits
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store import projects as store_projects
from sync.store.db.database import write
from sync.store.tables import project
from tests.store.factories import (
    ANN,
    BOB,
    NOW,
    a_connection,
    a_merge_request,
    a_pipeline,
    a_portal,
    a_project,
    after,
)


def test_what_was_heard_is_known(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        opened = MergeRequestEvent(a_merge_request(c), "open", ANN)
        approved = MergeRequestEvent(
            a_merge_request(c, updated_at=after(minutes=1)), "approved", BOB, True, True
        )
        key = MergeRequestKey(c, 3, 12)
        assert store_merge_requests.fold_events(conn, [opened]) == {
            key: replace(opened.merge_request, actor=ANN)
        }
        expected = replace(approved.merge_request, approved=True, approved_by=(BOB,), actor=BOB)
        assert store_merge_requests.fold_events(conn, [approved]) == {key: expected}
        assert store_merge_requests.get_merge_requests(conn, [key]) == {key: expected}


def test_an_older_account_that_comes_later_rolls_nothing_back(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        merged = a_merge_request(c, state=MergeRequestState.MERGED, updated_at=after(hours=1))
        store_merge_requests.fold_events(conn, [MergeRequestEvent(merged, "merge", BOB)])
        late = MergeRequestEvent(a_merge_request(c), "approved", ANN, True, True)
        (known,) = store_merge_requests.fold_events(conn, [late]).values()
        assert (known.state, known.actor) == (MergeRequestState.MERGED, BOB)
        assert known.approved_by == (ANN,)


def test_many_events_of_one_merge_request_in_one_batch_are_told_in_order(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        events = [
            MergeRequestEvent(
                a_merge_request(c, title=f"t{n}", updated_at=after(seconds=n)), "", ANN
            )
            for n in range(20)
        ]
        (known,) = store_merge_requests.fold_events(conn, [*events[10:], *events[:10]]).values()
        assert known.title == "t19"


def test_the_host_itself_knows_every_approval(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        store_merge_requests.fold_events(
            conn, [MergeRequestEvent(a_merge_request(c), "approved", ANN, True, True)]
        )
        answer = a_merge_request(c, updated_at=after(minutes=1), approved_by=(BOB,))
        (known,) = store_merge_requests.fold_snapshots(conn, [answer]).values()
        assert (known.approved, known.approved_by, known.actor) == (False, (BOB,), ANN)


def test_a_merge_request_shows_the_pipeline_of_its_head(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        request = a_merge_request(c)
        store_merge_requests.fold_snapshots(conn, [request])
        running, old = a_pipeline(c, 100), a_pipeline(c, 99, sha="beef")
        store_pipelines.save_pipelines(conn, [running, old])
        (known,) = store_merge_requests.get_merge_requests(conn, [request.key]).values()
        assert known.pipeline == running
        failed = replace(running, status=PipelineStatus.FAILED, updated_at=after(minutes=2))
        store_pipelines.save_pipelines(conn, [failed])
        store_pipelines.save_pipelines(conn, [running])
        (known,) = store_merge_requests.get_merge_requests(conn, [request.key]).values()
        assert known.pipeline == failed
        pushed = a_merge_request(c, head_sha="d00d", updated_at=after(minutes=3))
        store_merge_requests.fold_events(conn, [MergeRequestEvent(pushed, "update", ANN)])
        (known,) = store_merge_requests.get_merge_requests(conn, [request.key]).values()
        assert known.pipeline is None


def test_of_two_accounts_of_one_moment_the_finished_one_is_the_later(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        store_merge_requests.fold_snapshots(conn, [a_merge_request(c)])
        failed = a_pipeline(c, status=PipelineStatus.FAILED)
        for status in (PipelineStatus.FAILED, PipelineStatus.RUNNING):
            store_pipelines.save_pipelines(conn, [replace(failed, status=status)])
        of = store_merge_requests.by_pipelines(conn, [failed])
        (known,) = store_merge_requests.get_merge_requests(conn, of).values()
        assert known.pipeline == failed


def test_what_only_a_hook_tells_of_a_pipeline_is_kept_when_the_host_is_asked(
    engine: Engine,
) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        store_merge_requests.fold_snapshots(conn, [a_merge_request(c)])
        stages = {"passed_stages": ("build",), "failed_stages": ("test",)}
        heard = a_pipeline(
            c, commit=Commit("s", "B24-1", "Ann", None), actor=ANN, ref="b", **stages
        )
        asked = a_pipeline(c, updated_at=after(minutes=5), ref="refs/merge-requests/12/head")
        store_pipelines.save_pipelines(conn, [heard])
        store_pipelines.save_pipelines(conn, [asked])
        of = store_merge_requests.by_pipelines(conn, [heard])
        (known,) = store_merge_requests.get_merge_requests(conn, of).values()
        assert known.pipeline == replace(heard, updated_at=after(minutes=5))
        later = replace(asked, status=PipelineStatus.SUCCESS, updated_at=after(minutes=9))
        store_pipelines.save_pipelines(conn, [later])
        (known,) = store_merge_requests.get_merge_requests(conn, of).values()
        assert (known.pipeline.passed_stages, known.pipeline.failed_stages) == ((), ())


def test_a_pipeline_finds_its_merge_requests_by_number_and_by_commit(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        store_merge_requests.fold_snapshots(
            conn, [a_merge_request(c, 12), a_merge_request(c, 13, head_sha="beef")]
        )
        by_commit = store_merge_requests.by_pipelines(conn, [a_pipeline(c, sha="beef")])
        by_number = store_merge_requests.by_pipelines(
            conn, [a_pipeline(c, sha="merged", merge_request_iid=12)]
        )
        assert [key.iid for key in by_commit] == [13]
        assert [key.iid for key in by_number] == [12]
        assert store_merge_requests.by_pipelines(conn, [a_pipeline(c, sha="unknown")]) == {}


def test_branches_lead_to_merge_requests_and_commits(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        requests = [a_merge_request(c, n, source_branch="b" if n > 1 else "a") for n in (3, 2, 1)]
        store_merge_requests.fold_snapshots(conn, requests)
        told = [Commit(sha, f"B24-{n}", "Ann", None) for n, sha in enumerate(("s1", "s2"))]
        commits.save(conn, [(a_project(c), "a", told[:1])], NOW)
        again = [(a_project(c), "a", told)]
        commits.save(conn, again, after(minutes=1))
        commits.save(conn, [(a_project(c), "b", told[1:])], NOW)
        a, b, none = (c, 3, "a"), (c, 3, "b"), (c, 3, "none")
        found = store_merge_requests.by_branches(conn, [a, b, none])
        assert {of: [key.iid for key in keys] for of, keys in found.items()} == {a: [1], b: [2, 3]}
        assert commits.by_branches(conn, [a, b, none]) == {
            a: tuple(told),
            b: tuple(told[1:]),
        }


def test_two_connections_have_merge_requests_of_one_number(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        one, two = a_connection(conn, p, "one"), a_connection(conn, p, "two")
        store_merge_requests.fold_snapshots(
            conn, [a_merge_request(one), a_merge_request(two, title="other")]
        )
        titles = {
            key.connection_id: known.title
            for key, known in store_merge_requests.get_merge_requests(
                conn, [MergeRequestKey(c, 3, 12) for c in (one, two)]
            ).items()
        }
        assert titles == {one: "Payment gateway", two: "other"}


def test_a_renamed_project_is_known_by_its_new_path(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        store_projects.save_projects(conn, [a_project(c), replace(a_project(c), path="acme/store")])
        assert conn.scalars(select(project.c.path)).all() == ["acme/store"]


def test_more_keys_than_one_statement_takes_are_found(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        requests = [a_merge_request(c, n) for n in range(1, 1202)]
        store_merge_requests.fold_snapshots(conn, requests)
        assert len(store_merge_requests.get_merge_requests(conn, [r.key for r in requests])) == 1201


def test_of_a_branch_that_lives_for_years_the_newest_commits_are_looked_at(engine: Engine) -> None:
    with write(engine) as conn:
        connection_id = a_connection(conn, a_portal(conn))
        project = a_project(connection_id)
        for number in range(commits.MAX_COMMITS + 5):
            told = [Commit(f"{number:04}", "Step", "Ann", None)]
            commits.save(conn, [(project, "develop", told)], after(seconds=number))
        place = connection_id, project.id, "develop"
        found = commits.by_branches(conn, [place])[place]
        assert [one.sha for one in found] == [f"{n:04}" for n in range(5, 5 + len(found))]
        assert len(found) == commits.MAX_COMMITS
