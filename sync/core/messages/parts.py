"""Build the parts that messages share: people, links, dates, quotes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages import urls
from sync.core.model.common import SHORT_SHA, Person, Project
from sync.text import bbcode
from sync.text.clip import ELLIPSIS, clip, clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, Document, Inline, Link, Paragraph, Quote, Text, UserMention

MAX_TITLE_LENGTH = 255  # characters, what the code host allows
MAX_NAME_LENGTH = 120
MAX_LISTED = 6  # named in one line; the rest are counted
MAX_TEXT_READ = 20_000  # characters of a text that are read
_MERGE_REQUEST_REFS = "refs/merge-requests/"

PortalUserIds = Mapping[int, int]  # a person's id on the code host → the portal user's id


def text_node(words: str, limit: int = MAX_TITLE_LENGTH) -> Text:
    """Return a text of at most `limit` characters."""
    return Text(clipped(words, limit))


def first_line(words: str) -> str:
    """Return the first line that is not blank, cut to a title's length."""
    return clipped(words[:MAX_TEXT_READ].strip().partition("\n")[0].rstrip(), MAX_TITLE_LENGTH)


def link(url: str, words: str, limit: int = MAX_TITLE_LENGTH) -> Inline:
    """Return a link, or only its words where there is no address."""
    return (
        Link(url, (text_node(words, limit),)) if url and words else text_node(words or url, limit)
    )


def project_link(project: Project) -> Inline:
    """Link the project by its path."""
    return link(project.url, project.path)


def commit_link(project: Project, sha: str, url: str = "") -> Inline:
    """Link a commit by its short id."""
    return link(url or urls.commit(project, sha), sha[:SHORT_SHA])


def ref_link(project: Project, ref: str) -> Inline:
    """Link a branch or a tag by its name."""
    return link(urls.branch(project, ref), ref)


def ref_or_merge_request_link(project: Project, ref: str) -> Inline:
    """Link a branch, or the merge request where the ref is its own."""
    if ref.startswith(_MERGE_REQUEST_REFS):
        iid = ref.removeprefix(_MERGE_REQUEST_REFS).partition("/")[0]
        return link(urls.merge_request(project, int(iid)) if iid.isdecimal() else "", f"!{iid}")
    return ref_link(project, ref)


def mention_person(person: Person | None, language: str, users: PortalUserIds) -> Inline:
    """Mention a person, live where the portal knows them; "somebody" for None."""
    if person is None or not person.display_name:
        return Text(translate(language, "somebody"))
    return UserMention(
        clipped(person.display_name, MAX_NAME_LENGTH), portal_user=users.get(person.id)
    )


def join_limited(lines: Sequence[Line], language: str) -> Line:
    """Join the first `MAX_LISTED` lines into one, and count the rest."""
    visible = list(lines[:MAX_LISTED])
    if rest := len(lines) - len(visible):
        visible.append(translate_inline(language, "more", count=str(rest)))
    return join_nonempty(visible)


def join_nonempty(lines: Iterable[Line], between: str = ", ") -> Line:
    """Join the lines that are not empty into one."""
    return tuple(node for line in lines if line for node in (Text(between), *line))[1:]


def state_word(language: str, state: str) -> Line:
    """Translate a state; one that the catalogues lack stays as it is."""
    key = f"state {state}"
    return (
        translate_inline(language, key)
        if has_sentence(key)
        else (text_node(state, MAX_NAME_LENGTH),)
    )


def format_date(moment: datetime, language: str) -> str:
    """Format the date of a moment in the given language."""
    parts = {"year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}"}
    return translate(language, "date", **parts)


MAX_QUOTE_LENGTH = 1_000  # characters of quoted text in a message


MAX_RELEASE_NOTES_LENGTH = 3_000  # characters of release notes


def read_markdown(words: str) -> Document:
    """Read the beginning of a text in Markdown."""
    from sync.text import markdown  # 1.7 MB with its parser: a server without quotes needs none

    return markdown.read(words[:MAX_TEXT_READ])


def markdown_blocks(words: str, limit: int, language: str, url: str = "") -> tuple[Block, ...]:
    """Read Markdown as blocks of at most `limit` characters.

    A text that was cut ends with a link to the whole of it, where `url` is given.
    """
    document = read_markdown(words)
    cut = clip(document, limit, render_chat)
    if cut is document and len(words) <= MAX_TEXT_READ:
        return document.blocks
    kept = cut.blocks if cut is document else cut.blocks[:-1]
    whole_text_link = (
        (Text(" "), Link(url, translate_inline(language, "full text link"))) if url else ()
    )
    return (*kept, Paragraph((Text(ELLIPSIS), *whole_text_link)))


def quote_markdown(words: str, language: str, url: str = "") -> tuple[Block, ...]:
    """Quote Markdown; return nothing for a text without words."""
    blocks = markdown_blocks(words, MAX_QUOTE_LENGTH, language, url)
    return (Quote(blocks),) if blocks else ()


def quote_plain(words: str) -> tuple[Block, ...]:
    """Quote plain text, in which nothing is markup."""
    lines = clipped(words[:MAX_TEXT_READ].strip(), MAX_QUOTE_LENGTH).split("\n")
    run = run_of([(Text(line.rstrip()),) for line in lines])
    return (Quote((Paragraph(run),)),) if any(lines) else ()


def render_chat(document: Document) -> str:
    """Write a document as the BBCode of chats."""
    return bbcode.write(document, chat=True)
