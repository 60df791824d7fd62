"""A certificate of an authority of one's own, by GitLab's file and by the variable for Bitrix24."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.component.world import World
from tests.tls import before, certify


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a server's certificate and the authority behind it."""
    made = tmp_path_factory.mktemp("certificates")
    certify(made)
    return made


def behind(url: str, folder: Path):
    return before(urlsplit(url).port or 0, folder)


@pytest.mark.parametrize("is_named", [True, False])
def test_gitlab_is_read_by_the_authority_that_the_runner_names(
    world: World, folder: Path, is_named: bool
) -> None:
    world.task(5)
    mr = world.open_mr()
    with behind(world.gitlab.url, folder) as address:
        given = {"CI_SERVER_TLS_CA_FILE": str(folder / "authority.pem")} if is_named else {}
        ran = world.report(world.pipeline(mr), mr, CI_API_V4_URL=f"{address}/api/v4", **given)
    assert ran.code == 0, ran.said
    assert ("(NOT_TOLD)" in ran.said) is not is_named
    assert ("#1 passed" if is_named else "#1 unknown") in world.messages(5)[0]


@pytest.mark.parametrize("is_named", [True, False])
def test_bitrix24_is_reached_by_the_authority_of_the_variable(
    world: World, folder: Path, is_named: bool
) -> None:
    """It stands in place of the image's own list: https://docs.python.org/3/library/ssl.html"""
    world.task(5)
    mr = world.open_mr()
    with behind(world.webhook, folder) as address:
        given = {"SSL_CERT_FILE": str(folder / "authority.pem")} if is_named else {}
        webhook = address + urlsplit(world.webhook).path
        ran = world.report(world.pipeline(mr), mr, B24_WEBHOOK_URL=webhook, **given)
    assert (ran.code, len(world.messages(5))) == ((0, 1) if is_named else (1, 0)), ran.said
    assert ("(UNREACHABLE)" in ran.said) is not is_named
