"""The inline nodes of the document tree: what stands within a line. Pure."""

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
    """Words that lead to `url`; `children` is empty where the link shows nothing."""

    url: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `width` and `height` are kept as written beside it: `600`, `600px` or `75%`."""

    url: str
    alt: str = ""
    width: str = ""
    height: str = ""


@dataclass(frozen=True, slots=True)
class UserMention:
    """A mention of a person, which a writer makes live only with the id of its own side.

    `portal_user` is a user of the portal, `login` one of the tracker. A reader fills in only its
    own; the code that matches people fills in the other. Without it the name is written as text.
    """

    name: str
    portal_user: int | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class LineBreak:
    """The end of a line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A TeX formula; `display`: on lines of its own."""

    text: str
    display: bool = False


@dataclass(frozen=True, slots=True)
class WikiLink:
    """A link to a page of the tracker's wiki, by the page's name."""

    page: str
    title: str


@dataclass(frozen=True, slots=True)
class FootnoteMark:
    """A reference to a footnote; `number` counts from 1 in the order of the marks."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A file of the portal's disk: `n12` is the file with that id, `12` an attachment."""

    file: str


@dataclass(frozen=True, slots=True)
class CheckBox:
    """A checkbox in a table cell; `dropped`: it no longer applies."""

    checked: bool
    dropped: bool = False


Inline = (
    Text | Strong | Emphasis | Strike | Underline | Code | Link | Image | UserMention | LineBreak
    | Formula | WikiLink | FootnoteMark | CheckBox | DiskFile
)  # fmt: skip
