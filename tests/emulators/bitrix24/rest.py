"""A bare client for the emulator's own tests: one call, its status and its JSON."""

from __future__ import annotations

from typing import Any

import requests

from tests.emulators.bitrix24.server import BitrixEmulator

Answer = tuple[int, Any]


class Rest:
    """Calls as one user, with a token that is renewed by asking for another pair."""

    def __init__(self, emulator: BitrixEmulator, user_id: int = 1) -> None:
        self.emulator, self.user_id = emulator, user_id
        self.session = requests.Session()
        self.session.trust_env = False
        self.access = emulator.token(user_id).access

    def __call__(self, method: str, /, **params: Any) -> Answer:
        """REST v2, JSON body; the parameters keep their order."""
        return self._post(f"/rest/{method}.json", {**params, "auth": self.access})

    def result(self, method: str, /, **params: Any) -> Any:
        status, body = self(method, **params)
        assert status == 200, (status, body)
        assert "result" in body, (status, body)
        return body["result"]

    def error(self, method: str, /, **params: Any) -> tuple[int, str]:
        status, body = self(method, **params)
        return status, body["error"]

    def v3(self, method: str, /, **params: Any) -> Answer:
        return self._post(f"/rest/api/{method}", {**params, "auth": self.access})

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        url = self.emulator.portal_url + path
        response = self.session.post(url, json=body, timeout=30, allow_redirects=False)
        return response.status_code, response.json()
