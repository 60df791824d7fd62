"""A REST v2 method: its row in the registry, and one call of it with checked parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.bitrix24.errors import RestError, missing, mistyped, tasks_exception
from tests.emulators.bitrix24.records import User
from tests.emulators.bitrix24.state import Portal

ADMIN_ONLY = RestError(403, "ACCESS_DENIED", "Access denied!")


@dataclass(frozen=True, slots=True)
class Page:
    """A result with the paging keys beside it."""

    result: Any
    total: int | None = None
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the portal, who calls, and the parameters."""

    portal: Portal
    user: User
    params: Mapping[str, Any]
    access: str = ""

    def need(self, name: str, kind: str) -> Any:
        """A parameter that must be there; the controllers' error 100 otherwise."""
        if self.params.get(name) is None:
            raise missing(name)
        return cast(self.params[name], name, kind)

    def maybe(self, name: str, kind: str, default: Any) -> Any:
        value = self.params.get(name)
        return default if value is None else cast(value, name, kind)

    def text(self, name: str) -> str:
        """A parameter of the older methods: absent reads as ''."""
        value = self.params.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int:
        """As PHP's intval: what is no number reads as 0."""
        return intval(self.params.get(name))

    def admin(self, error: RestError = ADMIN_ONLY) -> None:
        if not self.user.admin:
            raise error


@dataclass(frozen=True, slots=True)
class Method:
    """`accepts`: the known parameters; None: any (positional methods count, not name).

    `folded`: parameter names are upper-cased before they are read, as the older modules do.
    """

    name: str
    scopes: frozenset[str]
    run: Callable[[Call], Any]
    accepts: frozenset[str] | None
    writes: bool = False
    folded: bool = False

    def prepare(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as the method reads them; an unknown one is refused."""
        given = {key: value for key, value in params.items() if key.lower() != "auth"}
        if self.folded:
            given = {key.upper(): value for key, value in given.items()}
        unknown = set(given) - self.accepts - {"start", "START"} if self.accepts is not None else ()
        if unknown:
            name = sorted(unknown)[0]
            raise RestError(400, "ERROR_ARGUMENT", f"Argument '{name}' is unknown", argument=name)
        return given


@dataclass
class Registry:
    methods: dict[str, Method] = field(default_factory=dict)

    def find(self, name: str) -> Method | None:
        return self.methods.get(name.lower())

    def add(
        self,
        name: str,
        scope: str = "",
        *,
        accepts: str | None = "",
        writes: bool = False,
        folded: bool = False,
    ) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
        """`scope`: any one of these words is enough; `accepts`: words, None for positional."""

        def keep(run: Callable[[Call], Any]) -> Callable[[Call], Any]:
            known = None if accepts is None else frozenset(accepts.split())
            row = Method(name, frozenset(scope.split()), run, known, writes, folded)
            self.methods[name.lower()] = row
            return run

        return keep


REGISTRY = Registry()
method = REGISTRY.add


def cast(value: Any, name: str, kind: str) -> Any:
    """The value as `kind` (int, string, array), as the controllers' binder does it."""
    match kind:
        case "int" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "int" if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
        case "string" if isinstance(value, str | int | float):
            return str(value)
        case "array" if isinstance(value, dict | list):
            return value
    raise mistyped(value, name, kind)


def intval(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def ids(value: Any) -> list[int]:
    """The numbers of a PHP array, in order, without repetitions."""
    items = value.values() if isinstance(value, dict) else value or []
    items = items if isinstance(items, list | type({}.values())) else [items]
    return list(dict.fromkeys(number for number in map(intval, items) if number))


def positional(call: Call, method_name: str, kinds: str) -> list[Any]:
    """The values in the order they were sent: these methods ignore the names.

    `kinds`: i, s or a a position; a capital letter is required.
    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/
    """
    values = list(call.params.values())
    taken: list[Any] = []
    for place, kind in enumerate(kinds):
        value = values[place] if place < len(values) else None
        if value is None and kind.islower():
            taken.append({} if kind == "a" else None)
        else:
            taken.append(_placed(value, place, kind.lower(), method_name))
    return taken


def _placed(value: Any, place: int, kind: str, method_name: str) -> Any:
    fits = {
        "i": intval(value) > 0,
        "s": isinstance(value, str),
        "a": isinstance(value, dict | list),
    }
    if not fits[kind]:
        wanted = {"i": "integer", "s": "string", "a": "array"}[kind]
        text = f'Param #{place} for method {method_name}() expected to be of type "{wanted}"'
        raise tasks_exception(256, text, "WRONG_ARGUMENTS")
    if kind == "i":
        return intval(value)
    return dict(enumerate(value)) if isinstance(value, list) else value
