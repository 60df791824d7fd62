"""What an inlined script goes without: docstrings, annotations, long forms. Pure."""

from __future__ import annotations

import ast
import re

from script_layout import WIDTH, line_starts

LONG_TABLE = 8  # texts; a longer tuple of nothing else is written as one text and split
PLAIN_TEXT = re.compile(r"[^\"\\|\r\n]+")


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
    elif isinstance(node, ast.arguments) and node.kwonlyargs and not node.vararg:
        first = text.start(node.kwonlyargs[0])
        text.cut(text.source.rindex("*", 0, first), first)
    elif isinstance(node, ast.arg) and node.annotation:
        after = text.source[text.end(node.annotation) :]
        last = text.end(node.annotation) + (3 if after.startswith(" = ") else 0)
        text.cut(text.start(node) + len(node.arg), last, "=" if after.startswith(" = ") else "")
    elif isinstance(node, ast.Raise) and node.exc and node.cause:  # only the message is shown
        text.cut(text.end(node.exc), text.end(node.cause))
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
    """Return `"see|see also|cf".split("|")` for a long tuple of plain texts, else ""."""
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
    return f'({joined}).split("|")' if len(lines) > 1 else f'{joined}.split("|")'


def is_tuple(node: ast.ClassDef | ast.FunctionDef) -> bool:
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in bases)


def short_tuple(node: ast.ClassDef, text: Text) -> str:
    """Return `Job = namedtuple("Job", "id name", defaults=("",))`."""
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    names = " ".join(text.of(each.target) for each in fields)
    values = [text.of(each.value) for each in fields if each.value]
    more = f", defaults=[{', '.join(values)}]" if values else ""
    return f'{node.name} = namedtuple("{node.name}", "{names}"{more})'
