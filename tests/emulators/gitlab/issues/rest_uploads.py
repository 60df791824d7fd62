"""Files of a project, which texts name by their relative address.

https://docs.gitlab.com/api/project_markdown_uploads/
"""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import MAINTAINER, Project
from tests.emulators.gitlab.issues.records import Upload
from tests.emulators.gitlab.issues.rest_writes import Handler, writable
from tests.emulators.gitlab.parts import iso_time
from tests.emulators.gitlab.web import ApiError, Reply, Request, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

LISTED_SINCE = (17, 4)
MEGABYTE = 1_048_576
PICTURES = ("png", "jpg", "jpeg", "gif", "bmp", "tiff", "ico", "webp", "svg")


def create(api: Api, request: Request, project: str) -> Reply:
    """Anybody who may read the project may; 413 above the instance's limit."""
    place = writable(api, request, project)
    name, content = _file(request)
    if len(content) > api.issues.largest_upload * MEGABYTE:
        raise ApiError(413, {"message": "413 Request Entity Too Large"})
    upload = Upload(
        api.state.next_id("upload"),
        place.id,
        api.state.next_sha()[:32],
        name,
        content,
        request.actor.id,
        api.state.now(),
    )
    place.uploads[upload.id] = upload
    return Reply(_shown(api, place, upload), 201)


def _file(request: Request) -> tuple[str, bytes]:
    kind = request.header("Content-Type")
    if not kind.startswith("multipart/form-data"):
        raise invalid("file is missing" if not request.body else "file is invalid")
    whole = b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body
    for part in message_from_bytes(whole, policy=HTTP).iter_parts():
        if part.get_param("name", header="content-disposition") == "file":
            name = part.get_filename() or ""
            return _cleaned(name), part.get_payload(decode=True) or b""
    raise invalid("file is missing")


def _cleaned(name: str) -> str:
    """Blanks and what no address holds become underscores."""
    kept = "".join(c if c.isalnum() or c in "._-+" else "_" for c in name.rsplit("/", 1)[-1])
    return kept or "unnamed"


def _shown(api: Api, place: Project, upload: Upload) -> dict:
    url = f"/uploads/{upload.secret}/{upload.filename}"
    ending = upload.filename.rsplit(".", 1)[-1].lower()
    alt = upload.filename.rsplit(".", 1)[0] if ending in PICTURES else upload.filename
    mark = "!" if ending in PICTURES else ""
    shown = {
        "alt": alt,
        "url": url,
        "full_path": f"/-/project/{place.id}{url}",
        "markdown": f"{mark}[{alt}]({url})",
    }
    return shown | ({"id": upload.id} if api.state.at_least(17, 3) else {})


def index(api: Api, request: Request, project: str) -> Reply:
    """Maintainers only."""
    place = access.project(api.state, project, request.actor, level=MAINTAINER)

    def listed(upload: Upload) -> dict:
        return {
            "id": upload.id,
            "size": len(upload.content),
            "filename": upload.filename,
            "created_at": iso_time(upload.created_at),
            "uploaded_by": {"id": upload.user_id},
        }

    return page(request, sorted(place.uploads.values(), key=lambda each: -each.id), listed)


def by_id(api: Api, request: Request, project: str, upload_id: str) -> Reply:
    place = access.project(api.state, project, request.actor, level=MAINTAINER)
    found = place.uploads.get(int(upload_id)) if upload_id.isdigit() else None
    return _content(found)


def by_secret(api: Api, request: Request, project: str, secret: str, filename: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    for upload in place.uploads.values():
        if (upload.secret, upload.filename) == (secret, filename):
            return _content(upload)
    return _content(None)


def _content(upload: Upload | None) -> Reply:
    if upload is None:
        raise not_found()
    headers = {"Content-Disposition": f'attachment; filename="{upload.filename}"'}
    return Reply({"bytes": upload.content}, headers=headers)


P = "/projects/:project/uploads"
READ_ROUTES = [(P, index), (f"{P}/:upload_id", by_id), (f"{P}/:secret/:filename", by_secret)]
ROUTES: list[tuple[str, str, Handler]] = [("POST", P, create)]
