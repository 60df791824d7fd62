"""Modules as one script: what an entry needs of them, without what explains it. Pure.

Names and layout stay. What goes: docstrings, comments, annotations, blank lines between the
statements of a function, and every function that nothing calls. A level is indented by one blank.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import indent
from typing import NamedTuple

from script_cuts import without_annotations
from script_layout import joined

MOST_EAGER = 8  # patterns of the app's rules
PATTERNS = "reporter.patterns"
AS_SCRIPT = 'if __name__ == "__main__": '  # which a script is
NOT_WHOLE = 3  # as in reporter.main


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
        text = "".join(lines[first - 1 : node.end_lineno]).removeprefix(AS_SCRIPT)
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
