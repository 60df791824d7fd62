"""What PowerShell makes of a text, as far as a job's script needs: words and comments. Pure.

Written anew from its language's pages (about_Comments, about_Quoting_Rules and
about_Special_Characters, https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/).
`#` begins a comment only where a word may begin; a backtick takes the character behind it as it
is; a quoted text may stand within a word.
"""

from __future__ import annotations

from collections.abc import Sequence

CHECK = "if(!$?) { Exit &{if($LASTEXITCODE) {$LASTEXITCODE} else {1}} }\n\n"


def script_of_runner(parts: Sequence[str]) -> str:
    """Return what GitLab Runner makes of before_script and script: each part is echoed by its first
    line, and checked. https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/powershell.go
    """
    lines = ['$ErrorActionPreference = "Stop"\n']
    for part in parts:
        first, *more = part.splitlines()
        shown = f"$ {first}" + (" # collapsed multi-line command" if more else "")
        lines += [f"echo {quoted(shown)}\n", f"{part}\n", CHECK]
    return "".join(lines)


def quoted(text: str) -> str:
    for mark in "`\"#'$":
        text = text.replace(mark, f"`{mark}")
    return f'"{text}"'


def commands(text: str) -> list[list[str]]:
    """Return the words of each command; ValueError where a text or a comment never ends."""
    read: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        char = text[place]
        if text.startswith("<#", place):
            place = text.index("#>", place + 2) + 2
        elif char == "#":
            end = text.find("\n", place)
            place = len(text) if end < 0 else end
        elif char in "\n;":
            read.append([])
            place += 1
        elif char.isspace():
            place += 1
        else:
            word, place = word_at(text, place)
            read[-1].append(word)
    return [words for words in read if words]


def word_at(text: str, place: int) -> tuple[str, int]:
    """Return the word that begins at `place`, without its quotes, and where it ends."""
    word = ""
    while place < len(text) and not text[place].isspace() and text[place] != ";":
        if text[place] == "`":
            word, place = word + text[place + 1], place + 2
        elif text[place] in "'\"":
            inner, place = quoted_at(text, place)
            word += inner
        else:
            word, place = word + text[place], place + 1
    return word, place


def quoted_at(text: str, place: int) -> tuple[str, int]:
    """Return the quoted text at `place` and where it ends: a mark twice is the mark itself."""
    mark, inner, place = text[place], "", place + 1
    while text[place : place + 1] != mark or text[place + 1 : place + 2] == mark:
        if place >= len(text):
            raise ValueError("a text never ends")
        escaped = mark == '"' and text[place] == "`"
        step = 2 if escaped or text[place] == mark else 1
        inner, place = inner + text[place + step - 1], place + step
    return inner, place + 1
