"""Changes of a settings document as a JSON merge patch. Pure.

https://www.rfc-editor.org/rfc/rfc7396
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sync.settings.model import Settings, load, stored
from sync.settings.problems import Invalid, Problem, format_path, list_errors


def merge(document: Any, patch: Any) -> Any:
    """Return the document with the patch in it: null takes a key out, lists are replaced."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def patched(settings: Settings, patch: Mapping[str, Any]) -> Settings:
    """Return the settings with a patch of their stored form. Raises Invalid."""
    try:
        return load(merge(stored(settings), patch))
    except ValidationError as error:
        raise Invalid(
            Problem(0, format_path(path), text) for path, text in list_errors(error)
        ) from None
