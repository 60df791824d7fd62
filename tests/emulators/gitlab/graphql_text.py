"""Reads a GraphQL query: operations, selections, arguments, variables. Pure.

https://spec.graphql.org/October2021/#sec-Language ; of fragments only inline ones; no directives.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

TOKEN = re.compile(
    r"""(?P<skip>[\s,]+|\#[^\n]*)|(?P<name>[_A-Za-z]\w*)|(?P<text>"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<mark>\.\.\.|[{}()\[\]:!$=])"""
)


class Unparsable(Exception):
    """The query is no GraphQL; `where` is (line, column)."""

    def __init__(self, problem: str, where: tuple[int, int]) -> None:
        super().__init__(problem)
        self.where = where


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    where: tuple[int, int]


@dataclass(frozen=True)
class Variable:
    """A use of `$name`."""

    name: str


@dataclass(frozen=True)
class Field:
    """`on`: the type of the inline fragments around it, the innermost; "" outside of any."""

    name: str
    alias: str
    arguments: dict[str, Any]
    selections: tuple[Field, ...]
    where: tuple[int, int]
    on: str = ""


@dataclass
class Operation:
    """`declared`: variable -> its type and default."""

    kind: str = "query"
    declared: dict[str, tuple[str, Any]] = field(default_factory=dict)
    selections: tuple[Field, ...] = ()


@lru_cache(maxsize=200)
def read(query: str) -> Operation:
    """The one operation of the query, not to be changed. Raises Unparsable."""
    reader = _Reader(_tokens(query))
    operation = reader.operation()
    if reader.peek.kind != "end":
        raise reader.unexpected()
    return operation


def _tokens(query: str) -> list[Token]:
    found, at = [], 0
    while at < len(query):
        where = _where(query, at)
        match = TOKEN.match(query, at)
        if match is None:
            raise Unparsable(f'Unexpected character: "{query[at]}"', where)
        if match.lastgroup != "skip":
            found.append(Token(match.lastgroup or "", match.group(), where))
        at = match.end()
    return [*found, Token("end", "", _where(query, len(query)))]


def _where(query: str, at: int) -> tuple[int, int]:
    return query.count("\n", 0, at) + 1, at - query.rfind("\n", 0, at)


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def peek(self) -> Token:
        return self.tokens[self.at]

    def unexpected(self) -> Unparsable:
        got = f'"{self.peek.text}" ({self.peek.kind})' if self.peek.text else "end of document"
        return Unparsable(f"Parse error on {got}", self.peek.where)

    def take(self, text: str = "", *, kind: str = "") -> Token:
        token = self.peek
        if (text and token.text != text) or (kind and token.kind != kind):
            raise self.unexpected()
        self.at += 1
        return token

    def skip(self, text: str) -> bool:
        if self.peek.text != text or self.peek.kind == "text":
            return False
        self.at += 1
        return True

    def operation(self) -> Operation:
        found = Operation()
        if self.peek.kind == "name":
            found.kind = self.take(kind="name").text
            if self.peek.kind == "name":
                self.take()
            if self.skip("("):
                while not self.skip(")"):
                    self.declaration(found)
        found.selections = self.selections()
        return found

    def declaration(self, found: Operation) -> None:
        self.take("$")
        name = self.take(kind="name").text
        self.take(":")
        kind = self.type()
        found.declared[name] = (kind, self.value() if self.skip("=") else None)

    def type(self) -> str:
        if self.skip("["):
            inner = f"[{self.type()}]"
            self.take("]")
        else:
            inner = self.take(kind="name").text
        return f"{inner}!" if self.skip("!") else inner

    def selections(self, on: str = "") -> tuple[Field, ...]:
        self.take("{")
        found: list[Field] = []
        while not self.skip("}"):
            if self.skip("..."):
                self.take("on")
                found += self.selections(self.take(kind="name").text)
            else:
                found.append(self.field(on))
        return tuple(found)

    def field(self, on: str = "") -> Field:
        first = self.take(kind="name")
        name = self.take(kind="name").text if self.skip(":") else first.text
        arguments = {}
        if self.skip("("):
            while not self.skip(")"):
                key = self.take(kind="name").text
                self.take(":")
                arguments[key] = self.value()
        inner = self.selections() if self.peek.text == "{" else ()
        return Field(name, first.text, arguments, inner, first.where, on)

    def value(self) -> Any:
        if self.skip("$"):
            return Variable(self.take(kind="name").text)
        if self.skip("["):
            found = []
            while not self.skip("]"):
                found.append(self.value())
            return found
        if self.skip("{"):
            fields = {}
            while not self.skip("}"):
                key = self.take(kind="name").text
                self.take(":")
                fields[key] = self.value()
            return fields
        token = self.take()
        match token.kind:
            case "text" | "number":
                return json.loads(token.text)
            case "name":
                return {"true": True, "false": False, "null": None}.get(token.text, token.text)
        self.at -= 1
        raise self.unexpected()
