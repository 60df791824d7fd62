"""Apps: imported as a ZIP by an administrator, attached to projects; handlers of ours.

What the handlers do is what `youtrack-app/bridge.js` does, whose own tests run it in Node.
https://www.jetbrains.com/help/youtrack/devportal/apps-reference-http-handlers.html
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.api import Answer, Call, issue_of, project_of
from tests.emulators.youtrack.errors import ApiError, bad_request, forbidden
from tests.emulators.youtrack.routes import ROUTES
from tests.emulators.youtrack.search import sees
from tests.emulators.youtrack.state import State

_NAME = re.compile(r"[a-z\d\-._]+")
_EXPORT = re.compile(r"^exports\.(\w+) = (.+);$", re.MULTILINE)
OF_PROJECT = "/admin/projects/{name}/extensionEndpoints/{app}/{handler}"
OF_ISSUE = "/issues/{name}/extensionEndpoints/{app}/{handler}"


@ROUTES.add("POST", "/admin/apps/import")
def import_app(state: State, call: Call) -> Answer:
    """Store an app; one of the same name is replaced and stays attached."""
    if not call.user.admin:
        raise forbidden("You do not have permission to import apps")
    if call.part is None:
        raise bad_request("multipart/form-data is expected")
    try:
        archive = zipfile.ZipFile(io.BytesIO(call.part[1]))
        manifest = json.loads(archive.read("manifest.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise bad_request("manifest.json is missing from the root of the archive") from error
    name = str(manifest.get("name"))
    lacking = {"name", "title", "description", "version"} - manifest.keys()
    if lacking or not _NAME.fullmatch(name):
        raise bad_request(f"The manifest is not valid: {sorted(lacking) or name}")
    source = archive.read("connection.js").decode() if "connection.js" in archive.namelist() else ""
    values = {key: json.loads(value) for key, value in _EXPORT.findall(source)}
    held = next((each for each in state.apps if each.name == name), None)
    app = held or r.App(state.next_id("130"), name, "", {})
    app.version, app.values = str(manifest["version"]), values
    if held is None:
        state.apps.append(app)
    return {"id": app.id, "$type": "App"}


def _app(state: State, project: r.Project, name: str, handler: str) -> r.App:
    for app in state.apps:
        if (app.name, handler) == (name, "bridge") and project.id in app.projects:
            return app
    raise ApiError(404, "Not Found", "HTTP 404 Not Found")


def _bridge(state: State, call: Call, project: r.Project, name: str, handler: str) -> r.App:
    """Return our app in a project. Raises ApiError for callers that it was not made for."""
    app = _app(state, project, name, handler)
    if call.user.login != app.values.get("ACCOUNT"):
        raise ApiError(403, "not_the_bridge", "Only the bridge's account may ask for this")
    return app


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiError(400, f"no_{name}", f"The request has no {name}")
    return value


def _person(state: State, sent: dict[str, Any]) -> r.User:
    login = _text(sent, "author")
    for user in state.users:
        if user.login == login and not user.banned:
            return user
    raise ApiError(422, "no_such_person", f"There is no active user {login}")


@ROUTES.add("GET", f"{OF_PROJECT}/about")
def about(state: State, call: Call, name: str, app: str, handler: str) -> Answer:
    project = project_of(state, call, name)
    values = _bridge(state, call, project, app, handler).values
    return {
        "app": values.get("VERSION"),
        "project": project.short_name,
        "account": values.get("ACCOUNT"),
    }


@ROUTES.add("POST", f"{OF_PROJECT}/issue")
def create(state: State, call: Call, name: str, app: str, handler: str) -> Answer:
    """Create an issue in its author's name, once for its key."""
    project = project_of(state, call, name)
    _bridge(state, call, project, app, handler)
    sent = call.data()
    key = _text(sent, "key")
    for issue in state.issues.values():
        if issue.properties.get("b24Key") == key:
            return {"id": issue.readable, "created": False}
    person = _person(state, sent)
    if person.id not in project.writers or project.archived:
        raise ApiError(422, "not_in_the_project", f"{person.login} may not create issues here")
    issue = state.create_issue(project, person, _text(sent, "summary"), sent.get("description"))
    issue.properties = {"b24Key": key, "b24Task": sent.get("task")}
    return {"id": issue.readable, "created": True}


@ROUTES.add("POST", f"{OF_ISSUE}/internal")
def internal(state: State, call: Call, name: str, app: str, handler: str) -> Answer:
    """Write a comment that the team alone sees; an app of before has no such handler."""
    issue = issue_of(state, call, name)
    values = _bridge(state, call, issue.project, app, handler).values
    if values.get("VERSION") == "0.0.1":
        raise ApiError(404, "Not Found", "HTTP 404 Not Found")
    sent = call.data()
    person = _person(state, sent)
    if not sees(person, issue):
        raise ApiError(422, "not_in_the_project", f"{person.login} does not see this issue")
    state.add_comment(issue, person, _text(sent, "text"), [issue.project.team])
    return {"issue": issue.readable}


@ROUTES.add("POST", f"{OF_ISSUE}/comment")
def comment(state: State, call: Call, name: str, app: str, handler: str) -> Answer:
    """Write a comment in its author's name; its id is not told."""
    issue = issue_of(state, call, name)
    _bridge(state, call, issue.project, app, handler)
    sent = call.data()
    person = _person(state, sent)
    if not sees(person, issue):
        raise ApiError(422, "not_in_the_project", f"{person.login} does not see this issue")
    state.add_comment(issue, person, _text(sent, "text"))
    return {"issue": issue.readable}
