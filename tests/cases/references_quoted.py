"""Words that a text shows of others command nothing: folds, quotations, notes of a release."""

CASES = {
    "a fold": (
        "<details>\n<summary>Release notes</summary>\n\n- Closes B24-5\n\n</details>\n\n"
        "Closes B24-6",
        "5 mention 6 close"),
    "a fold on one line": (
        "Closes B24-6\n\n<details><summary>fixes B24-5</summary></details>",
        "6 close 5 mention"),
    "a fold that is open": (
        "<details open>\n<summary>x</summary>\nFixes B24-5\n</details>\nFixes B24-6",
        "5 mention 6 close"),
    "a fold in a fold": (
        "<details>\n<details>\nfix B24-5\n</details>\nfix B24-6\n</details>\nFixes B24-7",
        "5 mention 6 mention 7 close"),
    "a fold that never ends": (
        "Fixes B24-6\n\n<details>\n\nFixes B24-5\n\nand more",
        "6 close 5 mention"),
    "a fold in a list": (
        "- <details>\n  <summary>x</summary>\n  fixes B24-5\n  </details>\n- fixes B24-6",
        "5 mention 6 close"),
    "a fold in a quotation": (
        "> <details>\n> B24-5\n> </details>\nfixes B24-6",
        "5 mention 6 close"),
    "a fold behind a paragraph": (
        "<p><details class=\"x\"><summary>y</summary>\nfixes B24-5</details>\nCloses B24-6",
        "5 mention 6 close"),
    "a tag in code is none": (
        "`<details>`\nfixes B24-6",
        "6 close"),
    "a tag in a fence is none": (
        "```html\n<details>\n```\nfixes B24-6",
        "6 close"),
    "a tag that a sentence speaks of": (
        "Fix the <details> tag\n\nfixes B24-6",
        "6 close"),
    "an end without a beginning": (
        "</details>\nfixes B24-6",
        "6 close"),
    "a quotation of HTML": (
        "<blockquote>\n<h2>1.2</h2>\n<li>fixes B24-5</li>\n</blockquote>\nCloses B24-6",
        "5 mention 6 close"),
    "Dependabot": (
        "Bumps [acme-core](https://x.test) from 1.2.0 to 1.3.0.\n<details>\n"
        "<summary>Release notes</summary>\n"
        "<p><em>Sourced from <a href=\"https://x.test\">acme-core's releases</a>.</em></p>\n"
        "<blockquote>\n<ul>\n<li>fix B24-5</li>\n</ul>\n</blockquote>\n</details>\n"
        "<details>\n<summary>Commits</summary>\n<ul>\n"
        "<li><a href=\"https://x.test\"><code>4f1c9e0</code></a> closes B24-6</li>\n</ul>\n"
        "</details>\n<br />\n",
        "5 mention 6 mention"),
    "Renovate": (
        "This MR contains the following updates:\n\n| Package | Change |\n|---|---|\n"
        "| core | `1.2` -> `1.3` |\n\n---\n\n### Release Notes\n\n<details>\n"
        "<summary>acme/core (core)</summary>\n\n### [`v1.3`](https://x.test)\n\n"
        "##### Bug Fixes\n\n- crash, closes B24-5\n\n</details>\n\n---\n\n"
        "### Configuration\n\n📅 **Schedule**: B24-6",
        "5 mention 6 move"),
    "commits below an update": (
        "Bumps core from 1.2 to 1.3.\n\nCommits:\n- fix B24-5\n- closes B24-6",
        "5 mention 6 mention"),
    "notes below an update, a heading": (
        "Bump core from 1.2 to 1.3\n\n## Release notes\n\n### 1.3\n\n* Fixes B24-5",
        "5 mention"),
    "notes below an update end at a rule": (
        "Bump core from 1.2 to 1.3\n\n## Changelog\n\n* Fixes B24-5\n\n---\n\nCloses B24-6",
        "5 mention 6 close"),
    "notes in Russian": (
        "Обновить зависимость core с 1.2 до 1.3\n\nИстория изменений:\n- Закрывает B24-5",
        "5 mention"),
    "commits in a line": (
        "Update dependency core to v2\n\nCommits: - fix B24-5",
        "5 mention"),
    "an update that closes": (
        "Bump core from 1.2 to 1.3 (fixes B24-5)",
        "5 close"),
    "an update with a closing line": (
        "Bump core from 1.2 to 1.3\n\nCloses B24-5",
        "5 close"),
    "an update with GitLab's trailer": (
        "Bump core from 1.2 to 1.3\n\nChangelog: fixed\nCloses: B24-5",
        "5 close"),
    "a release robot's commit": (
        "chore(release): 1.3.0 [skip ci]\n\n# [1.3.0](https://x.test) (2026-03-02)\n\n"
        "### Features\n\n* **pay:** cards, closes B24-5 ([4f1c9e0](https://x.test))\n",
        "5 mention"),
    "a release robot's mends": (
        "chore(release): v1.3.1\n\n### Bug Fixes\n\n* **cart:** fix B24-5\n",
        "5 mention"),
    "one's own features": (
        "Pay by card\n\n### Features\n\n- Closes B24-5",
        "5 close"),
    "one's own change log": (
        "## Changelog\n- Closes B24-5",
        "5 close"),
    "one's own release notes": (
        "Pay by card\n\nRelease notes:\n\nCloses B24-5",
        "5 close"),
    "a denial in bold HTML": (
        "Does not <b>fix</b> B24-5",
        "5 deny"),
    "a part in slanted HTML": (
        "Partially <em>fixes</em> B24-5",
        "5 part"),
    "closing in HTML": (
        "<p>Closes <strong>B24-5</strong></p>",
        "5 close"),
    "a link of HTML": (
        "Closes <a href=\"https://portal.test/5\">B24-5</a>",
        "5 close"),
    "a name in an attribute": (
        "<img alt=\"B24-5\"> fixes B24-6",
        "6 close"),
    "a title that ends in a denial": (
        "Show what is blocked\nCloses B24-5",
        "5 close"),
}  # fmt: skip
