"""What the people of the story do, scene by scene. Nothing here calls b24bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests

from demo.stage import TASK, Stage

BRANCH = f"feature/B24-{TASK}-payment-gateway"
UNKNOWN_TASK = 999999
RESENT = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """`status` and `column`: what the task must show once everything has settled."""

    title: str
    act: Callable[[], object]
    status: int
    column: str


def scenes(stage: Stage) -> Iterator[Scene]:
    """The scenes in order; each may use what an earlier one made."""
    gitlab, shop = stage.gitlab, stage.shop

    def push(*messages: str) -> Callable[[], object]:
        return lambda: gitlab.push(shop, BRANCH, list(messages), "boris")

    yield Scene("Boris pushes a branch that names the task", push("Add the gateway"), 2, "New")
    first = []
    yield Scene(
        "He opens merge request !1 and asks Vera to review it",
        lambda: first.append(
            gitlab.open_mr(shop, BRANCH, "Payment gateway", "boris", reviewers=["vera"])
        ),
        3, "In review",
    )  # fmt: skip
    payment = first[0]

    def pipeline(status: str, failed_job: str = "") -> Callable[[], object]:
        def run() -> None:
            started = gitlab.run_pipeline(payment)
            for one in ("running", status):
                started.set_status(one, failed_job) if one == "failed" else started.set_status(one)

        return run

    yield Scene("The pipeline fails", pipeline("failed", "test"), 3, "In review")
    yield Scene("Boris pushes a fix", push("Fix the rounding of totals"), 3, "In review")
    yield Scene("The pipeline passes", pipeline("success"), 3, "In review")
    yield Scene("Vera approves", lambda: gitlab.approve(payment, "vera"), 3, "Ready to merge")
    second = []
    yield Scene(
        "Vera opens a second merge request on the same task; it also names one nobody has",
        lambda: (
            gitlab.push(shop, f"docs/B24-{TASK}", ["Describe refunds"], "vera"),
            second.append(
                gitlab.open_mr(
                    shop, f"docs/B24-{TASK}", "Refunds explained", "vera",
                    description=f"See B24-{UNKNOWN_TASK} for the old text.",
                )
            ),
        ),
        3, "In review",
    )  # fmt: skip
    yield Scene(
        "!1 is merged; the task waits for the other one",
        lambda: gitlab.merge(payment, "vera"), 3, "In review",
    )  # fmt: skip
    yield Scene(
        f"Somebody resends GitLab's last {RESENT} deliveries",
        lambda: resend(stage), 3, "In review",
    )  # fmt: skip
    yield Scene(
        "Boris approves the second one, and it is merged",
        lambda: (gitlab.approve(second[0], "boris"), gitlab.merge(second[0], "vera")),
        5, "Done",
    )  # fmt: skip


def resend(stage: Stage) -> None:
    """What a person does in GitLab's list of recent deliveries: Resend, for the last ones."""
    base = f"{stage.gitlab.url}/api/v4/projects/{stage.shop.id}/hooks"
    headers = {"PRIVATE-TOKEN": stage.token}
    hook = requests.get(base, headers=headers, timeout=10).json()[0]["id"]
    recent = requests.get(f"{base}/{hook}/events", headers=headers, timeout=10).json()
    for event in recent[:RESENT]:
        url = f"{base}/{hook}/events/{event['id']}/resend"
        requests.post(url, headers=headers, timeout=10).raise_for_status()
