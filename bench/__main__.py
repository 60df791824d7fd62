"""`python -m bench [part ...] [--write]`: without names, all parts; or `against REV`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.figures import Part, markdown, replaced
from bench.machine import Watch

PARTS = (
    "ack", "burst", "storm", "memory", "kill", "reports",
    "issues", "issue_import", "issue_steady", "youtrack_import", "youtrack_steady",
    "promise", "scale", "beside",
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
        part: Part = import_module(f"bench.{name}").measure()
        text = f"{markdown(part)}\n\n{watch.told(f'python -m bench {name}')}"
        print(text, end="\n\n", flush=True)
        violated = violated or part.violated
        if args.write:
            DOCUMENT.write_text(replaced(DOCUMENT.read_text(), name, text))
    return 1 if violated else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--write", action="store_true", help=f"also into {DOCUMENT.name}")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there is: {', '.join(PARTS)}")
    return args


if __name__ == "__main__":
    sys.exit(main())
