"""Names a process so that another on the same machine can tell whether it still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def owner_name(own_id: str) -> str:
    """`host:pid namespace:pid:start time:id`; `own_id` tells workers of one process apart."""
    pid = os.getpid()
    return ":".join((_host_name(), _namespace(), str(pid), _process_start_time(pid) or "", own_id))


def is_owner_gone(owner: str) -> bool:
    """Whether the owner surely lives no more. False when it cannot be known from here."""
    parts = owner.split(":")
    if len(parts) != 5 or parts[:2] != [_host_name(), _namespace()] or not parts[1] or not parts[3]:
        return False
    return _process_start_time(parts[2]) != parts[3]


def _host_name() -> str:
    return socket.gethostname().replace(":", "-")[:32]


def _namespace() -> str:
    """The process id namespace: containers that share a host name do not share process ids."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""


def _process_start_time(pid: int | str) -> str | None:
    """The kernel's start time of a process in clock ticks (proc(5), stat field 22), or None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else rest[18]
