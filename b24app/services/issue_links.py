"""What people may ask of two-way links: the story, a stop, another attempt, a decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from b24app.texts import translate
from sync.core.i18n.translate import LANGUAGES
from sync.core.issue_sync import acts
from sync.core.issue_sync.link import Conflict, LinkState, StoryLine, field_word
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.issue_sync.story import shown, state_lines
from sync.errors import Later
from sync.sentences import as_sentence, join_sentences, sentence

LINK_CHANGED = "link_changed"  # by a worker, or another person, since it was loaded
_ATTEMPTS = 5

_ISSUE = re.compile(r"(?P<project>[\w.-]+(?:/[\w.-]+)*)#(?P<number>\d{1,18})")
_NUMBER = r"(?P<number>[^\W\d_]\w*-\d{1,18})"  # an issue that is named without its project
_READABLE = re.compile(_NUMBER)
_BEHIND = r"(?:[/?#]\S*)?"  # an address as a browser shows it
_ADDRESS = re.compile(
    r"https?://(?P<host>[^/\s]+)/(?P<project>[\w./-]+?)(?:/-)?/(?:issues|work_items)/"
    rf"(?P<number>\d{{1,18}}){_BEHIND}"
)
_READABLE_ADDRESS = re.compile(
    rf"https?://(?P<host>[^/\s]+)/(?:[^\s?#]+/)?issues?/{_NUMBER}{_BEHIND}"
)
_TASK = re.compile(r"(?P<id>\d{1,18})")
_TASK_ADDRESS = re.compile(rf"https?://(?P<host>[^/\s]+)/\S+/task/view/(?P<id>\d{{1,18}}){_BEHIND}")


class LinkBook(Protocol):
    """The links of a portal, as stored."""

    def at_home(self, target: Target) -> Target:
        """Return a target without its host. Raises LookupError where that is another system's."""

    def of_task(self, task_id: str, connection_id: int | None = None) -> Sequence[LinkState]:
        """Return the links of a task; with issues of that connection alone, if there is one."""

    def of_issue(self, issue: Target) -> Sequence[LinkState]:
        """Return the links of an issue."""

    def links(self) -> Iterator[LinkState]:
        """Yield all links, the oldest first."""

    def story(self, key: str, limit: int) -> Sequence[StoryLine]:
        """Return the last lines of a link's story, the oldest of them first."""

    def name(self, link: LinkState) -> str:
        """Return how people name a link: `2103 ⇄ acme/shop#12`."""

    def save(
        self, link: LinkState, story: Sequence[StoryLine], conflicts: Sequence[Conflict]
    ) -> None:
        """Save a link and what is added to its story."""

    def create(
        self, task: ItemAddress, issue: ItemAddress, line: StoryLine, connection_id: int
    ) -> LinkState:
        """Save a new link of two items; `connection_id`: whose issue it is.

        Raises LookupError where no pair of the settings has them.
        """


@dataclass(frozen=True, slots=True)
class Target:
    """What a person names: a task by its number, or an issue by project and number.

    `project`: "" of an issue that its number names alone, such as DEMO-12. `host`: of the address
    that names it, with its port; "" where it is no address. `connections`: the ids of those that
    have the address; empty: whichever.
    """

    task_id: str = ""
    project: str = ""
    number: str = ""
    host: str = ""
    connections: frozenset[int] = frozenset()

    def __str__(self) -> str:
        if self.task_id:
            return sentence("task {task_id}", task_id=self.task_id)
        if not self.project:
            return sentence("issue {number}", number=self.number)
        return sentence("issue {project}#{number}", project=self.project, number=self.number)

    def may_be_of(self, connection_id: int) -> bool:
        """Tell whether it may be of a connection."""
        return not self.connections or connection_id in self.connections


@dataclass(frozen=True, slots=True)
class Step:
    """How far an import has come. `total`: items that the pair has to look at.

    `linked`: those with both ends, of which `held` wait for a person.
    """

    pair: str
    done: int
    total: int
    linked: int = 0
    failed: int = 0
    held: int = 0


def pair_name(pair: ProjectPair) -> str:
    """Return a pair for people."""
    group = (
        sentence("workgroup {group_id}", group_id=pair.group_id)
        if pair.group_id
        else as_sentence("tasks outside of workgroups")
    )
    return sentence("{group} ⇄ {project}", group=group, project=pair.project)


def parse_target(text: str) -> Target:
    """Read `2103`, `acme/shop#12`, `DEMO-12`, or the address of one. Raises LookupError."""
    text = text.strip()
    if match := _ISSUE.fullmatch(text):
        return Target(project=match["project"], number=match["number"])
    if match := _ADDRESS.fullmatch(text):
        return Target("", match["project"], match["number"], match["host"].lower())
    if match := _READABLE.fullmatch(text) or _READABLE_ADDRESS.fullmatch(text):
        return Target(number=match["number"], host=match.groupdict().get("host", "").lower())
    if match := _TASK.fullmatch(text):
        return Target(match["id"])
    if match := _TASK_ADDRESS.fullmatch(text):
        return Target(match["id"], host=match["host"].lower())
    raise LookupError(
        sentence(
            "{text} is neither a task's number nor an issue such as acme/shop#12 or DEMO-12, nor "
            "the address of one of them",
            text=text,
        )
    )


def find_links(book: LinkBook, target: Target) -> Sequence[LinkState]:
    """Return the links of a target. Raises LookupError where there is none."""
    target = book.at_home(target)
    links = book.of_task(target.task_id) if target.task_id else book.of_issue(target)
    if not links:
        raise LookupError(
            sentence(
                "The {target} is not kept in step with anything; `b24bridge sync link TASK "
                "ISSUE` links two items",
                target=target,
            )
        )
    return links


def require_free(book: LinkBook, task: Target, issue: Target, connection_id: int) -> None:
    """Raise LookupError where a task has an issue of that connection, or the issue has a task.

    A task may have an issue of each tracker.
    """
    ends = ((task, book.of_task(task.task_id, connection_id)), (issue, book.of_issue(issue)))
    for target, links in ends:
        for link in links:
            if not link.ended:
                raise LookupError(
                    sentence(
                        "The {target} is linked already: {name}; unlink that first",
                        target=target,
                        name=book.name(link),
                    )
                )


def explain(book: LinkBook, target: Target, limit: int) -> Iterator[str]:
    """Yield what stands now of a target's links, and their story."""
    for link in find_links(book, target):
        yield sentence("{name}:", name=book.name(link))
        yield from (sentence("  {line}", line=line) for line in state_lines(link))
        for line in book.story(link.key, limit):
            yield sentence(
                "  {at} UTC  {text}", at=f"{line.at:%Y-%m-%d %H:%M}", text=_event_text(line)
            )


def _event_text(line: StoryLine) -> str:
    """Return a line of a story with its kind before it, where it does not begin with that."""
    if line.text.startswith(f"{line.kind}: "):
        return as_sentence(line.text)
    return sentence("{kind}: {text}", kind=as_sentence(line.kind), text=as_sentence(line.text))


def disputes(book: LinkBook, target: Target | None) -> Iterator[str]:
    """Yield every field that waits for a decision, with what both sides hold."""
    links = book.links() if target is None else iter(find_links(book, target))
    for link in links:
        for name, pair in link.clashes.items():
            values = join_sentences(
                ", ",
                [
                    sentence(
                        "{side}: {held}", side=side, held=shown(pair.of(side), side, link.names)
                    )
                    for side in SideName
                ],
            )
            chosen = link.decided.get(name)
            yield sentence(
                "{link}  {field}  {values}{chosen}",
                link=book.name(link),
                field=field_word(name),
                values=values,
                chosen=sentence("  ({chosen} wins)", chosen=chosen) if chosen else "",
            )


def _words(name: str) -> frozenset[str]:
    word = field_word(name)
    shown = (name, word, *(translate(language, word) for language in LANGUAGES))
    return frozenset(text.casefold() for text in shown)


def change(
    book: LinkBook,
    target: Target,
    act: Callable[[LinkState], LinkState],
    line: StoryLine,
    is_needed: Callable[[LinkState], bool] = lambda link: True,
    otherwise: str = "",
    attempts: int = _ATTEMPTS,
) -> Sequence[str]:
    """Carry out an act on a target's links, note it in their story, and return their names.

    A link that a worker changed meanwhile is taken anew, as often as `attempts` lets it be. Raises
    LookupError where they have ended, or where none of them needs it: `otherwise` says so; Later
    where a link is busy.
    """
    links = find_links(book, target)
    alive = [link for link in links if not link.ended]
    if not alive:
        raise LookupError(
            sentence(
                "{name}: the link has ended already ({why})",
                name=book.name(links[-1]),
                why=as_sentence(links[-1].ended),
            )
        )
    needy = [link for link in alive if is_needed(link)]
    if not needy:
        name = join_sentences(", ", [book.name(link) for link in alive])
        raise LookupError(sentence("{name}: {text}", name=name, text=as_sentence(otherwise)))
    for link in needy:
        while True:
            attempts -= 1
            try:
                book.save(act(link), (line,), ())
                break
            except Later as error:
                if error.code != LINK_CHANGED or attempts <= 0:
                    raise
            link = next(each for each in find_links(book, target) if each.key == link.key)
            if link.ended or not is_needed(link):
                break
    return [book.name(link) for link in needy]


def pause(book: LinkBook, target: Target, reason: str, now: datetime) -> Sequence[str]:
    """Let links stand still until they are resumed."""
    line = StoryLine(now, "paused", reason)
    text = "it stands still already, nothing to do"
    return change(
        book,
        target,
        lambda link: acts.pause(link, reason, now),
        line,
        lambda link: not acts.is_stopped(link),
        text,
    )


def resume(book: LinkBook, target: Target, now: datetime) -> Sequence[str]:
    """Let links work again."""
    line = StoryLine(now, "resumed", "by a person")
    text = "it does not stand still, nothing to do"
    return change(book, target, acts.resume, line, lambda link: link.pause is not None, text)


def replay(book: LinkBook, target: Target, now: datetime) -> Sequence[str]:
    """Let links try again what was refused."""
    line = StoryLine(now, "resumed", "what was refused is tried again")
    text = "nothing was refused there, nothing to do"
    return change(book, target, acts.replay, line, acts.has_obstacles, text)


def unlink(book: LinkBook, target: Target, now: datetime) -> Sequence[str]:
    """End links; both items stay as they are."""
    text = "ended by a person; both items stay as they are"
    return change(
        book, target, lambda link: acts.unlink(link, text), StoryLine(now, "unlinked", text)
    )


def disputed_field(book: LinkBook, target: Target, word: str) -> str:
    """Return the disputed field that a word of any language names; the word where none is."""
    disputed = (name for link in find_links(book, target) for name in link.clashes)
    return next((name for name in disputed if word.casefold() in _words(name)), word)


def decide(
    book: LinkBook, target: Target, field: str, winner: SideName, now: datetime
) -> Sequence[str]:
    """Decide about a disputed field, named as `conflicts` shows it in any language.

    Raises LookupError where nothing is disputed there.
    """
    field = disputed_field(book, target, field)
    line = StoryLine(
        now,
        "decided",
        sentence("{field}: the {winner}'s stands", field=field_word(field), winner=winner),
        field,
        winner,
    )
    # whoever decides has seen both values, so a link that changed since is shown to them again
    return change(
        book, target, lambda link: acts.settle_conflict(link, field, winner), line, attempts=1
    )
