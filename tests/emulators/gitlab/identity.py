"""ID tokens of jobs: the instance's keys, its discovery document, and the tokens it mints.

https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.emulators.gitlab.entities import Pipeline
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import Reply, Request

KEYS, DISCOVERY = "/oauth/discovery/keys", "/.well-known/openid-configuration"
JOB_LIFE = 3600  # seconds


@dataclass
class Identity:
    """`generation` names the signing key; a rotation keeps none of the older ones."""

    state: State
    generation: int = 1
    asked: int = field(default=0)

    def answer(self, request: Request) -> Reply | None:
        """The reply to a question about keys; None to any other."""
        if request.path == DISCOVERY:
            return Reply({
                "issuer": self.state.url,
                "jwks_uri": self.state.url + KEYS,
                "id_token_signing_alg_values_supported": ["RS256"],
            })  # fmt: skip
        if request.path == KEYS:
            self.asked += 1
            return Reply({"keys": [public(self.generation)]})
        return None

    def mint(self, pipeline: Pipeline, audience: str | list[str], **changes: Any) -> str:
        """A token of a job of the pipeline. A changed claim of None is left out."""
        return signed(self.claims(pipeline, audience) | changes, self.generation)

    def claims(self, pipeline: Pipeline, audience: str | list[str]) -> dict[str, Any]:
        place = self.state.projects[pipeline.project_id]
        user, now = self.state.users[pipeline.user_id], int(self.state.now().timestamp())
        job = pipeline.jobs[-1]
        return {
            "iss": self.state.url,
            "sub": f"project_path:{place.path}:ref_type:branch:ref:{pipeline.ref}",
            "aud": audience,
            "exp": now + JOB_LIFE,
            "nbf": now - 5,
            "iat": now,
            "jti": self.state.next_uuid(),
            "project_id": str(place.id),
            "project_path": place.path,
            "namespace_id": str(place.group_id or 99),
            "namespace_path": place.namespace_path,
            "user_id": str(user.id),
            "user_login": user.username,
            "user_email": user.email,
            "pipeline_id": str(pipeline.id),
            "pipeline_source": pipeline.source,
            "job_id": str(job.id),
            "ref": pipeline.ref,
            "ref_type": "tag" if pipeline.tag else "branch",
            "ref_path": f"refs/heads/{pipeline.ref}",
            "ref_protected": "false",
            "runner_id": 1,
            "sha": pipeline.sha,
        }


@cache
def private(generation: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public(generation: int) -> dict[str, str]:
    numbers = private(generation).public_key().public_numbers()
    return {
        "kty": "RSA", "kid": f"key-{generation}", "use": "sig", "alg": "RS256",
        "n": _number(numbers.n), "e": _number(numbers.e),
    }  # fmt: skip


def signed(claims: dict[str, Any], generation: int, **header: Any) -> str:
    head = {"typ": "JWT", "alg": "RS256", "kid": f"key-{generation}"} | header
    told = {name: value for name, value in claims.items() if value is not None}
    text = f"{_text(json.dumps(head).encode())}.{_text(json.dumps(told).encode())}"
    mac = private(generation).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_text(mac)}"


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
