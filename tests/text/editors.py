"""Texts as an editor saves them that were opened in it and not edited.

remark writes the Markdown of many web editors: https://github.com/remarkjs/remark
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.text.specs import packages

_SCRIPT = """
import { remark } from "remark"
import gfm from "remark-gfm"
let given = ""
for await (const part of process.stdin) given += part
const editor = remark().use(gfm)
console.log(JSON.stringify(JSON.parse(given).map(text => String(editor.processSync(text)))))
"""


def saved_by_remark(texts: list[str]) -> list[str]:
    """Each of the texts after it was opened and saved."""
    node = str(Path(sys.executable).with_name("node"))
    answer = subprocess.run(
        [node, "--input-type=module", "-e", _SCRIPT],
        cwd=packages().parent,
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return [str(text) for text in json.loads(answer.stdout)]
