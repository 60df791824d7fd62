#!/bin/sh
# gitlab-emulator 16.3.4: CI_JOB_STATUS is not set in `after_script`, neither after success nor after
# a failure, so a script that tells what became of its job tells nothing. GitLab sets it there to
# success, failed or canceled (https://docs.gitlab.com/ci/variables/predefined_variables/).
# Needs Python 3.11 or newer and git. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gitlab-emulator==16.3.4
mkdir project
cd project
git init -q -b main .
cat >.gitlab-ci.yml <<'YAML'
good:
  script: ["echo worked"]
  after_script: ['echo "good was ${CI_JOB_STATUS:-not told}"']
bad:
  script: ["exit 1"]
  after_script: ['echo "bad was ${CI_JOB_STATUS:-not told}"']
YAML
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
echo "gitlab-emulator $("$folder/venv/bin/gle" --version)"
"$folder/venv/bin/gle" good >output 2>/dev/null
"$folder/venv/bin/gle" bad >>output 2>/dev/null || echo "bad failed" >>output
cat output
grep -qxF 'good was not told' output
grep -qxF 'bad was not told' output
grep -qxF 'bad failed' output
