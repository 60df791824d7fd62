"""What a task is shown of deployments: one message an environment, edited in place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.deployments.environments import Deployment, Place, wanted
from sync.core.i18n.translate import LANGUAGES, say, tell
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.messages import urls as messages_urls
from sync.core.messages.parts import MOST_NAME, MOST_TITLE, Users, link, person
from sync.core.model.commands import Due, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.task_view import Said, TaskView
from sync.core.rules.portal import Rules
from sync.core.written import written
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong, Text
from sync.text.urls import LONGEST

MOST_PLACES = 12  # environments named in one line


@dataclass(frozen=True, slots=True)
class Deployed:
    effects: tuple[Due, ...] = ()
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules, now: datetime) -> Deployed:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not any(place.shown or place.under_way for place in view.places):
        return Deployed()
    if view.task is None:
        return Deployed(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).deployments
    if not wants.message:
        return Deployed()
    seen = [one for one in view.places if wanted(one.environment, one.tier, wants.environments)]
    found = (_message(view, one, seen, rules, now) for one in seen)
    return Deployed(tuple(one for one in found if one))


def _message(
    view: TaskView, place: Place, seen: Sequence[Place], rules: Rules, now: datetime
) -> Due | None:
    """What goes on is shown where there is a message already: none begins with it."""
    said, language = view.said.get(place.about, Said()), rules.language
    users = view.users_of(place.project)
    editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
    place = place if editable else replace(place, under_way=None)
    if not (place.shown or place.under_way):
        return None
    text = message(place, seen, language, users)
    if said.text == text:
        return None
    if not editable and _essence(said.text or "") in _essences(place, seen, users):
        return None
    number = said.message_id if editable else None
    phrase = "deployment edited" if number else "deployment said"
    effect = PutMessage(view.task.id, place.about, text, number)
    return place.about, effect, say(language, phrase, environment=place.environment)


def _essence(text: str) -> str:
    """What is worth a new message: where, what of it, which commit."""
    return "\n".join(text.split("\n")[:2])


def _essences(place: Place, seen: Sequence[Place], users: Users) -> set[str]:
    return {_essence(message(place, seen, language, users)) for language in LANGUAGES}


def message(place: Place, seen: Sequence[Place], language: str, users: Users) -> str:
    """The message as the portal shows it; `place.shown` or `place.under_way` is there."""
    one = place.under_way or place.undone_by or place.shown
    assert one is not None
    lines = [(Strong(_headline(place, one, language)),), _about(one, language, users)]
    here = [of for of in seen if of.project == place.project][:MOST_PLACES]
    lines.append((Text(_where(here, language)),))
    return written(Document((Paragraph(run_of(lines)),)))


def _headline(place: Place, one: Deployment, language: str) -> Line:
    environment = clipped(place.environment, MOST_NAME)
    if one is place.undone_by:
        return tell(language, "deployment undone", environment=environment)
    key = f"deployment {one.status}"
    if one.status == "success" and one.url:
        url = link(one.url, one.url, LONGEST)
        return tell(language, f"{key} url", environment=environment, url=url)
    return tell(language, key, environment=environment)


def _about(one: Deployment, language: str, users: Users) -> Line:
    """Commit, who, job: those that are known."""
    sha = one.sha[:SHORT_SHA]
    line = tell(
        language, "deployment commit", sha=link(messages_urls.commit(one.project, sha), sha)
    )
    if one.commit_title:
        line = (*line, Text(f" {clipped(one.commit_title, MOST_TITLE)}"))
    if one.actor:
        line = (*line, Text(", "), person(one.actor, language, users))
    if one.job_url:
        job = Link(one.job_url, tell(language, "deployment job"))
        line = (*line, Text(", "), job)
    return line


def _where(here: Sequence[Place], language: str) -> str:
    marks = " ".join(f"{clipped(of.environment, 40)} {'✔' if of.inside else '–'}" for of in here)
    return say(language, "deployment in", places=marks)
