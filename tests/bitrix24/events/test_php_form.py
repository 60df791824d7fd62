"""Forms as PHP reads them, cut as the standard library cuts them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bitrix24.events.php_form import BadForm, parse_form


@given(st.text(alphabet="ab=&[]%+25ÉD", max_size=60).map(str.encode))
def test_fields_are_cut_as_the_standard_library_cuts_them(body: bytes) -> None:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(BadForm):
            parse_form(body)
        return
    names = {name for name, _ in pairs}
    if not any("[" in name or not name for name in names):
        assert parse_form(body) == dict(pairs)
