"""Problems of a settings document, in words and with their lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sync.sentences import as_sentence, join_sentences, sentence

Path = tuple[str | int, ...]

# Texts by pydantic's own error types (https://docs.pydantic.dev/latest/errors/validation_errors/).
_TEXTS = {
    "missing": "is required",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping (key: value)",
    "model_type": "must be a mapping (key: value)",
    "model_attributes_type": "must be a mapping (key: value)",
    "literal_error": "must be {expected}; it is {input}",
    "enum": "must be {expected}; it is {input}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "string_pattern_mismatch": "is not of the form {pattern}",
}


# Access tokens by GitLab's own prefixes, pasted where they do not belong.
# https://docs.gitlab.com/security/tokens/#token-prefixes
_TOKEN = re.compile(r"\bgl[a-z]{2,8}-[\w.-]{8,}|\bwhsec_[\w+/=]+")

# Keys and kinds that had another name before.
RENAMED = {
    "ci": "pipelines",
    "commits": "smart_commits",
    "note": "comment",
    "notes": "comments",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem. `line` counts from 1; 0: of the document as a whole."""

    line: int
    path: str
    text: str

    def __str__(self) -> str:
        where = sentence("line {line}: ", line=self.line) if self.line else ""
        return sentence(
            "{where}{path}: {text}" if self.path else "{where}{text}",
            where=where,
            path=self.path,
            text=as_sentence(self.text),
        )


class Invalid(Exception):
    """A document has problems: nothing of it was applied."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(join_sentences("\n", [str(problem) for problem in self.problems]))


def format_path(path: Path) -> str:
    """Return `connections[0].url` for ("connections", 0, "url")."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def list_errors(error: ValidationError) -> list[tuple[Path, str]]:
    """Return every problem of a pydantic error, as path and text."""
    return [
        (_path(details["loc"]), _error_text(details)) for details in error.errors(include_url=False)
    ]


def _path(loc: Path) -> Path:
    return tuple(part for part in loc if part != "[key]")


def _error_text(details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        return "unknown key"
    if details["type"] == "settings":
        return as_sentence(details["ctx"]["text"])
    if details["type"] == "enum" and details["input"] == "note":
        return renamed_text("note")
    if details["type"] == "string_pattern_mismatch":
        return sentence(
            "has a form that is not allowed: {value}",
            value=_short_value(details["input"]),
        )
    template = _TEXTS.get(details["type"])
    if template is None:
        return details["msg"]
    context = {name: _short_number(value) for name, value in details.get("ctx", {}).items()}
    if "expected" in context:
        context["expected"] = _choices(str(context["expected"]))
    return sentence(template, input=_short_value(details.get("input")), **context)


def _choices(expected: str) -> str:
    """Return pydantic's `'a', 'b' or 'c'` as a sentence."""
    names, joint, last = expected.rpartition(" or ")
    return sentence("{names} or {last}", names=names, last=last) if joint else expected


def _short_number(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value


def _short_value(value: Any) -> str:
    text = _TOKEN.sub("***", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def renamed_text(name: str) -> str:
    """Return the problem of a key or kind that was renamed: the name it has now."""
    return sentence("is called `{renamed}` now", renamed=RENAMED[name])


def suggest_key(name: str, keys: Iterable[str]) -> str:
    """Return a guess at the key that was meant, as the end of a sentence, or ""."""
    near = get_close_matches(name, list(keys), n=1)
    return sentence("; did you mean `{near}`?", near=near[0]) if near else ""
