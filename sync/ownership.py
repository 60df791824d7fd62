"""Give what root writes to the account of the service that has to read it."""

from __future__ import annotations

import os
from pathlib import Path


def give_to_folder_owner(descriptor: int, folder: Path) -> None:
    """Give an open file or folder to the owner of the folder it stands in, where we are root.

    `sudo b24bridge …` writes beside files of the service. By its descriptor: whoever owns the
    folder could put a link in the place of a name. Raises OSError.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
