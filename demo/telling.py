"""Everything else that GitLab tells: who hears of it where, one row a kind of event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.stage import BORIS, MARIA, SETTINGS, VERA, Stage
from demo.watch import Watch

TASK, TITLE = 2105, "Delivery slots"
BRANCH = f"feature/B24-{TASK}-slots"
SPEAKS = f"B24-{TASK} #time 1h 30m #comment Done"
RULES = """\
      projects: [acme/shop]
      roles: {{qa: [{qa}], manager: [{manager}]}}
      routes:
        - {{on: [merge_request], to: [project], when: [opened, merged]}}
        - {{on: [job], to: [project], when: [manual], jobs: ["deploy*"]}}
        - {{on: [issue, milestone, wiki_page, feature_flag, vulnerability], to: [project]}}
chats: {{general: chat{general}, releases: chat{releases}}}
"""
CHAT, RELEASES, TASK_CHAT, BELL = "project chat", "releases", "the task", "notification"
_TAG = re.compile(r"\[/?[a-z][^\]]*\]")

Told = Callable[[Stage], list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """`wanted`: by place, what somebody must read there in the end."""

    event: str
    act: Callable[[], object]
    wanted: dict[str, str]


def prepare(stage: Stage) -> str:
    """The workgroup's rules, two more chats, and a task; what the commands printed."""
    portal = stage.b24.state
    everybody = [1, BORIS, VERA, MARIA]
    general = portal.add_chat("open", "General", 1, members=everybody)
    stage.releases = portal.add_chat("open", "Releases", 1, members=everybody)
    portal.create_task(TITLE, id=TASK, group_id=10, created_by=MARIA, responsible_id=VERA)
    rules = RULES.format(qa=VERA, manager=MARIA, general=general.id, releases=stage.releases.id)
    settings = SETTINGS.format(portal=stage.b24.host, gitlab=stage.gitlab.url) + rules
    file = Path(stage.home / "settings.yaml")
    file.write_text(settings)
    output = stage.service.run("settings", "apply", str(file))
    return output + "\n" + stage.service.run("gitlab", "hooks", "gitlab")


def rows(stage: Stage) -> Iterator[Row]:
    """Each act begins when what came of the one before it is written."""
    gitlab, shop = stage.gitlab, stage.shop
    opened, made = [], {}
    seven = [f"Slot {n}" for n in range(1, 8)]
    yield Row(
        "push (a new branch)", lambda: gitlab.push(shop, BRANCH, seven, "boris"),
        {CHAT: "Boris Orlov created the branch"},
    )  # fmt: skip
    yield Row(
        "merge request", lambda: opened.append(gitlab.open_mr(shop, BRANCH, TITLE, "boris")),
        {CHAT: TITLE, TASK_CHAT: f"!3 {TITLE}"},
    )  # fmt: skip
    slots = opened[0]
    yield Row(
        "push (more commits)", lambda: gitlab.push(shop, BRANCH, seven, "boris"),
        {CHAT: "2 more"},
    )  # fmt: skip
    note = []
    yield Row(
        "note", lambda: note.append(gitlab.comment(slots, "Are **nights** in?", "vera")),
        {TASK_CHAT: ">>Are nights in?"},
    )  # fmt: skip
    yield Row(
        "note (edited)",
        lambda: gitlab.talking.edit_comment(slots, note[0], "Nights too, please", "vera"),
        {TASK_CHAT: ">>Nights too, please"},
    )  # fmt: skip
    yield Row(
        "commit that speaks",
        lambda: gitlab.push(shop, BRANCH, [f"Nights\n\n{SPEAKS}"], "boris"),
        {TASK_CHAT: "Done", "time log": "5400 s by 7"},
    )  # fmt: skip
    yield Row("merge request (merged)", lambda: gitlab.merge(slots, "vera"), {CHAT: "merged"})

    def pipeline(status: str) -> None:
        made["run"] = gitlab.run_pipeline(shop, ref="main", user="boris")
        for one in ("running", status):
            made["run"].set_status(one)

    yield Row("pipeline (fails)", lambda: pipeline("failed"), {CHAT: "failed on main"})
    yield Row(
        "pipeline (fails again)", lambda: pipeline("failed"), {CHAT: "still failing, 2nd time"}
    )
    yield Row("pipeline (passes)", lambda: pipeline("success"), {CHAT: "main is fixed after"})
    yield Row(
        "job (waits for a person)",
        lambda: gitlab.working.add_job(
            made["run"], "deploy", "deploy to production", status="manual", when="manual"
        ),
        {CHAT: "deploy to production"},
    )  # fmt: skip
    yield Row(
        "deployment",
        lambda: gitlab.deploy(made["run"], "production", url="https://shop.example"),
        {
            TASK_CHAT: "Deployed to production, URL: https://shop.example",
            RELEASES: "production",
            BELL: "production",
        },
    )
    release = []
    yield Row(
        "tag and release",
        lambda: (
            gitlab.tag(shop, "v1.0", "boris"),
            release.append(
                gitlab.shipping.publish(shop, "v1.0", "boris", name="Slots", description="- Nights")
            ),
        ),
        {CHAT: "v1.0", RELEASES: "Slots"},
    )  # fmt: skip
    yield Row(
        "release (updated)",
        lambda: gitlab.shipping.update_release(shop, release[0], description="- Nights and days"),
        {RELEASES: "Nights and days"},
    )
    yield Row(
        "issue", lambda: gitlab.tracking.open_issue(shop, "Slots overlap", "vera"),
        {CHAT: "Slots overlap"},
    )  # fmt: skip
    yield Row(
        "milestone", lambda: gitlab.keeping.create_milestone(shop, "Spring"), {CHAT: "Spring"}
    )
    yield Row(
        "wiki page", lambda: gitlab.keeping.write_page(shop, "Slots", "How", "vera"),
        {CHAT: "Slots"},
    )  # fmt: skip
    yield Row(
        "feature flag", lambda: gitlab.keeping.toggle_flag(shop, "night_slots", "boris"),
        {CHAT: "night_slots"},
    )  # fmt: skip
    yield Row(
        "vulnerability", lambda: gitlab.keeping.find_vulnerability(shop, "Open redirect"),
        {CHAT: "Open redirect"},
    )  # fmt: skip
    yield Row(
        "access token (expires)",
        lambda: gitlab.owning.expire_access_token(shop, "bridge", 7),
        {BELL: "bridge"},
    )
    yield Row("branch", lambda: gitlab.create_branch(shop, "try/maps", "vera"), {CHAT: "try/maps"})
    yield Row(
        "branch (deleted)", lambda: gitlab.delete_branch(shop, "try/maps", "vera"),
        {CHAT: "Vera Lind deleted the branch try/maps"},
    )  # fmt: skip
    yield Row(
        "commit that closes",
        lambda: gitlab.push(shop, "main", [f"Closes B24-{TASK}"], "boris"),
        {"task status": "5"},
    )


PLACES: dict[str, Told] = {
    CHAT: lambda stage: _texts(stage, stage.b24.state.chat_of("SONET_GROUP", "10").id),
    RELEASES: lambda stage: _texts(stage, stage.releases.id),
    TASK_CHAT: lambda stage: [plain(one.text) for one in stage.b24.state.discussion(TASK)],
    BELL: lambda stage: [plain(one.text) for one in stage.b24.state.notifications.values()],
    "time log": lambda stage: [
        f"{one.seconds} s by {one.user_id}" for one in stage.b24.state.elapsed.values()
    ],
    "task status": lambda stage: [str(stage.b24.state.tasks[TASK].status)],
}


def perform(stage: Stage, watch: Watch, row: Row) -> Iterator[tuple[str, bool]]:
    """Plays a row; what was to be read in each place, and whether it is."""
    row.act()
    watch.settled()
    for place, wanted in row.wanted.items():
        found = [text for text in PLACES[place](stage) if wanted in text]
        first = next(
            (line for text in found[-1:] for line in text.split("\n") if wanted in line), ""
        )
        yield f"{row.event:24} {place:13} {first or f'nothing says “{wanted}”'}", bool(found)


def checks(stage: Stage, watch: Watch) -> Iterator[tuple[str, bool]]:
    said = PLACES[CHAT](stage)
    failing = [text for text in said if "main" in text and ("failing" in text or "fixed" in text)]
    yield "the failing branch was one message from its first failure to its end", len(failing) == 1
    yield "nobody was told anything twice", len(said) == len(set(said))
    commits = [text for text in said if "pushed 7 commits" in text]
    yield "of seven commits five are shown", len(commits) == 1 and commits[0].count("Slot") == 5
    states = watch.states_of_work()
    yield "no delivery failed, no write was refused", states <= {"done", "dropped"}
    backfilled = stage.service.run("backfill", "acme/shop", "--since", "30d")
    yield (
        "the project's history is read, and nobody hears of it",
        ("issue_comments" in backfilled and PLACES[CHAT](stage) == said),
    )
    audit = stage.service.run("audit", "--limit", "500")
    yield (
        "`b24bridge audit` shows the calls, and no secret",
        ("gitlab" in audit and stage.token not in audit),
    )


def plain(text: str) -> str:
    return _TAG.sub("", text)


def _texts(stage: Stage, chat_id: int) -> list[str]:
    return [plain(one.text) for one in stage.b24.state.dialog_messages(chat_id)]
