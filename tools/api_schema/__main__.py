"""Make docs/openapi.json and the frontend's types: `python -m tools.api_schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from flask import Flask

from b24app.deps import Deps
from b24app.routes import api
from tools.api_schema.openapi import openapi
from tools.api_schema.typescript import typescript

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/openapi.json"
TYPES = ROOT / "b24app/frontend/src/api_types.ts"


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the routes; making them opens and asks nothing."""
    app = Flask("schema")
    app.register_blueprint(api.blueprint(cast(Deps, None)))
    return openapi(app)


def files() -> dict[Path, str]:
    """Return the text of each file that is made."""
    made = document()
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    return {DOCUMENT: text, TYPES: typescript(made)}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
