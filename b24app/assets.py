"""The built frontend: the files a page needs, from Vite's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

DIST_FOLDER = Path(__file__).parent / "static" / "dist"
ENTRY = "src/main.ts"


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths below /static/dist/. `parts`: what the script imports, to be loaded beside it."""

    script: str
    styles: tuple[str, ...]
    parts: tuple[str, ...] = ()


def find_assets(built: Path = DIST_FOLDER) -> Assets | None:
    """Return what Vite built; None where the frontend was not built.

    https://vite.dev/guide/backend-integration
    """
    try:
        manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
        entry = manifest[ENTRY]
        parts = tuple(manifest[name]["file"] for name in entry.get("imports", ()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Assets(entry["file"], tuple(entry.get("css", ())), parts)
