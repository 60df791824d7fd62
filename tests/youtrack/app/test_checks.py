"""The app by the measure of others: published types of the script API, and JetBrains' own tool."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path

import jsonschema
import pytest

from sync.youtrack.app_package import build_app
from tests.emulators.npm import installed, node
from tests.youtrack.app.test_app import SETTING

HERE = Path(__file__).parent
API = "@jetbrains/youtrack-scripting-api/*"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked app in `app/`, with the packages beside it."""
    folder = tmp_path_factory.mktemp("checks")
    zipfile.ZipFile(io.BytesIO(build_app(SETTING))).extractall(folder / "app")
    (folder / "node_modules").symlink_to(installed(HERE))
    return folder


def run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [node(), str(folder / "node_modules" / script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_scripts_fit_the_published_types(folder: Path) -> None:
    (folder / "newer.d.ts").write_text((HERE / "newer.d.ts").read_text())
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "target": "ES2020", "lib": ["ES2020"],
        "module": "commonjs", "moduleResolution": "node", "types": [], "skipLibCheck": True,
        "baseUrl": ".", "paths": {API: ["node_modules/youtrack-workflow-api-types/*"]},
    }  # fmt: skip
    project = {"compilerOptions": options, "include": ["app/*.js", "newer.d.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(project))
    good = run(folder, "typescript/bin/tsc", "-p", ".")
    assert (good.stdout, good.returncode) == ("", 0)
    rule = folder / "app" / "on-change.js"
    rule.write_text(rule.read_text().replace("Issue.onChange", "Issue.onChanged"))
    assert "onChanged" in run(folder, "typescript/bin/tsc", "-p", ".").stdout


def test_jetbrains_tool_accepts_the_manifest(folder: Path) -> None:
    tool = "@jetbrains/youtrack-apps-tools/bin/youtrack-app"
    schema = str(HERE / "manifest.schema.json")
    assert "valid" in run(folder, tool, "validate", "app", "--schema", schema).stdout
    (folder / "bad").mkdir()
    (folder / "bad" / "manifest.json").write_text('{"name": "Not lower case"}')
    assert "is valid" not in run(folder, tool, "validate", "bad", "--schema", schema).stdout


def test_the_settings_are_a_schema(folder: Path) -> None:
    settings = json.loads((folder / "app" / "settings.json").read_text())
    jsonschema.Draft7Validator.check_schema(settings)
    assert "required" not in settings  # a required setting keeps the app off until it is filled in
