"""Texts as an editor saves them that were opened in it and not edited.

remark writes the Markdown of many web editors; tiptap and milkdown are editors themselves.
https://github.com/remarkjs/remark ; https://tiptap.dev/docs/editor/markdown ; https://milkdown.dev
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.text.specs import packages

EDITORS = ("remark", "tiptap", "milkdown")
_SCRIPTS = Path(__file__).parent / "saving"


@cache
def _scripts() -> Path:
    """The scripts, beside the modules that they import."""
    sources = {path.name: path.read_bytes() for path in sorted(_SCRIPTS.glob("*.mjs"))}
    digest = hashlib.sha256(b"".join(sources.values())).hexdigest()[:16]
    folder = packages().parent / f"saving-{digest}"
    folder.mkdir(exist_ok=True)
    for name, source in sources.items():
        (folder / name).write_bytes(source)  # tests run side by side write the same
    return folder


def saved_by(editor: str, texts: list[str]) -> list[str]:
    """Each of the texts after it was opened and saved; one process for all of them."""
    answer = subprocess.run(
        [str(Path(sys.executable).with_name("node")), str(_scripts() / f"{editor}.mjs")],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return [str(text) for text in json.loads(answer.stdout)]
