"""Texts of a link in the other side's dialect: descriptions by blocks, comments with their author.

People and files are translated on the way: a mention becomes that of the person's other account,
an upload the file of the portal's disk that it was copied to. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sync.core.i18n.translate import translate
from sync.core.issue_sync.link import EntryKind, LinkState
from sync.core.issue_sync.model import Author, Comment, SideName, TimeEntry
from sync.text.patch import Patched, patch
from sync.text.same import same_text
from sync.text.sides import Side
from sync.text.tree import (
    Block,
    DiskFile,
    Document,
    Image,
    Link,
    Node,
    Paragraph,
    Strong,
    Text,
    UserMention,
    mapped,
)

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp")


@dataclass(frozen=True, slots=True)
class People:
    """Who is who: the other side's id of a person, and names by id; both by side."""

    counterparts: Mapping[SideName, Mapping[str, str]]  # of that side → the other's id
    names: Mapping[SideName, Mapping[str, str]]
    logins: Mapping[str, str]  # the tracker's id → how it is mentioned there

    def counterpart(self, side: SideName, person: str) -> str | None:
        """Return the other side's id of a person of that side."""
        return self.counterparts[side].get(person)


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """Writes texts of one link on either side. `system`: the tracker's name, for people.

    `own_accounts`: people of the portal who have an account of their own on the tracker.
    """

    sides: Mapping[SideName, Side]
    people: People
    link: LinkState
    system: str
    own_accounts: frozenset[str] = frozenset()
    language: str = "en"

    def patch(self, to: SideName, before: str, after: str, held: str) -> Patched:
        """Write the change of the other side's text into the text that `to` holds."""
        source, target = self.sides[to.other], self.sides[to]
        return patch(
            source.read(before),
            source.read(after),
            held,
            source=source,
            target=target,
            as_target=self._translated(to),
            as_source=self._translated(to.other),
        )

    def same(self, side: SideName, before: str, after: str) -> bool:
        """Whether two texts of a side say the same, however they are written."""
        if before == after:
            return True
        read = self.sides[side].read
        return same_text(read(before), read(after))

    def comment(self, to: SideName, comment: Comment) -> str:
        """Return a comment for the other side, under the name of who wrote it.

        What was brought from another tracker has its author's name in the text already.
        """
        if comment.author.is_bridge:
            return self.own_comment(to, comment)
        head = Paragraph((Strong((Text(f"{self._name(to, comment.author)}:"),)),))
        return self.sides[to].write(Document((head, *self._blocks(to, comment))))

    def own_comment(self, to: SideName, comment: Comment) -> str:
        """Return a comment for the other side, where it is written in its author's own name."""
        return self.sides[to].write(Document(self._blocks(to, comment)))

    def person(self, to: SideName, author_id: str) -> str:
        """Return the portal's id of an author who has an account of their own on the tracker."""
        return author_id if to is SideName.TRACKER and author_id in self.own_accounts else ""

    def _blocks(self, to: SideName, comment: Comment) -> tuple[Block, ...]:
        read = self.sides[to.other].read(comment.text)
        return tuple(mapped(read, self._translated(to)).blocks)

    def time(self, to: SideName, entry: TimeEntry) -> str:
        """Return the words of logged work: a person whom the other side does not know, its kind."""
        user = self.people.counterpart(to.other, entry.author.id)
        name = "" if user else self._name(to, entry.author)
        return ": ".join(part for part in (name, entry.kind, entry.text) if part)

    def author(self, to: SideName, author: Author) -> Author:
        """Return a person of the other side as one of this side; without an id where unknown."""
        name = "" if author.is_bridge else self._name(to, author)
        return Author(self.people.counterpart(to.other, author.id) or "", name)

    def status_note(self, to: SideName, status: str, shown: str) -> str:
        """Return what is said of a tracker's status that the portal shows as another."""
        key = "status explained"
        text = translate(self.language, key, system=self.system, status=status, shown=shown)
        return self.sides[to].write(Document((Paragraph((Text(text),)),)))

    def pause_note(self, to: SideName, status: str) -> str:
        """Return what is said where a tracker's status lets the link stand still."""
        text = translate(self.language, "status pauses", system=self.system, status=status)
        return self.sides[to].write(Document((Paragraph((Text(text),)),)))

    def deleted(self, to: SideName) -> str:
        """Return what is said where the other end was deleted."""
        key = "other issue deleted" if to is SideName.PORTAL else "other task deleted"
        text = translate(self.language, key, system=self.system)
        return self.sides[to].write(Document((Paragraph((Text(text),)),)))

    def _name(self, to: SideName, author: Author) -> str:
        name = author.name or self.people.names[to.other].get(author.id, "")
        system = self.system if to is SideName.PORTAL else "Bitrix24"
        if name:
            return f"{name} ({system})"
        return translate(self.language, "unnamed author", system=system)

    def _translated(self, to: SideName) -> Callable[[Node], Node]:
        files = _files(self.link, to)
        mention = self._mention_on(to)

        def translate(node: Node) -> Node:
            match node:
                case UserMention():
                    return mention(node)
                case DiskFile(file):
                    return _shown(files[file]) if file in files else node
                case Image(url) if url in files:
                    return _shown(files[url], node)
                case Link(url, children) if url in files:
                    reference = files[url]
                    return Link(reference.url, children) if reference.url else _shown(reference)
            return node

        return translate

    def _mention_on(self, to: SideName) -> Callable[[UserMention], UserMention]:
        logins = {login: person for person, login in self.people.logins.items()}

        def mention(node: UserMention) -> UserMention:
            if to is SideName.TRACKER and node.portal_user is not None:
                person = self.people.counterpart(SideName.PORTAL, str(node.portal_user)) or ""
                return replace(node, login=self.people.logins.get(person))
            if to is SideName.PORTAL and node.login is not None:
                user = self.people.counterpart(SideName.TRACKER, logins.get(node.login, ""))
                return replace(node, portal_user=int(user) if user else None)
            return node

        return mention


@dataclass(frozen=True, slots=True)
class _File:
    """How a side's text names a file: an address, or a number of the portal's disk."""

    name: str
    url: str = ""
    disk: str = ""


def _files(link: LinkState, to: SideName) -> dict[str, _File]:
    """Return how files of the other side's texts are named on a side, by their reference there."""
    files: dict[str, _File] = {}
    for entry in link.entries:
        source, target = entry.references.get(to.other), entry.references.get(to)
        if entry.kind is not EntryKind.FILE or not source or not target:
            continue
        named = _File(entry.content, disk=target) if to is SideName.PORTAL else _File(
            entry.content, url=target
        )  # fmt: skip
        files[source] = named
        if to is SideName.TRACKER and (attachment := entry.ids.get(SideName.PORTAL)):
            files[attachment] = named  # a task's text may name either number
    return files


def _shown(file: _File, picture: Image | None = None) -> Node:
    """Return a file in its place: a picture, else a link with its name."""
    if file.disk:
        return DiskFile(file.disk)
    if picture is not None:
        return replace(picture, url=file.url)
    if file.name.lower().endswith(_PICTURES):
        return Image(file.url, file.name)
    return Link(file.url, (Text(file.name),))
