"""Holds what /api takes and answers in tests to its schema: what that does not describe fails."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from b24app.routes.page_requests import json_body
from tools.api_schema.__main__ import document

Json = dict[str, Any]


@functools.cache
def description() -> Json:
    """The document, which takes half a second to make."""
    return document()


@functools.cache
def answer_schemas() -> dict[str, Json]:
    """The schema of each answer, by the operation's name."""
    made = description()
    operations = (operation for path in made["paths"].values() for operation in path.values())
    return {
        operation["operationId"]: content["schema"] | {"components": made["components"]}
        for operation in operations
        for kind, content in operation["responses"]["200"]["content"].items()
        if kind == "application/json"
    }


@functools.cache
def body_validators() -> dict[str, Draft202012Validator]:
    """Of each operation that takes a body."""
    made = description()
    return {
        operation["operationId"]: Draft202012Validator(
            operation["requestBody"]["content"]["application/json"]["schema"]
            | {"components": made["components"]}
        )
        for path in made["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    }


@functools.cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(answer_schemas()[name])


def hold_to_schema(app: Flask, report: Callable[[str], None]) -> None:
    """Report each answer of the app, and each body it took, that no schema describes."""

    @app.after_request
    def _hold(response: Response) -> Response:
        name = (request.endpoint or "").removeprefix("api.")
        if request.blueprint == "api" and response.status_code == 200 and response.is_json:
            for error in validator(name).iter_errors(json.loads(response.get_data())):
                report(f"{name}: {error.json_path}: {error.message[:300]}")
        if response.status_code == 200 and name in body_validators():
            for error in body_validators()[name].iter_errors(json_body()):
                if error.validator != "additionalProperties":  # routes read past what is beside
                    report(f"{name}, body: {error.json_path}: {error.message[:300]}")
        return response
