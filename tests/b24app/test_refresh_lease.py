"""Renewing tokens: one process at a time, and none ends in the midst of it."""

from __future__ import annotations

import pytest

from b24app.refresh_lease import RENEWALS, refreshing


def test_a_process_waits_for_a_renewal_before_it_ends(beside) -> None:
    assert RENEWALS.wait(0)
    with refreshing(beside.deps.clients, "refresh:1", "this portal's tokens"):
        assert not RENEWALS.wait(0)
    assert RENEWALS.wait(0)
    with (
        pytest.raises(ValueError, match="refused"),
        refreshing(beside.deps.clients, "refresh:1", "this portal's tokens"),
    ):
        raise ValueError("refused")
    assert RENEWALS.wait(0)
