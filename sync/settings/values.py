"""Types of values in settings, and the messages for wrong ones. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from sync.addresses import is_host, normal_url
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.tasks import Step, TaskStatus
from sync.core.references.safe_pattern import pattern_problem


def value_error(text: str) -> PydanticCustomError:
    """Return a validation error with a text of ours."""
    return PydanticCustomError("settings", "{text}", {"text": text})


def _check_address(value: str) -> str:
    """Check an http(s) address without credentials, query or fragment; return its usual form."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        raise value_error("is no URL") from None
    if not is_host(parts.netloc):
        raise value_error("is no URL")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise value_error("must be a URL that starts with https:// or http://")
    if parts.username or parts.password:
        raise value_error("must not hold a user name or password; give the token under `token`")
    if parts.query or parts.fragment:
        raise value_error("must not hold a query (?…) or a fragment (#…)")
    try:
        return normal_url(value)
    except ValueError:
        raise value_error("is no URL") from None


def _check_proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
        raise value_error("must be a URL that starts with http://, https:// or socks5://")
    return value


def _check_network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise value_error("must be an IP address or a network like 10.0.0.0/8") from None
    return value


def _check_prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,15}", value):
        raise value_error(
            "must begin with a letter of A to Z; letters, digits and _ follow, 16 at most"
        )
    return value


def _check_pattern(value: str) -> str:
    if problem := pattern_problem(value):
        raise value_error(problem)
    return value


def _parse_person(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise value_error("must be a Bitrix24 user id (a number) or an e-mail address")
    if isinstance(value, int) and value < 1:
        raise value_error("must be a Bitrix24 user id above 0")
    if isinstance(value, str) and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise value_error("must be a Bitrix24 user id (a number) or an e-mail address")
    return value


def _parse_project(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", value):
        return value
    raise value_error("must be a path like group/project, or a numeric id")


def parse_dialog(value: Any) -> str:
    """Return `chat58` for 58, as a portal shows only the number in addresses of chats."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return f"chat{value}"
    if isinstance(value, str) and (
        match := re.fullmatch(r"(chat|sg|)([1-9]\d{0,9})", value.strip())
    ):
        return f"{match[1] or 'chat'}{match[2]}"
    raise value_error(
        "must be a chat like chat58, a workgroup's chat like sg10, or a chat's number"
    )


Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .-]*$", max_length=64)]
Prefix = Annotated[str, AfterValidator(_check_prefix)]
Address = Annotated[str, AfterValidator(_check_address)]
Network = Annotated[str, AfterValidator(_check_network)]
Pattern = Annotated[str, AfterValidator(_check_pattern)]
Proxy = Annotated[str, AfterValidator(_check_proxy)]
PortalPerson = Annotated[int | str, BeforeValidator(_parse_person)]
ProjectRef = Annotated[int | str, BeforeValidator(_parse_project)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Positive = Annotated[int, Field(gt=0)]
Days = Annotated[int, Field(gt=0, le=36_500)]
StatusName = Annotated[TaskStatus, Field(strict=False)]
StepName = Annotated[Step, Field(strict=False)]
Dialog = Annotated[str, BeforeValidator(parse_dialog)]
KindName = Annotated[Kind, Field(strict=False)]
MilestoneName = Annotated[ReviewEvent, Field(strict=False)]


class SettingsPart(BaseModel):
    """The base of all settings: strict, frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
