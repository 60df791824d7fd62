from __future__ import annotations
import re, pytest
from tests.component.test_local_ci import COLOUR, Checkout
from tests.component.world import World

HEAD = "include:\n"
def inc(name, **inputs):
    body = "".join(f"      {k.replace('_','-')}: {v}\n" for k, v in inputs.items())
    return f"  - component: $CI_SERVER_FQDN/acme/shop/{name}@$CI_COMMIT_SHA\n" + (f"    inputs:\n{body}" if body else "")

def play(world, text, status="success", deploys=(), args=(), **more):
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, status)
    for env, st in deploys: world.gitlab.deploy(run, env, st)
    c = Checkout(world.folder, text)
    code, out = c.run(world.variables(run, **more), *args)
    print(COLOUR.sub("", out)); print("CODE", code, "\nMESSAGES", world.messages(5))
    return code, out

D="deploy:\n  stage: deploy\n  script: ['true']\n  environment: staging\n"
def test_matrix_manual(world):
    play(world, HEAD+inc("deployment",environment="staging")+"test: {stage: test, script: ['true']}\n"+D+"  when: manual\n  allow_failure: true\n  parallel: {matrix: [{R: [eu, us]}]}\n", deploys=[("staging","success")])
def test_matrix_manual_pressed(world):
    play(world, HEAD+inc("deployment",environment="staging")+"test: {stage: test, script: ['true']}\n"+D+"  when: manual\n  allow_failure: true\n  parallel: {matrix: [{R: [eu, us]}]}\n", deploys=[("staging","success")], args=("--manual","deploy: [eu]","--manual","deploy: [us]"))
def test_needs_chain_skipped(world):
    play(world, HEAD+inc("deployment",environment="staging")+"build: {stage: build, script: ['true'], rules: [{if: '$NEVER'}]}\n"+D+"  needs: [{job: build, optional: true}]\n", deploys=[("staging","success")])
def test_manual_in_rules(world):
    play(world, HEAD+inc("deployment",environment="staging")+"test: {stage: test, script: ['true']}\n"+D+"  rules: [{if: $CI_COMMIT_BRANCH, when: manual}]\n", deploys=())
def test_same_name_two_includes(world):
    play(world, HEAD+inc("report",language="en")+inc("report",language="ru",deliver="direct")+"test: {stage: test, script: ['true']}\n")
def test_two_ways_two_names(world):
    play(world, HEAD+inc("report")+inc("report",job_name="two",language="ru",dry_run="true")+"test: {stage: test, script: ['true']}\n")
def test_rules_empty(world):
    play(world, HEAD+inc("report",rules="[]")+"test: {stage: test, script: ['true']}\n")
def test_rules_never(world):
    play(world, HEAD+inc("report",rules="[{when: never}]")+"test: {stage: test, script: ['true']}\n")
def test_rules_manual(world):
    play(world, HEAD+inc("report",rules="[{if: $CI_COMMIT_BRANCH, when: manual}]")+"test: {stage: test, script: ['true']}\n")
def test_rules_changes(world):
    play(world, HEAD+inc("report",rules="[{changes: ['templates/*']}]")+"test: {stage: test, script: ['true']}\n")
def test_rules_variables(world):
    play(world, HEAD+inc("report",rules="[{if: $CI_COMMIT_BRANCH, variables: {B24_LANGUAGE: ru, B24_FIELD: '-'}}]")+"test: {stage: test, script: ['true']}\n")
def test_project_variables(world):
    play(world, HEAD+inc("report")+"variables: {B24_LANGUAGE: ru, B24_FIELD: UF_X, B24_DRY_RUN: 'true', B24_TIMEOUT: '1', B24_DOCTOR: 'true', B24_REFS: none}\ntest: {stage: test, script: ['true']}\n")
def test_colon_job(world):
    play(world, HEAD+inc("deployment",deploy_job="'deploy: prod [eu] (1/2)'",environment="staging")+D.replace("deploy:\n","'deploy: prod [eu] (1/2)':\n"), deploys=[("staging","success")])
def test_prefix_matrix_envs(world):
    t=HEAD+inc("deployment",job_prefix="eu",environment="eu")+inc("deployment",job_prefix="us",environment="us")+"test: {stage: test, script: ['true']}\n"+D.replace("staging","$R")+"  parallel: {matrix: [{R: [eu, us]}]}\n"
    play(world,t,deploys=[("eu","success"),("us","failed")])
def test_schedule_fail(world):
    play(world, HEAD+inc("report")+"test: {stage: test, script: ['false']}\n", status="failed", CI_PIPELINE_SOURCE="schedule")
    print("NOTIFY", world.portal.notifications)
def test_tags(world):
    play(world, HEAD+inc("report",tags="[docker, 'a b']")+"default: {tags: [x], before_script: ['exit 3'], retry: 2}\ntest: {stage: test, script: ['true'], before_script: []}\n", args=("--list-json",))
def test_image(world):
    play(world, HEAD+inc("report",image="'$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/python:${PY}-alpine3.22@sha256:abc'")+"test: {stage: test, script: ['true']}\n", args=("--preview",))
def test_on_error_fail_hidden(world):
    world.portal.tasks
    mr = world.open_mr(branch="feature/B24-404")
    run = world.pipeline(mr)
    c = Checkout(world.folder, HEAD+inc("report",on_error="fail")+"test: {stage: test, script: ['true']}\n")
    code, out = c.run(world.variables(run)); print(COLOUR.sub("",out)); print("CODE",code)
def test_on_error_fail_401(world):
    world.task(5); mr = world.open_mr(); run = world.pipeline(mr); world.b24.revoke_webhooks()
    c = Checkout(world.folder, HEAD+inc("report",on_error="fail")+inc("report",job_name="warned")+"test: {stage: test, script: ['true']}\n")
    code, out = c.run(world.variables(run)); print(COLOUR.sub("",out)); print("CODE",code)
def test_doctor_no_url(world):
    play(world, HEAD+inc("report",doctor="true",deliver="app")+"test: {stage: test, script: ['true']}\n", args=("b24-report",))
def test_report_no_url(world):
    play(world, HEAD+inc("report",deliver="app")+"test: {stage: test, script: ['true']}\n", args=("b24-report",))
