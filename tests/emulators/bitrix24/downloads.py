"""The bytes of files, at the addresses that disk.* answers with. GET only."""

from __future__ import annotations

from urllib.parse import parse_qs

from tests.emulators.bitrix24.parts import DriveObject
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Request, Response

REST, TASK = "/rest/download.json", "/bitrix/tools/disk/uf.php"
PATHS = (REST, TASK)


def answer(portal: Portal, request: Request) -> Response:
    """The file; a page to sign in where the token in the address is none of this portal."""
    given = {name: values[0] for name, values in parse_qs(request.query).items()}
    with portal.lock:
        portal.requests["download"] += 1
        access = given.get("auth" if request.path == REST else "auth[auth]", "")
        token = portal.tokens.get(access)
        signed = token is not None and not token.revoked and portal.now() < token.expires
        entry = _file(portal, request.path, given) if signed or access in portal.webhooks else None
    if entry is None or entry.content is None:
        return Response.html(200, "<html><body>Please sign in to Bitrix24</body></html>")
    name = entry.name.encode("ascii", "replace").decode().replace('"', "")
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(200, entry.content, "application/octet-stream", disposition)


def _file(portal: Portal, path: str, given: dict[str, str]) -> DriveObject | None:
    if path == REST:
        number = given.get("token", "").removeprefix("disk|")
        return portal.parts.drive.get(int(number)) if number.isdigit() else None
    row = portal.parts.attachments.get(int(given.get("attachedId", "0")))
    return portal.parts.drive.get(row.object_id) if row else None
