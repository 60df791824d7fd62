#!/bin/sh
# gitlab-cicd-python-wrapper 0.0.46: its gitlab-cicd-validate calls every CI/CD component invalid,
# for a template has two YAML documents, inputs and jobs, and it reads one
# (https://docs.gitlab.com/ci/inputs/#define-input-parameters-with-specinputs). The same jobs without
# the header are valid.
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gitlab-cicd-python-wrapper==0.0.46
printf 'tell:\n  stage: test\n  script: ["echo told"]\n' >jobs.yml
printf 'spec:\n  inputs:\n    stage:\n      default: test\n---\n' >component.yml
cat jobs.yml >>component.yml
venv/bin/pip show gitlab-cicd-python-wrapper 2>/dev/null | sed -n 1,2p
code=0
venv/bin/gitlab-cicd-validate jobs.yml component.yml >output 2>&1 || code=$?
cat output
echo "exit code $code"
[ "$code" -ne 0 ]
grep -qF 'jobs.yml: valid' output
grep -qF 'component.yml: invalid' output
grep -qF 'expected a single document' output
