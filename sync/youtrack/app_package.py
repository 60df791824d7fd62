"""Makes our YouTrack app for a connection: a ZIP with the bridge's address and a secret in it.

It is packed here, not by JetBrains' tools, which take along whatever lies in the folder, each in
its own way. https://www.jetbrains.com/help/youtrack/devportal/apps-packaging.html
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

NAME = "b24bridge"  # of the app, in the addresses of its handlers
HANDLER = "bridge"
FILES = (
    "manifest.json",
    "settings.json",
    "entity-extensions.json",
    "hmac.js",
    "hint.js",
    "on-change.js",
    "bridge.js",
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that one app is one sequence of bytes


@dataclass(frozen=True, slots=True)
class AppSetting:
    """What an app is made for.

    `address`: where hints go; `secret`: they are signed with; `account`: the login of the bridge,
    whose own changes are not sent; `version`: of the bridge.
    """

    address: str
    secret: str = field(repr=False)
    account: str
    version: str


def build_app(setting: AppSetting) -> bytes:
    """Return the ZIP. Raises FileNotFoundError where the app's files were not installed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*_sources(setting), ("connection.js", _connection(setting))):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _sources(setting: AppSetting) -> list[tuple[str, str]]:
    source = _folder()
    sources = {name: (source / name).read_text(encoding="utf-8") for name in FILES}
    manifest = json.loads(sources["manifest.json"]) | {"version": setting.version}
    sources["manifest.json"] = json.dumps(manifest, indent=2) + "\n"
    return list(sources.items())


def _folder() -> Path:
    """Return where the app's files are: in a checkout, or installed beside this module."""
    checkout = Path(__file__).parents[2] / "youtrack-app"
    return checkout if checkout.is_dir() else Path(str(files("sync.youtrack") / "app"))


def _connection(setting: AppSetting) -> str:
    """JSON is a subset of JavaScript, once its two line separators are escaped, as here."""
    values = {
        "ADDRESS": setting.address,
        "SECRET": setting.secret,
        "ACCOUNT": setting.account,
        "VERSION": setting.version,
    }
    lines = [f"exports.{name} = {json.dumps(value)};" for name, value in values.items()]
    return "\n".join(
        ["// Made by the bridge. It holds a secret: whoever has it may send hints.", *lines, ""]
    )
