"""Progress is said of what takes longer than two seconds, and of nothing else."""

from __future__ import annotations

from itertools import count

import pytest

from b24app.cli.progress import Progress


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (0.1, []),
        (0.5, ["projects: 4 of 10", "projects: 8 of 10"]),
        (3, [f"projects: {number} of 10" for number in range(1, 11)]),
    ],
)
def test_progress_is_shown_every_two_seconds(capsys, seconds, lines):
    moments = (number * seconds for number in count())
    progress = Progress("projects", lambda: next(moments))
    for done in range(1, 11):
        progress.show(done, 10)
    assert capsys.readouterr().err.splitlines() == lines
