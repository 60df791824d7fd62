"""Makes the templates' scripts of the reporter's modules, and fills the templates' shared parts.

python ci-components/generate.py                  writes templates/ anew
python ci-components/generate.py --check          names what is out of date, and fails
python ci-components/generate.py --script FORM    prints one script, as in: report-direct
python ci-components/generate.py --verify FILE    compares a script in a file with its checksum
python ci-components/generate.py --sizes          prints the kilobytes of each script by part
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from inline import script_of

VERSION = "0.2.0"  # of the components; CHANGELOG.md says what each brought
HERE = Path(__file__).resolve().parent
TEMPLATES = HERE.parent / "templates"
# What a template includes, by its inputs deliver and doctor → the module that it starts with.
FORMS: Mapping[str, str] = MappingProxyType({
    "report-direct": "reporter.direct_report",
    "report-app": "reporter.app_report",
    "doctor-direct": "reporter.direct_doctor",
    "doctor-app": "reporter.app_doctor",
    "merge-request-direct": "reporter.direct_merge_request",
    "merge-request-app": "reporter.app_merge_request",
    "deployment-direct": "reporter.direct_deployment",
    "deployment-app": "reporter.app_deployment",
})  # fmt: skip
# How Python is to run a long script: part by part, as blank lines part it, and without collecting
# what is soon gone. To compile it whole takes half as long again. A short one is run as it is.
IN_PARTS = 'import gc, sys; gc.disable(); any(map(exec, sys.stdin.buffer.read().split(b"\\n\\n")))'
BLOCK = re.compile(
    r"^(?P<indent> *)# >>> (?P<name>\S+)\n.*?^(?P=indent)# <<< (?P=name)\n",
    re.DOTALL | re.MULTILINE,
)
SCRIPT = re.compile(r"^  # >>> reporter\n(.*?)^  # <<< reporter\n", re.DOTALL | re.MULTILINE)
CHECKSUM = re.compile(r"sha256 of the script: ([0-9a-f]{64})")


@cache
def script(form: str) -> str:
    """Return the script of a form. Raises ValueError where GitLab would put an input into it."""
    text = script_of(FORMS[form], read)
    if "$[[" in text or "#>" in text:
        raise ValueError(f"{form} holds $[[ or #>, which GitLab or PowerShell would take")
    return text


def read(module: str) -> str:
    """Return the source of reporter.x, or of a module that the app has too."""
    root = HERE if module.startswith("reporter.") else HERE.parent
    return root.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8")


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def included(form: str) -> str:
    """Return the file that a template includes: the script under a header that names it."""
    text = script(form)
    parts = (HERE / "parts" / "script.yml").read_text("utf-8")
    name, _, way = form.rpartition("-")
    values = {
        "START": f"-c '{IN_PARTS}'" if way == "direct" else "-",
        "FORM": form, "VERSION": VERSION, "CHECKSUM": checksum(text),
        "AGENT": f"b24bridge-{name}/{VERSION} ({way}; sha256 {checksum(text)[:12]})",
    }  # fmt: skip
    for word, value in values.items():
        parts = parts.replace(f"%{word}%", value)
    lines = "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())
    return parts.replace("  %SCRIPT%\n", lines)


def verified(text: str) -> bool:
    """Tell whether the script in an included file has the checksum that its header names."""
    held, named = SCRIPT.search(text), CHECKSUM.search(text)
    if not held or not named:
        return False
    lines = [line.removeprefix("  ") for line in held[1].splitlines(keepends=True)]
    return checksum("".join(lines)) == named[1]


def filled(template: str) -> str:
    """Return the template with what stands between each pair of markers made anew."""

    def block(found: re.Match[str]) -> str:
        indent, name = found["indent"], found["name"]
        lines = (HERE / "parts" / name).read_text("utf-8").splitlines()
        body = "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
        return f"{indent}# >>> {name}\n{body}{indent}# <<< {name}\n"

    return BLOCK.sub(block, template)


def outputs() -> dict[Path, str]:
    """Return every generated file and what it should hold."""
    files = {path: filled(path.read_text("utf-8")) for path in sorted(TEMPLATES.glob("*.yml"))}
    return files | {TEMPLATES / "scripts" / f"{form}.yml": included(form) for form in FORMS}


# Parts of a script by the beginning of a module's name; the first that fits counts.
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "word rules": ("sync.", "patterns"),
    "questions to GitLab": ("gitlab", "build_report", "model"),
    "reads and writes of the portal": (
        "portal", "plan", "moves", "author", "chat", "send_to_portal", "direct",
    ),
    "sentences and cards": ("bbcode", "phrases", "cards", "texts", "named", "references"),
    "HTTP, time, errors, secrets, inputs": ("",),
})  # fmt: skip


def sizes(form: str) -> dict[str, float]:
    """Return kilobytes by part of the file that a template includes, and those of all."""
    text = included(form)
    _, *pieces = re.split(r"^  # (\S+)\n", text, flags=re.MULTILINE)
    kilobytes = dict.fromkeys(PARTS, 0.0)
    for module, body in zip(pieces[::2], pieces[1::2]):
        part = next(part for part, names in PARTS.items() if module.startswith(names))
        kilobytes[part] += len(body.encode()) / 1000
    whole = len(text.encode()) / 1000
    return kilobytes | {"header, shell, layout": whole - sum(kilobytes.values()), "all": whole}


def sizes_table(forms: Iterable[str]) -> str:
    """Return the rows of a table in Markdown: a part each, a column a form."""
    columns = [sizes(form) for form in forms]
    return "".join(
        f"| {part} | {' | '.join(f'{column[part]:.0f}' for column in columns)} |\n"
        for part in columns[0]
    )


def stale() -> list[Path]:
    """Return the files that differ from what they should hold, and those that should not be."""
    wanted = outputs()
    behind = [p for p, text in wanted.items() if not p.exists() or p.read_text("utf-8") != text]
    return behind + [path for path in TEMPLATES.glob("scripts/*") if path not in wanted]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--check"]:
        behind = stale()
        for path in behind:
            print(f"out of date: {path.name}")
        return 1 if behind else 0
    if arguments[:1] == ["--script"]:
        print(script(arguments[1]), end="")
        return 0
    if arguments[:1] == ["--sizes"]:
        print(sizes_table(FORMS), end="")
        return 0
    if arguments[:1] == ["--verify"]:
        good = verified(Path(arguments[1]).read_text("utf-8"))
        print("the script has its checksum" if good else "the script differs from its checksum")
        return 0 if good else 1
    for path, text in outputs().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
