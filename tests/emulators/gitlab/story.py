"""The story the pre-written webhook bodies are cut from: acme/shop, its people and their work.

`python -m tests.emulators.gitlab.story` writes tests/fixtures/gitlab anew, one file a body,
named `<http_event>__<what_happened>.json`; a test keeps the files equal to this story.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulators.gitlab import release_payloads, talk_payloads
from tests.emulators.gitlab.building import Building
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.deliveries import Deliveries, Weather
from tests.emulators.gitlab.editing import Editing
from tests.emulators.gitlab.entities import DEVELOPER, MAINTAINER, OWNER
from tests.emulators.gitlab.reviewing import Reviewing
from tests.emulators.gitlab.routing import TRIGGERS
from tests.emulators.gitlab.state import Hook, State

FOLDER = Path(__file__).parents[2] / "fixtures" / "gitlab"
BRANCH = "feature/B24-2103-payment-gateway"
MINUTE = 60


@dataclass
class Story:
    """`told`: the bodies so far by the name of their file."""

    clock: StillClock = field(default_factory=StillClock)
    told: dict[str, dict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = State(url="https://gitlab.acme.example", now=self.clock.now)
        self.deliveries = Deliveries(self.state, Weather(hold=True))
        self.coding = Coding(self.state, self.deliveries)
        self.editing = Editing(self.state, self.deliveries)
        self.reviewing = Reviewing(self.state, self.deliveries, self.coding)
        self.building = Building(self.state, self.deliveries)
        self.state.add_user("ann", "Ann Oak", public=True)
        self.state.add_user("bob", "Bob Elm")
        self.state.add_user("eve", "Ева Липа")
        self.state.add_group("acme", members={"ann": OWNER})
        team = {"ann": MAINTAINER, "bob": DEVELOPER, "eve": DEVELOPER}
        self.shop = self.state.add_project("acme/shop", members=team)
        self.shop.approvals_required = 2
        self.shop.reset_approvals_on_push = True
        self._listen()

    def _listen(self) -> None:
        events = dict.fromkeys(TRIGGERS, True)
        hook = Hook(1, "project", self.shop.id, "https://bridge.example/", self.clock.now(), events)
        self.state.hooks[hook.id] = hook

    def tell(self, **names: str) -> None:
        """Name the newest body of each trigger since the last time; a minute passes."""
        for trigger, name in names.items():
            bodies = [one for one in self.deliveries.waiting if one.trigger == trigger]
            self.told[f"{trigger.removesuffix('s')}__{name}"] = bodies[-1].payload
        self.deliveries.waiting.clear()
        self.clock.move(MINUTE)


def tell() -> dict[str, dict]:
    """Every body by the name of its file, without the suffix."""
    story = Story()
    _code(story)
    _review(story)
    _end(story)
    _drafts(story)
    _pipelines(story)
    _others(story)
    return story.told


def _code(story: Story) -> None:
    code, shop = story.coding, story.shop
    code.create_branch(shop, BRANCH, "bob")
    story.tell(push_hooks="branch_created")
    code.push(shop, BRANCH, ["Add the gateway\n\nB24-2103", "Add a test, see B24-7"], "bob")
    story.tell(push_hooks="two_commits")
    code.create_branch(shop, "fix/typo", "eve")
    code.delete_branch(shop, "fix/typo", "eve")
    story.tell(push_hooks="branch_deleted")
    code.tag(shop, "v1.4.0", "ann")
    story.tell(tag_push_hooks="tag_created")


def _review(story: Story) -> None:
    edit, review = story.editing, story.reviewing
    mr = edit.open_mr(
        story.shop,
        BRANCH,
        "B24-2103 Payment gateway",
        "bob",
        description="Closes B24-2103, related to B24-7",
        reviewers=["ann"],
        assignees=["bob"],
        labels=["payments"],
    )
    story.tell(merge_request_hooks="opened")
    edit.update_mr(mr, "bob", title="B24-2103 Payments", description="Closes B24-2103")
    story.tell(merge_request_hooks="retitled")
    story.coding.push(story.shop, BRANCH, ["Handle refunds"], "bob")
    story.tell(merge_request_hooks="updated_with_new_code")
    review.approve(mr, "ann")
    story.tell(merge_request_hooks="approval")
    review.approve(mr, "eve")
    story.tell(merge_request_hooks="approved")
    review.unapprove(mr, "eve")
    story.tell(merge_request_hooks="unapproved")
    review.unapprove(mr, "ann")
    story.tell(merge_request_hooks="unapproval")
    for name in ("ann", "eve"):
        review.approve(mr, name)
    story.coding.push(story.shop, BRANCH, ["Round amounts"], "bob")
    story.tell(merge_request_hooks="approvals_reset_on_push")
    edit.request_review(mr, "ann", "bob")
    story.tell(merge_request_hooks="re_request_review")
    edit.comment(mr, "Looks good, but mind B24-7", "ann")
    story.tell(note_hooks="comment_on_merge_request")


def _end(story: Story) -> None:
    review, mr = story.reviewing, story.shop.merge_requests[1]
    review.close(mr, "ann")
    story.tell(merge_request_hooks="closed")
    review.reopen(mr, "ann")
    story.tell(merge_request_hooks="reopened")
    story.coding.create_branch(story.shop, "release/1.5", "ann")
    story.editing.update_mr(mr, "bob", target_branch="release/1.5")
    story.tell(merge_request_hooks="retargeted")
    review.merge(mr, "ann")
    story.tell(merge_request_hooks="merged")


def _drafts(story: Story) -> None:
    branch = "feature/B24-2103-receipts"
    story.coding.push(story.shop, branch, ["Print receipts"], "eve")
    mr = story.editing.open_mr(story.shop, branch, "Draft: B24-2103 Receipts", "eve")
    story.tell(merge_request_hooks="draft_opened")
    story.editing.update_mr(mr, "eve", draft=False)
    story.tell(merge_request_hooks="draft_made_ready")


def _pipelines(story: Story) -> None:
    mr = story.shop.merge_requests[2]
    failed = story.building.run_pipeline(mr)
    failed.set_status("running")
    story.tell(pipeline_hooks="running_in_merge_request")
    failed.set_status("failed", "unit")
    story.tell(pipeline_hooks="failed_in_merge_request", job_hooks="failed")
    fixed = story.building.run_pipeline(mr, variables={"TARGET": "staging"})
    fixed.set_status("running")
    story.clock.move(MINUTE)
    fixed.set_status("success")
    story.tell(pipeline_hooks="success_in_merge_request")
    for status in ("success", "canceled"):
        run = story.building.run_pipeline(story.shop, ref="main")
        run.set_status("running")
        story.clock.move(MINUTE)
        run.set_status(status)
        story.tell(pipeline_hooks=f"{status}_on_branch")


def _others(story: Story) -> None:
    state, shop, now = story.state, story.shop, story.clock.now()
    ann, head = state.user("ann"), shop.commits[shop.branches["main"].head]
    told = story.told
    told["release_hook__created"] = release_payloads.release(
        state, shop, head, number=1, tag="v1.4.0", at=now
    )
    told["deployment_hook__success"] = release_payloads.deployment(
        state,
        shop,
        ann,
        head,
        number=3,
        job_id=9,
        environment="production",
        status="success",
        at=now,
    )
    for hidden, name in ((False, "issue_hook"), (True, "confidential_issue_hook")):
        told[f"{name}__opened"] = talk_payloads.issue(
            state, shop, ann, number=4, title="Slow checkout", at=now, confidential=hidden
        )


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, body in tell().items():
        (FOLDER / f"{name}.json").write_text(as_text(body), "utf-8")


def as_text(body: dict) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
