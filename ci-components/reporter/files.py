"""The files of a job: the links for its page, and the variables for later jobs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable


def write_files(ids: Iterable[int], links: Iterable[tuple[str, str]]) -> None:
    """Write the dotenv report, and the links for the job's page.

    https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsannotations
    """
    shown = [{"external_link": {"label": name[:255], "url": url}} for name, url in links]
    save("b24.env", f"B24_TASK_IDS={','.join(map(str, ids))}\n")
    save(
        "b24-annotations.json",
        json.dumps({"Bitrix24": shown} if shown else {}, ensure_ascii=False),
    )


def save(name: str, text: str) -> None:
    """Write anew: a link that an earlier job left there would lead the writes elsewhere.

    Where the folder may not be written the report is made all the same. Of a file that is missing
    the runner speaks in the job's log.
    """
    try:
        if os.path.lexists(name):
            os.remove(name)
        with open(name, "wb") as out:
            out.write(text.encode())
    except OSError:
        pass
