"""Settings become the rules that decisions read: what is not said is as in the default."""

from __future__ import annotations

from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.tasks import Step, TaskStatus
from sync.core.rules.portal import (
    DEFAULT_NOTIFY,
    DEFAULT_STEPS,
    DeploymentRules,
    PipelineRules,
    StageRef,
    StepTarget,
)
from sync.settings.document import read
from sync.settings.rules import to_rules

HEAD = "version: 1\nportal: portal.example.com\n"


def rules(text=""):
    return to_rules(read(HEAD + text, {}))


def test_nothing_said_is_all_defaults():
    found = rules()
    assert found.default.steps == DEFAULT_STEPS
    assert found.default.notify == DEFAULT_NOTIFY
    assert found.default.pipelines == PipelineRules(message=True, notify=True, field=True)
    assert found.default.deployments == DeploymentRules(message=True, environments=())
    assert (found.references.prefix, found.language) == ("B24", "en")


def test_a_workgroup_differs_from_the_default_only_where_it_says_so():
    found = rules(
        """\
rules:
  default:
    steps:
      review: {status: awaiting_control}
    notify: [merged]
  workgroups:
    7:
      steps:
        merged: {stage: {title: Testing}}
        closed: {}
"""
    )
    group = found.for_group(7)
    assert group.target(Step.REVIEW) == StepTarget(TaskStatus.AWAITING_CONTROL)
    assert group.target(Step.MERGED) == StepTarget(stage=StageRef(title="Testing"))
    assert group.target(Step.CLOSED) == StepTarget()
    assert group.target(Step.DEVELOPMENT) == DEFAULT_STEPS[Step.DEVELOPMENT]
    assert group.notify == {ReviewEvent.MERGED}
    assert found.for_group(8) == found.default


def test_a_workgroup_takes_from_the_default_what_it_does_not_say_of_pipelines():
    found = rules(
        "rules: {default: {pipelines: {message: false}}, "
        "workgroups: {7: {pipelines: {notify: false}}}}"
    )
    assert found.default.pipelines == PipelineRules(message=False, notify=True, field=True)
    assert found.for_group(7).pipelines == PipelineRules(message=False, notify=False, field=True)


def test_nobody_is_notified_where_the_list_is_empty():
    assert rules("rules: {default: {notify: []}}").default.notify == frozenset()


def test_a_pattern_replaces_the_prefix():
    found = rules("references: {pattern: 'task[ -](?P<id>\\d+)'}")
    assert found.references.pattern == "task[ -](?P<id>\\d+)"


def test_deployments_are_wanted_by_workgroup():
    found = rules(
        """\
rules:
  default:
    deployments: {environments: [prod*, staging]}
  workgroups:
    7:
      deployments: {message: false}
    8:
      deployments: {environments: []}
"""
    )
    chosen = ("prod*", "staging")
    assert found.for_group(1).deployments == DeploymentRules(True, chosen)
    assert found.for_group(7).deployments == DeploymentRules(False, chosen)
    assert found.for_group(8).deployments == DeploymentRules(True, ())
