"""A misspelt variable is named, with the one that was meant; what is others' is left alone."""

from __future__ import annotations

import pytest

from b24app.cli.variables import unknown_variables

MEANT = {
    "B24BRIDGE_SECRT_KEY": "B24BRIDGE_SECRET_KEY",
    "B24_BRIDGE_SECRET_KEY": "B24BRIDGE_SECRET_KEY",
    "B24BRIGDE_DATA_DIR": "B24BRIDGE_DATA_DIR",
    "b24bridge_public_url": "B24BRIDGE_PUBLIC_URL",
}


@pytest.mark.parametrize("name", MEANT)
def test_a_misspelt_variable_is_named_with_what_was_meant(name: str) -> None:
    assert [str(text) for text in unknown_variables([name, "PATH"])] == [
        f"{name} is ignored: b24bridge has no such variable; did you mean {MEANT[name]}?"
    ]


def test_what_is_ours_or_anothers_is_no_mistake() -> None:
    others = ("B24_WEBHOOK_URL", "B24_GITLAB_TOKEN", "BRIDGE_SECRET_KEY", "DATABASE_URL")
    assert unknown_variables([*others, "B24BRIDGE_SECRET_KEY", "B24BRIDGE_HOST"]) == []
