"""How far a command is, on stderr, once it takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from b24app.cli.language import say
from sync.sentences import as_sentence, sentence

SILENT_SECONDS = 2.0


@dataclass
class Progress:
    """Prints `workgroups: 50 of 100` at most every two seconds, nothing of what is quick."""

    name: str
    seconds: Callable[[], float] = time.monotonic
    _printed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._printed_at = self.seconds()

    def show(self, done: int, total: int) -> None:
        """Tell how far it is."""
        self.show_named(self.name, done, total)

    def show_named(self, name: str, done: int, total: int) -> None:
        """Tell how far a part with a name of its own is."""
        now = self.seconds()
        if now - self._printed_at >= SILENT_SECONDS:
            self._printed_at = now
            print(
                say(
                    sentence(
                        "{name}: {done} of {total}", name=as_sentence(name), done=done, total=total
                    )
                ),
                file=sys.stderr,
                flush=True,
            )
