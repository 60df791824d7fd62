#!/bin/sh
# gitlab-ci-local 4.75.1: `--preview` into a pipe whose reader is not quick enough loses all that is
# beyond 65,536 bytes, silently and with exit code 0. Into a file it is whole.
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
{
  echo 'job:'
  echo '  script:'
  number=0
  while [ "$number" -lt 2000 ]; do
    echo "    - echo this is line $number of a long but valid script"
    number=$((number + 1))
  done
} >.gitlab-ci.yml
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
git remote add origin git@gitlab.example:group/project.git
$runner --version
$runner --preview >"$folder/whole" 2>/dev/null
whole=$(wc -c <"$folder/whole")
cut=$($runner --preview 2>/dev/null | (sleep 5; wc -c))
echo "into a file: $whole bytes; into a pipe read 5 s later: $cut bytes"
[ "$whole" -gt 65536 ]
[ "$cut" -eq 65536 ]
