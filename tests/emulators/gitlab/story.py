"""The story the pre-written webhook bodies are cut from: acme/shop, its people and their work.

`python -m tests.emulators.gitlab.story` writes tests/fixtures/gitlab anew, one file a body,
named `<http_event>__<what_happened>.json`; a test keeps the files equal to this story.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulators.gitlab.building import Building
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.deliveries import Deliveries, Weather
from tests.emulators.gitlab.editing import Editing
from tests.emulators.gitlab.entities import DEVELOPER, MAINTAINER, OWNER
from tests.emulators.gitlab.keeping import Keeping
from tests.emulators.gitlab.owning import Owning
from tests.emulators.gitlab.reviewing import Reviewing
from tests.emulators.gitlab.routing import TRIGGERS
from tests.emulators.gitlab.scenes import (
    code,
    groups,
    jobs,
    kept,
    older,
    pipelines,
    plans,
    requests,
    ships,
    statuses,
    talk,
)
from tests.emulators.gitlab.shipping import Shipping
from tests.emulators.gitlab.state import GROUP_HOOK_FLAGS, Hook, State
from tests.emulators.gitlab.talking import Talking
from tests.emulators.gitlab.tracking import Tracking
from tests.emulators.gitlab.working import Working

SCENES = (
    requests,
    pipelines,
    ships,
    code,
    statuses,
    jobs,
    talk,
    plans,
    kept,
    groups,
    older,
)
FOLDER = Path(__file__).parents[2] / "fixtures" / "gitlab"
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
        self.working = Working(self.state, self.deliveries, self.building)
        self.shipping = Shipping(self.state, self.deliveries)
        self.talking = Talking(self.state, self.deliveries)
        self.tracking = Tracking(self.state, self.deliveries)
        self.keeping = Keeping(self.state, self.deliveries)
        self.owning = Owning(self.state, self.deliveries)
        self.state.add_user("ann", "Ann Oak", public=True)
        self.state.add_user("bob", "Bob Elm")
        self.state.add_user("eve", "Ева Липа")
        self.acme = self.state.add_group("acme", members={"ann": OWNER})
        team = {"ann": MAINTAINER, "bob": DEVELOPER, "eve": DEVELOPER}
        self.shop = self.state.add_project("acme/shop", members=team)
        self.shop.approvals_required = 2
        self.shop.reset_approvals_on_push = True
        self._listen()

    def _listen(self) -> None:
        """The project's hook hears all of the project, the group's hook what only groups send."""
        for number, (owner, one, flags) in enumerate(
            (("project", self.shop, TRIGGERS), ("group", self.acme, GROUP_HOOK_FLAGS)), 1
        ):
            events = dict.fromkeys(flags, True)
            url = "https://bridge.example/"
            hook = Hook(number, owner, one.id, url, self.clock.now(), events)
            self.state.hooks[hook.id] = hook

    def hear_group(self, flag: str) -> None:
        """From here on the group's hook hears this too."""
        self.state.hooks[2].events[flag] = True

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
    for scene in SCENES:
        scene.play(story)
    return story.told


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, body in tell().items():
        (FOLDER / f"{name}.json").write_text(as_text(body), "utf-8")


def as_text(body: dict) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
