"""How an inlined script is laid out: statements on as few lines as are readable. Pure."""

from __future__ import annotations

import io
import re
import tokenize

WIDTH = 140
MOST_JOINED = 130
BLOCK = re.compile(r" *(?:if|elif|else|for|while|with|try|except|finally|def)\b.*:$")
LITERAL = re.compile(r'(rf?|f|)"(?!")(?P<text>(?:[^"\\]|\\.)*)')
LITERAL_AT_END = re.compile(r'(?:^|[ (\[{,=:])(rf?|f|)"(?:[^"\\]|\\.)+"$')
OPENING, CLOSING = "([{", ")]}"


def line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def joined(source: str) -> str:
    """Return the source with its statements on as few lines as are readable."""
    starts, out = line_starts(source), []
    pieces: list[str] = []
    indent, begun = 0, -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        here = starts[token.start[0] - 1] + token.start[1]
        kind = token.type
        if kind in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER):
            continue
        if kind in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
            if begun >= 0 and source[begun:here].strip():
                pieces.append(source[begun:here].strip())
            begun = -1
            if kind == tokenize.NEWLINE and pieces:
                out.append(folded(pieces, indent))
                pieces = []
            continue
        if begun < 0:
            begun = here
            indent = token.start[1] // 4 if not pieces else indent
    return "\n".join(one_liners(out)) + "\n"


def one_liners(statements: list[str]) -> list[str]:
    """Return `if …: return …` in one line where that is all of a block."""
    out: list[str] = []
    for number, statement in enumerate(statements):
        indent = depth(statement)
        alone = number + 1 == len(statements) or depth(statements[number + 1]) < indent
        head = out[-1] if out else ""
        fits = "\n" not in head + statement and len(head) + len(statement) <= MOST_JOINED
        inside = alone and fits and depth(head) == indent - 1
        if inside and BLOCK.match(head) and not BLOCK.match(statement):
            out[-1] = f"{head} {statement.strip()}"
        else:
            out.append(statement)
    return out


def depth(statement: str) -> int:
    return len(statement) - len(statement.lstrip(" "))


def folded(pieces: list[str], indent: int) -> str:
    """Return the lines of one statement joined up to the width."""
    lines = [" " * indent + pieces[0]]
    for piece in pieces[1:]:
        line = lines[-1]
        glue = "" if line[-1] in OPENING or piece[0] in CLOSING or piece[0] == "." else " "
        if piece[0] in CLOSING and line.endswith(",") and not lonely("".join(lines)):
            line = line[:-1]
        begins, ends = LITERAL.match(piece), LITERAL_AT_END.search(line)
        too_long = len(line) + len(glue) + len(piece) > WIDTH
        if begins and ends and begins[1] == ends[1] and too_long:
            line, piece = filled(line, piece, begins)
            lines[-1] = line
            if piece == f'{begins[1]}""':  # all of it stands in the line before
                continue
            begins, ends = LITERAL.match(piece), LITERAL_AT_END.search(line)
        if len(line) + len(glue) + len(piece) <= WIDTH:
            one_text = begins and ends and begins[1] == ends[1]
            rest = piece[begins.start("text") :] if begins else ""
            lines[-1] = line[:-1] + rest if one_text else line + glue + piece
        else:
            lines[-1] = line
            lines.append(" " * (indent + 1) + piece)
    return "\n".join(lines)


def filled(line: str, piece: str, literal: re.Match[str]) -> tuple[str, str]:
    """Move alternatives of a text into the line before it, as far as they fit."""
    start, last = literal.start("text"), literal.end("text")
    room = WIDTH - len(line) + start
    cut = min(room, last)
    while (cut := piece.rfind("|", start, cut)) > 0:
        moved = piece[start : cut + 1]
        if moved.count("{") == moved.count("}"):  # not within a value of an f-string
            return f'{line[:-1]}{moved}"', f'{literal[1]}"{piece[cut + 1 :]}'
    return line, piece


def lonely(text: str) -> bool:
    """Tell whether the comma at the end makes a tuple of one."""
    depth, commas = 0, 0
    for position in range(len(text) - 1, -1, -1):
        char = text[position]
        depth += (char in CLOSING) - (char in OPENING)
        if depth < 0:
            before = text[:position].rstrip()
            called = bool(before) and (before[-1].isalnum() or before[-1] in "_)]")
            return char == "(" and not called and commas == 1
        commas += char == "," and depth == 0
    return False
