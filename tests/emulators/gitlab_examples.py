"""Which of our webhook bodies is compared with which of the vendors' examples."""

DOCS, OTHERS = "gitlab-docs/", "rjw57+pydantic-gitlab-webhooks/"
XANZY, G4J = "xanzy+go-gitlab/", "gitlab4j+gitlab4j-api/"

# What Ultimate adds to an issue.
ISSUE_EXTRAS = {
    "assignee",
    "object_attributes.escalation_policy",
    "object_attributes.escalation_status",
    "object_attributes.health_status",
}
# Its example is an epic's, with labels of a group.
WORK_ITEM_EXTRAS = {
    "labels[]",
    "object_attributes.labels[]",
    "changes",
    "object_attributes.health_status",
}
OF_A_COMMIT = {"object_attributes.st_diff"}
# Vendor example -> our body of the same event, and what we leave out or take otherwise.
PAIRS = {
    f"{DOCS}merge_request_open_2026.json": ("merge_request_hook__opened", set()),
    f"{DOCS}merge_request_update_oldrev_PARTIAL.json": (
        "merge_request_hook__updated_with_new_code",
        set(),
    ),
    f"{DOCS}merge_request_update_system_approvals_reset_PARTIAL.json": (
        "merge_request_hook__approvals_reset_on_push",
        set(),
    ),
    f"{DOCS}pipeline_success_2026.json": (
        "pipeline_hook__success_in_merge_request",
        {"source_pipeline", "builds[].environment"},
    ),
    f"{DOCS}milestone_create.json": ("milestone_hook__created", set()),
    f"{DOCS}project_destroy_group_hook.json": ("project_hook__destroyed", set()),
    f"{DOCS}vulnerability_confirmed.json": (
        "vulnerability_hook__confirmed",
        {
            "object_attributes.cvss[]",
            "object_attributes.issues[]",
            "object_attributes.location.dependency.version",
        },
    ),
    f"{OTHERS}push.json": ("push_hook__two_commits", set()),
    f"{OTHERS}tag.json": ("tag_push_hook__tag_created", set()),
    f"{OTHERS}mr-comment.json": (
        "note_hook__comment_on_merge_request",
        {"merge_request.assignee", "merge_request.position"},
    ),
    f"{OTHERS}issue.json": ("issue_hook__updated", ISSUE_EXTRAS),
    f"{OTHERS}commit-comment.json": ("note_hook__comment_on_commit", OF_A_COMMIT),
    f"{OTHERS}issue-comment.json": (
        "note_hook__comment_on_issue",
        {"issue.branch_name", "issue.position", "issue.labels[]"},
    ),
    f"{OTHERS}snippet-comment.json": ("note_hook__comment_on_snippet", set()),
    f"{OTHERS}emoji.json": ("emoji_hook__awarded_on_comment", {"issue.assignee_ids[]"}),
    f"{OTHERS}wiki.json": ("wiki_page_hook__created", set()),
    f"{OTHERS}group-add-member.json": ("member_hook__added", set()),
    f"{OTHERS}group-update-member.json": ("member_hook__updated", set()),
    f"{OTHERS}group-remove-member.json": ("member_hook__removed", set()),
    f"{OTHERS}group-access-request.json": ("member_hook__access_requested", set()),
    f"{OTHERS}group-access-request-denied.json": ("member_hook__access_denied", set()),
    f"{OTHERS}project-create.json": ("project_hook__created", set()),
    f"{OTHERS}subgroup-create.json": ("subgroup_hook__created", set()),
    f"{OTHERS}subgroup-remove.json": ("subgroup_hook__destroyed", set()),
    f"{OTHERS}README.md__access_token_00.json": (
        "resource_access_token_hook__of_group_expires_in_7_days",
        set(),
    ),
    f"{XANZY}feature_flag.json": ("feature_flag_hook__turned_on", set()),
    f"{XANZY}resource_access_token_project.json": (
        "resource_access_token_hook__expires_in_7_days",
        set(),
    ),
    f"{G4J}workitem-event.json": ("issue_hook__work_item_updated", WORK_ITEM_EXTRAS),
    f"{OTHERS}pipeline.json": (
        "pipeline_hook__success_started_by_another_project",
        {"merge_request", "object_attributes.variables[]", "builds[].environment"},
    ),
    f"{OTHERS}job.json": ("job_hook__failed", {"source_pipeline"}),
    f"{OTHERS}deployment.json": ("deployment_hook__success_of_old_version", set()),
    f"{OTHERS}release.json": ("release_hook__created", set()),
}
