"""An answer on its way to a client that may be slow: it waits in memory, and no thread with it."""

from __future__ import annotations

import socket
from typing import Any

MAX_UNSENT_BYTES = 4 * 1024 * 1024  # of one answer


class OutgoingSocket:
    """A client's socket whose `sendall` never waits. Its length is what was not sent yet."""

    def __init__(self, client: socket.socket) -> None:
        self._client, self._unsent = client, bytearray()

    def __len__(self) -> int:
        return len(self._unsent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        """Send what the client takes now, and keep the rest. Raises OSError."""
        if len(self._unsent) + len(data) > MAX_UNSENT_BYTES:
            raise BrokenPipeError("the client takes too little of a large answer")
        self._unsent += data
        self.flush()

    def flush(self) -> bool:
        """Send what the client takes now; return whether that was all. Raises OSError."""
        try:
            while self._unsent:
                del self._unsent[: self._client.send(self._unsent, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            return False
        return True
