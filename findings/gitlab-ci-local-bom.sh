#!/bin/sh
# gitlab-ci-local 4.75.1: a .gitlab-ci.yml that begins with a byte order mark, as editors of Windows
# save it, is refused with a YAMLException at its second key. YAML allows the mark at the start of a
# document (https://yaml.org/spec/1.2.2/, 5.2), and the parser that GitLab uses takes it.
# Needs node, npm and git. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts gitlab-ci-local@4.75.1 >/dev/null
runner="node $folder/node_modules/gitlab-ci-local/dist/index.js"
mkdir project
cd project
git init -q -b main .
printf 'stages: [test]\nunit:\n  script: ["true"]\n' >.gitlab-ci.yml
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
git remote add origin git@gitlab.example:group/project.git
$runner --version
$runner --list-csv 2>/dev/null | grep '^unit;'
printf '\357\273\277stages: [test]\nunit:\n  script: ["true"]\n' >.gitlab-ci.yml
code=0
$runner --list-csv >"$folder/output" 2>&1 || code=$?
grep -m 1 YAMLException "$folder/output"
echo "the same with a byte order mark: exit code $code"
[ "$code" -ne 0 ]
