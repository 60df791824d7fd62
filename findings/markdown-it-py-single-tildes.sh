#!/bin/sh
# markdown-it-py 4.3.0, option strikethrough_single_tilde ("matching GitHub's rendering"): a pair of
# tildes that is paired with one of another length is dropped, so `~a~~b~~c~` stays as it is written,
# where comrak strikes through. Fails if that has changed.
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
ours = MarkdownIt("commonmark", {"strikethrough_single_tilde": True}).enable("strikethrough")
options = comrak.ExtensionOptions()
options.strikethrough = True
text = "~a~~b~~c~"
print("markdown-it-py:", ours.render(text).strip())
print("comrak:        ", comrak.render_markdown(text, options).strip())
assert ours.render(text) == "<p>~a~~b~~c~</p>\n", "the behaviour has changed"
assert comrak.render_markdown(text, options) == "<p><del>a<del>b</del>c</del></p>\n"
PYTHON
