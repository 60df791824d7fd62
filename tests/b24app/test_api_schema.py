"""The schema of the API: made from the routes, and the frontend's types made from it."""

from __future__ import annotations

import pytest
from jsonschema.exceptions import ValidationError

from tests.b24app.api_answers import answer_schemas, validator
from tools.api_schema.__main__ import ROOT, document, files
from tools.api_schema.answers import ANSWERS, FILES, LINES
from tools.api_schema.bodies import BODIES, BODILESS
from tools.api_schema.elsewhere import ELSEWHERE, undescribed
from tools.api_schema.typescript import typescript


def test_the_document_and_the_types_are_those_of_the_routes():
    stale = [path.name for path, text in files().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `python -m tools.api_schema`"


def test_every_route_has_an_answer_and_every_answer_a_route():
    paths = document()["paths"].values()
    names = {operation["operationId"] for path in paths for operation in path.values()}
    assert names == set(ANSWERS) | set(LINES) | FILES


def test_every_route_outside_the_api_is_named_with_where_it_is_described(beside):
    assert undescribed(beside.client.application) == []
    pages = {meaning.rpartition(": ")[2] for meaning in ELSEWHERE.values() if ": " in meaning}
    assert [page for page in sorted(pages) if not (ROOT / page).exists()] == []


def test_every_post_has_a_body_or_takes_none():
    posts = {path["post"]["operationId"] for path in document()["paths"].values() if "post" in path}
    assert (posts - BODIES.keys() - BODILESS, BODIES.keys() & BODILESS) == (set(), set())
    assert posts >= BODIES.keys() | BODILESS


def test_an_answer_has_every_field_and_no_other():
    renewed = {"token": "t", "seconds": 5, "admin": False}
    validator("renew").validate(renewed)
    for wrong in (renewed | {"more": 1}, renewed | {"seconds": "5"}, {"token": "t"}):
        with pytest.raises(ValidationError):
            validator("renew").validate(wrong)
    with pytest.raises(ValidationError):
        validator("list_alerts").validate({"alerts": [{"id": "1"}], "recovery": []})
    assert answer_schemas().keys() == ANSWERS.keys()


def test_types_say_what_may_be_missing_empty_or_one_of_a_few():
    schema = {
        "properties": {
            "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "kind": {"enum": ["move", "event"]},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            "values": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "required": ["at", "rows"],
    }
    text = typescript({"components": {"schemas": {"Answer": schema}}})
    assert text.partition("\n\n")[2] == (
        "export interface Answer {\n"
        "  at: string | null\n"
        "  kind?: 'move' | 'event'\n"
        "  rows: Row[]\n"
        "  values?: Record<string, number>\n"
        "}\n"
    )
