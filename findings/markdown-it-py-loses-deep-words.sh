#!/bin/sh
# markdown-it-py 4.3.0 with its default preset leaves out words that stand in ten lists or twenty
# quotes, without an error: the HTML has the lists and not the words. Fails if that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown-it-py==4.3.0 comrak==0.0.16
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import comrak
from markdown_it import MarkdownIt

print("markdown-it-py", version("markdown-it-py"), "comrak", version("comrak"))
for sign, depth in (("- ", 9), ("- ", 10), ("> ", 19), ("> ", 20)):
    text = sign * depth + "word"
    ours, peer = MarkdownIt().render(text), comrak.render_markdown(text)
    print(f"{sign}times {depth}: markdown-it-py {'word' in ours}, comrak {'word' in peer}")
    assert "word" in peer
    assert ("word" in ours) == (depth in (9, 19)), "the behaviour has changed"
PYTHON
