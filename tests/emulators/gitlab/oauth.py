"""GitLab as an OAuth provider: applications, the consent page, codes, rotating tokens.

    app = gitlab.oauth.register("https://app.example/callback")      # confidential, scope api
    back = gitlab.oauth.agree(url, "ann")        # plays the consent page; where ann is sent then
    back = gitlab.oauth.agree(url, "ann", allow=False)               # error=access_denied
    gitlab.oauth.revoke("ann")                   # in the user's own list of authorized applications

A code serves once and for ten minutes; a second use revokes what the first one gave. A refresh
token serves once: with its use the pair before is dead at once.
https://docs.gitlab.com/api/oauth2/ ; https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qsl, urlencode

import requests

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import Token
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import ApiError, Reply, Request, read_params

AUTHORIZE, TOKEN, REVOKE, INFO = (
    f"/oauth/{name}" for name in ("authorize", "token", "revoke", "token/info")
)
ACCESS_SECONDS = 7200
CODE_LIFE = timedelta(minutes=10)
SCOPES = ("api", "read_api", "read_user", "read_repository", "write_repository", "openid")
ASKED = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
NO_CLIENT = "Client authentication failed due to unknown client, no client authentication included"
BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client."
)


@dataclass
class Application:
    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = ("api",)
    confidential: bool = True


@dataclass
class Code:
    client_id: str
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    at: datetime
    pairs: list[Pair] = field(default_factory=list)
    used: bool = False


@dataclass
class Pair:
    """`family`: every pair that came of one consent."""

    client_id: str
    access: Token
    refresh: str
    redirect_uri: str
    dead: bool = False


@dataclass
class OAuth:
    state: State
    applications: dict[str, Application] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)  # by refresh token
    exchanged: int = 0
    refreshed: int = 0
    reused: int = 0

    def register(self, *redirect_uris: str, **changes: object) -> Application:
        number = self.state.next_id("application")
        made = Application(f"app-{number:04}", f"gloas-{self._secret()}", redirect_uris)
        for name, value in changes.items():
            setattr(made, name, value)
        self.applications[made.client_id] = made
        return made

    def agree(self, url: str, username: str, *, allow: bool = True) -> str:
        """Opens the consent page and sends its form, as a browser does; where it leads then."""
        page = requests.get(url, allow_redirects=False, timeout=30)
        if page.status_code != 200:
            return page.headers.get("Location", "")
        form = dict(parse_qsl(url.partition("?")[2])) | {
            "username": username,
            "allow": "yes" if allow else "",
        }
        sent = requests.post(
            self.state.url + AUTHORIZE, data=form, allow_redirects=False, timeout=30
        )
        return sent.headers["Location"]

    def revoke(self, username: str) -> None:
        user = self.state.user(username)
        for pair in self.pairs.values():
            if pair.access.user_id == user.id:
                self._kill(pair)

    def answer(self, request: Request) -> Reply | None:
        """The reply to a request below /oauth; None to any other."""
        routes = {
            ("GET", AUTHORIZE): self._page,
            ("POST", AUTHORIZE): self._decide,
            ("POST", TOKEN): self._token,
            ("POST", REVOKE): self._revoke,
            ("GET", INFO): self._info,
        }
        handler = routes.get((request.method, request.path))
        if handler is None:
            return None
        try:
            request.params = read_params(request)
            with self.state.lock:
                return handler(request)
        except ApiError as error:
            return Reply(error.body, error.status, error.headers)

    def _page(self, request: Request) -> Reply:
        _, _, wrong = self._checked(request)
        if wrong:
            return wrong
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.text(name))}">'
            for name in ASKED
        )
        people = "".join(f"<option>{user.username}</option>" for user in self._people())
        page = (
            f"<!doctype html><title>GitLab</title><h1>Authorize</h1><form method=post>{fields}"
            f"<label>Signed in as <select name=username>{people}</select></label>"
            "<button name=allow value=yes>Authorize</button><button>Deny</button></form>"
        )
        return Reply({"text": page}, headers={"X-Frame-Options": "SAMEORIGIN"})

    def _people(self) -> list:
        return sorted(self.state.users.values(), key=lambda user: user.id)

    def _checked(self, request: Request) -> tuple[Application, tuple[str, ...], Reply | None]:
        """The application and scopes asked for; what is wrong goes back only to a known address."""
        found = self.applications.get(request.text("client_id"))
        if found is None:
            raise ApiError(401, {"text": f"<h1>An error has occurred</h1><p>{NO_CLIENT}</p>"})
        if request.text("redirect_uri") not in found.redirect_uris:
            raise ApiError(400, {"text": "<p>The redirect URI included is not valid.</p>"})
        scopes = tuple(request.text("scope").split()) or found.scopes
        method, challenge = (request.text(n) for n in ("code_challenge_method", "code_challenge"))
        problems = {
            "unsupported_response_type": request.text("response_type") != "code",
            "invalid_scope": not set(scopes) <= set(found.scopes) & set(SCOPES),
            "invalid_code_challenge_method": bool(challenge) and method != "S256",
            "invalid_request": not challenge and not found.confidential,
        }
        error = next((name for name, is_wrong in problems.items() if is_wrong), "")
        wrong = self._sent_back(request, {"error": error}) if error else None
        return found, scopes, wrong

    def _sent_back(self, request: Request, answer: dict[str, str]) -> Reply:
        if request.text("state"):
            answer = answer | {"state": request.text("state")}
        uri = request.text("redirect_uri")
        location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"
        return Reply({"text": ""}, 302, {"Location": location})

    def _decide(self, request: Request) -> Reply:
        found, scopes, wrong = self._checked(request)
        if wrong:
            return wrong
        if request.text("allow") != "yes":
            text = "The resource owner or authorization server denied the request."
            denied = {"error": "access_denied", "error_description": text}
            return self._sent_back(request, denied)
        value = self._secret()
        self.codes[value] = Code(
            found.client_id, self.state.user(request.text("username")).id,
            request.text("redirect_uri"), scopes, request.text("code_challenge"), self.state.now(),
        )  # fmt: skip
        return self._sent_back(request, {"code": value})

    def _token(self, request: Request) -> Reply:
        grant = request.text("grant_type")
        grants = {"authorization_code": self._by_code, "refresh_token": self._by_refresh}
        if not grant:
            raise _refusal(400, "invalid_request", "Missing required parameter: grant_type.")
        if grant not in grants:
            raise _refusal(400, "unsupported_grant_type", "The grant type is not supported.")
        return Reply(self._shown(grants[grant](request, self._client(request))))

    def _client(self, request: Request) -> Application:
        scheme, _, basic = request.header("Authorization").partition(" ")
        name, secret = request.text("client_id"), request.text("client_secret")
        if scheme.lower() == "basic":
            name, _, secret = base64.b64decode(basic).decode().partition(":")
        found = self.applications.get(name)
        if found is None or (
            found.confidential and not hmac.compare_digest(secret.encode(), found.secret.encode())
        ):
            raise _refusal(401, "invalid_client", NO_CLIENT)
        return found

    def _by_code(self, request: Request, application: Application) -> Pair:
        code = self.codes.get(request.text("code"))
        if code is None or code.client_id != application.client_id:
            raise _refusal(400, "invalid_grant", BAD_GRANT)
        if code.used:
            self.reused += 1
            for pair in code.pairs:
                self._kill(pair)
            raise _refusal(400, "invalid_grant", BAD_GRANT)
        is_over = self.state.now() - code.at > CODE_LIFE
        same_uri = request.text("redirect_uri") == code.redirect_uri
        if is_over or not same_uri or not _proves(code.challenge, request.text("code_verifier")):
            raise _refusal(400, "invalid_grant", BAD_GRANT)
        code.used = True
        self.exchanged += 1
        pair = self._issue(application, code.user_id, code.scopes, code.redirect_uri)
        code.pairs.append(pair)
        return pair

    def _by_refresh(self, request: Request, application: Application) -> Pair:
        pair = self.pairs.get(request.text("refresh_token"))
        if pair is not None and pair.dead:
            self.reused += 1
        if pair is None or pair.dead or pair.client_id != application.client_id:
            raise _refusal(400, "invalid_grant", BAD_GRANT)
        if "redirect_uri" in request.params and request.text("redirect_uri") != pair.redirect_uri:
            raise _refusal(400, "invalid_grant", BAD_GRANT)
        self._kill(pair)
        self.refreshed += 1
        return self._issue(application, pair.access.user_id, pair.access.scopes, pair.redirect_uri)

    def _issue(
        self, application: Application, user_id: int, scopes: tuple[str, ...], uri: str
    ) -> Pair:
        token = Token(
            self.state.next_id("token"), self._secret(), user_id, scopes, kind="oauth",
            ends_at=self.state.now() + timedelta(seconds=ACCESS_SECONDS),
        )  # fmt: skip
        self.state.tokens[token.value] = token
        pair = Pair(application.client_id, token, self._secret(), uri)
        self.pairs[pair.refresh] = pair
        return pair

    def _shown(self, pair: Pair) -> dict[str, object]:
        return {
            "access_token": pair.access.value,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": pair.refresh,
            "scope": " ".join(pair.access.scopes),
            "created_at": int(self.state.now().timestamp()),
        }

    def _revoke(self, request: Request) -> Reply:
        """A foreign or unknown token is answered as a known one. RFC 7009"""
        try:
            application = self._client(request)
        except ApiError:
            text = "You are not authorized to revoke this token"
            raise _refusal(403, "unauthorized_client", text) from None
        for pair in self.pairs.values():
            named = request.text("token") in (pair.refresh, pair.access.value)
            if named and pair.client_id == application.client_id:
                self._kill(pair)
        return Reply({})

    def _info(self, request: Request) -> Reply:
        token = access.find_token(self.state, request)
        if token is None or token.kind != "oauth":
            raise ApiError(401, {"error": "invalid_request"})
        left = int((token.ends_at - self.state.now()).total_seconds())
        return Reply({
            "resource_owner_id": token.user_id, "scope": list(token.scopes), "expires_in": left,
        })  # fmt: skip

    def _kill(self, pair: Pair) -> None:
        pair.dead = True
        pair.access.revoked = True

    def _secret(self) -> str:
        return f"{self.state.random.getrandbits(256):064x}"


def _proves(challenge: str, verifier: str) -> bool:
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return 43 <= len(verifier) <= 128 and hmac.compare_digest(made, challenge)


def _refusal(status: int, error: str, description: str) -> ApiError:
    headers = {"WWW-Authenticate": f'Bearer realm="Doorkeeper", error="{error}"'}
    return ApiError(status, {"error": error, "error_description": description}, headers)
