"""The quick look for secrets passes over nothing that the slow one would mask."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sync.bitrix24.rest import masking
from sync.bitrix24.rest.masking import has_secrets, mask, mask_line

_WORDS = ("AUTH", "token", "access_token", "refresh_id", "EVENT_TOKEN", "author", "a=b", "auth_id")
_TEXTS = (
    "auth=x", "x&auth[member_id]=y", "auth%5Bx%5D=1", "https://b24.test/rest/1/secret/task",
    "https://b24.test/rest/api/7/secret", "client_secret=1", "AUTH_ID=9", "nothing", "a=b\n\"'ж",
)  # fmt: skip
_keys = st.sampled_from(_WORDS)
_values = st.recursive(
    st.sampled_from(_TEXTS) | st.none() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


@given(_values)
def test_a_line_without_signs_has_nothing_to_mask(value: object) -> None:
    line = json.dumps(value, ensure_ascii=False)
    if not has_secrets(line):
        assert (mask(value), mask(line)) == (value, line)
    slow = json.dumps(mask(value), ensure_ascii=False) if not isinstance(value, str) else value
    assert mask_line(value) == mask(slow)


def test_every_secret_key_has_a_sign() -> None:
    for key in masking._SECRET_KEYS:
        assert has_secrets(json.dumps({key.upper(): "x"})), key
        assert mask_line({key.upper(): "x"}) == json.dumps({key.upper(): "***"})
