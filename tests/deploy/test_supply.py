"""What a release installs is pinned by hashes, and what it is made of can be told."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from packaging.specifiers import SpecifierSet

from tools.build_backend import APP
from tools.npm_bom import build_bom

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")
PACKAGES = json.loads((ROOT / "b24app/frontend/package-lock.json").read_text("utf-8"))
ENTRY = re.compile(r"([a-z0-9-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")
EXTRAS = ("postgres", "redis", "metrics")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    return {name: version for name, version, _ in ENTRY.findall(LOCK)}


def constrained() -> dict[str, str]:
    pins = (line.split("==") for line in CONSTRAINTS.split())
    return {normal(name): version for name, version in pins}


def test_each_locked_package_has_hashes_and_nothing_else_is_in_the_file() -> None:
    rest = ENTRY.sub("", LOCK)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert len(locked()) > 30
    assert "http" not in LOCK
    assert "--index" not in LOCK


def test_the_lock_pins_what_the_constraints_do() -> None:
    pins = constrained()
    assert {name: version for name, version in locked().items() if pins[name] != version} == {}


def test_each_pin_takes_the_oldest_python_that_is_promised() -> None:
    """A newer Python installs what an older one refuses: Debian 12 has 3.11.2."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    wanted = {
        normal(found.name): found.metadata["Requires-Python"] or ""
        for found in distributions()
        if normal(found.name) in constrained()
    }
    assert constrained().keys() - wanted.keys() == set()
    assert {n: spec for n, spec in wanted.items() if oldest not in SpecifierSet(spec)} == {}


def test_the_lock_has_all_that_the_program_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    names = {normal(re.split(r"[\[<>=!~ ;]", line, maxsplit=1)[0]) for line in wanted}
    assert names - locked().keys() == set()
    assert not {"pytest", "mypy", "ruff"} & locked().keys()


def test_the_image_installs_by_hashes_and_resolves_nothing() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert "--no-deps ." in text
    assert ".[" not in text


def test_the_image_has_all_that_its_wheel_is_built_from() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[0]
    copied = set(" ".join(re.findall(r"^COPY (.+)", text, re.MULTILINE)).split())
    manifest = (ROOT / "MANIFEST.in").read_text("utf-8")
    packed = " ".join(re.findall(r"^(?:graft|include) (.+)", manifest, re.MULTILINE)).split()
    sources = {path.split("/")[0] for path in packed}
    assert {str(APP), *sources, "sync", "b24app", "pyproject.toml"} - copied == set()
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert copied & set(ignored) == set()


def test_the_bill_of_the_pages_names_what_is_built_in_with_its_hash() -> None:
    bom = build_bom(PACKAGES)
    names = {component["name"] for component in bom["components"]}
    assert {"vue", "@bitrix24/b24ui-nuxt", "@bitrix24/b24jssdk"} <= names
    for_development = {path for path, row in PACKAGES["packages"].items() if row.get("dev")}
    assert for_development
    assert not {path.rpartition("node_modules/")[2] for path in for_development} & names
    assert len({component["bom-ref"] for component in bom["components"]}) == len(bom["components"])
    hashes = [component["hashes"][0] for component in bom["components"]]
    assert {entry["alg"] for entry in hashes} == {"SHA-512"}
    assert {len(entry["content"]) for entry in hashes} == {128}


def test_gitlab_understands_the_pipeline() -> None:
    options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = CliRunner().invoke(check_jsonschema, [*options, str(ROOT / ".gitlab-ci.yml")])
    assert done.exit_code == 0, done.output


class _Loader(yaml.SafeLoader):
    """GitLab's own tag is a value like any other."""


_Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


def test_a_release_waits_for_its_tests_its_bill_and_its_image() -> None:
    jobs = yaml.load((ROOT / ".gitlab-ci.yml").read_text("utf-8"), Loader=_Loader)
    release = jobs["release"]
    assert set(release["needs"]) == {"test-all", "bill-of-materials", "container"}
    for name in ("bill-of-materials", "container", "release"):
        assert jobs[name]["extends"] == ".of-a-version"
    links = " ".join(link["url"] for link in release["release"]["assets"]["links"])
    for line in jobs["bill-of-materials"]["script"]:
        assert "sbom" in line or "--require-hashes" in line
    assert {"b24bridge.cdx.json", "pages.cdx.json"} <= set(re.findall(r"[\w.]+cdx\.json", links))
    stages = jobs["stages"]
    assert stages.index("package") < stages.index("release")
