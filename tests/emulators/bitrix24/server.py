"""A strict stand-in for a Bitrix24 portal and its OAuth server, over HTTP on 127.0.0.1.

    with BitrixEmulator(clock=HandClock()) as b24:          # clock=None: the wall clock
        b24.state.add_group("Site", id=3, members=[1, 7])   # user 1, an administrator, is there
        b24.state.create_task("Fix it", id=2103, group_id=3, responsible_id=7)
        b24.app.install_url, b24.app.app_url = "http://…/b24/install", "http://…/b24/app"
        b24.install_page(user_id=1).post()                  # the frame POST; then the page calls
        b24.finish_install()                                # BX24.installFinish(): events flow
        b24.state.user_moves_task(7, 2103, 3)               # a person acts; ONTASKUPDATE is posted
        b24.flush_events()
        assert b24.writes["im.message.add"] == 1            # b24.requests counts HTTP hits
A browser opens {portal_url}/window/install, /window/app, /window/task/2103 and /window/group/10
(?user=7).
Clients talk to b24.portal_url (…/rest/) and b24.oauth_url; b24.token(7).access is a ready token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import md5
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from tests.emulators.bitrix24 import api, downloads, frames, pages, window
from tests.emulators.bitrix24.clock import Clock, WallClock
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.events import EventPoster, EventSource
from tests.emulators.bitrix24.faults import Failure, Faults
from tests.emulators.bitrix24.lifecycle import Lifecycle
from tests.emulators.bitrix24.oauth import OAuthServer
from tests.emulators.bitrix24.records import App, Token, Webhook
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Listener, Request, Response

SCOPES = ("task", "tasks", "im", "user_basic", "sonet_group", "placement")


class BitrixEmulator:
    """One portal with one application; `oauth_of` shares another emulator's OAuth server."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        card: str = "new",
        v3: bool = True,
        client_id: str = "local.b24bridge",
        client_secret: str = "client-secret",
        scopes: Iterable[str] = SCOPES,
        member_id: str = "d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f",
        status: str = "L",
        language: str = "en",
        oauth_of: BitrixEmulator | None = None,
    ) -> None:
        token = md5(member_id.encode(), usedforsecurity=False).hexdigest()
        app = App(client_id, client_secret, frozenset(scopes), token, code=client_id, status=status)
        self.state = Portal(clock or WallClock(), app, member_id, card, v3, language)
        self.state.add_user("Anna", last_name="Admin", email="admin@portal.test", admin=True)
        self.faults, self.events = Faults(), EventPoster()
        self._listeners = [self._listener()]
        self._shared = oauth_of is not None
        self.oauth = oauth_of.oauth if oauth_of else OAuthServer()
        self.oauth.portals.append((self.state, lambda: f"{self.portal_url}/rest/"))
        self._oauth_listener = Listener(self.oauth.answer)
        self.source = EventSource(self.state, self.events, self._addresses)
        self.state.emit, self.state.url = self.source.task_event, lambda: self.portal_url
        self.lifecycle = Lifecycle(self.state, self.source)
        self.browser_user = 1

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        self._listeners[-1].open()
        if not self._shared:
            self._oauth_listener.open()
            self.oauth.url = self._oauth_listener.url
        self.events.start()
        return self

    def stop(self) -> None:
        self.events.stop()
        for listener in (*self._listeners, self._oauth_listener):
            listener.close()

    # where things are, and what was counted
    @property
    def portal_url(self) -> str:
        return self._listeners[-1].url

    @property
    def host(self) -> str:
        return self._listeners[-1].host

    @property
    def oauth_url(self) -> str:
        return self.oauth.url

    @property
    def app(self) -> App:
        return self.state.app

    @property
    def requests(self) -> Counter[str]:
        """HTTP hits by method: a batch counts once; v3 names begin with `api/`."""
        return self.state.requests

    @property
    def writes(self) -> Counter[str]:
        """Writes carried out by method, those inside batches too."""
        return self.state.writes

    # the application's life; see lifecycle.py
    def finish_install(self) -> None:
        """BX24.installFinish() was called on the installer's page."""
        self.app.installed = True

    def token(self, user_id: int = 1) -> Token:
        """A fresh pair of the user."""
        with self.state.lock:
            return self.state.issue(user_id)

    def webhook(self, user_id: int = 1, scopes: Iterable[str] = SCOPES) -> str:
        """The address of a new inbound webhook of the user; delete it by `revoke_webhooks`."""
        with self.state.lock:
            secret = f"{self.state.random.getrandbits(80):020x}"
            self.state.webhooks[secret] = Webhook(secret, user_id, frozenset(scopes))
            return f"{self.portal_url}/rest/{user_id}/{secret}/"

    def revoke_webhooks(self) -> None:
        for hook in self.state.webhooks.values():
            hook.revoked = True

    def code(self, user_id: int = 1) -> str:
        """An authorisation code, good for thirty seconds."""
        with self.state.lock:
            code = f"{self.state.random.getrandbits(160):040x}"
            self.state.codes[code] = (user_id, self.state.now())
            return code

    def install_page(self, user_id: int = 1, *, terse: bool = False) -> frames.Frame:
        """The frame POST to the installer's address."""
        return self._frame(self.app.install_url, user_id, terse=terse)

    def application_page(self, user_id: int = 1, *, terse: bool = False) -> frames.Frame:
        return self._frame(self.app.app_url, user_id, terse=terse)

    def placement_page(self, code: str, user_id: int, options: dict[str, Any]) -> frames.Frame:
        """The frame POST to the handler bound to the placement, e.g. {"taskId": "2103"}."""
        handler = next(p.handler for p in self.state.placements if p.code == code)
        uri = f"/company/personal/user/{user_id}/tasks/task/view/{options.get('taskId', '')}/"
        if "GROUP_ID" in options:
            uri = f"/workgroups/group/{options['GROUP_ID']}/"
        return self._frame(handler, user_id, placement=code, options=options, uri=uri)

    def _frame(self, handler: str, user_id: int, **extra: Any) -> frames.Frame:
        with self.state.lock:
            return frames.build(
                self.state,
                handler,
                host=self.host,
                server_endpoint=self.oauth.rest,
                user_id=user_id,
                **extra,
            )

    # what goes wrong
    def offline(self, how: str = "refused") -> None:
        """`refused`: nobody listens; `html`: a gateway answers 502 with a page."""
        self.faults.gateway_down = how == "html"
        if how == "refused":
            self._listeners[-1].close()

    def online(self) -> None:
        self.faults.gateway_down = False
        self._listeners[-1].open()

    def lose_answer(self, times: int = 1, *, method: str = "") -> None:
        """The next writes are carried out, and the connection closes without an answer."""
        self.faults.lost_answers, self.faults.lost_method = times, method

    def cut_before(self, times: int = 1) -> None:
        """The next requests with a write in them are not carried out; the connection closes."""
        self.faults.cut_writes = times

    def fail_next(
        self, status: int, code: str, description: str = "", *, method: str = "", times: int = 1
    ) -> None:
        """The next hits (of the method) are refused with this error and not carried out."""
        error = RestError(status, code, description or code)
        self.faults.failures.append(Failure(error, method, times))

    def move_domain(self) -> None:
        """The portal gets another address; the old one answers 302 to it."""
        self._listeners.append(self._listener())
        self._listeners[-1].open()

    def revoke_tokens(self) -> None:
        with self.state.lock:
            self.state.revoke_tokens()

    def require_payment(self, required: bool = True) -> None:
        self.app.payment_required = required

    def flush_events(self, timeout: float = 30.0) -> None:
        """Wait until every event is posted. Raises TimeoutError."""
        self.events.flush(timeout)

    # serving
    def _listener(self) -> Listener:
        made = Listener(lambda request: self._answer(made, request))
        return made

    def _answer(self, listener: Listener, request: Request) -> Response:
        if listener is not self._listeners[-1]:
            query = f"?{request.query}" if request.query else ""
            to = f"{self.portal_url}{request.path}{query}"
            return Response(302, b"", "text/html", {"Location": to})
        if request.method == "GET" and request.path in downloads.PATHS:
            return downloads.answer(self.state, request)
        if request.path.startswith("/rest/"):
            return self.faults.around(self.state, request, api.answer)
        if request.path.startswith("/oauth/authorize"):
            return self._authorize(request)
        if request.path.startswith("/window/"):
            return window.answer(self, request)
        return pages.answer(self.state, request.path)

    def _authorize(self, request: Request) -> Response:
        """The person in the browser is logged in as `browser_user` and agrees."""
        given = {name: values[0] for name, values in parse_qs(request.query).items()}
        if given.get("client_id") != self.app.client_id or not self.app.redirect_url:
            return Response.html(404, "<h1>Application not found</h1>")
        back = {"code": self.code(self.browser_user), "state": given.get("state", "")}
        back |= {"domain": self.host, "member_id": self.state.member_id}
        back |= {"scope": ",".join(sorted(self.app.scopes)), "server_domain": self.oauth.host}
        return Response(302, headers={"Location": f"{self.app.redirect_url}?{urlencode(back)}"})

    def _addresses(self) -> dict[str, str]:
        endpoint = {
            "server_endpoint": self.oauth.rest,
            "client_endpoint": f"{self.portal_url}/rest/",
        }
        return {"domain": self.host, **endpoint}
