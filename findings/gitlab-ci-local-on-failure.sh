#!/bin/sh
# gitlab-ci-local 4.75.1: where nothing has failed, a job with `when: on_failure` is left out, and with
# it every job of the stages after it, `when: always` too; the pipeline ends with code 0, in silence.
# In GitLab such a job is skipped and the next stage starts, for a skipped job keeps nothing waiting:
# app/services/ci/pipeline_processing/atomic_processing_service.rb, lib/gitlab/ci/status/composite.rb.
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
git remote add origin git@gitlab.example:group/project.git
run() {
  printf '%s\n' "stages: [build, alarm, release]" "build: {stage: build, script: ['true']}" "$@" \
    "release: {stage: release, script: ['echo RELEASED']}" \
    "tidy: {stage: release, when: always, script: ['echo TIDIED']}" >.gitlab-ci.yml
  git add -A
  git -c user.name=a -c user.email=a@example.com commit -qm next
  HOME="$folder" $runner --force-shell-executor 2>&1
}
$runner --version
echo "Without the job:"
run | grep -E '> (RELEASED|TIDIED)$'
echo "With it:"
output=$(run "alarm: {stage: alarm, when: on_failure, script: ['true']}")
printf '%s\n' "$output" | grep -E 'PASS|FAIL|pipeline finished'
echo "exit code 0 (GitLab: release and tidy run)"
! printf '%s\n' "$output" | grep -qE 'RELEASED|TIDIED'
