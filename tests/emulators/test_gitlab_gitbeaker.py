"""Gitbeaker, a client from npm that nobody here wrote, drives the emulated issues."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.emulators import npm
from tests.emulators.issue_world import IssueWorld

HERE = Path(__file__).parent / "gitbeaker"


@pytest.fixture(scope="module")
def story():
    with IssueWorld() as world:
        entry = npm.installed(HERE) / "@gitbeaker" / "rest" / "dist" / "index.mjs"
        command = [npm.node(), str(HERE / "drive.mjs"), str(entry), world.gitlab.url]
        answer = subprocess.run(
            [*command, world.tokens["ann"]], capture_output=True, text=True, timeout=120
        )
        assert answer.returncode == 0, answer.stderr
        yield json.loads(answer.stdout)


def test_an_issue_is_stored_as_gitlab_stores_it(story):
    issue = story["issue"]
    assert (issue["title"], issue["description"]) == (
        "From Gitbeaker",
        f"Look\n{story['upload']['markdown']}",
    )
    assert (issue["labels"], issue["due_date"]) == (["bug", "new one"], "2026-04-01")
    assert (story["label"]["color"], story["label"]["description"]) == ("#ff0000", "Broken")


def test_an_edit_by_elements_that_closes(story):
    assert (story["edited"]["state"], story["edited"]["labels"]) == ("closed", ["new one", "third"])


def test_comments_and_threads(story):
    people = [note["body"] for note in story["notes"] if not note["system"]]
    assert people == ["First, edited", "Among us", "Question"]
    assert story["secret"]["internal"] is True
    assert story["thread"]["individual_note"] is False


def test_time(story):
    assert story["spent"]["human_total_time_spent"] == "1h 30m"
    assert story["estimate"]["time_estimate"] == 7200
    assert story["reset"]["total_time_spent"] == 0


def test_links_pages_and_files(story):
    assert story["links"][0]["iid"] == story["issue"]["iid"]
    assert story["link"]["target_issue"]["title"] == "Other"
    assert sorted(story["pages"]) == ["From Gitbeaker", "Other"]
    assert story["bytes"] == "\u0089PNG"


def test_a_move_and_a_deletion(story):
    assert (story["moved"]["project_id"], story["moved"]["iid"]) == (2, 1)
    assert story["refused"] == 404
