"""YAML text to settings and back, with line numbers and every problem reported at once."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from sync.sentences import as_sentence, sentence
from sync.settings import checks
from sync.settings.checks import Lookups
from sync.settings.issue_sync import (
    CommentEntrySettings,
    CustomSettings,
    FieldSettings,
    FileSettings,
    FilterSettings,
    IssueSync,
    Pair,
    PairRules,
    StatusSettings,
)
from sync.settings.model import (
    Connection,
    DeploymentSettings,
    Limits,
    PipelineSettings,
    References,
    Repository,
    Retention,
    Rules,
    Settings,
    Target,
    Workgroup,
)
from sync.settings.pair_checks import Projects, check_projects
from sync.settings.problems import (
    RENAMED,
    Invalid,
    Path,
    Problem,
    format_path,
    renamed_text,
    suggest_key,
)
from sync.settings.routing import AlertSettings, Chats, CommentSettings, Route, SmartCommitSettings
from sync.settings.salvage import salvage
from sync.settings.stages import Stage

MAX_BYTES = 1_000_000
_MODELS = (
    Settings, References, Connection, Rules, Workgroup, Repository, Target, Stage,
    PipelineSettings, DeploymentSettings, CommentSettings, SmartCommitSettings, AlertSettings,
    Route, Chats, Limits, Retention, IssueSync, PairRules, Pair, FieldSettings, CustomSettings,
    CommentEntrySettings, FileSettings, StatusSettings, FilterSettings,
)  # fmt: skip
_KNOWN_KEYS = {name for model in _MODELS for name in model.model_fields}


def read(
    text: str,
    environ: Mapping[str, str],
    portal: Lookups | None = None,
    trackers: Projects | None = None,
) -> Settings:
    """Return the settings of a text, checked here, on the portal and the trackers if given.

    Raises Invalid with every problem, and whatever the lookups raise.
    """
    document = Document(text)
    problems = list(document.problems)
    if document.settings is not None:
        problems += checks.check_locally(document.settings, environ)
        problems += checks.check_on_portal(document.settings, portal) if portal is not None else ()
        if trackers is not None:
            names = [connection.name for connection in document.settings.connections]
            problems += check_projects(document.settings.issue_sync, names, trackers)
    if problems or document.settings is None:
        raise Invalid(document.problem(path, kind) for path, kind in problems)
    return document.settings


class Document:
    """A parsed text: `settings` as far as they can be read, `problems` of its form.

    Raises Invalid where the text is no YAML mapping at all.
    """

    def __init__(self, text: str) -> None:
        self._root = _parse(text)
        self.settings, self.problems = salvage(_plain_value(self._root))

    def problem(self, path: Path, text: str) -> Problem:
        """Return a problem at `path`, with its line and the path as written in the text."""
        if text == "unknown key":
            text = _unknown_key_text(str(path[-1]))
        return Problem(self.line(path), format_path(self._written_path(path)), text)

    def _written_path(self, path: Path) -> Path:
        """Return the path with numbers for items of lists only: keys of mappings are text."""
        parts: list[str | int] = []
        node: Any = self._root
        for part in path:
            parts.append(part if isinstance(node, list) else str(part))
            place = _find_part(node, part)
            node = place[1] if place else None
        return tuple(parts)

    def line(self, path: Path) -> int:
        """Return the line (from 1) of the deepest part of `path` that the text holds."""
        node, line = self._root, 1
        for part in path:
            place = _find_part(node, part)
            if place is None:
                return line
            line, node = place
        return line


def _unknown_key_text(name: str) -> str:
    if name in RENAMED:
        return renamed_text(name)
    if name in _KNOWN_KEYS:
        return "is no key of this place"
    return as_sentence("unknown key") + suggest_key(name, _KNOWN_KEYS)


def _parse(text: str) -> dict[Any, Any]:
    from ruamel.yaml import YAML  # servers start without it: settings are stored as JSON
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(text) > MAX_BYTES:
        raise Invalid(
            [Problem(0, "", sentence("is larger than {most} characters", most=MAX_BYTES))]
        )
    try:
        root = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Invalid([Problem(line, "", _first_line(error.problem or error.context))]) from None
    except (YAMLError, ValueError) as error:
        raise Invalid([Problem(0, "", _first_line(str(error)))]) from None
    except RecursionError:
        raise Invalid([Problem(0, "", "is nested too deeply")]) from None
    if root is None:
        raise Invalid(
            [
                Problem(
                    1,
                    "",
                    "is empty; `b24bridge settings export` shows what is in force, and `version` "
                    "and `portal` are what every file needs",
                )
            ]
        )
    if not isinstance(root, dict):
        raise Invalid([Problem(1, "", "must be a mapping (key: value)")])
    return root


# What the parser says -> what we say: in the reader's language, and without any value of the file.
_YAML_FAULTS: tuple[tuple[str, str], ...] = (
    (r"found duplicate key \"(?P<key>[^\"]*)\".*", "the key {key} stands twice"),
    (r"found character '\\t'.*", "a tab begins this line: indent with blanks"),
    (r"found character .*", "a value that begins with @, ` or % belongs into quotes"),
    (
        r"mapping values are not allowed here",
        "a colon is where none may be: put the value in quotes",
    ),
    (r"found unexpected end of stream", "a quote or a bracket is never closed"),
    (
        r"expected '?<?(block end|document start)>?'?.*",
        "the indentation is not that of the lines above",
    ),
    (r"expected ',' or .*", "a bracket is never closed, or a comma is missing"),
    (r"could not find expected ':'", "a colon after the key is missing"),
    (r"found undefined alias .*", "a value that begins with * belongs into quotes"),
)


def _first_line(text: str | None) -> str:
    why = text.strip().splitlines()[0] if text else as_sentence("it cannot be read")
    for pattern, template in _YAML_FAULTS:
        if match := re.fullmatch(pattern, why):
            return sentence("is no YAML: {why}", why=sentence(template, **match.groupdict()))
    return sentence("is no YAML: {why}", why=why)


def _plain_value(node: Any, budget: list[int] | None = None) -> Any:
    """Return the bare value; `budget` bounds what repeated anchors may unfold to."""
    budget = budget if budget is not None else [100_000]
    budget[0] -= 1
    if budget[0] < 0:
        raise Invalid([Problem(0, "", "unfolds to more than 100000 values")])
    if isinstance(node, dict):
        return {
            _plain_value(key, budget): _plain_value(value, budget) for key, value in node.items()
        }
    if isinstance(node, list):
        return [_plain_value(value, budget) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _find_part(node: Any, part: str | int) -> tuple[int, Any] | None:
    """Return the line (from 1) and the value of `part` in `node`; None if missing."""
    marks: Any = getattr(node, "lc", None)  # where its parts stood in the text, from 0
    if isinstance(node, dict):
        key = part if part in node else next((key for key in node if str(key) == str(part)), None)
        return None if key not in node else (marks.key(key)[0] + 1, node[key])
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return marks.item(part)[0] + 1, node[part]
    return None


def write(settings: Settings) -> str:
    """Return settings as YAML: only what was set, in the model's order, secrets by reference."""
    from ruamel.yaml import YAML

    yaml, out = YAML(), io.StringIO()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 100
    yaml.dump(_explicit_values(settings), out)
    return out.getvalue()


def _explicit_values(value: Any) -> Any:
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if name in value.model_fields_set]
        values = {name: _explicit_values(getattr(value, name)) for name in names}
        return {name: item for name, item in values.items() if item is not None}
    if isinstance(value, dict):
        return {_explicit_values(key): _explicit_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_explicit_values(item) for item in value]
    return value.value if hasattr(value, "value") else value
