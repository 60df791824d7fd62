"""Texts that take back several commits, and quote their titles in lists.

The text is the name. `5 close 6 move`: of task 5 close, of task 6 move.
"""

_KINDS_BY_TEXT = {
    # It closes: the author's own words.
    "Merge branch 'revert-4f1c9e0a' into 'main'\n\nRevert 2 commits\n\nCloses B24-6\n\n"
    "See merge request acme/shop!12": "6 close",
    "Tidy\n\n* Revert 2 commits\n* Docs, closes B24-5": "5 close",
    "Revert 2 commits\n\n* Pay\n* Tidy\n\nCloses B24-5": "5 close",
    "Revert 2 commits, closes B24-5": "5 close",
    "Revert the cache, closes B24-5\n\n* drop redis": "5 close",
    "Revert \"Pay\"\n\nThis reverts commit 4f1c9e0a1.\n\nCloses B24-5": "5 close",
    "Revert to old cache\n\n* Closes B24-5": "5 close",
    "Reapply \"Pay\"\n\nThis reverts commit 4f1c9e0a1.\n\nCloses B24-5": "5 close",
    # It is taken back.
    "Revert 2 commits\n\n* Pay, closes B24-5\n* Tidy": "5 revert",
    "Revert 2 commits\n\n- Pay, closes B24-5\n- Tidy": "5 revert",
    "Revert 2 commits\n\nPay, closes B24-5\nTidy": "5 revert",
    "Revert 2 commits\n\n\"Pay, closes B24-5\"\n\"Tidy\"": "5 revert",
    "Revert 2 commits\n\n4f1c9e0a Pay, closes B24-5\n5f1c9e0a Tidy": "5 revert",
    "Revert 2 commits\n\nThis reverts commit 4f1c9e0a1 (Pay, closes B24-5).\n"
    "This reverts commit 5f1c9e0a1.": "5 revert",
    "Revert 2 commits\n\nThis reverts the following commits:\n\n* 4f1c9e0a1 Closes B24-5\n"
    "* 5f1c9e0a1": "5 revert",
    "Revert 3 commits: closes B24-5, tidy": "5 revert",
    "Revert commits 4f1c9e0a..5f1c9e0a\n\n* Closes B24-5\n* Fixes B24-6": "5 revert 6 revert",
    "Revert the last two commits\n\n* Closes B24-5\n* Fixes B24-6": "5 revert 6 revert",
    "Revert several commits\n\n  Closes B24-5\n  Fixes B24-6": "5 revert 6 revert",
    "Revert \"Pay\" and \"Closes B24-5\"": "5 revert",
    "Revert \"Pay\" and 1 other commit\n\n* Closes B24-5": "5 revert",
    "Revert \"Pay\", \"Closes B24-5\" and \"Tidy\"": "5 revert",
    "Revert merge of 'pay'\n\nThis reverts merge request !12:\n* Closes B24-5\n* Tidy": "5 revert",
    "This reverts commits:\n- 4f1c9e0a: Closes B24-5\n- 5f1c9e0a: Tidy": "5 revert",
    "Reverted commits:\n\n* Closes B24-5\n* Tidy": "5 revert",
    "Reverts:\n* Closes B24-5\n* Tidy": "5 revert",
    "Reverts the following:\n\n- Closes B24-5": "5 revert",
    "The following commits are reverted:\n\n- Closes B24-5": "5 revert",
    "The following commits were reverted:\n\n- Closes B24-5": "5 revert",
    "Rollback of 2 commits\n\n* Closes B24-5": "5 revert",
    "Roll back release 1.2\n\n* Closes B24-5\n* Fixes B24-6": "5 revert 6 revert",
    "Rollback release 1.2\n\n- B24-5 pay\n- B24-6 cart": "5 revert 6 revert",
    "Back out 2 changesets\n\nBacked out changeset 4f1c9e0a (closes B24-5)\n"
    "Backed out changeset 5f1c9e0a (tidy)": "5 revert",
    "Undo last 2 commits\n\n* Closes B24-5": "5 revert",
    "Merge branch 'revert-4f1c9e0a' into 'main'\n\nRevert 2 commits\n\n* Closes B24-5\n"
    "* Tidy\n\nSee merge request acme/shop!12": "5 revert",
    "Откат 2 коммитов\n\n* Закрывает B24-5\n* Мелочи": "5 revert",
    "Откат двух коммитов\n\n- Закрывает B24-5\n- Мелочи": "5 revert",
    "Откатить 2 коммита:\n\n* Закрывает B24-5\n* Мелочи": "5 revert",
    "Откатываем последние коммиты\n\n* Закрывает B24-5\n* Мелочи": "5 revert",
    "Откат релиза 1.2\n\n* Закрывает B24-5\n* Исправляет B24-6": "5 revert 6 revert",
    "Отмена 3 коммитов\n\n* Закрывает B24-5": "5 revert",
    "Реверт двух задач\n\n* Закрывает B24-5": "5 revert",
    "Откат «Оплата» и «Закрывает B24-5»": "5 revert",
    "Откачены коммиты:\n- Закрывает B24-5": "5 revert",
    "Отменены изменения:\n- Закрывает B24-5": "5 revert",
    "Revert \"Closes B24-5\" (#12)\n\nReverts acme/shop#11": "5 revert",
    "Revert \"Closes B24-5 (#11)\" (#12)": "5 revert",
    "Merge pull request #12 from acme/revert-11-b24-5-pay\n\nRevert \"Closes B24-5\"": "5 revert",
    "Merge pull request #12 from acme/revert-11-pay\n\nRevert \"Closes B24-5\"": "5 revert",
    "Merge pull request #12 from acme/revert-11-pay\n\nRevert 2 commits\n\n"
    "* Closes B24-5": "5 revert",
    "Reverts acme/shop#11 (Closes B24-5)": "5 revert",
    "Revert PR #11: Closes B24-5": "5 revert",
    "Revert #11 \"Closes B24-5\"": "5 revert",
    "Revert \"[B24-5] Pay\" (#12)\n\n* Revert \"[B24-5] Pay\"\n\n* Fix test": "5 revert",
    "Revert pull request #11 from acme/b24-5-pay": "5 revert",
    "Squashed commit of the following:\n\ncommit 4f1c9e0a1\nAuthor: Ann <ann@acme.example>\n\n"
    "    Revert 2 commits\n    \n    * Closes B24-5": "5 revert",
    "Tidy\n\n* Revert 2 commits\n\n  * Closes B24-5\n\n* Docs": "5 revert",
    "Revert \"Pay, closes B24-5\"\n\nThis reverts commit 4f1c9e0a1.\n\n"
    "(cherry picked from commit 5f1c9e0a1)": "5 revert",
    "Revert \"Revert \"Revert \"Closes B24-5\"\"\"\n\nThis reverts commit 4f1c9e0a1.": "5 revert",
    "Revert \"Reapply \"Closes B24-5\"\"": "5 revert",
    "Reapply \"Revert \"Closes B24-5\"\"": "5 revert",
    "Revert !11 and !12\n\n!11 Closes B24-5\n!12 Fixes B24-6": "5 revert 6 revert",
    "Revert \"Add pay\"\n\nThis reverts commit 4f1c9e0a1 \"Closes B24-5\".": "5 revert",
    "Revert \"Add pay\"\n\nThis reverts commit 4f1c9e0a1:\n\n    Closes B24-5\n": "5 revert",
    # It is work again.
    "Reapply 2 commits\n\n* Closes B24-5\n* Tidy": "5 move",
    "Revert \"Revert 2 commits\"\n\n* Closes B24-5\n* Tidy": "5 move",
    "Revert revert of 2 commits\n\n* Closes B24-5\n* Tidy": "5 move",
    "Повторно применить 2 коммита\n\n* Закрывает B24-5": "5 move",
    "Reapply \"Closes B24-5\"\n\nThis reverts commit 4f1c9e0a1.": "5 move",
    # It is pointed at.
    "Cherry-pick \"Closes B24-5\"": "5 mention",
    "Merge \"Closes B24-5\" into develop": "5 mention",
    "Revert \"Add pay\"\n\nOriginal message:\n> Closes B24-5": "5 mention",
    "Revert \"Add pay\"\n\nOriginal commit message:\n\nAdd pay\n\nCloses B24-5": "5 mention",
    "Revert \"Add pay\"\n\nOriginal change's description:\n> Add pay\n> Closes B24-5": "5 mention",
}  # fmt: skip

CASES = {text: (text, kinds) for text, kinds in _KINDS_BY_TEXT.items()}
