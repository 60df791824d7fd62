#!/bin/sh
# gitlab-ci-local 4.75.1: of two jobs that need one job which passed, the one with `when: on_failure`
# runs and the one with `when: on_success` does not, where a job that neither needs has failed.
# GitLab asks the needed jobs alone: app/services/ci/pipeline_processing/atomic_processing_service.rb
# (status_of_jobs) in its sources. Needs npm and git. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund gitlab-ci-local@4.75.1 >/dev/null
git init -q -b main .
git -c user.name=Ann -c user.email=ann@acme.example commit -q --allow-empty -m First
git remote add origin git@gitlab.test:acme/shop.git
cat >.gitlab-ci.yml <<'END'
test:
  stage: test
  script: ['false']
rollback:
  stage: deploy
  when: on_failure
  script: ['true']
passed:
  stage: .post
  needs: [rollback]
  script: ['true']
failed:
  stage: .post
  needs: [rollback]
  when: on_failure
  script: ['true']
END
npx gitlab-ci-local --version
output=$(HOME="$folder" npx gitlab-ci-local --force-shell-executor --no-color 2>&1) || true
printf '%s\n' "$output"
printf '%s\n' "$output" | grep -q '^failed .*starting'
! printf '%s\n' "$output" | grep -q '^passed .*starting'
