#!/bin/sh
# bitrab 0.5.0: without `stages:` only jobs of the stage test exist; those of build, deploy, .pre and
# .post are dropped without a word, and the pipeline "succeeds". GitLab's default stages are
# .pre, build, test, deploy, .post (https://docs.gitlab.com/ci/yaml/#stages).
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check bitrab==0.5.0
mkdir project
cd project
git init -q -b main .
printf 'compile:\n  stage: build\n  script: ["echo built"]\ncheck:\n  stage: test\n  script: ["echo tested"]\n' >.gitlab-ci.yml
printf 'ship:\n  stage: deploy\n  script: ["echo shipped; exit 1"]\n' >>.gitlab-ci.yml
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
"$folder/venv/bin/bitrab" --version
code=0
output=$("$folder/venv/bin/bitrab" run 2>&1) || code=$?
printf '%s\n' "$output"
echo "exit code $code"
[ "$code" -eq 0 ]
printf '%s\n' "$output" | grep -q tested
! printf '%s\n' "$output" | grep -qE 'built|shipped'
