"""The built frontend: the files a page needs, from Vite's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIST_FOLDER = Path(__file__).parent / "static" / "dist"
ENTRY = "src/main.ts"


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths below /static/dist/. `parts`: what the script imports, to be loaded beside it."""

    script: str
    styles: tuple[str, ...]
    parts: tuple[str, ...] = ()


def find_assets(built: Path = DIST_FOLDER, view: str = "") -> Assets | None:
    """Return what Vite built; None where the frontend was not built.

    `view`: what the page shows first; a view with a script of its own is loaded beside the rest.
    https://vite.dev/guide/backend-integration
    """
    try:
        manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
        entry = manifest[ENTRY]
        own = f"src/views/{view.capitalize()}View.vue"
        names = [*entry.get("imports", ()), *_own_parts(manifest, own)]
        parts = tuple(manifest[name]["file"] for name in dict.fromkeys(names))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Assets(entry["file"], tuple(entry.get("css", ())), parts)


def _own_parts(manifest: dict[str, Any], name: str) -> list[str]:
    """Return the view's script and what it imports, without the page's script itself."""
    if name not in manifest:
        return []
    return [name, *(part for part in manifest[name].get("imports", ()) if part != ENTRY)]
