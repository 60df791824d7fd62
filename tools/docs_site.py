"""MkDocs hook: the project's own pages beside the guides, and links between both that lead there.

Guides link to files of the repository, as people read them there. A file that the site holds too is
linked there; of any other the words stay, without a link.
https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
FOLDER = "project"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the project's pages."""
    from mkdocs.structure.files import File

    for name in PAGES:
        files.append(File.generated(config, f"{FOLDER}/{name}", abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite the links of a page."""
    pages = {file.src_uri for file in files}
    return rewrite_links(markdown, page.file.src_uri, pages)


def rewrite_links(markdown: str, uri: str, known: set[str]) -> str:
    """Return the page with its links as the site needs them. Pure."""
    source = uri.removeprefix(f"{FOLDER}/") if uri.startswith(f"{FOLDER}/") else f"docs/{uri}"

    def link(match: re.Match[str]) -> str:
        mark, text, target = match.groups()
        path, sign, anchor = target.partition("#")
        if not path or "://" in target or target.startswith("mailto:"):
            return match[0]
        in_repository = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        place = (
            in_repository.removeprefix("docs/")
            if in_repository.startswith("docs/")
            else f"{FOLDER}/{in_repository}"
        )
        if place not in known:
            return text
        return f"{mark}[{text}]({posixpath.relpath(place, posixpath.dirname(uri))}{sign}{anchor})"

    parts = _CODE.split(markdown)
    return "".join(
        part if number % 2 else _LINK.sub(link, part) for number, part in enumerate(parts)
    )
