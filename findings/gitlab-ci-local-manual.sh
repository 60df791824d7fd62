#!/bin/sh
# gitlab-ci-local 4.75.1: a job with `when: manual` is not allowed to fail, though GitLab says
# "allow_failure: true for manual jobs" is the default (https://docs.gitlab.com/ci/yaml/#allow_failure).
# A manual job that fails makes the pipeline fail, and jobs with `when: on_failure` run.
# Needs node, npm, git and rsync. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts gitlab-ci-local@4.75.1 >/dev/null
runner="node $folder/node_modules/gitlab-ci-local/dist/index.js"
mkdir project
cd project
git init -q -b main .
cat >.gitlab-ci.yml <<'YAML'
release:
  stage: deploy
  when: manual
  script: ["false"]
after-failure:
  stage: .post
  needs: [release]
  when: on_failure
  script: ["echo the failure was not allowed"]
YAML
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm first
git remote add origin git@gitlab.example:group/project.git
$runner --version
code=0
output=$($runner --force-shell-executor --manual release 2>&1) || code=$?
printf '%s\n' "$output" | grep -E 'FAIL|PASS|WARN|failure was'
echo "exit code $code (GitLab: the pipeline passes with a warning, and after-failure is skipped)"
[ "$code" -eq 1 ]
printf '%s\n' "$output" | grep -q 'the failure was not allowed$'
