"""profile, user.*: https://apidocs.bitrix24.com/api-reference/user/"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, intval, method
from tests.emulators.bitrix24.records import User

PAGE = 50
SCOPES = "user user_basic user_brief"
SEES_EMAIL = frozenset({"user", "user_basic"})
FILTERS: dict[str, Callable[[User], Any]] = {
    "ID": lambda u: str(u.id),
    "EMAIL": lambda u: u.email.lower(),
    "ACTIVE": lambda u: u.active,
    "NAME": lambda u: u.name.lower(),
    "LAST_NAME": lambda u: u.last_name.lower(),
    "USER_TYPE": lambda u: "employee",
    "UF_DEPARTMENT": lambda u: "1",
}
OTHER = "SORT ORDER FILTER ADMIN_MODE START"


@method("profile")
def profile(call: Call) -> dict[str, Any]:
    return {
        "ID": str(call.user.id),
        "ADMIN": call.user.admin,
        "NAME": call.user.name,
        "LAST_NAME": call.user.last_name,
        "PERSONAL_GENDER": "",
        "TIME_ZONE": "",
    }


@method("user.current", SCOPES, folded=True)
def current(call: Call) -> dict[str, Any]:
    return show_user(call, call.user, current=True)


@method("user.admin", "", folded=True)
def admin(call: Call) -> bool:
    return call.user.admin


@method("user.get", SCOPES, accepts=f"{' '.join(FILTERS)} {OTHER}", folded=True)
def get(call: Call) -> Page:
    """Filters stand at the top level or in FILTER; fifty a page."""
    inner = call.params.get("FILTER")
    wanted = {k: v for k, v in call.params.items() if k in FILTERS}
    wanted |= {k.upper(): v for k, v in inner.items()} if isinstance(inner, dict) else {}
    rows = [user for user in call.portal.users.values() if not user.bot and _fits(user, wanted)]
    rows.sort(key=lambda user: user.id, reverse=call.text("ORDER").lower() == "desc")
    start = max(intval(call.params.get("START", call.params.get("start"))), 0)
    more = start + PAGE < len(rows)
    shown = [show_user(call, user) for user in rows[start : start + PAGE]]
    return Page(shown, len(rows), start + PAGE if more else None)


def _fits(user: User, wanted: dict[str, Any]) -> bool:
    for key, value in wanted.items():
        name = key.lstrip("=%!@")
        if name not in FILTERS:
            continue
        have = FILTERS[name](user)
        if isinstance(have, bool):
            if have != (value in (True, "true", "Y", "1", 1)):
                return False
            continue
        given = value if isinstance(value, list) else [value]
        if have not in [str(item).lower() for item in given]:
            return False
    return True


def show_user(call: Call, user: User, *, current: bool = False) -> dict[str, Any]:
    """E-mail only for the wider scopes."""
    shown: dict[str, Any] = {"ID": str(user.id), "ACTIVE": user.active, "NAME": user.name}
    shown["LAST_NAME"] = user.last_name
    if SEES_EMAIL & call.portal.scopes_of(call.access):
        shown["EMAIL"] = user.email
    moment = call.portal.iso(user.registered)
    shown |= {"LAST_LOGIN": moment, "DATE_REGISTER": moment, "IS_ONLINE": "N"}
    if current:
        shown["LAST_ACTIVITY_DATE"] = (moment or "")[:19].replace("T", " ")
    else:
        shown |= {"TIMESTAMP_X": {}, "LAST_ACTIVITY_DATE": {}}
    shown |= {"PERSONAL_GENDER": "", "PERSONAL_BIRTHDAY": "", "WORK_POSITION": user.position}
    shown |= {"UF_EMPLOYMENT_DATE": "", "UF_DEPARTMENT": [1]}
    return shown if current else shown | {"USER_TYPE": "employee"}
