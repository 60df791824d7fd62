"""Say why something failed: of a fault of our own what was raised, not the way there. Pure."""

from __future__ import annotations

from sync.sentences import sentence

_FRAME = '\n  File "'  # each step of a traceback begins so


def shorten_traceback(reason: str) -> str:
    """Return a reason as it is, and of a traceback what was raised, as a sentence.

    https://docs.python.org/3/library/traceback.html#traceback.format_exception
    """
    _, frame, last = reason.rpartition(_FRAME)
    raised = next((line for line in last.splitlines()[1:] if line[:1].strip()), "")
    if not frame or not raised:
        return reason
    return sentence(
        "A fault of this application: {error}. The log of its worker says where", error=raised
    )
