"""What people say: comments on requests, issues, commits and snippets, and emoji. Fires hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulators.gitlab import talk_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Commit, MergeRequest, Note, Project, User
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.talk_payloads import Thing
from tests.emulators.gitlab.tracked import Award, Snippet


@dataclass
class Talking:
    state: State
    deliveries: Deliveries

    def comment(
        self,
        thing: Thing,
        body: str,
        user: User | str,
        *,
        internal: bool = False,
        line: tuple[str, int] | None = None,
        reply_to: Note | None = None,
        place: Project | str = "",
        chain: str = "",
    ) -> Note:
        """`line`: path and number, for a comment on the code of a request or commit. `place`: of
        a commit.

        `chain`: the X-Gitlab-Event-UUID an API client sent along.
        """
        actor, where = self.state.user(user), self._place(thing, place)
        with self.state.lock:
            note = self._new(body, actor)
            note.internal = internal
            if reply_to:
                note.discussion_id, note.kind = reply_to.discussion_id, "DiscussionNote"
            if line and isinstance(thing, MergeRequest):
                note.kind = "DiffNote"
                note.position = _position(thing.base_sha, thing.head_sha, *line)
            if line and isinstance(thing, Commit):
                note.kind = "DiffNote"
                note.position = _position((thing.parent_ids or ("",))[0], thing.id, *line)
            self._keep(where, thing, note)
        self._fire(where, thing, note, actor, "create", chain)
        return note

    def edit_comment(
        self, thing: Thing, note: Note, body: str, user: User | str, *, place: Project | str = ""
    ) -> None:
        """Hooks of edits came with 16.11; the one before sent nothing."""
        actor, where = self.state.user(user), self._place(thing, place)
        with self.state.lock:
            note.body, note.updated_at = body, self.state.now()
            note.updated_by_id = actor.id
        if self.state.at_least(*talk_payloads.ACTION_SINCE):
            self._fire(where, thing, note, actor, "update")

    def system_note(
        self, thing: Thing, body: str, user: User | str, *, place: Project | str = ""
    ) -> Note:
        """`assigned to @ann`: the API shows it; GitLab sends no hook of it."""
        with self.state.lock:
            note = self._new(body, self.state.user(user))
            note.system = True
            self._keep(self._place(thing, place), thing, note)
        return note

    def add_snippet(
        self, project: Project | str, title: str, user: User | str, *, description: str = ""
    ) -> Snippet:
        place = self.state.project(project)
        made = Snippet(
            id=self.state.next_id("snippet"),
            project_id=place.id,
            title=title,
            content="make deploy",
            author_id=self.state.user(user).id,
            created_at=self.state.now(),
            description=description,
        )
        place.snippets[made.id] = made
        return made

    def award(
        self, thing: Thing, name: str, user: User | str, *, note: Note | None = None
    ) -> Award:
        with self.state.lock:
            number, who = self.state.next_id("award"), self.state.user(user).id
            made = Award(number, name, who, self.state.now(), thing, note)
        self._fire_award(made, "award")
        return made

    def revoke(self, award: Award) -> None:
        self._fire_award(award, "revoke")

    def _fire_award(self, award: Award, action: str) -> None:
        place = self._place(award.thing, "")
        body = talk_payloads.emoji(self.state, place, award, action)
        self.deliveries.fire(place, "emoji_events", body)

    def _new(self, body: str, actor: User) -> Note:
        return Note(
            id=self.state.next_id("note"),
            body=body,
            author_id=actor.id,
            created_at=self.state.now(),
            discussion_id=self.state.next_sha(),
        )

    def _keep(self, place: Project, thing: Thing, note: Note) -> None:
        if isinstance(thing, Commit):
            place.commit_notes.setdefault(thing.id, []).append(note)
            return
        thing.notes.append(note)
        if not isinstance(thing, Snippet):
            thing.updated_at = note.created_at

    def _place(self, thing: Thing, place: Project | str) -> Project:
        if isinstance(thing, Commit):
            known = self.state.projects.values()
            return self.state.project(place) if place else _holding(known, thing)
        return self.state.projects[thing.project_id]

    def _fire(
        self, place: Project, thing: Thing, note: Note, actor: User, action: str, chain: str = ""
    ) -> None:
        with self.state.lock:
            body = talk_payloads.note(self.state, place, thing, note, actor, action)
            hidden = talk_payloads.is_hidden(thing, note)
        flag = "confidential_note_events" if hidden else "note_events"
        self.deliveries.fire(place, flag, body, chain=chain)


def _holding(places, commit: Commit) -> Project:
    return next(place for place in places if commit.id in place.commits)


def _position(base: str, head: str, path: str, line: int) -> dict:
    """https://docs.gitlab.com/api/discussions/#create-a-thread-in-the-merge-request-diff"""
    return {
        "base_sha": base,
        "start_sha": base,
        "head_sha": head,
        "old_path": path,
        "new_path": path,
        "position_type": "text",
        "old_line": None,
        "new_line": line,
        "line_range": None,
    }
