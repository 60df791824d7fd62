"""Writes the reporter into the templates: its modules as one script, between the markers.

python ci-components/generate.py          writes
python ci-components/generate.py --check  says what is out of date, and fails
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE.parent / "templates"
SCRIPT = HERE / "report.py"
ORDER = (
    "bbcode", "prose", "keywords", "references", "phrases", "settings", "model", "facts", "known",
    "rows", "naming", "question", "reads", "gitlab", "assembly", "cards", "tasks", "calls",
    "asking", "plan", "errors", "files", "wire", "reader", "portal", "delivery", "app", "doctor",
    "main",
)  # fmt: skip
BLOCK = re.compile(
    r"^(?P<indent> *)# >>> (?P<name>\S+)\n.*?^(?P=indent)# <<< (?P=name)\n",
    re.DOTALL | re.MULTILINE,
)
NOTE = "# The same with its explanations: ci-components/report.py of the component's project.\n"
HEAD = '"""Tells Bitrix24 of a GitLab pipeline. Made of ci-components/reporter by generate.py."""\n'
PART = "# --- "  # what a module's part of the script begins with
BEGINS = re.compile(rf"^(?:{PART}.*|(?:@.*\n)*(?:class|def) .*)", re.MULTILINE)
IMPORT = re.compile(r"^(?:from \S+ import (?:\([^)]*\)|.*)|import .*)\n", re.MULTILINE)


def script() -> str:
    """The modules in their order, with the imports of all of them at the top."""
    sources = {name: (HERE / "reporter" / f"{name}.py").read_text("utf-8") for name in ORDER}
    check(sources)
    imports: set[str] = set()
    bodies = []
    for name, source in sources.items():
        imports |= {found[0] for found in IMPORT.finditer(source)}
        body = IMPORT.sub("", without_docstring(source)).strip("\n")
        bodies.append(f"{PART}{name}: {first_line(source)}\n\n{body}\n")
    outside = "".join(line for line in merged(imports))
    return f"{HEAD}\nfrom __future__ import annotations\n\n{outside}\n" + "\n\n".join(bodies)


def inlined() -> str:
    """The script as templates hold it: the same lines of code, without what explains them."""
    source = script().removeprefix(HEAD)
    gone = {number for first, last in docstrings(source) for number in range(first, last + 1)}
    cut = dict(comments(source))
    lines = [
        line[: cut.get(number, len(line))].rstrip()
        for number, line in enumerate(source.splitlines(), 1)
        if number not in gone and cut.get(number) != 0
    ]
    code = "".join(f"{line}\n" for line in lines if line)
    return NOTE + BEGINS.sub(r"\n\g<0>", code)


def docstrings(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of each, where something else stands beside it."""
    for node in ast.walk(ast.parse(source)):
        kind = isinstance(node, (ast.FunctionDef, ast.ClassDef))
        if kind and len(node.body) > 1 and ast.get_docstring(node) is not None:
            yield node.body[0].lineno, node.body[0].end_lineno


def comments(source: str) -> Iterator[tuple[int, int]]:
    """Line and column of each, but for the headings of the parts."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(PART):
            number, column = token.start
            yield number, 0 if not token.line[:column].strip() else column


def merged(imports: set[str]) -> list[str]:
    """Standard library imports, each once; those among the modules fall away."""
    plain, names = set(), {}
    for text in imports:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Import):
                plain |= {alias.name for alias in node.names}
            elif node.module.split(".")[0] not in ("reporter", "__future__"):
                names.setdefault(node.module, set()).update(alias.name for alias in node.names)
    lines = [f"import {name}\n" for name in sorted(plain)]
    return lines + [f"from {m} import {', '.join(sorted(names[m]))}\n" for m in sorted(names)]


def without_docstring(source: str) -> str:
    lines = source.splitlines(keepends=True)
    return "".join(lines[ast.parse(source).body[0].end_lineno :])


def first_line(source: str) -> str:
    return (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]


def check(sources: dict[str, str]) -> None:
    """One script has one space of names, and `$[[` would be read by GitLab."""
    defined = Counter(name for source in sources.values() for name in top_names(source))
    twice = [name for name, count in defined.items() if count > 1]
    if twice:
        raise SystemExit(f"defined in two modules: {', '.join(twice)}")
    if any("$[[" in source for source in sources.values()):
        raise SystemExit("a module holds $[[, which GitLab would replace by an input")


def top_names(source: str) -> list[str]:
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = [one for target in targets for one in ast.walk(target)]
            names += [one.id for one in found if isinstance(one, ast.Name)]
    return names


def parts() -> dict[str, str]:
    """Return what may stand between markers, by name."""
    made = {path.name: path.read_text("utf-8") for path in (HERE / "parts").iterdir()}
    made["report.py"] = inlined()
    return made


def filled(template: str, made: dict[str, str]) -> str:
    """The template with what stands between each pair of markers made anew."""

    def block(found: re.Match[str]) -> str:
        indent, name = found["indent"], found["name"]
        lines = made[name].splitlines()
        body = "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
        return f"{indent}# >>> {name}\n{body}{indent}# <<< {name}\n"

    return BLOCK.sub(block, template)


def outputs() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    made = parts()
    paths = sorted(TEMPLATES.glob("*.yml"))
    files = {path: filled(path.read_text("utf-8"), made) for path in paths}
    return {SCRIPT: script(), **files}


def stale() -> list[Path]:
    return [
        path for path, text in outputs().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]  # fmt: skip


if __name__ == "__main__":
    behind = stale()
    if "--check" in sys.argv[1:]:
        sys.exit(f"out of date: {', '.join(path.name for path in behind)}" if behind else 0)
    for target, content in outputs().items():
        target.write_text(content, "utf-8")
