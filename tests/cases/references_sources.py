"""What the texts of one merge request say of its tasks together, and why."""

CASES = {
    "the branch alone": ({"branch": "b24-5-pay"}, "5 move"),
    "a mention does not weaken": ({"branch": "b24-5", "description": "see B24-5"}, "5 move"),
    "closed by the description": ({"branch": "b24-5", "description": "Closes B24-5"}, "5 close"),
    "said not to be closed": ({"branch": "b24-5", "description": "Does not close B24-5"}, "5 part"),
    "only denied": ({"branch": "cache", "description": "Does not close B24-5"}, "5 deny"),
    "a part, by the title": ({"branch": "b24-5", "title": "fix(B24-5): part 1 of 3"}, "5 part"),
    "a commit does not overrule the title": (
        {"title": "Partially fixes B24-5", "commit": "Fixes B24-5"}, "5 part"),
    "a commit's part is not the whole": (
        {"branch": "b24-5", "commit": "fix(B24-5): part 1 of 3"}, "5 move"),
    "a commit's part alone": ({"branch": "x", "commit": "Partially fixes B24-5"}, "5 part"),
    "closed by title, not on one system": (
        {"title": "Fixes B24-5", "description": "Does not fix B24-5 on Windows"}, "5 close"),
    "a branch of a revert": ({"branch": "revert-b24-5-pay"}, "5 revert"),
    "a branch of a revert, with its commit": ({"branch": "revert-4f1c9e0a-b24-5"}, "5 revert"),
    "a branch of a revert, in a folder": ({"branch": "hotfix/revert-B24-5"}, "5 revert"),
    "a branch that reverts a revert": ({"branch": "revert-revert-b24-5"}, "5 move"),
    "a branch of a button": ({"branch": "revert-button-b24-5"}, "5 move"),
    "the revert's own merge request": (
        {"branch": "revert-4f1c9e0a", "title": 'Revert "Pay (closes B24-5)"',
         "description": "This reverts merge request !1", "commit": 'Revert "Pay (closes B24-5)"'},
        "5 revert"),
    "a revert that says the word once more": (
        {"branch": "b24-5-back", "title": 'Revert "B24-5 pay"', "description": "Closes B24-5"},
        "5 revert"),
    "a revert in the description of the work": (
        {"branch": "b24-5", "title": "B24-5 pay again", "description": 'Revert "B24-5 pay"'},
        "5 move"),
    "a revert among the commits": (
        {"branch": "b24-5", "title": "Pay", "commit": 'Revert "B24-5 pay"'}, "5 move"),
    "nothing but a revert's commit": (
        {"branch": "x", "title": "Clean up", "commit": 'Revert "Closes B24-5"'}, "5 revert"),
    "the work is back": (
        {"branch": "again", "title": 'Reapply "Pay (closes B24-5)"'}, "5 move"),
    "a description lists what the title reverts": (
        {"title": "Revert 2 commits", "description": "* Closes B24-5\n* Fixes B24-6"},
        "5 revert 6 revert"),
    "a description of a revert closes its own task": (
        {"title": "Revert 2 commits", "description": "* Pay, closes B24-5\n\nCloses B24-6"},
        "5 revert 6 close"),
    "a description lists what a title applies again": (
        {"title": "Reapply 2 commits", "description": "* Closes B24-5"}, "5 move"),
    "a title that closes and takes back": (
        {"branch": "revert-1a2b", "title": "Closes B24-6. Reverts !1 (closes B24-5)"},
        "6 close 5 revert"),
    "a description that takes back": (
        {"title": "Fix cart, closes B24-6", "description": "Reverts acme/shop!1 (closes B24-5)"},
        "6 close 5 revert"),
    "a kind of change and a task below": (
        {"title": "Pay", "commit": "Pay\n\nChangelog: fixed\nTask: B24-5"}, "5 move"),
    "a form with a kind and a task": (
        {"title": "Pay", "description": "Type: fix\nTask: B24-5\n\n- [ ] closes B24-6"},
        "5 move 6 mention"),
    "a list of closed tasks": (
        {"branch": "b24-5", "description": "Closes tasks:\n- B24-5\n- B24-6"},
        "5 close 6 close"),
    "a list whose last goes on": (
        {"title": "Closes B24-5, B24-6 is next", "branch": "b24-6"}, "5 close 6 part"),
    "two tasks": (
        {"branch": "b24-5", "description": "Closes B24-5, does not close B24-6"},
        "5 close 6 deny"),
}  # fmt: skip
