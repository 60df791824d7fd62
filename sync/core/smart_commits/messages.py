"""The words for smart commits: messages, entries of the time log, and parts of reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.message import render
from sync.core.messages.parts import MAX_NAME_LENGTH
from sync.core.model.common import SHORT_SHA
from sync.core.model.smart_commits import SmartCommit, Verb
from sync.text.clip import clipped
from sync.text.tree import Document, LineBreak, Link, Paragraph, Strong, Text

# As people write them.
VERB_LABELS: Mapping[Verb, str] = {
    Verb.CLOSE: "Closes",
    Verb.REVERT: "Revert",
    Verb.DONE: "#done",
    Verb.START: "#in-progress",
    Verb.COMMENT: "#comment",
    Verb.TIME: "#time",
}


def render_comment(smart_commit: SmartCommit, language: str) -> str:
    """Render the message as the portal shows it."""
    head = translate_inline(
        language,
        "smart commit comment author",
        author=Strong((Text(author_name(smart_commit)),)),
        sha=commit_link(smart_commit),
    )
    paragraph = Paragraph((*head, LineBreak(), Text(smart_commit.command.text)))
    return render(Document((paragraph,)))


def render_revert(smart_commit: SmartCommit, language: str) -> str:
    """Return the message that says whose commit took the work back."""
    sentence = translate_inline(
        language,
        "smart commit taken back",
        author=Strong((Text(author_name(smart_commit)),)),
        sha=commit_link(smart_commit),
        title=clipped(smart_commit.commit.message, MAX_NAME_LENGTH),
    )
    return render(Document((Paragraph(sentence),)))


def render_time_text(smart_commit: SmartCommit, language: str) -> str:
    """Render what the time was spent on. It names the commit, by which it is found again."""
    sha, words = smart_commit.commit.sha[:SHORT_SHA], smart_commit.command.text
    if words:
        text = translate(language, "smart commit time text", text=words, sha=sha)
    else:
        text = translate(language, "smart commit time only", sha=sha)
    if smart_commit.as_app:
        author = author_name(smart_commit)
        text = translate(language, "smart commit time author", author=author, text=text)
    return render(Document((Paragraph((Text(text),)),)))


def commit_link(smart_commit: SmartCommit) -> Link | Text:
    """Link the commit's short id to its page, where it has one."""
    sha = smart_commit.commit.sha[:SHORT_SHA]
    return Link(smart_commit.commit.url, (Text(sha),)) if smart_commit.commit.url else Text(sha)


def describe_commit(smart_commit: SmartCommit, language: str) -> str:
    """Name commit, author and branch, for a reason."""
    sha, branch = smart_commit.commit.sha[:SHORT_SHA], smart_commit.branch
    return translate(
        language, "smart commit commit", sha=sha, author=author_name(smart_commit), branch=branch
    )


def author_name(smart_commit: SmartCommit) -> str:
    """Return the commit's author as Git names it, shortened."""
    return clipped(smart_commit.commit.author_name, MAX_NAME_LENGTH) or "?"
