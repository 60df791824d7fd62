"""Modules as one script: what an entry needs of them, without what explains it. Pure.

Names and layout stay. What goes: docstrings, comments, annotations, blank lines between the
statements of a function, and every function that nothing calls. A level is indented by one blank.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import indent
from typing import NamedTuple

WIDTH = 140
MOST_JOINED = 130
MOST_EAGER = 8  # patterns of the app's rules
LONG_TABLE = 8  # texts; a longer tuple of nothing else is written as one text and split
BLOCK = re.compile(r" *(?:if|elif|else|for|while|with|try|except|finally|def)\b.*:$")
PATTERNS = "reporter.patterns"
NOT_WHOLE = 3  # as in reporter.main
PLAIN_TEXT = re.compile(r"[^\"\\|\r\n]+")
LITERAL = re.compile(r'(rf?|f|)"(?!")')
LITERAL_AT_END = re.compile(r'(?:^|[ (\[{,=:])(rf?|f|)"(?:[^"\\]|\\.)+"$')
OPENING, CLOSING = "([{", ")]}"


class Statement(NamedTuple):
    """A statement of a module: the names that it defines and those it reads."""

    module: str
    text: str
    defines: frozenset[str]
    reads: frozenset[str]


def script_of(entry: str, read: Callable[[str], str]) -> str:
    """Return the script that starts with the module `entry`; `read`: a module's source by name.

    Raises ValueError where a name means two things: one script has one space of names.
    """
    names = imported(entry, read)
    patterns = [PATTERNS] if any(name.startswith("sync.") for name in names) else []
    sources = {name: read(name) for name in [*patterns, *names]}
    statements = [
        statement for name, source in sources.items() for statement in statements_of(name, source)
    ]
    kept = eager(needed(statements, entry))
    refuse_twins(kept)
    body = "\n".join(parts_of(kept, sources))
    return imports_of(sources.values(), body) + "\n" + body


def imported(entry: str, read: Callable[[str], str]) -> dict[str, None]:
    """Return the names of the modules that an entry stands on, each after those it imports."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        for node in ast.parse(read(name)).body:
            if isinstance(node, ast.ImportFrom) and is_own(node.module):
                inner = str(node.module)
                if inner not in order:
                    visit(inner)
        order[name] = None

    visit(entry)
    return order


def is_own(module: str | None) -> bool:
    return (module or "").partition(".")[0] in ("reporter", "sync")


def is_outside(module: str | None) -> bool:
    return not is_own(module) and module != "__future__"


def parts_of(kept: list[Statement], sources: Mapping[str, str]) -> Iterator[str]:
    """Yield a heading and the statements of each module that something is left of."""
    for name in sources:
        texts = [statement.text for statement in kept if statement.module == name]
        if texts:
            yield f"# {name.removeprefix('reporter.')}\n" + "".join(texts)


def statements_of(module: str, source: str) -> Iterator[Statement]:
    """Yield a module's own statements but for imports, shortened."""
    short = joined(without_annotations(source))
    lines = short.splitlines(keepends=True)
    for node in ast.parse(short).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or is_text(node):
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        text = "".join(lines[first - 1 : node.end_lineno])
        if module.startswith("sync.") and "re.compile(" in text:
            text = text.replace("re.compile(", "Pattern(")  # compiled when it is first used
            node = ast.parse(text).body[0]
        yield Statement(module, text, frozenset(defined(node)), frozenset(names_read(node)))


def names_read(node: ast.AST) -> set[str]:
    """Return the names that a statement reads, but for those that its functions define."""
    inner = set().union(*map(names_read, ast.iter_child_nodes(node)))
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if not isinstance(node, ast.FunctionDef):
        return inner
    of_body = set().union(*map(names_read, node.body))
    own = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    for each in (inner_node for part in node.body for inner_node in ast.walk(part)):
        own |= (
            {each.id} if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) else set()
        )
    outside = set().union(*map(names_read, [node.args, *node.decorator_list]))
    return (of_body - own) | outside


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def defined(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = [each for target in targets for each in ast.walk(target)]
    return {name.id for name in names if isinstance(name, ast.Name)}


def needed(statements: list[Statement], entry: str) -> list[Statement]:
    """Return the statements of the entry and, again and again, what they read."""
    wanted = {name for each in statements if each.module == entry for name in each.reads}
    kept = {each for each in statements if each.module == entry}
    while more := {each for each in statements if each.defines & wanted} - kept:
        kept |= more
        wanted |= {name for each in more for name in each.reads}
    return [each for each in statements if each in kept]


def eager(statements: list[Statement]) -> list[Statement]:
    """Return the statements with few patterns compiled at once: to wait pays for many of them."""
    if sum(each.text.count("Pattern(") for each in statements) > MOST_EAGER:
        return statements
    own = [each for each in statements if each.module != PATTERNS]
    return [each._replace(text=each.text.replace("Pattern(", "re.compile(")) for each in own]


def refuse_twins(statements: list[Statement]) -> None:
    """Raise ValueError where a name means two things: one script has one space of names."""
    owners: dict[str, str] = {}
    pairs = [(name, each.module) for each in statements for name in each.defines]
    for name, module in pairs:
        if owners.setdefault(name, module) != module:
            raise ValueError(f"defined in two modules: {name}")


def imports_of(sources: Iterable[str], body: str) -> str:
    """Return the imports of the standard library that the script uses.

    A Python without some of it, as Debian's python3-minimal, ends by a code that the shell tells.
    """
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                plain |= {alias.name for alias in node.names} & used
            elif isinstance(node, ast.ImportFrom) and is_outside(node.module):
                found = {alias.name for alias in node.names} & used
                names.setdefault(str(node.module), set()).update(found)
    if "namedtuple" in used:
        names["collections"] = {"namedtuple"}
    lines = [f"import {', '.join(sorted(plain))}\n"] if plain else []
    lines += [f"from {m} import {', '.join(sorted(names[m]))}\n" for m in sorted(names) if names[m]]
    if not lines:
        return ""
    return f"try:\n{indent(''.join(lines), ' ')}except ImportError: raise SystemExit({NOT_WHOLE})\n"


# --- What goes


class Text:
    """A source and what is cut from it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.splitlines(keepends=True)
        self.starts = line_starts(source)
        self.cuts: list[tuple[int, int, str]] = []

    def place(self, line: int | None, column: int | None) -> int:
        """Return the position of a node's end or start, whose column counts bytes."""
        row = (line or 1) - 1
        return self.starts[row] + len(self.lines[row].encode()[: column or 0].decode())

    def start(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        return self.place(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        return self.place(node.end_lineno, node.end_col_offset)

    def span(self, node: ast.stmt) -> tuple[int, int]:
        return self.start(node), self.end(node)

    def of(self, node: ast.expr) -> str:
        return self.source[self.start(node) : self.end(node)]

    def cut(self, first: int, last: int, new: str = "") -> None:
        self.cuts.append((first, last, new))

    def result(self) -> str:
        text = self.source
        for first, last, new in sorted(self.cuts, reverse=True):
            text = text[:first] + new + text[last:]
        return text


def without_annotations(source: str) -> str:
    """Return the source without annotations and docstrings; NamedTuples are in their short form."""
    text = Text(source)
    cut_inside(ast.parse(source), text)
    return text.result().replace("re.IGNORECASE", "re.I")


def cut_inside(node: ast.AST, text: Text) -> None:
    """Cut what explains a node and all within it."""
    if isinstance(node, ast.Tuple) and (table := split_table(node)):
        text.cut(text.start(node), text.end(node), table)
        return
    if isinstance(node, ast.ClassDef) and is_tuple(node):
        text.cut(text.start(node), text.end(node), short_tuple(node, text))
        return
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        explained = ast.get_docstring(node) is not None and len(node.body) > 1
        text.cut(*text.span(node.body[0]) if explained else (0, 0))
    if isinstance(node, ast.FunctionDef) and node.returns:
        arrow = text.source.rindex("->", 0, text.start(node.returns))
        text.cut(len(text.source[:arrow].rstrip()), text.end(node.returns))
    elif isinstance(node, ast.arg) and node.annotation:
        after = text.source[text.end(node.annotation) :]
        last = text.end(node.annotation) + (3 if after.startswith(" = ") else 0)
        text.cut(text.start(node) + len(node.arg), last, "=" if after.startswith(" = ") else "")
    elif isinstance(node, ast.AnnAssign) and node.value is None:
        text.cut(text.start(node), text.end(node), "pass")
    elif isinstance(node, ast.AnnAssign):
        text.cut(text.end(node.target), text.end(node.annotation))
    elif isinstance(node, ast.ClassDef):
        for base in node.bases:
            if isinstance(base, ast.Subscript):  # dict[str, str]
                text.cut(text.end(base.value), text.end(base))
    for inner in ast.iter_child_nodes(node):
        cut_inside(inner, text)


def split_table(node: ast.Tuple) -> str:
    """Return `tuple("see|see also|cf".split("|"))` for a long tuple of plain texts, else ""."""
    values = [each.value for each in node.elts if isinstance(each, ast.Constant)]
    texts = [value for value in values if isinstance(value, str) and PLAIN_TEXT.fullmatch(value)]
    if len(texts) < max(LONG_TABLE, len(node.elts)):
        return ""
    lines = [""]
    for text in texts:
        full = lines[-1] and len(lines[-1]) + len(text) > WIDTH - 6
        lines += [""] if full else []
        lines[-1] += f"{text}|"
    lines[-1] = lines[-1][:-1]
    joined = "\n".join(f'"{line}"' for line in lines)
    return f'tuple(({joined}).split("|"))' if len(lines) > 1 else f'tuple({joined}.split("|"))'


def is_tuple(node: ast.ClassDef | ast.FunctionDef) -> bool:
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in bases)


def short_tuple(node: ast.ClassDef, text: Text) -> str:
    """Return `Job = namedtuple("Job", "id name", defaults=("",))`."""
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    names = " ".join(text.of(each.target) for each in fields)
    values = [text.of(each.value) for each in fields if each.value]
    more = f", defaults=({', '.join(values)},)" if values else ""
    return f'{node.name} = namedtuple("{node.name}", "{names}"{more})'


def line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


# --- How it is laid out


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
        if len(line) + len(glue) + len(piece) <= WIDTH:
            one_text = begins and ends and begins[1] == ends[1]
            rest = piece[begins.end() :] if begins else ""
            lines[-1] = line[:-1] + rest if one_text else line + glue + piece
        else:
            lines[-1] = line
            lines.append(" " * (indent + 1) + piece)
    return "\n".join(lines)


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
