"""What axe-core finds on the application's page: rules of WCAG 2.2 A and AA, and best practices."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.e2e.conftest import Window
from tests.emulators.npm import installed

HERE = Path(__file__).parent


@cache
def source() -> str:
    """Return axe's script; npm may install it for seconds, in which no page should be waiting."""
    return (installed(HERE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def findings(window: Window, *rules: str) -> list[str]:
    """Returns each rule that is broken, with the element that breaks it; without `rules`, all."""
    frame = window.page.frames[1]
    if not frame.evaluate("() => 'axe' in window"):
        frame.evaluate(source())
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    result = frame.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
