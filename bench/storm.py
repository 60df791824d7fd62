"""A storm of pipelines and jobs: what 6,000 deliveries about 200 pipelines write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random

from sqlalchemy import select

from bench import lives
from bench.databases import databases
from bench.figures import Figure, Part, at_most, must
from sync.bitrix24.rest.client import BATCH_SIZE
from sync.core.model.commands import PutMessage, SetFields
from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import DEFAULT_ROUTES, Channel, Route
from sync.store.db.database import read
from sync.store.rows import CommandRow, Delivery
from sync.store.tables import command
from tests.engine.world import World

PIPELINES = 200
JOBS = tuple((stage, f"{stage} {n}") for stage in ("build", "test", "deploy") for n in range(3))
SEED = 6
SECONDS = 60  # over which the storm arrives, the second time
GROUP = 3
_HOW = f"""\
{PIPELINES} pipelines on as many tasks' branches, each of {len(JOBS)} jobs: every job and the \
pipeline itself pending, running, and ended (one of four failed). Their tasks show pipelines, and \
a rule sends every pipeline to the workgroup's chat as well. First shuffled and there at one \
moment, then in their order over {SECONDS} s of simulated time. Counted is what the portal was \
told: new messages, edits of them, and writes of the task's field."""


@dataclass
class Told:
    """What the portal was told, by kind and whether it was new."""

    deliveries: int
    requests: int
    new_messages: int
    new_posts: int
    edits: int
    fields: int
    twice: int  # pipelines with more than one message in one place


def measure() -> Part:
    figures: list[Figure] = []
    with databases() as made:
        url = next(iter(made.values()))
        once = _storm(url(), 1)
        slow = _storm(url(), SECONDS)
    least = ceil((once.new_messages + once.new_posts + once.fields) / BATCH_SIZE)
    figures += [
        must("deliveries", once.deliveries, PIPELINES * 3 * (len(JOBS) + 1)),
        must("at one moment: new messages in tasks", once.new_messages, PIPELINES),
        must("at one moment: new messages in the chat", once.new_posts, PIPELINES),
        must("at one moment: edits", once.edits, 0),
        must("at one moment: writes of the field", once.fields, PIPELINES),
        at_most(f"requests ({once.requests}) ÷ ⌈writes / {BATCH_SIZE}⌉ ({least})",
                once.requests / least, 1.5),
        must(f"over {SECONDS} s: new messages in tasks", slow.new_messages, PIPELINES),
        must(f"over {SECONDS} s: new messages in the chat", slow.new_posts, PIPELINES),
        at_most(f"over {SECONDS} s: edits a message", slow.edits / (2 * PIPELINES), 2),
        at_most(f"over {SECONDS} s: writes of the field a task", slow.fields / PIPELINES, 2),
        must("things said twice in one place", once.twice + slow.twice, 0),
    ]  # fmt: skip
    return Part("storm", "A storm of pipelines", _HOW, figures)


def _storm(url: str, pieces: int) -> Told:
    world = World(url)
    every = Route(frozenset({Kind.PIPELINE}), (Channel.PROJECT,))
    quiet = tuple(route for route in DEFAULT_ROUTES if Channel.PROJECT not in route.targets)
    world.rules = Rules(groups={GROUP: GroupRules(projects=("acme/*",))}, routes=(every, *quiet))
    heard = _heard(world, pieces > 1)
    before = Counter(world.b24.requests)
    size = ceil(len(heard) / pieces)
    for start in range(0, len(heard), size):
        world.store(heard[start : start + size])
        world.work()
        world.tick(1)
    world.settle(rounds=200, seconds=2)
    told = _counted(world, len(heard), world.b24.requests - before)
    world.close()
    return told


def _heard(world: World, in_order: bool) -> Sequence[Delivery]:
    """The deliveries of the storm; the merge requests before it are dealt with."""
    (hook,) = world.gitlab.state.hooks.values()
    requests = []
    for number in range(PIPELINES):
        task_id = lives.FIRST_TASK + number
        world.task(task_id)
        requests.append(world.opened(f"feature/B24-{task_id}-x", f"Part {number}"))
    world.settle(rounds=200, seconds=2)
    hook.events["job_events"] = True
    world.hold_deliveries = True
    world.inbox_order.clear()
    runs = [world.gitlab.run_pipeline(mr, jobs=JOBS) for mr in requests]
    for status in ("running", "success"):
        for number, run in enumerate(runs):
            world.tick(0.25)
            failed = status == "success" and number % 4 == 0
            run.set_status("failed" if failed else status)
    world.hold_deliveries = False
    heard = list(world.inbox_order)
    if not in_order:
        Random(SEED).shuffle(heard)
    return heard


def _commands(world: World) -> list[CommandRow]:
    """Everything that was written; pipelines only come with the storm."""
    wanted = command.c.state == "done", command.c.kind.in_(["put_message", "set_fields"])
    columns = [command.c[name.removeprefix("stored_")] for name in CommandRow.__dataclass_fields__]
    with read(world.database) as conn:
        return [CommandRow(*row) for row in conn.execute(select(*columns).where(*wanted))]


def _counted(world: World, deliveries: int, requests: Counter[str]) -> Told:
    done = [row.command for row in _commands(world)]
    messages = [one for one in done if isinstance(one, PutMessage)]
    posted = [message for message in messages if message.message_id is None]
    in_tasks = Counter(
        (message.place, message.subject_key) for message in posted if message.place.task_id
    )
    in_chats = Counter(
        (message.place, message.subject_key) for message in posted if message.place.dialog
    )
    return Told(
        deliveries=deliveries,
        requests=sum(requests.values()) - requests["user.get"],
        new_messages=sum(in_tasks.values()),
        new_posts=sum(in_chats.values()),
        edits=len(messages) - len(posted),
        fields=sum(isinstance(one, SetFields) for one in done),
        twice=sum(count > 1 for count in (*in_tasks.values(), *in_chats.values())),
    )
