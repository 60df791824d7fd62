"""Custom webhook templates: `{{object_kind}}`, dotted paths, no way into arrays. Pure.

https://docs.gitlab.com/user/project/integrations/webhooks/#custom-webhook-template
"""

from __future__ import annotations

import json
import re

FIELD = re.compile(r"\{\{(.+?)\}\}")


class TemplateError(Exception):
    """The rendered template is no JSON, or reaches into an array."""


def render(template: str, payload: dict) -> dict:
    """The body GitLab posts: `payload` itself without a template. Raises TemplateError."""
    if not template:
        return payload
    text = FIELD.sub(lambda found: _value(payload, found[1].split(".")), template)
    try:
        return json.loads(text)
    except ValueError as error:
        raise TemplateError(
            f"Error while parsing rendered custom webhook template: {error}"
        ) from error


def _value(payload: dict, path: list[str]) -> str:
    value: object = payload
    for key in path:
        if isinstance(value, list):
            raise TemplateError("You may be trying to access an array value")
        value = value.get(key) if isinstance(value, dict) else None
    text = json.dumps(value, ensure_ascii=False)
    return text[1:-1] if isinstance(value, str) else text
