"""The bill of materials (CycloneDX) of what is built into the pages, from npm's lock file.

`npm sbom` refuses a lock file in which a package's wish for another's version is overruled, as the
UI kit's are. https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FOLDER = "node_modules/"


def build_bom(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bill of materials of a lock file's packages, without those for development."""
    components = {component["purl"]: component for component in _components(lock)}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": lock["name"]}},
        "components": [components[purl] for purl in sorted(components)],
    }


def _components(lock: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, package in lock["packages"].items():
        if not path or package.get("dev"):
            continue
        name = path.rpartition(_FOLDER)[2]
        purl = f"pkg:npm/{quote(name, safe='/')}@{package['version']}"
        component = {"type": "library", "name": name, "version": package["version"], "purl": purl}
        if package.get("integrity"):
            component["hashes"] = [_hash(package["integrity"])]
        if package.get("license"):
            component["licenses"] = [{"expression": package["license"]}]
        yield component | {"bom-ref": purl}


def _hash(integrity: str) -> dict[str, str]:
    """Return `sha512-BASE64` as CycloneDX writes it."""
    algorithm, _, digest = integrity.split()[0].partition("-")
    content = base64.b64decode(digest).hex()
    return {"alg": f"SHA-{algorithm.removeprefix('sha')}", "content": content}


def main(source: str, target: str) -> None:
    """Write the bill of the lock file `source` to the file `target`."""
    bom = build_bom(json.loads(Path(source).read_text("utf-8")))
    Path(target).write_text(json.dumps(bom, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
