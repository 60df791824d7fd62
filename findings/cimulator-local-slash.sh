#!/bin/sh
# cimulator 0.2.0: `include: {local: /folder/file.yml}` is looked for at the root of the machine. GitLab:
# "the full path relative to the root directory (/)" of the repository
# (https://docs.gitlab.com/ci/yaml/#includelocal), and its examples begin with the slash.
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cimulator==0.2.0
mkdir -p project/ci
cd project
git init -q -b main .
printf '.base:\n  script: ["true"]\n' >ci/base.yml
printf 'include:\n  - local: /ci/base.yml\njob:\n  extends: .base\n' >.gitlab-ci.yml
"$folder/venv/bin/pip" list 2>/dev/null | grep cimulator
output=$("$folder/venv/bin/cimulator" validate .gitlab-ci.yml 2>&1) || true
printf '%s\n' "$output"
printf '%s\n' "$output" | grep -q "No such file or directory: '/ci/base.yml'"
