"""The tree as the portal's BBCode, for task descriptions and for chats. Pure.

What BBCode cannot say degrades readably: a heading is a bold line, a checkbox is `[x]`, a rule is
a line of long dashes, an image is a link to it (chat and task want different, incompatible [img]).
A chat knows no lists, tables and quotes as tags: https://apidocs.bitrix24.com/api-reference/chats/
messages/formatting.html
"""

from __future__ import annotations

from sync.text.bbcode_elements import FILE_ID
from sync.text.bbcode_escape import code_escaped, escaped
from sync.text.chars import cleaned
from sync.text.plain import QUOTE, RULE, lines_of, run_of, text_of
from sync.text.simple import in_item, quoted, simple
from sync.text.tree import (
    Block,
    Cell,
    CheckBox,
    Code,
    CodeBlock,
    Contents,
    Descriptions,
    Details,
    DiskFile,
    Document,
    Emphasis,
    Footnote,
    FootnoteMark,
    Formula,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Node,
    Paragraph,
    Quote,
    Row,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
    UserMention,
    WikiLink,
    joined,
    mapped,
)
from sync.text.urls import live_url

_PAIRS = {Strong: "b", Emphasis: "i", Strike: "s", Underline: "u"}


def write(document: Document, *, chat: bool = False) -> str:
    r"""Write a document as BBCode of a task, or of a chat message where `chat`.

    Lines end with `\n`, the last one without.
    """
    return _blocks(for_chat(document).blocks if chat else document.blocks, chat=chat)


def for_chat(document: Document) -> Document:
    """Reduce a document to paragraphs, code and quotes of lines, which chats can show."""
    return Document(tuple(map(_chat_block, document.blocks)))


def _chat_block(block: Block) -> Block:
    match block:
        case Paragraph() | Heading() | CodeBlock() | Rule():
            return block
        case Quote():
            return Quote((Paragraph(run_of(lines_of(quoted(block), quote=QUOTE))),))
        case _:
            return Paragraph(run_of(lines_of((block,), quote=QUOTE)))


def _blocks(blocks: tuple[Block, ...], *, chat: bool = False) -> str:
    return "\n\n".join(text for block in blocks if (text := _block(block, chat=chat)))


def _block(block: Block, *, chat: bool) -> str:
    match block:
        case Paragraph(children):
            return inline(children)
        case Heading(_, children):
            return f"[b]{inside}[/b]" if (inside := inline(children)) else ""
        case List():
            return _list(block)
        case Quote(blocks) if chat:
            return "\n".join(f">>{line}" for line in _blocks(blocks).split("\n") if line)
        case Quote():
            return f"[quote]\n{inside}\n[/quote]" if (inside := _blocks(quoted(block))) else ""
        case CodeBlock(text):
            return f"[code]\n{code_escaped(text)}\n[/code]"
        case Table(rows):
            return "[table]\n" + "".join(map(_row, rows)) + "[/table]" if rows else ""
        case Rule():
            return RULE
        case Contents() | Details() | Footnote() | Descriptions():
            return _blocks(simple(block))


def _list(block: List) -> str:
    tag = "list=1" if block.ordered else "list"
    return f"[{tag}]\n" + "".join(map(_item, block.items)) + "[/list]" if block.items else ""


def _item(item: Item) -> str:
    return f"[*]{_blocks(in_item(item))}\n"


def _row(row: Row) -> str:
    return "[tr]" + "".join(map(_cell, row.cells)) + "[/tr]\n"


def _cell(cell: Cell) -> str:
    return f"[td]{inline(cell.children)}[/td]"


def inline(nodes: tuple[Inline, ...]) -> str:
    """Write inline nodes as one run of text; a LineBreak becomes a line end."""
    out: list[str] = []
    fresh = True
    for node in joined(nodes):
        text = _inline(node, fresh)
        fresh = isinstance(node, LineBreak) or (fresh and not text)
        out.append(text)
    return "".join(out)


def _inline(node: Inline, fresh: bool) -> str:
    match node:
        case Text(text):
            return escaped(text, line_start=fresh)
        case Strong(children) | Emphasis(children) | Strike(children) | Underline(children):
            tag = _PAIRS[type(node)]
            return f"[{tag}]{inside}[/{tag}]" if (inside := inline(children)) else ""
        case Code(text):
            return f"[code]{code_escaped(cleaned(text))}[/code]" if text else ""
        case LineBreak():
            return "\n"
        case UserMention(name, portal_user):
            words = escaped(name, line_start=portal_user is not None or fresh)
            return f"[user={portal_user}]{words}[/user]" if portal_user and words else words
        case Link(url, children):
            return _link(url, inline(tuple(mapped(child, _words) for child in children)), fresh)
        case Image(url, alt):
            return _link(url, escaped(alt, line_start=True), fresh)
        case DiskFile(file):
            return f"[DISK FILE ID={file}]" if FILE_ID.fullmatch(file) else ""
        case Formula() | WikiLink() | FootnoteMark() | CheckBox():
            return escaped(text_of((node,)), line_start=fresh)


def _words(node: Node) -> Node:
    """Return a picture within a link as its words: no link stands in another."""
    return Text(node.alt or node.url) if isinstance(node, Image) else node


def _link(url: str, words: str, fresh: bool) -> str:
    safe = live_url(url)
    if safe is None:
        return words or escaped(url, line_start=fresh)
    return f"[url={safe}]{words or safe}[/url]"
