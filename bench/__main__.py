"""`python -m bench [part ...] [--write]`: without names, all parts; or `against REV`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from bench.figures import Part, markdown, replaced
from bench.machine import Watch

PARTS = (
    "ack", "burst", "storm", "memory", "kill", "reports",
    "issues", "issue_import", "issue_closed", "issue_memory", "issue_steady", "youtrack_import",
    "youtrack_steady",
    "promise", "scale", "beside", "pages",
)  # fmt: skip
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    if sys.argv[1:2] == ["against"]:
        from bench import against

        return against.main(sys.argv[2:])
    args = _arguments()
    violated = False
    for name in args.parts or PARTS:
        watch = Watch()
        sizes = {"portals": args.portals} if name == "scale" and args.portals else {}
        part: Part = import_module(f"bench.{name}").measure(**sizes)
        text = f"{markdown(part)}\n\n{watch.told(f'python -m bench {name}{_told(sizes)}')}"
        print(text, end="\n\n", flush=True)
        violated = violated or part.violated
        if args.write:
            DOCUMENT.write_text(replaced(DOCUMENT.read_text(), name, text))
    return 1 if violated else 0


def _told(sizes: Mapping[str, int]) -> str:
    return "".join(f" --{size} {number}" for size, number in sizes.items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--portals", type=int, help="of scale, in the place of a thousand")
    parser.add_argument("--write", action="store_true", help=f"also into {DOCUMENT.name}")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there is: {', '.join(PARTS)}")
    return args


if __name__ == "__main__":
    sys.exit(main())
