"""What stands within a line of a document: the inline nodes of the tree. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Plain characters. Line ends in it count as spaces: a line break is a LineBreak."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Bold words."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Slanted words."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    """Words struck through."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Underline:
    """Underlined words."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Code within a line, shown as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to `url`; none where the link shows nothing."""

    url: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """`width` and `height` as written beside the picture: `600`, `600px` or `75%`."""

    url: str
    alt: str = ""
    width: str = ""
    height: str = ""


@dataclass(frozen=True, slots=True)
class UserMention:
    """Somebody named. A writer makes it a live mention only with the id of its own side.

    `portal_user`: a user of the portal; `login`: a user of the tracker. A reader fills in only its
    own; who knows the people fills in the other. Without it the name is written as text.
    """

    name: str
    portal_user: int | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class LineBreak:
    """The end of a line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Formula:
    """TeX; `display`: on lines of its own."""

    text: str
    display: bool = False


@dataclass(frozen=True, slots=True)
class WikiLink:
    """A page of the tracker's wiki, by its name."""

    page: str
    title: str


@dataclass(frozen=True, slots=True)
class FootnoteMark:
    """Where a footnote is referred to; `number` counts them from 1 in the order of their marks."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A file of the portal's disk in its place: `n12` is one there, `12` one that is attached."""

    file: str


@dataclass(frozen=True, slots=True)
class CheckBox:
    """A checkbox in a table's cell; `dropped`: it no longer applies."""

    checked: bool
    dropped: bool = False


Inline = (
    Text | Strong | Emphasis | Strike | Underline | Code | Link | Image | UserMention | LineBreak
    | Formula | WikiLink | FootnoteMark | CheckBox | DiskFile
)  # fmt: skip
